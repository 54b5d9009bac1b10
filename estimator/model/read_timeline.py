"""Read what a scenario says of time: dates, and the values on them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date

from estimator.diagnostics import Problems, Text, did_you_mean, short
from estimator.model.conventions import constant
from estimator.model.provenance import date_of
from estimator.model.quantity import Quantity
from estimator.model.timeline import NO_TIMELINE, Event, Order, Timeline
from estimator.scenario.load import Loaded
from estimator.scenario.plain import place_of
from estimator.scenario.sections import Event as EventShape
from estimator.scenario.sections import Order as OrderShape
from estimator.units import PLAIN, TIME, Calendar

_DAY = 86_400.0


def timeline(
    loaded: Loaded,
    actions: Sequence[str],
    quantities: Mapping[str, Quantity],
    calendar: Calendar,
    problems: Problems,
) -> Timeline:
    """Return what a scenario says of time; what is wrong with it is reported.

    Args:
        loaded: The scenario.
        actions: Its actions.
        quantities: Its quantities.
        calendar: How long its days are.
        problems: Where errors go.
    """
    file = loaded.scenario
    if file.as_of is None and not (file.growth or file.events or file.orders):
        return NO_TIMELINE
    reader = _Reader(loaded, calendar, problems)
    events = (reader.event(n, one, actions) for n, one in (file.events or {}).items())
    orders = (reader.order(n, one, quantities) for n, one in (file.orders or {}).items())
    return Timeline(
        date_of(file.as_of, problems),
        reader.growth(file.growth or {}),
        tuple(event for event in events if event is not None),
        tuple(order for order in orders if order is not None),
    )


class _Reader:
    """Reads dates and values of a file."""

    def __init__(self, loaded: Loaded, calendar: Calendar, problems: Problems) -> None:
        self._loaded, self._calendar, self._problems = loaded, calendar, problems

    def growth(self, said: Mapping[str, Text]) -> tuple[tuple[date, float], ...]:
        """Return the load on dates, in their order."""
        found: list[tuple[date, float]] = []
        for name, text in said.items():
            key = place_of(self._loaded.tree, ("growth", name), key=True)
            day = date_of(Text(name, key), self._problems)
            load = self._above_zero("the load", text)
            if day is not None and load is not None:
                found.append((day, load))
        return tuple(sorted(found))

    def event(self, name: str, said: EventShape, actions: Sequence[str]) -> Event | None:
        """Return an event; None with what is wrong with it reported."""
        on, load = date_of(said.on, self._problems), self._above_zero("load", said.load)
        lasts: float | None = _DAY
        if said.for_ is not None:
            lasts = constant("for", said.for_, TIME, self._calendar, self._problems)
        named = said.actions or []
        for text in named:
            if text.value not in actions:
                message = f"there is no action `{short(text.value)}`"
                near = did_you_mean(text.value, actions)
                self._problems.add("E014", message, text.place, help=near)
        if on is None or load is None or lasts is None:
            return None
        return Event(name, on, lasts, load, tuple(text.value for text in named))

    def order(
        self, name: str, said: OrderShape, quantities: Mapping[str, Quantity]
    ) -> Order | None:
        """Return an order; None with what is wrong with it reported."""
        on, quantity = date_of(said.on, self._problems), quantities.get(said.of.value)
        if quantity is None:
            message = f"there is nothing named `{short(said.of.value)}`"
            nodes = f"{said.of.value}.nodes"
            near = f"write `of: {nodes}`" if nodes in quantities else None
            near = near or did_you_mean(said.of.value, quantities)
            self._problems.add("E014", message, said.of.place, help=near)
            return None
        to = constant("to", said.to, quantity.dimension, self._calendar, self._problems)
        if on is None or to is None:
            return None
        return Order(name, on, quantity.name, to, said.to)

    def _above_zero(self, what: str, text: Text) -> float | None:
        """Return a multiple of a load, which is above zero."""
        found = constant(what, text, PLAIN, self._calendar, self._problems)
        if found is not None and not 0.0 < found < math.inf:
            message = f"{what} is a multiple above 0, and not `{short(text.value)}`"
            self._problems.add("E024", message, text.place, help="write it as `1.5x`")
            return None
        return found
