"""Why a service level is not kept, and whether more nodes would help."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import NamedTuple

from estimator.formula.tree import Name, Node, Number, walk
from estimator.model import Model
from estimator.units import PLAIN, TIME, write

_WAITS = (".wait.mean", ".wait.sd")


class Reason(NamedTuple):
    """What to say of a level that is not kept: more of the message, and a help."""

    message: str
    help: str


def why_late(
    tree: Node,
    model: Model,
    values: dict[str, float],
    compute: Callable[[Model], dict[str, float] | None],
) -> Reason | None:
    """Return why a service level for a percentile fails, or None if the condition is about none.

    Args:
        tree: The condition that fails.
        model: The model.
        values: Its values.
        compute: Computes all values of a model.
    """
    names = [n.path for n in walk(tree) if isinstance(n, Name)]
    estimate = next((n for n in names if ".estimate.p" in n), None)
    if estimate is None:
        return None
    level, _, percentile = estimate.split(".")
    target = values[f"{level}.{percentile}"]
    waiting = compute(_without_waiting(model))
    actions = [a for a in model.actions if f"{a}.latency.{percentile}" in values]
    late = [a for a in actions if values[f"{a}.latency.{percentile}"] == values[estimate]]
    if waiting is None or not late:
        return None
    endless = values[estimate] == inf
    found = f": `{late[0]}` " + (
        "never ends" if endless else f"takes {_time(values[estimate], model)}"
    )
    least = waiting[estimate]
    where = _most(late[0], waiting if least > target else values)
    if least > target:
        return Reason(
            found,
            f"no number of nodes meets it: without any waiting it would be {_time(least, model)},"
            f" and `{where}` takes most of that",
        )
    limit = f"{where}.most_useful_nodes"
    upto = f" up to `{limit}`" if limit in values else ""
    return Reason(
        found,
        f"without waiting it would be {_time(least, model)}, so more nodes help{upto};"
        f" `{where}` takes most of the time",
    )


def why_down(tree: Node, model: Model, values: dict[str, float]) -> Reason | None:
    """Return why a service level for availability fails, or None if the condition is about none.

    Args:
        tree: The condition that fails.
        model: The model.
        values: Its values.
    """
    names = [n.path for n in walk(tree) if isinstance(n, Name)]
    estimate = next((n for n in names if n.endswith(".estimate.availability")), None)
    if estimate is None:
        return None
    target = values[f"{estimate.split('.')[0]}.availability"]
    up = {
        c: values[f"{c}.availability"] for c, _ in model.components if f"{c}.availability" in values
    }
    down = [a for a in model.actions if values.get(f"{a}.availability") == values[estimate]]
    waited = {c: v for c, v in up.items() if any(f"{a}.residence.{c}" in values for a in down)}
    up = waited or up
    worst = min(up, key=up.__getitem__)
    text = write(up[worst], PLAIN, display_unit="nines")
    if up[worst] < target and f"{worst}.node_availability" not in values:
        reason = f"no number of nodes meets it: `{worst}` is a service with {text}"
    else:
        reason = (
            f"`{worst}` is the least available, {text}; `estimator nines` shows what more takes"
        )
    return Reason("", reason)


def _without_waiting(model: Model) -> Model:
    """Return the same model where nothing waits, as with nodes without number."""
    zero = Number(0.0, (0, 0))
    quantities = {
        name: q.computed_by(zero) if name.endswith(_WAITS) else q
        for name, q in model.quantities.items()
    }
    return model._replace(quantities=quantities)


def _most(action: str, values: dict[str, float]) -> str:
    """Return the component at which an action spends most of its time."""
    start = f"{action}.residence."
    times = {n.removeprefix(start): v for n, v in values.items() if n.startswith(start)}
    return max(times, key=times.__getitem__)


def _time(seconds: float, model: Model) -> str:
    return write(seconds, TIME, calendar=model.calendar)
