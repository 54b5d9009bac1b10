"""Values as people read them: in the unit that a formula names, with the digits that they have.

What somebody wrote as a value stays as it was written, and what they compute of it stays in the
units that they wrote: GiB are not turned into GB, nor a price by the hour into one by the month.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from estimator.diagnostics import Text
from estimator.evaluate.program import Program, Step, compile_program
from estimator.evaluate.report import Report, Value, Values
from estimator.formula import numeric
from estimator.formula.emit import computed
from estimator.formula.tree import Convert, Literal, Name, Node, Number, Range, walk
from estimator.model import Model, Origin, Quantity
from estimator.units import (
    DATA,
    PLAIN,
    TIME,
    Calendar,
    Dimension,
    divide,
    unit_factor,
    unit_table,
)
from estimator.units.like import Units, dimension_of, is_binary, write_like
from estimator.units.write import digits, number, share, with_unit

if TYPE_CHECKING:
    from estimator.evaluate.sampled import Uncertainty

_MAY_CONVERT = re.compile(r"(?<![A-Za-z_.])in(?!\w)", re.ASCII)
"""Formulas that may ask for a unit; others need not be parsed to be shown, which takes long."""
_PLAIN_TEXT = re.compile(r"\$?[\d.]+ ?[^\d_]*(?<![eE])|[\d.]+:[\d.]+")
"""A value that reads well as it is: without an exponent, and without `_` between digits."""
_GROUPED = re.compile(r"(?<![\d.:])\d{4,}(?![\d:])")
_CENTS = re.compile(r"\$(\d+\.\d(?![\dkMB])|0?\.000)")
"""Money that is written anew: `$1.5` as $1.50, and `$0.0000004` as $0.4/1M."""
_SAME = 1e-12
_DEEPEST = 8  # how far names are followed to a value that somebody wrote
_HOUR = 3600.0
_RATE = divide(PLAIN, TIME)
_DATA_RATE = divide(DATA, TIME)


def percentile_texts(found: Uncertainty, model: Model) -> dict[str, tuple[str, str, str]]:
    """Return the percentiles for people, of what people ask for first."""
    texts: dict[str, tuple[str, str, str]] = {}
    for name in dict.fromkeys((*found.headlines, *found.drivers)):
        spread, quantity = found.spreads[name], model.quantities[name]
        has_zero = spread.edges[0] < 0.0 < spread.edges[1]
        a, b, c = (
            written(_supported(value, error, has_zero, quantity), quantity, model, rounded=True)
            for value, error in zip(spread.percentiles, spread.errors, strict=True)
        )
        texts[name] = (a, b, c)
    return texts


def _supported(value: float, error: float, has_zero: bool, quantity: Quantity) -> float:
    """Round a percentile to the digits that it has; of what is almost all, those that it lacks."""
    if quantity.dimension == PLAIN and 0.9 < value < 1.0:
        return 1.0 - supported(1.0 - value, error)
    return supported(value, error, has_zero=has_zero)


def supported(value: float, error: float, *, has_zero: bool = False) -> float:
    """Return a value in as many digits, up to three, as its standard error leaves.

    The last digit that is kept is worth at least two errors. Where zero is among what may be, a
    value that is nothing but error is zero.
    """
    if not math.isfinite(value) or not math.isfinite(error) or value == 0.0:
        return value
    size = math.floor(math.log10(abs(value)))
    least = math.ceil(math.log10(2.0 * error)) if error > 0.0 else -math.inf
    if has_zero and abs(value) < 0.5 * 10.0**least:
        return 0.0
    kept = max(1.0, min(3.0, size - least + 1.0))
    try:
        return numeric.significant(value, kept)
    except ValueError:  # it would round beyond the largest float
        return value


class LazyValues(Values):
    """The values by name, in the order of the file, each written for people when it is read.

    Few of the thousands that a scenario has are ever shown.
    """

    def __init__(
        self, model: Model, values: Mapping[str, float], program: Program | None = None
    ) -> None:
        self._model = model
        self._values = values
        self._compiled = program
        self._made: dict[str, Value] = {}

    @property
    def numbers(self) -> Mapping[str, float]:
        """The values in base units, without words."""
        return self._values

    def origin(self, name: str) -> str:
        """Return where a value is from, such as `default`, without writing it."""
        return self._model.quantities[name].origin.value

    def program(self) -> Program:
        """Return a new program that recomputes these values for other inputs."""
        return Program(self._steps, dict(self._values))

    @cached_property
    def _steps(self) -> dict[str, Step]:
        return (self._compiled or compile_program(self._model)).steps

    def __getitem__(self, name: str) -> Value:
        made = self._made.get(name)
        if made is None:
            made = _value(self._model.quantities[name], self._values[name], self._model)
            self._made[name] = made
        return made

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple([name for name in self._model.order if name in self._values])


def numbers(report: Report) -> Mapping[str, float]:
    """Return the values of a report in base units, none of which is written for people."""
    return report.values.numbers


def _value(quantity: Quantity, value: float, model: Model) -> Value:
    said = quantity.provenance
    return Value(
        quantity.name,
        value,
        quantity.dimension,
        written(value, quantity, model),
        quantity.display_unit,
        quantity.origin.value,
        quantity.text.value,
        quantity.about,
        quantity.source,
        quantity.bound,
        said.status if said is not None else "",
        said.until.isoformat() if said is not None and said.until else "",
        model.calendar,
    )


def written(value: float, quantity: Quantity, model: Model, *, rounded: bool = False) -> str:
    """Write a quantity for people: as it was written, in the units of that, or in fitting ones."""
    if _MAY_CONVERT.search(quantity.text.value):
        shown = in_named_unit(value, quantity.tree, quantity.text, model.calendar, rounded=rounded)
        if shown is not None:
            return shown
    tree = None if quantity.uses else quantity.formula.shared.tree  # which takes long to parse
    if isinstance(tree, Number | Literal):
        same = as_written(value, tree, quantity.text, quantity.display_unit, model.calendar)
        if same is not None:
            return same
    units = written_units(quantity, model) if quantity.dimension != PLAIN else None
    like = units and write_like(value, units, model.calendar, binary=model.binary)
    display_unit = quantity.display_unit
    if isinstance(tree, Number) and quantity.text.value.rstrip().endswith("%"):
        display_unit = display_unit or "share"
    return like or model.write(value, quantity.dimension, display_unit=display_unit)


def as_written(
    value: float, tree: Number | Literal, text: Text, display_unit: str, calendar: Calendar
) -> str | None:
    """Return what somebody wrote, if it is this value and says it better than we would.

    Args:
        value: In base units.
        tree: What was written.
        text: The text that it stands in.
        display_unit: How such a value is shown, where nobody wrote it.
        calendar: How long days, months and years are.
    """
    units = tree.units if isinstance(tree, Literal) else ()
    amount = tree.number.value if isinstance(tree, Literal) else tree.value
    amount *= math.prod(unit_factor(name, calendar) ** exponent for name, exponent in units)
    start, end = tree.span
    while text.value[end : end + 1].isalpha():  # of `1B` users, `B` is in no unit
        end += 1
    written = " ".join(text.value[start:end].split())
    if not math.isclose(amount, value, rel_tol=_SAME) or not _PLAIN_TEXT.fullmatch(written):
        return None
    if _CENTS.match(written):
        return None
    if not units and display_unit in ("share", "nines"):
        return written if written.endswith("%") else None
    if any(unit_table().unit(name) is None for name, _ in units):
        return None  # a noun is shown where it stands, and not as a unit
    return _GROUPED.sub(lambda whole: f"{int(whole[0]):,}", written, count=1)


def written_units(quantity: Quantity, model: Model) -> Units | None:
    """Return the units that the user wrote a quantity in, or the library a value."""
    if not _has_units(quantity):
        return None
    return units_in(quantity.formula.tree, quantity.dimension, model.quantities)


def _has_units(quantity: Quantity) -> bool:
    """Return whether it is a value, or a formula of the user's; the library's have usual units."""
    if quantity.uses:
        return not quantity.origin.from_library
    return quantity.origin is not Origin.DERIVED or isinstance(quantity.tree, Literal)


def units_in(tree: Node, dimension: Dimension, quantities: Mapping[str, Quantity]) -> Units | None:
    """Return the units of the first value in a formula that measures what the formula does.

    A formula of bytes takes only from other bytes that they are counted in powers of 1024. What is
    counted by the day or the month is counted by the second when it is added up over users.
    """
    is_value = isinstance(tree, Number | Literal | Range)
    if dimension == TIME and not is_value:
        return None  # sums of times of many sizes are read best in the unit that fits
    binary = None
    for units in _units_below(tree, quantities, _DEEPEST):
        found = dimension_of(units)
        if found == dimension and (is_value or dimension != _RATE or _is_short(units)):
            return units
        if dimension.data == 1 and binary is None and is_binary(units):
            binary = _binary_like(dimension)
    return binary


def _units_below(tree: Node, quantities: Mapping[str, Quantity], depth: int) -> Iterator[Units]:
    """Yield the units of the values in a formula, and in those that it names."""
    for node in walk(tree):
        if isinstance(node, Literal):
            yield node.units
        elif isinstance(node, Name) and depth and node.path in quantities:
            named = quantities[node.path]
            if _has_units(named):
                yield from _units_below(named.formula.tree, quantities, depth - 1)


def _is_short(units: Units) -> bool:
    """Return whether a rate is by the second, the minute or the hour."""
    return all(unit_factor(name, Calendar()) <= _HOUR for name, _ in units)


def _binary_like(dimension: Dimension) -> Units | None:
    """Return units in powers of 1024 for bytes and for bytes a second."""
    return {DATA: (("GiB", 1.0),), _DATA_RATE: (("GiB", 1.0), ("s", -1.0))}.get(dimension)


def in_named_unit(
    value: float, tree: Node, text: Text, calendar: Calendar, *, rounded: bool = False
) -> str | None:
    """Return a value in the unit that a formula names with `in`, or None if it names none.

    Args:
        value: In base units.
        tree: The formula.
        text: As it was written.
        calendar: How long days, months and years are.
        rounded: Whether no more digits are shown than the first three.
    """
    if not isinstance(tree, Convert):
        return None
    try:
        factor = float(computed(tree.unit, calendar))
    except (ArithmeticError, ValueError, KeyError, NameError):
        return None
    unit = " ".join(text.value[tree.unit.span[0] : tree.unit.span[1]].split())
    if not factor:
        return None
    if unit.strip("1 ") == "%":
        return share(value, nines=True)
    amount = value / factor
    if not math.isfinite(amount):
        return None  # there is no such number of these units
    return with_unit((number if rounded else digits)(amount), unit)
