"""What a scenario says of time: the day of its loads, growth by dates, events, and orders."""

# Without postponed annotations: typing compiles each of them that is a text, as a run begins.
from datetime import date
from typing import NamedTuple

from estimator.diagnostics import Text


class Event(NamedTuple):
    """Some days with another load.

    Attributes:
        name: What it is called.
        on: Its first day.
        lasts: How long it lasts, in seconds.
        load: The load meanwhile, as a multiple.
        actions: The actions that it is for; none for all.
    """

    name: str
    on: date
    lasts: float
    load: float
    actions: tuple[str, ...] = ()


class Order(NamedTuple):
    """A change that arrives on a day.

    Attributes:
        name: What it is called.
        on: The day.
        of: The quantity that is changed.
        to: Its value from then on, in base units.
        text: The same as it is written, and where.
    """

    name: str
    on: date
    of: str
    to: float
    text: Text


class Timeline(NamedTuple):
    """What a scenario says of time.

    Attributes:
        as_of: The day on which its loads hold; None for today.
        growth: The load on dates, as multiples of what the file says, in their order.
        events: Days with another load.
        orders: What arrives.
    """

    as_of: date | None = None
    growth: tuple[tuple[date, float], ...] = ()
    events: tuple[Event, ...] = ()
    orders: tuple[Order, ...] = ()


NO_TIMELINE = Timeline()
