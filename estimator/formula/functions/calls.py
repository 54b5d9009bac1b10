"""Times of calls, one after the other, of which there are not always as many."""

import math
from types import ModuleType
from typing import Any

from estimator.formula.arguments import check_not_negative, check_result
from estimator.formula.functions.function import Function
from estimator.formula.numeric_arrays import legal
from estimator.units.dimension import PLAIN, TIME


def calls_time(calls: float, mean: float) -> float:
    """Return the mean time of calls of one mean, one after the other; no time for no calls.

    Args:
        calls: How many there are on average, from 0 up.
        mean: The mean time of one, any unit of time, from 0 up; may be infinite.

    Returns:
        Their product, 0 where there are none.

    Raises:
        ValueError: an argument is out of its range.
    """
    check_not_negative("the number of calls", calls)
    if mean != math.inf:
        check_not_negative("the mean time", mean)
    return calls * mean if calls else 0.0


def calls_fixed(calls: float, variance: float, fixed: float) -> float:
    """Return the time that calls surely take, one after the other, at a fixed time each.

    Args:
        calls: How many there are on average, from 0 up.
        variance: The variance of their number, from 0 up; if it is above 0, nothing is sure.
        fixed: What each takes at least, any unit of time, from 0 up.

    Returns:
        The time.

    Raises:
        ValueError: an argument is out of its range.
    """
    _check_calls(calls, variance)
    check_not_negative("the fixed time", fixed)
    return check_result("the time", calls * fixed) if variance == 0.0 else 0.0


def calls_rest(calls: float, variance: float, fixed: float, mean: float) -> float:
    """Return the mean of what calls take on top of `calls_fixed`.

    Args:
        calls: How many there are on average, from 0 up.
        variance: The variance of their number, from 0 up.
        fixed: What each takes at least, any unit of time, from 0 up; no more than `mean` counts.
        mean: The mean time of one, fixed time included, from 0 up; may be infinite.

    Returns:
        The mean; 0 where there are no calls.

    Raises:
        ValueError: an argument is out of its range.
    """
    _check_calls(calls, variance)
    check_not_negative("the fixed time", fixed)
    if mean != math.inf:
        check_not_negative("the mean time", mean)
    if not calls:
        return 0.0
    return calls * (mean - min(fixed, mean)) if variance == 0.0 else calls * mean


def calls_sd(calls: float, variance: float, mean: float, sd: float) -> float:
    """Return the standard deviation of the time of calls, of which there are not always as many.

    `calls * sd^2 + variance * mean^2` is the variance of a random number of independent times.

    Args:
        calls: How many there are on average, from 0 up.
        variance: The variance of their number, from 0 up.
        mean: The mean time of one, any unit of time, from 0 up; may be infinite.
        sd: The standard deviation of one, from 0 up; may be infinite.

    Returns:
        The standard deviation of their sum; 0 where there are none.

    Raises:
        ValueError: an argument is out of its range.

    Source:
        The variance of a random sum: Feller, An Introduction to Probability Theory and Its
        Applications, volume 1 (1968), chapter XII.
    """
    _check_calls(calls, variance)
    for what, value in (("the mean time", mean), ("the standard deviation", sd)):
        if value != math.inf:
            check_not_negative(what, value)
    if not calls:
        return 0.0
    if math.inf in (mean, sd):
        return math.inf
    spread = math.hypot(math.sqrt(calls) * sd, math.sqrt(variance) * mean)
    return check_result("the standard deviation", spread)


def calls_scale(*terms: float) -> float:
    """Return the scale of the tail of the time of calls to several components, one after the other.

    Each is taken for a gamma distribution, whose scale is `variance / mean`; the third moments of
    independent times add up, so that of all it is the mean weighted by variance. Of exponential
    times it is near the longest.

    Args:
        *terms: For each component the calls, the variance of their number, and of one call the
            fixed time, the mean and the standard deviation, as for `calls_rest` and `calls_sd`.

    Returns:
        The scale, in the unit of the times; 0 where nothing varies.

    Raises:
        ValueError: an argument is out of its range.
    """
    if not terms or len(terms) % 5:
        raise ValueError("each component has calls, their variance, and three times")
    third = whole = 0.0
    for start in range(0, len(terms), 5):
        calls, varies, fixed, mean, sd = terms[start : start + 5]
        rest, spread = calls_rest(calls, varies, fixed, mean), calls_sd(calls, varies, mean, sd)
        if math.inf in (rest, spread):
            return math.inf
        if rest > 0.0:
            variance = spread * spread
            whole += variance
            third += variance * (variance / rest)
    return check_result("the scale", third / whole) if whole > 0.0 else 0.0


def visits_variance(visits: float, variance: float, ratio: float, calls: float) -> float:
    """Return the variance of the calls that visits make, each with some chance, and then so many.

    A ratio of 0.3 is a call by 30% of the visits; one of 2.3 is two by all and a third by 30%.
    The same goes for the calls. So of a hundred reads that a cache passes on once, with 20 calls
    each time, the number has the variance `0.01 * 0.99 * 20^2`, though its mean is 0.2.

    Args:
        visits: The mean number of visits, from 0 up.
        variance: The variance of that number, from 0 up.
        ratio: How often a visit is passed on, from 0 up.
        calls: The calls for each that is passed on, from 0 up.

    Returns:
        The variance of the number of calls.

    Raises:
        ValueError: an argument is out of its range.

    Source:
        The variance of a random sum: Feller, An Introduction to Probability Theory and Its
        Applications, volume 1 (1968), chapter XII.
    """
    check_not_negative("the number of visits", visits)
    check_not_negative("the variance of their number", variance)
    check_not_negative("the ratio", ratio)
    check_not_negative("the number of calls", calls)
    each = ratio * _split(calls) + _split(ratio) * calls * calls
    made = ratio * calls
    return check_result("the variance", visits * each + variance * made * made)


