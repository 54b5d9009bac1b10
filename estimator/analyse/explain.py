"""How a quantity came about: its formula, the values in it, and the result."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from estimator.analyse.tabular import BOUNDS
from estimator.diagnostics import Problems, cut, did_you_mean, short
from estimator.evaluate import Report, Value, numbers
from estimator.evaluate.program import rounding_of
from estimator.formula.dimensions import no_names, typecheck
from estimator.formula.emit import computed
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.formula.show import Shown, show, value_shown
from estimator.formula.tree import Call, Name, Node, names_in, walk
from estimator.library.quantity_words import quantity_meant
from estimator.model import Model, Origin, Quantity
from estimator.model.bands import banded
from estimator.model.bound_of import UNKNOWN
from estimator.scenario.headlines import SERVICE, TOTALS
from estimator.units import PLAIN, TIME, Dimension, divide, term, write
from estimator.units.write import digits

HEADLINES = (*(name for name in TOTALS if name != "storage.per_day"), *SERVICE)
"""What is explained where no name is given."""

_FIRST = (
    "nodes",
    "utilization",
    "cost.per_month",
    "latency.p99",
    "writes.average",
    "reads.average",
)
"""What people ask for first of an action or a component."""
_BILLIONS = re.compile(r"\dB\b")
_DIGITS = (3, 4, 6, 9, 12, 17)
_PER_SECOND = divide(PLAIN, TIME)
_LONGEST = 24  # of a value that is shown as it was written
_WIDEST = 100  # of a step, where a line is all that is asked for


class Derivation(NamedTuple):
    """How one quantity came about.

    Attributes:
        name: Its whole name.
        about: What it means.
        steps: What it is equal to, from the formula to the result; one for a mere value.
        value: The result for people.
        unit: The dimension of the result.
        notes: What to know of it: the term that binds, that it is a default, its source.
        where: The line that says it, such as `twitter.yaml:14`; empty for the library's.
        source: Where the formula or the number comes from.
        origin: `given`, `pinned`, `default`, `derived` or `own`.
        uses: The quantities in its formula.
        bound: `at_least` or `at_most` where it is no more than a bound; `unknown` if made of both.
    """

    name: str
    about: str
    steps: tuple[str, ...]
    value: str
    notes: tuple[str, ...]
    where: str
    source: str
    origin: str
    uses: tuple[str, ...]
    bound: str = ""


def derivations(
    model: Model,
    report: Report,
    names: Sequence[str],
    depth: int | None,
    most: int | None = None,
) -> list[Derivation]:
    """Return the derivations of quantities, and of what they follow from, each after its users.

    Args:
        model: The model.
        report: Its report.
        names: The quantities asked for.
        depth: How many formulas deep to go; None down to the inputs.
        most: How many to return at most; None for all.
    """
    explainer = _Explainer(model, report)
    found: dict[str, Derivation] = {}
    level: list[str] = list(dict.fromkeys(names))
    while level:
        fresh = [n for n in level if n not in found]
        if most is not None:
            fresh = fresh[: most - len(found)]
        for name in fresh:
            found[name] = explainer.derivation(name)
        if depth is not None:
            depth -= 1
            if depth < 0:
                break
        level = list(dict.fromkeys(u for n in fresh for u in found[n].uses))
    return list(found.values())


def that_fit(
    model: Model, report: Report, names: Sequence[str], most: int
) -> tuple[list[Derivation], int | None]:
    """Return derivations as deep as they take no more than so many formulas, or that of the names.

    How many formulas deep that is stands beside them, unless they go down to the inputs.
    """
    shown, depth = derivations(model, report, names, 0), 0
    while len(deeper := derivations(model, report, names, depth + 1)) > len(shown):
        if sum(bool(one.uses) for one in deeper) > most:
            return shown, depth
        shown, depth = deeper, depth + 1
    return shown, None


def headlines(report: Report) -> list[str]:
    """Return the quantities that people ask for first, as far as a scenario has them."""
    known = [n for n in HEADLINES if n in report.values and report.values[n].says_something]
    return known or list(report.own) or list(report.values)[:5]


def check_names(report: Report, names: Iterable[str], problems: Problems) -> None:
    """Add that there are no such quantities (E014), with those that are probably meant.

    Args:
        report: The estimate.
        names: The names of quantities.
        problems: Where errors go.
    """
    known = report.values
    for name in names:
        if name in report.unknown and name not in known:
            roots = " and ".join(f"`{root}`" for root in report.unknown[name])
            what = "is `?`" if name in report.unknown[name] else f"follows from {roots}: `?`"
            message = f"`{short(name)}` is unknown, since it {what}"
            problems.add("E014", message, help="give a value or a range, as `--set` does for a try")
        elif name not in known:
            heads = [*headlines(report), *(f"{name}.{end}" for end in _FIRST)]
            inside = [n for n in known if n.startswith(f"{name}.")]
            inside.sort(key=lambda n: heads.index(n) if n in heads else len(heads) + n.count("."))
            near = "write the whole name: " + ", ".join(inside[:4]) if inside else None
            if near is None and (meant := quantity_meant(name, known)):
                near = f"write `{meant}`"
            problems.add(
                "E014",
                f"there is nothing named `{short(name)}`",
                help=near or did_you_mean(name, known),
            )


def explain_side(model: Model, report: Report, side: Node, text: str) -> str:
    """Return how one side of a condition came about, in a line.

    Args:
        model: The model.
        report: Its report.
        side: The side, with names made whole.
        text: Its value for people.
    """
    explainer = _Explainer(model, report)
    if isinstance(side, Call) and len(side.arguments) == 1:
        (inner,) = side.arguments  # of a percentile, what it is a percentile of
        side = inner if isinstance(inner, Name) else side
    if isinstance(side, Name):
        steps: Iterable[str] = (side.path, *explainer.derivation(side.path).steps)
    else:
        formula = show(side, Shown, _number)
        steps = (formula, show(side, lambda n: explainer.value(n, _DIGITS[0]), _number), text)
    return " = ".join(dict.fromkeys(cut(step, _WIDEST) for step in steps))


def in_words(text: str, bound: str) -> str:
    """Return a value, with the word for what bound it is: `at least 28 ms`."""
    return f"{BOUNDS[bound]} {text}" if bound in BOUNDS else text


class _Explainer:
    def __init__(self, model: Model, report: Report) -> None:
        self.model = model
        self.report = report
        self.calendar = model.calendar

    def derivation(self, name: str) -> Derivation:
        quantity = self.model.quantities[name]
        followed = self._followed(quantity)
        value = self.report.values[name]
        steps = tuple(self._steps(followed, value, quantity.display_unit))
        uses = tuple(dict.fromkeys(names_in(followed.tree)))
        return Derivation(
            name,
            quantity.about,
            steps,
            value.text,
            tuple(self._notes(followed)),
            self._where(followed),
            followed.source,
            followed.origin.value,
            uses,
            value.bound,
        )

    def _followed(self, quantity: Quantity) -> Quantity:
        """Return the quantity whose formula this one repeats, under whatever name."""
        while isinstance(quantity.tree, Name):
            quantity = self.model.quantities[quantity.tree.path]
        return quantity

    def _steps(self, quantity: Quantity, result: Value, display_unit: str) -> Iterable[str]:
        written = " ".join(quantity.text.value.split())
        if not quantity.uses:
            constant = len(written) <= _LONGEST and written != result.text
            if constant and quantity.text.value.strip():
                yield written
            yield in_words(result.text, result.bound)
            return
        yield show(quantity.tree, Shown, _number)
        yield self._substituted(quantity, result.value, display_unit)
        for other in self._in_other_unit(quantity, result.value):
            if other != result.text:
                yield other
        yield in_words(result.text, result.bound)

    def _substituted(self, quantity: Quantity, result: float, display_unit: str) -> str:
        """Return the formula with values, in as many digits as the same result takes."""

        def written(value: float) -> str:
            return self.model.write(value, quantity.dimension, display_unit=display_unit)

        rounding, texts = rounding_of(quantity, self.model), []
        for significant in _DIGITS:
            text = show(quantity.tree, lambda n, s=significant: self.value(n, s), _number)  # type: ignore[misc]
            value = self._read(text, quantity.dimension)
            if value is not None and rounding is not None:
                value = rounding.of(value)
            if value is not None and written(value) == written(result):
                return text
            texts.append(text)
        return texts[0]

    def _read(self, text: str, dimension: Dimension) -> float | None:
        """Return the value of a formula without names, or None if it is none."""
        try:
            tree, _ = typecheck(parse(text), no_names, dimension)
            return float(computed(tree, self.calendar))
        except (FormulaError, ArithmeticError, ValueError):
            return None

    def value(self, name: str, significant: int) -> Shown:
        """Return the value of a quantity in so many digits, or as it was written."""
        quantity = self._followed(self.model.quantities[name])
        written = " ".join(quantity.text.value.split())
        as_written = not quantity.uses and len(written) <= _LONGEST and significant == _DIGITS[0]
        if as_written and self._is_plain(written, quantity):
            return value_shown(written.replace("*", "×"))
        value = self.report.values[name].value
        is_share = quantity.display_unit in ("share", "nines")
        text = term(
            value,
            quantity.dimension,
            self.calendar,
            significant,
            display_unit=quantity.display_unit if is_share else "",
            binary=self.model.binary,
        )
        return Shown(text) if is_share else value_shown(text)

    def _is_plain(self, written: str, quantity: Quantity) -> bool:
        """Return whether what was written means the same in any formula: `1B` of users does not."""
        if _BILLIONS.search(written):
            return False  # beside data it would be bytes
        value = self._read(written, quantity.dimension)
        return value == self.report.values[quantity.name].value

    def _in_other_unit(self, quantity: Quantity, value: float) -> Iterable[str]:
        """Yield a rate by the day as well, where days are in the formula."""
        if quantity.dimension != _PER_SECOND:
            return
        texts = [self.model.quantities[u].text.value for u in quantity.uses]
        if any("/day" in t for t in (*texts, quantity.text.value)) and value:
            yield f"{write(value * self.calendar.day, PLAIN)}/day"

    def _notes(self, quantity: Quantity) -> Iterable[str]:
        if quantity.distribution is not None:
            yield f"{quantity.distribution.name}, counted at its median"
        for call in (n for n in walk(quantity.tree) if isinstance(n, Call) and n.function == "max"):
            largest = self._largest(call)
            if isinstance(largest, Name) and sum(isinstance(a, Name) for a in call.arguments) > 1:
                yield f"{largest.path} is the bottleneck"
        if quantity.bound == UNKNOWN:
            yield "combines a lower and an upper bound, so it may be more or less"
        if quantity.origin is Origin.DEFAULT:
            yield "a default" + (f": {quantity.assumption}" if quantity.assumption else "")
        elif quantity.assumption:
            yield "an assumption: " + quantity.assumption.rstrip(".")
        band = quantity.declaration.band
        if band is not None and banded(quantity, self.model, numbers(self.report)) is not None:
            same = "" if band.belief == quantity.name else f", the same for all of `{band.belief}`"
            yield f"in 9 of 10 systems {band.text.value}{same}"

    def _largest(self, call: Call) -> Node | None:
        """Return the argument of a maximum that is the largest."""
        values = numbers(self.report)
        try:
            return max(call.arguments, key=lambda a: float(computed(a, self.calendar, values)))
        except (FormulaError, ArithmeticError, ValueError, LookupError):
            return None

    def _where(self, quantity: Quantity) -> str:
        place = quantity.text.place
        is_used = place.source.name in self.model.imported.files.values()
        if quantity.origin.from_library and not is_used:
            return ""
        name = place.source.name
        has_lines = name.endswith((".yaml", ".yml")) or "\n" in place.source.text
        return f"{name}:{place.line}" if has_lines else name


def _number(value: float) -> str:
    """Return a plain number of a formula as people write it."""
    for factor, letter in ((1e12, "T"), (1e9, " billion"), (1e6, "M")):
        if abs(value) >= factor and value / factor == round(value / factor, 6):
            return digits(value / factor, 15).replace(",", "") + letter
    return digits(value, 15).replace(",", "")
