"""Values as people read them: in the unit that a formula names, with the digits that they have."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

from estimator.diagnostics import Text
from estimator.evaluate.report import Report, Uncertainty, Value
from estimator.formula import numeric
from estimator.formula.emit import computed, literal_value
from estimator.formula.tree import Convert, Literal, Node, Number
from estimator.model import Model, Quantity
from estimator.units import PLAIN, Calendar, write
from estimator.units.write import count, digits, number, share, with_unit

_MAY_CONVERT = re.compile(r"(?<![A-Za-z_.])in(?!\w)", re.ASCII)
"""Formulas that may ask for a unit; others need not be parsed to be shown, which takes long."""

_USUAL = {(("USD", 1.0),), (("s", -1.0),)}
"""The units in which values are written anyway."""


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


class LazyValues(Mapping[str, Value]):
    """The values by name, in the order of the file, each written for people when it is read.

    Few of the thousands that a scenario has are ever shown.
    """

    def __init__(self, model: Model, values: Mapping[str, float]) -> None:
        self._model = model
        self._values = values
        self._made: dict[str, Value] = {}

    @property
    def numbers(self) -> Mapping[str, float]:
        """The values in base units, without words."""
        return self._values

    def __getitem__(self, name: str) -> Value:
        made = self._made.get(name)
        if made is None:
            made = _value(self._model.quantities[name], self._values[name], self._model)
            self._made[name] = made
        return made

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._model.order if name in self._values)

    def __len__(self) -> int:
        return len(self._values)


def numbers(report: Report) -> Mapping[str, float]:
    """Return the values of a report in base units, none of which is written for people."""
    values = report.values
    if isinstance(values, LazyValues):
        return values.numbers
    return {name: value.value for name, value in values.items()}


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
    )


def written(value: float, quantity: Quantity, model: Model, *, rounded: bool = False) -> str:
    """Write a quantity for people: in the unit that its formula asks for, or a fitting one."""
    shown = in_asked_unit(value, quantity, model, rounded=rounded)
    if shown is not None:
        return shown
    if (
        quantity.display_unit == "nines"
        and isinstance(quantity.formula.shared.tree, Number | Literal)
        and value < 1
    ):
        return quantity.text.value.strip()  # all the nines that somebody wrote
    return write(
        value, quantity.dimension, display_unit=quantity.display_unit, calendar=model.calendar
    )


def in_asked_unit(
    value: float, quantity: Quantity, model: Model, *, rounded: bool = False
) -> str | None:
    """Return a value in the unit that the formula of its quantity names, or None for none."""
    if not _MAY_CONVERT.search(quantity.text.value):
        return None
    return in_named_unit(value, quantity.tree, quantity.text, model.calendar, rounded=rounded)


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


def as_typed(node: Node, text: Text) -> str | None:
    """Return a number as it is typed in a formula, or None for what is no number with a unit."""
    if not isinstance(node, Literal):
        return None
    amount, unit = text.value[slice(*node.number.span)], _unit_typed(node, text)
    return amount + (f" {unit}" if unit[:1].isalpha() and not node.tight else unit)


def in_unit_of(
    value: float, literal: Node, text: Text, calendar: Calendar, significant: int
) -> str | None:
    """Return a value in the unit that a number in a formula is written in, or None if it has none.

    Args:
        value: In base units.
        literal: The number, perhaps something else.
        text: The formula as it was written.
        calendar: How long days, months and years are.
        significant: The digits.
    """
    if not isinstance(literal, Literal) or literal.units in _USUAL:
        return None
    amount = value / literal_value(literal._replace(number=Number(1.0, literal.span)), calendar)
    if not math.isfinite(amount):
        return None
    unit = _unit_typed(literal, text)
    name, exponent = literal.units[0]
    if name == "USD":
        return f"${digits(amount, significant)}{unit}"
    if exponent < 0:
        return count(amount, significant=significant) + unit
    return f"{digits(amount, significant)} {unit}"


def _unit_typed(literal: Literal, text: Text) -> str:
    return text.value[literal.number.span[1] : literal.span[1]].strip()