def _check_calls(calls: float, variance: float) -> None:
    check_not_negative("the number of calls", calls)
    check_not_negative("the variance of their number", variance)


def _split(mean: float) -> float:
    """Return the variance of a whole number that is one of the two next to its mean."""
    part = mean - math.floor(mean)
    return part * (1.0 - part)


def _calls_time_arrays(np: ModuleType, calls: Any, mean: Any) -> Any:
    return np.where(calls == 0, 0.0, calls * np.where(calls == 0, 0.0, mean))


def _calls_fixed_arrays(np: ModuleType, calls: Any, variance: Any, fixed: Any) -> Any:
    time = np.where(variance == 0.0, calls * fixed, 0.0)
    return np.where(legal(np, calls, variance, fixed, time), time, np.nan)


def _calls_rest_arrays(np: ModuleType, calls: Any, variance: Any, fixed: Any, mean: Any) -> Any:
    sure = np.where(variance == 0.0, np.minimum(fixed, mean), 0.0)
    rest = np.where(calls == 0.0, 0.0, calls * (mean - sure))
    return np.where(legal(np, calls, variance, fixed) & (mean >= 0.0), rest, np.nan)


def _calls_sd_arrays(np: ModuleType, calls: Any, variance: Any, mean: Any, sd: Any) -> Any:
    endless = np.isinf(mean) | np.isinf(sd)
    spread = np.hypot(np.sqrt(calls) * sd, np.sqrt(variance) * mean)
    spread = np.where(endless, np.inf, np.where(np.isinf(spread), np.nan, spread))
    right = legal(np, calls, variance) & (mean >= 0.0) & (sd >= 0.0)
    return np.where(right, np.where(calls == 0.0, 0.0, spread), np.nan)


def _calls_scale_arrays(np: ModuleType, *terms: Any) -> Any:
    third = whole = endless = 0.0
    for start in range(0, len(terms), 5):
        calls, varies, fixed, mean, sd = terms[start : start + 5]
        rest = _calls_rest_arrays(np, calls, varies, fixed, mean)
        spread = _calls_sd_arrays(np, calls, varies, mean, sd)
        variance = np.where(rest == 0.0, 0.0, spread * spread)
        whole = whole + variance
        third = third + variance * (variance / np.where(rest == 0.0, 1.0, rest))
        endless = endless + np.where(np.isinf(rest) | np.isinf(spread), np.inf, 0.0 * rest)
    scale = np.where(whole == 0.0, 0.0, third / np.where(whole == 0.0, 1.0, whole))
    return np.where(endless == 0.0, np.where(np.isinf(scale), np.nan, scale), endless)


def _visits_variance_arrays(
    np: ModuleType, visits: Any, variance: Any, ratio: Any, calls: Any
) -> Any:
    each = ratio * _split_arrays(np, calls) + _split_arrays(np, ratio) * calls * calls
    made = ratio * calls
    found = visits * each + variance * made * made
    return np.where(legal(np, visits, variance, ratio, calls, found), found, np.nan)


def _split_arrays(np: ModuleType, mean: Any) -> Any:
    part = mean - np.floor(mean)
    return part * (1.0 - part)


_CALLS = (("calls", PLAIN), ("variance", PLAIN))

FUNCTIONS = (
    Function(
        "calls_time",
        (("calls", PLAIN), ("mean", TIME)),
        TIME,
        "The mean time of a number of calls, one after the other.",
        example=("calls_time(3, 2 s)", "6 s"),
        scalar=calls_time,
        array=_calls_time_arrays,
    ),
    Function(
        "calls_fixed",
        (*_CALLS, ("fixed", TIME)),
        TIME,
        "What calls, whose number varies so much, surely take, at a fixed time each.",
        example=("calls_fixed(3, 0, 2 s)", "6 s"),
        scalar=calls_fixed,
        array=_calls_fixed_arrays,
    ),
    Function(
        "calls_rest",
        (*_CALLS, ("fixed", TIME), ("mean", TIME)),
        TIME,
        "The mean of what they take on top of that.",
        example=("calls_rest(3, 0, 2 s, 4 s)", "6 s"),
        scalar=calls_rest,
        array=_calls_rest_arrays,
    ),
    Function(
        "calls_sd",
        (*_CALLS, ("mean", TIME), ("sd", TIME)),
        TIME,
        "The standard deviation of the time of these calls.",
        example=("calls_sd(4, 0, 20 s, 3 s)", "6 s"),
        scalar=calls_sd,
        array=_calls_sd_arrays,
    ),
    Function(
        "calls_scale",
        (*_CALLS, ("fixed", TIME), ("mean", TIME), ("sd", TIME)),
        TIME,
        "The scale of the tail of that time, over calls to several components.",
        example=("calls_scale(1, 0, 0 s, 6 s, 6 s)", "6 s"),
        scalar=calls_scale,
        array=_calls_scale_arrays,
        repeats=5,
    ),
    Function(
        "visits_variance",
        (("visits", PLAIN), ("variance", PLAIN), ("ratio", PLAIN), ("calls", PLAIN)),
        PLAIN,
        "The variance of calls, where a share of the visits makes several each.",
        example=("visits_variance(1, 0, 50%, 4)", "4"),
        scalar=visits_variance,
        array=_visits_variance_arrays,
    ),
)
