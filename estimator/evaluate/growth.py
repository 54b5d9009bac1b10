"""Growth is a share of what there is: what cannot be one is reported where it is written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import nan

from estimator.diagnostics import Problems
from estimator.evaluate.shown import written
from estimator.model import Model
from estimator.model.growth_period import period_of
from estimator.units import PLAIN, TIME, divide
from estimator.units.write import count, digits, share

_RATE = divide(PLAIN, TIME)
_MOST_SHARE = 100.0  # of what there is, in a period: more is meant as a number of users or requests
_LEAST_SHARE = 1e-5  # of all users: less is not meant as a number of them


def check_growth(model: Model, values: Mapping[str, float], problems: Problems) -> None:
    """Report growth that loses more than all in one of its periods, or is no share (E024)."""
    for quantity in model.said:
        name = quantity.name
        is_growth = name.endswith(".growth") and quantity.dimension == _RATE
        if not is_growth or not quantity.origin.replaces_library or name not in values:
            continue
        seconds = period_of(name, model)
        value, period = values[name] * seconds, _period(seconds, model)
        place = quantity.text.place
        is_linear = any(c.name == f"{name}_shape" and c.value == "linear" for c in model.choices)
        if value < -1.0 and not is_linear:
            message = f"`{name}` loses {share(-value)} in each {period}, more than there is"
            problems.add("E024", message, place, help="write `-50%/month` for half of it")
        elif value >= _MOST_SHARE:
            message = f"by `{name}` each {period} adds {count(value)} times what there is"
            help_ = _share_of(name, value, period, model, values)
            problems.add("E024", message, place, help=help_)


def warn_of_timeline(
    model: Model, values: Mapping[str, float], today: date, problems: Problems
) -> None:
    """Warn of a rate that dates replace (W104), and of orders that have arrived (W126)."""
    rate = model.quantities.get("traffic.growth")
    if model.timeline.growth and rate is not None and rate.origin.replaces_library:
        problems.add(
            "W104",
            "`traffic.growth` has no effect, as `growth` has the load on dates",
            rate.text.place,
            help="leave out one of the two",
        )
    for order in model.timeline.orders:
        if order.on <= (model.timeline.as_of or today) and values.get(order.of) != order.to:
            quantity = model.quantities[order.of]
            problems.add(
                "W126",
                f"`{order.of}` became {order.text.value.strip()} on {order.on.isoformat()}, and "
                f"is {written(values.get(order.of, nan), quantity, model)} here",
                order.text.place,
                help=f"write `{order.of}: {order.text.value.strip()}` in place of the order",
            )


def _share_of(
    name: str, value: float, period: str, model: Model, values: Mapping[str, float]
) -> str:
    """Return the line to write for growth by a number, such as of users."""
    per = f"/{period}" if period.isalpha() else " in that time"
    owner = name.removesuffix(".growth")
    counted = "users" if owner == "traffic" else owner
    names = (f"{counted}.registered", counted) if counted.startswith("users") else ()
    whole = next((values[n] for n in names if n in values), 0.0)
    if not _LEAST_SHARE * whole <= value <= whole:
        return "growth is a share of what there is: for 40k more of 100k write `40%/year`"
    part = f"{digits(100.0 * value / whole, 3)}%{per}"
    return (
        f"growth is a share of what there is: for {count(value)} more of {count(whole)} users write"
        f" `growth: {part}`, and `growth_shape: linear` if each {period} adds as many"
    )


def _period(seconds: float, model: Model) -> str:
    """Return a period for people, such as `month`."""
    calendar = model.calendar
    named = {calendar.day: "day", calendar.month: "month", calendar.year: "year"}
    return named.get(seconds) or model.write(seconds, TIME)
