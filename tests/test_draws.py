"""What ranges are drawn by: distributions against closed forms, and formulas over whole arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from asking import one_in
from hypothesis import given, settings
from hypothesis import strategies as st

from estimator.evaluate.uncertainty import streams
from estimator.evaluate.uncertainty.arrays import ARRAYS
from estimator.evaluate.uncertainty.streams import Streams
from estimator.formula import parse
from estimator.formula.emit import SCALARS, computed, emit
from estimator.formula.fault import FormulaError
from estimator.formula.functions import FUNCTIONS, NAMESPACE, PER_SAMPLE, STATISTICS
from estimator.formula.ranges import (
    Distribution,
    Shape,
    can_be_correlated,
    distribution,
    score_correlation,
)
from estimator.model.quantity import Correlation
from estimator.units import Calendar

CALENDAR = Calendar()
SHARES = (0.001, 0.05, 0.25, 0.5, 0.75, 0.95, 0.999)
COUNT = 40_000
WRITTEN = [
    "400 to 600",
    "-2 to 5",
    "5 ± 1",
    "40% to 60%",
    "1 to 5 at 50%",
    "uniform(2, 7)",
    "normal(5, 2)",
    "lognormal(2, 50)",
    "triangular(1, 2, 7)",
    "triangular(1, 1, 7)",
    "triangular(1, 7, 7)",
    "one_of(1, 2, 5)",
    "one_of(30% of 1, 70% of 5)",
    "one_of(30% of (1 to 2), 70% of (5 to 6))",
    "one_of(50% of 3, 50% of (1 to 9))",
    "one_of(1, one_of(2, 3 to 4))",
    "truncated(1 to 5, 2, 4)",
    "truncated(normal(0, 1), 0, 10)",
    "truncated(uniform(0, 1), 0.25, 0.5)",
    "truncated(triangular(0, 1, 3), 0.5, 2)",
    "truncated(truncated(1 to 5, 2, 4), 2.5, 3)",
    "one_of(20% of truncated(1 to 5, 2, 4), 80% of uniform(8, 9))",
]


def read(written: str, *, is_share: bool = False) -> Distribution:
    """Return the distribution of a text."""
    return distribution(
        parse.parse(written), lambda node: float(computed(node, CALENDAR)), is_share=is_share
    )


def drawn(of: Distribution, *counts: int) -> np.ndarray[Any, Any]:
    """Draws of a distribution, so many at a time."""
    scores, parts = streams.generator("x", 2), streams.part_streams("x", of, 2)
    taken = [streams.values(of, scores.standard_normal(n), parts) for n in counts or (COUNT,)]
    return np.concatenate(taken)


# --- distributions --------------------------------------------------------------------------------


@pytest.mark.parametrize("written", one_in(3, WRITTEN))
def test_draws_are_spread_as_the_distribution_says(written: str) -> None:
    """The largest distance between the two, by Kolmogorov and Smirnov; one in 3,000 is larger."""
    of = read(written, is_share="%" in written and "of" not in written)
    found = np.sort(drawn(of))
    values, last = np.unique(found, return_index=True)
    share = np.append(last[1:], found.size) / found.size
    wanted = np.array([of.below(float(v)) for v in values])
    assert np.abs(share - wanted).max() * math.sqrt(COUNT) < 2.1


@pytest.mark.parametrize("written", WRITTEN)
def test_draws_do_not_depend_on_how_many_are_taken_at_a_time(written: str) -> None:
    of = read(written)
    assert np.array_equal(drawn(of, 1000), drawn(of, 1, 600, 399))


@pytest.mark.parametrize("written", WRITTEN)
def test_a_quantile_is_what_its_share_stays_below(written: str) -> None:
    of = read(written)
    for share in SHARES:
        value = of.quantile(share)
        assert of.below(value) >= share - 1e-9
        assert of.below(value - 1e-6 * max(1.0, abs(value))) <= share + 1e-9


@pytest.mark.parametrize("written", WRITTEN)
def test_quantiles_rise(written: str) -> None:
    found = [read(written).quantile(s / 200) for s in range(1, 200)]
    assert found == sorted(found)


@pytest.mark.parametrize(
    ("written", "p5", "p50", "p95"),
    [
        ("400 to 600", 400, math.sqrt(400 * 600), 600),
        ("-2 to 5", -2, 1.5, 5),
        ("0 to 5", 0, 2.5, 5),
        ("5 ± 1", 4, 5, 6),
        ("500 ± 10%", 450, 500, 550),
        ("-5 ± 10%", -5.5, -5, -4.5),
        ("40% to 60%", 0.4, 0.5, 0.6),
        ("90% to 99%", 0.9, 1 / (1 + math.sqrt(1 / 9 / 99)), 0.99),
        ("uniform(10, 20)", 10.5, 15, 19.5),
        ("normal(5, 1)", 5 - 1.6448536269514722, 5, 5 + 1.6448536269514722),
        ("lognormal(2, 50)", 2, 10, 50),
        ("triangular(0, 0, 1)", 1 - math.sqrt(0.95), 1 - math.sqrt(0.5), 1 - math.sqrt(0.05)),
        ("triangular(0, 1, 1)", math.sqrt(0.05), math.sqrt(0.5), math.sqrt(0.95)),
        ("one_of(1, 2, 3)", 1, 2, 3),
        ("truncated(uniform(0, 10), 2, 4)", 2.1, 3, 3.9),
        ("one_of(50% of uniform(0, 1), 50% of uniform(2, 3))", 0.1, 1, 2.9),
    ],
)
def test_the_percentiles_are_those_of_the_closed_form(
    written: str, p5: float, p50: float, p95: float
) -> None:
    of = read(written, is_share="0%" in written and "to" in written)
    found = [of.quantile(level) for level in (0.05, 0.5, 0.95)]
    assert found == pytest.approx([p5, p50, p95], rel=1e-9, abs=1e-12)


@given(st.floats(1e-6, 1e9), st.floats(1.001, 1e4), st.floats(0.01, 0.999))
def test_the_ends_of_a_range_are_what_its_credibility_says(
    low: float, times: float, credibility: float
) -> None:
    of = read(f"{low!r} to {low * times!r} at {credibility!r}")
    tail = 0.5 * (1 - credibility)
    assert of.quantile(tail) == pytest.approx(low, rel=1e-9)
    assert of.quantile(1 - tail) == pytest.approx(low * times, rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("written", "name", "arguments"),
    [
        ("lognormal(2, 50)", "lognorm", (math.log(25) / 2 / 1.6448536269514722, 0, 10)),
        ("normal(5, 2)", "norm", (5, 2)),
        ("uniform(2, 7)", "uniform", (2, 5)),
        ("triangular(1, 2, 7)", "triang", (1 / 6, 1, 6)),
        ("truncated(normal(0, 1), 0.5, 2)", "truncnorm", (0.5, 2)),
    ],
)
def test_scipy_knows_the_same_distributions(
    written: str, name: str, arguments: tuple[float, ...]
) -> None:
    stats = pytest.importorskip("scipy.stats")
    theirs, ours = getattr(stats, name)(*arguments), read(written)
    for share in SHARES:
        assert ours.quantile(share) == pytest.approx(float(theirs.ppf(share)), rel=1e-9)
        value = float(theirs.ppf(share))
        assert ours.below(value) == pytest.approx(share, rel=1e-9)
    assert stats.kstest(drawn(ours), theirs.cdf).pvalue > 1e-3


def test_scores_and_shares_are_each_others_inverse() -> None:
    below = np.array([1e-300, 1e-20, 1e-9, 0.001, 0.07, 0.0751, 0.3, 0.5, 0.9, 0.999, 1 - 1e-12])
    assert streams.shares(streams.normal_scores(below)) == pytest.approx(below, rel=1e-11)


# --- streams --------------------------------------------------------------------------------------


def test_a_stream_depends_on_its_name_and_the_seed_alone() -> None:
    [one] = Streams(["users"], 1).draw(100)
    a, among, _ = Streams(["a", "users", "z"], 1).draw(100)
    assert np.array_equal(one, among)
    assert not np.array_equal(one, a)
    assert not np.array_equal(one, Streams(["users"], 2).draw(100)[0])


def test_a_stream_goes_on_where_it_stopped() -> None:
    [at_once] = Streams(["users"], 1).draw(100)
    stream = Streams(["users"], 1)
    parts = [stream.draw(n)[0] for n in (1, 64, 35)]
    assert np.array_equal(at_once, np.concatenate(parts))


def test_streams_of_like_names_are_unlike() -> None:
    found = Streams(["q1", "q2", "q11", "q.1"], 1).draw(50_000)
    correlations = np.corrcoef(found)
    assert np.abs(correlations - np.eye(4)).max() < 0.02


@given(st.floats(-0.99, 0.99))
def test_the_ranks_of_correlated_streams_are_correlated_as_asked(rank: float) -> None:
    tie = Correlation(("one", "two"), rank, None)  # type: ignore[arg-type]
    found = Streams(["one", "two", "three"], 1, [tie]).draw(20_000)
    one, two, three = (np.argsort(np.argsort(scores)) for scores in found)
    assert np.corrcoef(one, two)[0, 1] == pytest.approx(rank, abs=0.03)
    assert np.corrcoef(one, three)[0, 1] == pytest.approx(0, abs=0.03)


def test_correlations_that_contradict_each_other_are_known_as_such() -> None:
    def pairs(*ranks: float) -> dict[frozenset[str], float]:
        return dict(zip(map(frozenset, ("ab", "ac", "bc")), ranks, strict=True))

    assert can_be_correlated("abc", pairs(0.9, 0.9, 0.9))
    assert can_be_correlated("abc", pairs(0.6, 0.6, -0.2))
    assert not can_be_correlated("abc", pairs(0.9, 0.9, -0.9))
    assert not can_be_correlated("abc", pairs(0.9, 0.9, 0.3))
    assert score_correlation(1) == pytest.approx(1)
    assert score_correlation(-0.5) == pytest.approx(-score_correlation(0.5))


@pytest.mark.slow
@settings(max_examples=20)
@given(st.integers(1, 4), st.data())
def test_scores_given_some_of_them_have_the_covariances_that_are_left(
    count: int, data: st.DataObject
) -> None:
    seeds = np.random.default_rng(data.draw(st.integers(0, 1000)))
    mixed = seeds.standard_normal((count + 1, count + 3))
    covariance = mixed @ mixed.T
    scale = 1 / np.sqrt(np.diag(covariance))
    correlations = covariance * np.outer(scale, scale)
    known = {data.draw(st.integers(0, count)): data.draw(st.floats(-2, 2))}
    scores = np.linalg.cholesky(correlations) @ seeds.standard_normal((count + 1, 50_000))
    found = streams.given_scores(scores, correlations, known)
    left = streams.known_correlations(correlations, known)
    ((index, score),) = known.items()
    assert found[index] == pytest.approx(score)
    assert np.cov(found) == pytest.approx(left, abs=0.03)
    assert found.mean(axis=1) == pytest.approx(correlations[:, index] * score, abs=0.03)


# --- functions over arrays ------------------------------------------------------------------------

NUMBERS = st.one_of(
    st.floats(-1e6, 1e6),
    st.floats(0.01, 50.0),
    st.floats(0.0, 1.0),
    st.integers(-5, 40).map(float),
    st.integers(-5, 40).map(lambda n: n * (1 + 3e-10)),
    st.integers(1, 9).map(lambda n: n / 10 * 3 - 0.3),
)
COUNTS = {
    "if": 3,
    "clamp": 3,
    "proportion": 2,
    "usl": 3,
    "usl_peak": 2,
    "sqrt_servers": 2,
    "calls_time": 2,
    "calls_fixed": 3,
    "calls_rest": 4,
    "calls_sd": 4,
    "calls_scale": 10,
    "visits_variance": 4,
    "queue_wait": 4,
    "queue_wait_sd": 4,
    "hypot": 2,
    "mod": 2,
    "drain_time": 3,
}
ONE = {"abs", "ceil", "floor", "round", "sqrt", "exp", "ln", "log", "log2", "log10", "bloom_bits"}
ONE |= {"bloom_hashes"}
ORDERED = {"clamp": slice(1, 3), "step_up": slice(1, None)}


VECTORIZED = sorted(
    f.name
    for f in FUNCTIONS.values()
    if f.array is not PER_SAMPLE and f.name not in STATISTICS | {"path_quantile", "k_of_n_zones"}
)


def _formula(name: str, count: int) -> str:
    variables = [f"x{i}" for i in range(count)]
    if name == "if":
        return "if(x0 > 1, x1, x2)"
    return f"{name}({', '.join(variables)})"


def _alone(formula: str, values: Sequence[float]) -> float:
    """Return what single numbers come to; NaN where they are refused."""
    tree, scope = parse.parse(formula), {f"x{i}": v for i, v in enumerate(values)}
    try:
        found = eval(emit(tree, lambda n: n.path, CALENDAR), SCALARS.scope, scope)
    except (ArithmeticError, ValueError, FormulaError):
        return math.nan
    return float(found)


def _together(formula: str, rows: Sequence[Sequence[float]]) -> np.ndarray[Any, Any]:
    """Return what arrays come to."""
    tree = parse.parse(formula)
    columns = {f"x{i}": np.array(column) for i, column in enumerate(zip(*rows, strict=True))}
    with np.errstate(all="ignore"):
        code = emit(tree, lambda n: n.path, CALENDAR, backend=ARRAYS)
        found = eval(code, ARRAYS.scope, columns)
    return np.broadcast_to(np.asarray(found, dtype=float), len(rows))


def _rows(name: str, data: st.DataObject) -> list[list[float]]:
    count = COUNTS.get(name, 1 if name in ONE else data.draw(st.integers(2, 5)))
    if name == "tiers":  # as many limits as prices, or one fewer
        count = data.draw(st.integers(2, 7))
    if name == "lookup":  # a value for each limit
        count = data.draw(st.sampled_from([3, 5, 7]))
    rows = data.draw(st.lists(st.lists(NUMBERS, min_size=count, max_size=count), min_size=4))
    for row in rows:
        if name in ORDERED:
            row[ORDERED[name]] = sorted(row[ORDERED[name]])
        if name == "tiers":
            row[2::2] = sorted(row[2::2])
        if name == "lookup":
            row[1::2] = sorted(row[1::2])
        if name == "parallel":
            row[:] = [min(abs(x) % 1.0, 1.0) for x in row]
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("name", one_in(3, VECTORIZED))
@given(st.data())
def test_a_function_of_arrays_says_of_each_draw_what_it_says_of_a_number(
    name: str, data: st.DataObject
) -> None:
    """Where a number is refused, an array has no value there, or infinity, which is none either."""
    rows = _rows(name, data)
    formula = _formula(name, len(rows[0]))
    for row, found in zip(rows, _together(formula, rows), strict=True):
        alone = _alone(formula, row)
        if math.isnan(alone):
            continue
        assert found == pytest.approx(alone, rel=1e-12, abs=1e-300), row


@pytest.mark.parametrize(
    ("formula", "row"),
    [
        ("sqrt(x0)", [-1.0]),
        ("log(x0)", [0.0]),
        ("log(x0)", [-1.0]),
        ("1 / x0", [0.0]),
        ("step_up(x0, 1, 4)", [5.0]),
        ("lookup(x0, 1, 4, 2, 8)", [5.0]),
        ("exp(x0)", [1000.0]),
        ("erlang_b(x0, 1)", [2.5]),
        ("k_of_n(3, x0, 0.5)", [2.0]),
    ],
)
def test_what_has_no_value_for_a_number_has_none_in_an_array(
    formula: str, row: list[float]
) -> None:
    assert math.isnan(_alone(formula, row))
    assert not math.isfinite(_together(formula, [row, row])[0])


@pytest.mark.parametrize("sign", one_in(3, ["<", "<=", ">", ">=", "==", "!="]))
@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1), st.data())
def test_arrays_are_compared_as_numbers_are(
    sign: str, pairs: list[tuple[float, float]], data: st.DataObject
) -> None:
    """Noise is no difference, and no number is near one without end."""
    near = [(a, a * (1 + data.draw(st.sampled_from([0, 1e-12, 5e-10, 2e-9])))) for a, _ in pairs]
    ends = [(math.inf, 1.0), (1.0, math.inf), (math.inf, math.inf), (-math.inf, math.inf), (0, 0)]
    rows = [*pairs, *near, *ends]
    formula = f"if(x0 {sign} x1, 1, 0)"
    assert list(_together(formula, rows)) == [_alone(formula, row) for row in rows]


@given(
    st.lists(NUMBERS, min_size=1), st.sampled_from(["x0 > 1 and x0 < 5", "x0 < 0 or not x0 < 3"])
)
def test_conditions_of_arrays_are_those_of_numbers(values: list[float], condition: str) -> None:
    formula = f"if({condition}, 1, 0)"
    rows = [[v] for v in values]
    assert list(_together(formula, rows)) == [_alone(formula, row) for row in rows]


ONE_BY_ONE: dict[str, Callable[[st.DrawFn], tuple[float, ...]]] = {
    "erlang_b": lambda d: (d(st.integers(1, 50)), d(st.floats(0, 60))),
    "erlang_c": lambda d: (d(st.integers(1, 50)), d(st.floats(0, 60))),
    "erlang_c_servers": lambda d: (d(st.floats(0.1, 50)), d(st.floats(0.001, 1))),
    "k_of_n": lambda d: (d(st.integers(1, 9)), d(st.integers(1, 12)), d(st.floats(0, 1))),
    "zipf_hit_ratio": lambda d: (d(st.integers(1, 100)), d(st.integers(100, 1000)), 0.8),
    "lru_hit_ratio": lambda d: (d(st.floats(0, 1000)), d(st.integers(1, 1000)), 0.8),
    "queue_wait": lambda d: (d(st.integers(1, 20)), d(st.floats(0, 25)), 0.01, 1.0),
}


@pytest.mark.parametrize("name", ONE_BY_ONE)
@given(st.data())
def test_a_function_of_single_numbers_is_asked_draw_by_draw(name: str, data: st.DataObject) -> None:
    rows = [tuple(map(float, ONE_BY_ONE[name](data.draw))) for _ in range(4)]
    rows += rows[:1]
    found = _together(_formula(name, len(rows[0])), rows)
    for row, value in zip(rows, found, strict=True):
        try:
            alone = float(NAMESPACE[name](*row))
        except (ArithmeticError, ValueError):
            alone = math.nan
        assert value == alone or (math.isnan(value) and math.isnan(alone))


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 60)), min_size=1),
    st.sampled_from([1, 2, 3, 4, 7]),
    st.sampled_from([1.0, 0.9999, 0.99, 0.5, 0.0]),
    st.sampled_from([1.0, 0.9999, 0.9, 0.0]),
    st.sampled_from([1, 1, 100]),
)
def test_nodes_in_zones_are_up_in_each_draw_as_often_as_those_of_numbers(
    pairs: list[tuple[int, int]], zones: int, p: float, zone_p: float, scale: int
) -> None:
    """Where zones alone decide, and where nodes do."""
    rows = [(scale * k, scale * k + more - 5, zones, p, zone_p) for k, more in pairs]
    k, n = (
        np.array(column, dtype=float) for column in zip(*((r[0], r[1]) for r in rows), strict=True)
    )
    array = FUNCTIONS["k_of_n_zones"].array
    assert callable(array)
    with np.errstate(all="ignore"):
        found = array(np, k, n, float(zones), p, zone_p)
    for row, value in zip(rows, found, strict=True):
        try:
            alone = NAMESPACE["k_of_n_zones"](*map(float, row))
        except ValueError:
            alone = math.nan
        assert value == pytest.approx(alone, rel=1e-12, abs=1e-300, nan_ok=True), row


TIMES = st.one_of(st.just(0.0), st.floats(1e-4, 10.0), st.floats(1e-4, 10.0))


def _branch(draw: st.DrawFn, index: int, parent: float, samples: int) -> list[list[float]]:
    """Return the values of a branch in each sample; one that is the same in all is a constant."""
    chances = st.one_of(st.just(0.0), st.just(1.0), st.floats(1e-6, 1.0))
    ends = st.sampled_from([0.0, 0.0, 0.0, math.inf])
    columns = [[parent] * samples]
    for values in (chances, TIMES, TIMES, TIMES, TIMES):
        drawn = [draw(values) for _ in range(samples)]
        columns.append(drawn if draw(st.booleans()) else drawn[:1] * samples)
    if index:
        columns[3] = [time + draw(ends) for time in columns[3]]
    return columns


@st.composite
def _paths(draw: st.DrawFn) -> list[list[float]]:
    """Percentiles of paths of up to seven branches, some with calls at once: a row a sample."""
    samples = draw(st.integers(1, 5))
    columns = [[draw(st.sampled_from([0.01, 0.5, 0.95, 0.99, 0.999]))] * samples]
    for index in range(draw(st.integers(1, 7))):
        at_once = index == 1 and draw(st.integers(0, 9)) == 0
        parent = -1.0 if at_once else float(draw(st.integers(0, min(index, 2))))
        columns += _branch(draw, index, parent, samples)
    return [list(row) for row in zip(*columns, strict=True)]


@given(_paths())
def test_a_percentile_of_paths_is_in_each_draw_that_of_numbers(rows: list[list[float]]) -> None:
    function = FUNCTIONS["path_quantile"]
    assert callable(function.array)
    assert callable(function.scalar)
    columns = [c[0] if len({*c}) == 1 else np.array(c) for c in zip(*rows, strict=True)]
    with np.errstate(all="ignore"):
        found = np.broadcast_to(function.array(np, *columns), len(rows))
    for row, value in zip(rows, found, strict=True):
        try:
            alone = function.scalar(*row)
        except (ArithmeticError, ValueError):
            alone = math.nan
        assert value == pytest.approx(alone, rel=1e-8, abs=1e-300, nan_ok=True), row


def test_every_distribution_is_drawn_here() -> None:
    assert {read(w, is_share="to 60%" in w).shape for w in WRITTEN} == {*Shape} - {Shape.CONSTANT}
