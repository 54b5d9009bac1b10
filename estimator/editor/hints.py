"""Values behind the lines that they follow from, where they tell more than the line itself."""

from __future__ import annotations

from typing import NamedTuple

from estimator.analyse import Estimate
from estimator.editor.document import Document
from estimator.editor.spots import Role, Spot
from estimator.evaluate import Outcome, Value
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.formula.tree import Literal, Number, UnitRef
from estimator.scenario.yaml_tree import Mapping
from estimator.units.write import count

_COUNTED = ("per_user", "every", "per")
_TIMES = ("p50", "p95", "p99")


class Hint(NamedTuple):
    """A value to show.

    Attributes:
        offset: The character that it stands before.
        text: What is shown.
        name: The quantity that it is, or nothing.
    """

    offset: int
    text: str
    name: str = ""


def hints(document: Document, start: int, end: int) -> list[Hint]:
    """The values to show between two characters, from the last estimate."""
    if document.estimate is None:
        return []
    shown = _Hints(document, document.estimate)
    found = (shown.of(s) for s in document.spots if start <= s.start <= end)
    return [hint for hint in found if hint is not None and start <= hint.offset <= end]


class _Hints:
    def __init__(self, document: Document, estimate: Estimate) -> None:
        self.source = document.source
        self.model, self.report = estimate
        self.outcomes = {o.check: o for o in self.report.expectations}
        self.bottlenecks = {b.component: b for b in self.report.bottlenecks}

    def of(self, spot: Spot) -> Hint | None:
        """The hint behind a spot, or None."""
        match spot.role:
            case Role.FORMULA if spot.path[0] == "actions" and spot.path[-1] in _COUNTED[:2]:
                return self._rate(spot, spot.end)
            case Role.KEY if spot.path[0] == "actions" and spot.path[-1] == "per":
                return self._rate(spot, self._behind(spot))
            case Role.FORMULA if spot.path[0] in ("slo", "sla"):
                return self._level(spot)
            case Role.FORMULA:
                return self._value(spot)
            case Role.OWNER if spot.path[0] == "components":
                return self._component(spot)
            case Role.CHECK:
                return self._outcome(spot)
            case Role.ENTRY:
                return self._machine(spot)
        return None

    def _rate(self, spot: Spot, offset: int) -> Hint | None:
        """How often an action happens in all, behind what says so."""
        name = f"{spot.path[1]}.events.average"
        value = self.report.values.get(name)
        return Hint(offset, f"→ {value.text}", name) if value else None

    def _value(self, spot: Spot) -> Hint | None:
        """What a formula comes to, unless it says so itself."""
        value = self.report.values.get(spot.name)
        if value is None or _same(value.text, spot.text.value) or _is_call(spot):
            return None
        if _is_literal(spot.text.value):
            whole = self.model.quantities[spot.name].tree
            if _is_plain(whole):
                return None  # only written in another unit
        return Hint(spot.end, f"= {value.text}", spot.name)

    def _level(self, spot: Spot) -> Hint | None:
        """What a service level is estimated at."""
        owner, _, level = spot.name.partition(".")
        name = f"{owner}.estimate.{level}"
        wanted, found = self.report.values.get(spot.name), self.report.values.get(name)
        if wanted is None or found is None:
            return self._value(spot)
        late = level in _TIMES
        spare = wanted.value - found.value if late else found.value - wanted.value
        mark = "✓" if spare >= -1e-12 * abs(wanted.value) else "✗"
        return Hint(spot.end, f"{mark} {found.text}", name)

    def _component(self, spot: Spot) -> Hint | None:
        values, name = self.report.values, spot.name
        parts: list[str] = []
        nodes = values.get(f"{name}.nodes")
        if nodes is not None:
            parts.append(self._nodes(spot.name, nodes))
            used = values.get(f"{name}.utilization")
            if used is not None:
                parts.append(f"{used.text} used")
        cost = values.get(f"{name}.cost.per_month")
        if cost is not None and cost.value:
            parts.append(f"{cost.text}/month")
        return Hint(self._behind(spot), ", ".join(parts), f"{name}.nodes") if parts else None

    def _nodes(self, name: str, nodes: Value) -> str:
        """How many nodes there are, and what for."""
        text = f"{nodes.text} node{'' if nodes.value == 1 else 's'}"
        bottleneck = self.bottlenecks.get(name)
        if bottleneck is None:
            return text
        if bottleneck.required > bottleneck.nodes:
            return f"{text} (needs {count(bottleneck.required, whole=True)})"
        least = bottleneck.resource == "minimum"
        return f"{text} (the minimum)" if least else f"{text} for {bottleneck.resource}"

    def _outcome(self, spot: Spot) -> Hint | None:
        outcome = self.outcomes.get(spot.text.value.strip())
        return Hint(spot.end, _outcome_text(outcome)) if outcome else None

    def _machine(self, spot: Spot) -> Hint | None:
        """The machine that was chosen where the file leaves it open."""
        for choice in self.model.choices:
            if choice.name == spot.name and choice.value != spot.text.value:
                return Hint(spot.end, f"→ {choice.value}", spot.name)
        return None

    def _behind(self, spot: Spot) -> int:
        """Behind what stands behind a key, if that is on its line; else behind the key."""
        value, text = spot.value, self.source.text
        if value is not None:
            behind = text[spot.end : value.place.end]
            is_block = isinstance(value, Mapping) and "{" not in behind
            if not is_block and "\n" not in behind and "\r" not in behind:
                return value.place.end
        colon = text.find(":", spot.end)
        return colon + 1 if colon >= 0 else spot.end


def _outcome_text(outcome: Outcome) -> str:
    mark = "✓" if outcome.status == "pass" else "✗"
    text = f"{mark} {outcome.left}" if outcome.left else mark
    right = outcome.check.rsplit("=", 1)[-1].rsplit("<", 1)[-1].rsplit(">", 1)[-1]
    if outcome.right not in ("", outcome.left) and not _is_literal(right.strip()):
        text += f" ({outcome.right})"
    return text


def _is_call(spot: Spot) -> bool:
    """Is it a quantity's name as the number of calls of a flow? Its value stands elsewhere."""
    if spot.kind is None or len(spot.path) < 2:
        return False
    parameter = spot.kind.parameters.get(spot.path[-2])
    return parameter is not None and parameter.flows is not None and spot.text.value.isidentifier()


def _same(shown: str, written: str) -> bool:
    return shown.replace(" ", "").replace(",", "") == written.replace(" ", "").replace("_", "")


def _is_literal(text: str) -> bool:
    """Is it one number with its unit?"""
    try:
        return _is_plain(parse(text))
    except FormulaError:
        return False


def _is_plain(tree: object) -> bool:
    return isinstance(tree, Number | Literal | UnitRef)
