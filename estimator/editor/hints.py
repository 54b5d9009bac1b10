"""Values behind the lines that they follow from, where they tell more than the line itself."""

from __future__ import annotations

from typing import NamedTuple

from estimator.analyse import Estimate
from estimator.editor.document import Document
from estimator.editor.semantic_tokens import Role, SemanticToken
from estimator.evaluate import Outcome, Value
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.formula.tree import Literal, Number, UnitRef
from estimator.scenario.sections import SERVICE_LEVELS
from estimator.scenario.yaml_tree import Mapping
from estimator.units.write import count

_COUNTED = ("per_user", "every", "volume", "per")
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
    """Return the values to show between two characters, from the last estimate."""
    if document.estimate is None:
        return []
    shown = _Hints(document, document.estimate)
    found = (shown.of(s) for s in document.semantic_tokens if start <= s.start <= end)
    return [hint for hint in found if hint is not None and start <= hint.offset <= end]


class _Hints:
    def __init__(self, document: Document, estimate: Estimate) -> None:
        self.source = document.source
        self.model, self.report = estimate
        self.outcomes = {o.check: o for o in self.report.expectations}
        self.bottlenecks = {b.component: b for b in self.report.bottlenecks}

    def of(self, token: SemanticToken) -> Hint | None:
        """Return the hint behind a token, or None."""
        match token.role:
            case Role.FORMULA if _is_of_action(token) and token.path[-1] in _COUNTED[:3]:
                return self._rate(token, token.end)
            case Role.KEY if _is_of_action(token) and token.path[-1] == "per":
                return self._rate(token, self._behind(token))
            case Role.FORMULA if token.path[0] in SERVICE_LEVELS:
                return self._level(token)
            case Role.FORMULA:
                return self._value(token)
            case Role.OWNER:
                return self._component(token)
            case Role.CHECK:
                return self._outcome(token)
            case Role.ENTRY:
                return self._machine(token)
        return None

    def _rate(self, token: SemanticToken, offset: int) -> Hint | None:
        """Return how often an action happens in all, behind what decides it."""
        name = f"{token.path[1]}.events.average"
        value = self.report.values.get(name)
        return Hint(offset, f"→ {value.text}", name) if value else None

    def _value(self, token: SemanticToken) -> Hint | None:
        """Return the value of a formula, unless the formula shows it."""
        value = self.report.values.get(token.name)
        if value is None or _same(value.text, token.text.value) or _is_call(token):
            return None
        if _is_literal(token.text.value) and _is_plain(self.model.quantities[token.name].tree):
            return None  # only written in another unit
        return Hint(token.end, f"= {value.text}", token.name)

    def _level(self, token: SemanticToken) -> Hint | None:
        """Return the estimate of a service level."""
        owner, _, level = token.name.partition(".")
        name = f"{owner}.estimate.{level}"
        target, found = self.report.values.get(token.name), self.report.values.get(name)
        if target is None or found is None:
            return self._value(token)
        late = level in _TIMES
        spare = target.value - found.value if late else found.value - target.value
        sign = "✓" if spare >= -1e-12 * abs(target.value) else "✗"
        return Hint(token.end, f"{sign} {found.text}", name)

    def _component(self, token: SemanticToken) -> Hint | None:
        values, name = self.report.values, token.name
        parts: list[str] = []
        nodes = values.get(f"{name}.nodes")
        if nodes is not None:
            parts.append(self._nodes(token.name, nodes))
            used = values.get(f"{name}.utilization")
            if used is not None:
                parts.append(f"{used.text} used")
        cost = values.get(f"{name}.cost.per_month")
        if cost is not None and cost.value:
            parts.append(f"{cost.text}/month")
        return Hint(self._behind(token), ", ".join(parts), f"{name}.nodes") if parts else None

    def _nodes(self, name: str, nodes: Value) -> str:
        """Return how many nodes there are, and what they are needed for."""
        text = f"{nodes.text} node{'' if nodes.value == 1 else 's'}"
        bottleneck = self.bottlenecks.get(name)
        if bottleneck is None:
            return text
        if bottleneck.required > bottleneck.nodes:
            return f"{text} (needs {count(bottleneck.required, whole=True)})"
        least = bottleneck.resource == "minimum"
        return f"{text} (the minimum)" if least else f"{text} for {bottleneck.resource}"

    def _outcome(self, token: SemanticToken) -> Hint | None:
        outcome = self.outcomes.get(token.text.value.strip())
        return Hint(token.end, _outcome_text(outcome)) if outcome else None

    def _machine(self, token: SemanticToken) -> Hint | None:
        """Return the machine that was chosen where the file leaves it open."""
        for choice in self.model.choices:
            if choice.name == token.name and choice.value != token.text.value:
                return Hint(token.end, f"→ {choice.value}", token.name)
        return None

    def _behind(self, token: SemanticToken) -> int:
        """Return the end of what a key holds on its own line, or else the end of the key."""
        value, text = token.value, self.source.text
        if value is not None:
            behind = text[token.end : value.place.end]
            is_block = isinstance(value, Mapping) and "{" not in behind
            if not is_block and "\n" not in behind and "\r" not in behind:
                return value.place.end
        colon = text.find(":", token.end)
        return colon + 1 if colon >= 0 else token.end


def _outcome_text(outcome: Outcome) -> str:
    sign = "✓" if outcome.status == "pass" else "✗"
    text = f"{sign} {outcome.left}" if outcome.left else sign
    right = outcome.check.rsplit("=", 1)[-1].rsplit("<", 1)[-1].rsplit(">", 1)[-1]
    if outcome.right not in ("", outcome.left) and not _is_literal(right.strip()):
        text += f" ({outcome.right})"
    return text


def _is_of_action(token: SemanticToken) -> bool:
    return token.kind is not None and token.kind.used_in == "actions"


def _is_call(token: SemanticToken) -> bool:
    """Return whether a token is the number of calls of a flow; its value stands elsewhere."""
    if token.kind is None or len(token.path) < 2:
        return False
    parameter = token.kind.parameters.get(token.path[-2])
    return parameter is not None and parameter.flows is not None and token.text.value.isidentifier()


def _same(shown: str, written: str) -> bool:
    return shown.replace(" ", "").replace(",", "") == written.replace(" ", "").replace("_", "")


def _is_literal(text: str) -> bool:
    """Return whether a formula is one number with its unit."""
    try:
        return _is_plain(parse(text))
    except FormulaError:
        return False


def _is_plain(tree: object) -> bool:
    return isinstance(tree, Number | Literal | UnitRef)
