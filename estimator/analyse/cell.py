"""A result at a point of a table, such as a month, or a value of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any, NamedTuple

from estimator.analyse.tabular import Scalar
from estimator.model import Model, Origin
from estimator.scenario.headlines import headlines_of
from estimator.units import DATA


class Cell(NamedTuple):
    """A result at a point.

    Attributes:
        value: In base units; with ranges the median.
        text: The same for people.
        low: The 5th percentile; None without ranges, or where it spreads by less than is shown.
        high: The 95th.
        texts: The two for people.
    """

    value: float
    text: str
    low: float | None = None
    high: float | None = None
    texts: tuple[str, str] = ("", "")

    @property
    def ends(self) -> tuple[float, float]:
        """The 5th and the 95th percentile; the value itself where it does not spread."""
        low, high = (self.value if end is None else end for end in (self.low, self.high))
        return low, high

    @property
    def spread_text(self) -> str:
        """The value for people, with its 5th and 95th percentile where it spreads."""
        low, high = self.texts
        return self.text if low == high else f"{self.text} [{low} to {high}]"


def cell(model: Model, name: str, value: float, spread: Any = None) -> Cell:
    """Return a result for people.

    Args:
        model: The model.
        name: The result.
        value: Its value in base units.
        spread: Its p5, median and p95; None without ranges.
    """
    if spread is None or spread[0] == spread[2]:
        return Cell(value, written(model, name, value))
    low, median, high = map(float, spread)
    texts = written(model, name, low), written(model, name, high)
    text = written(model, name, median)
    return Cell(median, text) if texts == (text, text) else Cell(median, text, low, high, texts)


def shown_of(headlines: Sequence[str], model: Model) -> tuple[str, ...]:
    """Return the results to show: the headlines that there are, or else those of the file's own."""
    quantities = model.quantities
    found = tuple(n for n in headlines_of(headlines, quantities) if n in quantities)
    return found or tuple(n for n in model.order if quantities[n].origin is Origin.OWN)


def bound_of(model: Model, name: str) -> str:
    """Return what bound a result is; none where its cells say so, as something is not known."""
    quantity = model.quantities.get(name)
    return "" if quantity is None or name in model.unknown else quantity.bound


def written(model: Model, name: str, value: float) -> str:
    """Return a value of a quantity for people; where parts of it are not known, as its least."""
    quantity = model.quantities[name]
    if not isfinite(value):
        return "unbounded"
    if quantity.dimension == DATA and 0.0 < value < 1.0:
        value = 0.0  # less than a byte
    text = model.write(value, quantity.dimension, display_unit=quantity.display_unit)
    return f"≥ {text}" if name in model.unknown else text


def columns_of(
    names: Sequence[str], rows: Sequence[Sequence[Cell]], *, sampled: bool
) -> dict[str, list[Scalar]]:
    """Return the columns of some results, with their p5 and p95 where there are samples.

    Args:
        names: The results.
        rows: A cell for each result; none where nothing can be computed.
        sampled: Whether there are samples.
    """
    columns: dict[str, list[Scalar]] = {}
    for at, name in enumerate(names):
        cells = [row[at] if row else None for row in rows]
        columns[name] = [None if c is None else float(c.value) for c in cells]
        for end, title in enumerate(("p5", "p95") if sampled else ()):
            found = [None if c is None else float(c.ends[end]) for c in cells]
            columns[f"{name}.{title}"] = list(found)
    return columns
