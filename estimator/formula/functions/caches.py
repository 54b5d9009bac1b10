"""Caches and filters: how many requests they answer, and what they take."""

import math

from estimator.formula import numeric_arrays
from estimator.formula.arguments import (
    check_inner_share,
    check_not_negative,
    check_positive,
    check_share,
)
from estimator.formula.functions.function import PER_SAMPLE, Function
from estimator.formula.numeric import ceil_, floor_
from estimator.formula.popularity import (
    Group,
    held,
    hits,
    popularity,
    time_for_hits,
    time_for_items,
)
from estimator.units.dimension import PLAIN

_HEAD = 64  # terms of a harmonic number that are added one by one
_EXPONENT_LIMIT = 1000.0  # a Zipf exponent above it changes nothing: 2 ** -1000 is 1e-301


def zipf_hit_ratio(cached: float, items: float, exponent: float) -> float:
    """Return the share of requests that go to the most popular items, under Zipf's law.

    The i-th of `items` is asked for in proportion to `i ** -exponent`; the share of the first
    `cached` is `H(cached) / H(items)` with generalised harmonic numbers. Their first 64 terms are
    added, the rest is Euler-Maclaurin: relative error below 1e-12.

    Args:
        cached: How many items the cache holds, from 0 up; a part of an item is not held.
        items: How many items there are, above 0; a part of an item counts as one.
        exponent: Skew, from 0 (all alike) up; 0.6 to 1 is common on the web.

    Returns:
        The hit ratio of a cache that always holds the most popular items, from 0 to 1: an upper
        bound for real caches.

    Raises:
        ValueError: an argument is out of its range.

    Source:
        L. Breslau et al., "Web caching and Zipf-like distributions: evidence and implications",
        IEEE INFOCOM (1999).
    """
    check_not_negative("the number of cached items", cached)
    check_positive("the number of items", items)
    skew = min(check_not_negative("the exponent", exponent), _EXPONENT_LIMIT)
    held, kinds = floor_(cached), max(ceil_(items), 1.0)
    if cached >= items or held >= kinds:
        return 1.0
    return min(_harmonic(held, skew) / _harmonic(kinds, skew), 1.0)


def lru_hit_ratio(cached: float, items: float, exponent: float) -> float:
    """Return the share of requests that an LRU cache answers, under Zipf's law.

    Che's approximation: an item stays until it has not been asked for during a time T, which is the
    same for all items and such that as many are there as the cache holds. Requests are independent
    of each other. Against simulations it is within a hundredth of the ratio; 1e-5 of what it gives
    is lost by counting unpopular items in groups.

    Args:
        cached: How many items the cache holds, from 0 up.
        items: How many items there are, above 0; a part of an item counts as one.
        exponent: Skew, from 0 (all alike) up.

    Returns:
        The hit ratio in the long run, from 0 to 1; first requests of an item are not counted.

    Raises:
        ValueError: an argument is out of its range.

    Source:
        H. Che, Y. Tung, Z. Wang, "Hierarchical web caching systems: modeling, design and
        experimental results", IEEE JSAC 20 (2002), 1305-1314; C. Fricker, P. Robert, J. Roberts, "A
        versatile and accurate approximation for LRU cache performance", ITC 24 (2012).
    """
    check_not_negative("the number of cached items", cached)
    if cached >= items:
        _groups(items, exponent)
        return 1.0
    groups = _groups(items, exponent)
    return min(1.0, hits(groups, time_for_items(groups, cached, 0.0), 0.0))


def ttl_hit_ratio(cached: float, items: float, exponent: float, lifetime: float) -> float:
    """Return the share of requests that an LRU cache answers whose entries expire.

    As `lru_hit_ratio`, where an entry is also lost at random, after so many requests of any item on
    average. With room for all items, an entry that always lives equally long gives the same.

    Args:
        cached: How many items the cache holds, from 0 up.
        items: How many items there are, above 0; a part of an item counts as one.
        exponent: Skew, from 0 (all alike) up.
        lifetime: How many requests of any item arrive while an entry lives, above 0.

    Returns:
        The hit ratio in the long run, from 0 to 1.

    Raises:
        ValueError: an argument is out of its range.

    Source:
        As `lru_hit_ratio`; N. Choungmo Fofack, P. Nain, G. Neglia, D. Towsley, "Analysis of
        TTL-based cache networks", VALUETOOLS (2012).
    """
    check_not_negative("the number of cached items", cached)
    expiry = 1.0 / check_positive("the lifetime", lifetime)
    groups = _groups(items, exponent)
    return min(1.0, hits(groups, time_for_items(groups, cached, expiry), expiry))


def lru_items(hit_ratio: float, items: float, exponent: float) -> float:
    """Return how many items an LRU cache must hold for a hit ratio: `lru_hit_ratio`, turned round.

    Args:
        hit_ratio: The share of requests to answer, from 0 to 1.
        items: How many items there are, above 0; a part of an item counts as one.
        exponent: Skew, from 0 (all alike) up.

    Returns:
        The number of items, not necessarily whole; all of them for a hit ratio of 1.

    Raises:
        ValueError: an argument is out of its range.

    Source:
        As `lru_hit_ratio`.
    """
    check_share("the hit ratio", hit_ratio)
    groups = _groups(items, exponent)
    return min(held(groups, time_for_hits(groups, hit_ratio), 0.0), items)


