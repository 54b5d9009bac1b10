"""How loads and data grow: the factor by which each input is more, so long after the start.

Factors are numbers, or arrays with one for each sample: what computes them is given.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from estimator.model import Model, Origin
from estimator.model.growth_period import period_of
from estimator.model.timeline import Timeline
from estimator.units import PLAIN, TIME, divide

TRAFFIC = "traffic"
"""What grows with all traffic."""
_USERS = ("users", "users.registered", "users.daily_active", "users.concurrent")
_COUNTED = ("rate", "volume", "peak")
_RATE = divide(PLAIN, TIME)
_AS_TRAFFIC = "as_traffic"
_DATA = ("stored.retained", "corpus", "working_set", "storage.retained")
_RANGE = re.compile(r"(?P<whole>.+)\.range\d*")
_LEAST_RATE = -1.0 + 1e-12  # all is gone at once: the logarithm ends there
_MOST_EXPONENT = 500.0
_Z90 = 3.289707253902945  # standard deviations between the 5th and the 95th percentile


class Grown(NamedTuple):
    """An input that grows.

    Attributes:
        name: The input.
        by: What it grows with: `traffic`, or the action, population or component that has a growth
            of its own.
    """

    name: str
    by: str


def grown(model: Model) -> list[Grown]:
    """Return the inputs that grow: loads with the traffic or as they say, pinned data as it says.

    What follows from another of them is left out.
    """
    found = dict.fromkeys(_loads(model))
    names = {one.name for one in found}
    kept = [
        one
        for one in found
        if not model.quantities[one.name].uses
        or names.isdisjoint(model.leading_to([one.name]) - {one.name})
    ]
    return [*kept, *_events(model), *_data(model)]


def _loads(model: Model) -> Iterator[Grown]:
    quantities = model.quantities
    for name, quantity in quantities.items():
        if not _is_users(name) or _is_part(name, model):
            continue
        if quantity.origin.replaces_library:
            population = name.removeprefix("users.").partition(".")[0]
            own = f"users.{population}" if f"users.{population}.growth" in quantities else "users"
            yield Grown(name, own if f"{own}.growth" in quantities else TRAFFIC)
    for action in model.actions:
        if f"{action}.growth" in quantities:
            continue  # its events grow as such
        for name, quantity in quantities.items():
            if name.startswith(f"{action}.") and quantity.origin.replaces_library:
                field = name.removeprefix(f"{action}.")
                if field in _COUNTED or (quantity.origin is Origin.PINNED and _is_rate(field)):
                    yield Grown(name, TRAFFIC)
    for component, _ in model.components:
        start = f"{component}."
        pinned = (n for n, q in quantities.items() if q.origin is Origin.PINNED)
        for name in pinned:
            if name.startswith(start) and _is_rate(name.removeprefix(start)):
                yield Grown(name, TRAFFIC)


def _events(model: Model) -> Iterator[Grown]:
    """Yield how often actions happen that say how they grow."""
    for action in model.actions:
        if f"{action}.growth" in model.quantities:
            yield Grown(f"{action}.events.average", action)
            yield Grown(f"{action}.events.peak", action)


def _is_users(name: str) -> bool:
    return name in _USERS or (name.startswith("users.") and not name.endswith(".growth"))


def _is_part(name: str, model: Model) -> bool:
    """Return whether something is a range in a formula, which may be a share and does not grow."""
    match = _RANGE.fullmatch(name)
    whole = model.quantities.get(match["whole"]) if match else None
    return whole is not None and whole.origin.replaces_library and name in whole.uses


def _is_rate(field: str) -> bool:
    return field.endswith((".average", ".peak")) and field.count(".") == 1


def _data(model: Model) -> Iterator[Grown]:
    """Yield what is pinned of the data of components that say how it grows."""
    for component, _ in model.components:
        rate = model.quantities.get(f"{component}.growth")
        if rate is not None and rate.dimension == _RATE:  # a kind may call something else so
            for field in _DATA:
                quantity = model.quantities.get(f"{component}.{field}")
                if quantity is not None and quantity.origin.replaces_library:
                    yield Grown(quantity.name, component)


# --- factors --------------------------------------------------------------------------------------


class Rate(NamedTuple):
    """How something grows.

    Attributes:
        value: The share by which it grows in a period, or one for each sample.
        period: The period, in seconds.
        is_linear: Whether it is a share of what it is at the start.
        ceiling: The most that it grows to, as a multiple; None without one.
    """

    value: Any
    period: float
    is_linear: bool = False
    ceiling: Any = None

    def factor(self, seconds: float, xp: Any) -> Any:
        """Return how many times what it was at the start it is.

        Args:
            seconds: How long after the start.
            xp: `math`, or NumPy.
        """
        periods = seconds / self.period
        if self.is_linear:
            return _at_least_zero(1.0 + self.value * periods)
        is_left = self.value > _LEAST_RATE
        speed = xp.log1p(self.value * is_left + _LEAST_RATE * (1.0 - is_left))
        if self.ceiling is None:
            return xp.exp(_bounded(speed * periods))
        top = self.ceiling
        speed = speed * top / (top - 1.0)
        return top / (1.0 + (top - 1.0) * xp.exp(_bounded(-speed * periods)))


def _bounded(exponent: Any) -> Any:
    """Return an exponent at which `exp` does not overflow."""
    is_in = exponent < _MOST_EXPONENT
    return exponent * is_in + _MOST_EXPONENT * (1.0 - is_in)


def _at_least_zero(value: Any) -> Any:
    return value * (value > 0.0)


def rate_of(name: str, model: Model, values: Mapping[str, Any]) -> Rate:
    """Return how something grows, by the quantity that says so.

    Args:
        name: The quantity, such as `traffic.growth`.
        model: The model.
        values: Values by name, or an array of samples each.
    """
    period = period_of(name, model)
    shapes = {choice.name: choice.value for choice in model.choices}
    shape = shapes.get(f"{name}_shape", _AS_TRAFFIC)
    if shape == _AS_TRAFFIC:
        shape = shapes.get("traffic.growth_shape", "")
    ceiling = values.get("traffic.ceiling") if name == "traffic.growth" else None
    return Rate(values[name] * period, period, shape == "linear", ceiling)


def spread_of(name: str, model: Model, values: Mapping[str, float]) -> float:
    """Return the standard deviation of a month's growth, on the logarithm; `5%` is `-5% to 5%`."""
    quantity = model.quantities.get(name)
    if quantity is None:
        return 0.0
    if quantity.distribution is None:
        return 2.0 * math.log1p(abs(values[name])) / _Z90
    low, high = (quantity.distribution.quantile(share) for share in (0.05, 0.95))
    return (math.log1p(high) - math.log1p(low)) / _Z90


# --- dates ----------------------------------------------------------------------------------------


def after(start: date, months: float) -> date:
    """Return the day so many months after another."""
    whole = math.floor(months)
    day = _months_after(start, whole)
    length = (_months_after(start, whole + 1) - day).days
    return day + timedelta(days=min(round((months - whole) * length), (date.max - day).days))


def months_until(start: date, day: date) -> float:
    """Return how many months a day is after another."""
    whole = (day.year - start.year) * 12 + day.month - start.month
    if _months_after(start, whole) > day:
        whole -= 1
    first = _months_after(start, whole)
    length = (_months_after(start, whole + 1) - first).days
    return whole + (day - first).days / max(length, 1)  # there is no month after the last one


def _months_after(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        return date.max if year > 0 else date.min
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def scheduled(timeline: Timeline, start: date, months: float) -> float:
    """Return the load on a day by the dates of a file: between two dates, by equal factors."""
    points = [(0.0, 1.0)]
    points += [(m, load) for day, load in timeline.growth if (m := months_until(start, day)) > 0.0]
    at = bisect_right([month for month, _ in points], months)
    if at >= len(points):
        return points[-1][1]
    (m0, low), (m1, high) = points[at - 1], points[at]
    return low * math.pow(high / low, (months - m0) / (m1 - m0))


def walk_of(steps: Sequence[Any], months: float) -> Any:
    """Return the logarithm of what months added up to by then, between two months in proportion."""
    whole = min(math.floor(months), len(steps) - 1)
    rest = months - whole
    if rest <= 0.0 or whole + 1 >= len(steps):
        return steps[whole]
    return steps[whole] * (1.0 - rest) + steps[whole + 1] * rest