def bloom_bits(error: float) -> float:
    """Return the bits per item that a Bloom filter needs: `-ln(error) / ln(2)^2`.

    Args:
        error: The share of false positives allowed, above 0 and below 1.

    Raises:
        ValueError: `error` is out of its range.

    Source:
        A. Broder, M. Mitzenmacher, "Network applications of Bloom filters: a survey", Internet
        Mathematics 1 (2004), 485-509.
    """
    return -math.log(check_inner_share("the error rate", error)) / math.log(2.0) ** 2


def bloom_hashes(error: float) -> float:
    """Return the hash functions that a Bloom filter needs, a whole number: `ceil(-log2(error))`.

    Args:
        error: The share of false positives allowed, above 0 and below 1.

    Raises:
        ValueError: `error` is out of its range.

    Source:
        Broder, Mitzenmacher (2004).
    """
    return max(1.0, ceil_(-math.log2(check_inner_share("the error rate", error))))


def _groups(items: float, exponent: float) -> tuple[Group, ...]:
    check_positive("the number of items", items)
    return popularity(items, min(check_not_negative("the exponent", exponent), _EXPONENT_LIMIT))


def _harmonic(n: float, exponent: float) -> float:
    """Return `sum(i ** -exponent, i = 1..n)` for a whole `n`."""
    head = sum((float(i) ** -exponent for i in range(1, int(min(n, _HEAD)) + 1)), start=0.0)
    if n <= _HEAD:
        return head
    edges = _euler_maclaurin(n, exponent) - _euler_maclaurin(_HEAD, exponent)
    return head + _power_integral(_HEAD, n, exponent) + edges


def _power_integral(low: float, high: float, exponent: float) -> float:
    """Return the integral of `x ** -exponent`, also at and near an exponent of 1."""
    length, rise = math.log(high / low), 1.0 - exponent
    return math.pow(low, rise) * (length if rise == 0.0 else math.expm1(rise * length) / rise)


def _euler_maclaurin(x: float, s: float) -> float:
    """Return what one edge of an integral of `x ** -s` adds to make it a sum."""
    first = s / x
    third = first * (s + 1.0) / x * (s + 2.0) / x
    return math.pow(x, -s) * (0.5 - first / 12.0 + third / 720.0)


_ERROR = (("error", PLAIN),)
_ZIPF = (("items", PLAIN), ("exponent", PLAIN))

FUNCTIONS = (
    Function(
        "zipf_hit_ratio",
        (("cached", PLAIN), *_ZIPF),
        PLAIN,
        "The share of requests to the most popular items, under Zipf's law.",
        example=("zipf_hit_ratio(1, 2, 1)", "2 / 3"),
        scalar=zipf_hit_ratio,
        array=PER_SAMPLE,
        cost=30.0,
    ),
    Function(
        "lru_hit_ratio",
        (("cached", PLAIN), *_ZIPF),
        PLAIN,
        "The share of requests that an LRU cache of some of the items answers, under Zipf's law.",
        example=("round(lru_hit_ratio(10k, 1M, 0.8) * 100)", "23"),
        scalar=lru_hit_ratio,
        array=PER_SAMPLE,
        cost=300.0,
        also_called=("che", "che_hit_ratio"),
    ),
    Function(
        "ttl_hit_ratio",
        (("cached", PLAIN), *_ZIPF, ("lifetime", PLAIN)),
        PLAIN,
        "The same where entries expire after a number of requests, of whatever items.",
        example=("ttl_hit_ratio(9, 4, 0, 12)", "3 / 4"),
        scalar=ttl_hit_ratio,
        array=PER_SAMPLE,
        cost=300.0,
    ),
    Function(
        "lru_items",
        (("hit_ratio", PLAIN), *_ZIPF),
        PLAIN,
        "The items that an LRU cache must hold for that hit ratio.",
        example=("round(lru_items(lru_hit_ratio(10k, 1M, 0.8), 1M, 0.8))", "10_000"),
        scalar=lru_items,
        array=PER_SAMPLE,
        cost=300.0,
    ),
    Function(
        "bloom_bits",
        _ERROR,
        PLAIN,
        "The bits an item takes in a Bloom filter of that error rate.",
        example=("round(bloom_bits(1%) * 100)", "959"),
        scalar=bloom_bits,
        array=lambda np, error: -np.log(error) / math.log(2.0) ** 2,
    ),
    Function(
        "bloom_hashes",
        _ERROR,
        PLAIN,
        "The hash functions of a Bloom filter of that error rate.",
        example=("bloom_hashes(1%)", "7"),
        scalar=bloom_hashes,
        array=lambda np, error: np.maximum(1.0, numeric_arrays.ceil_(np, -np.log2(error))),
    ),
)
