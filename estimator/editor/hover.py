"""What stands under the cursor, in Markdown: values with their derivation, and what words mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from estimator.analyse import Estimate
from estimator.analyse.explain import Derivation, derivations
from estimator.catalog import Entry, catalog
from estimator.editor.document import Document
from estimator.editor.semantic_tokens import SCALES, Role, SemanticToken, Word, words
from estimator.evaluate import Report
from estimator.formula.functions import FUNCTIONS
from estimator.library.kind import KindFile, Parameter
from estimator.library.loader import shipped_kind
from estimator.model import BASE, base_rate
from estimator.render.explain.text import to_text
from estimator.scenario.sections import key_at, sections
from estimator.units import base_unit, describe, unit_factor, unit_table
from estimator.units.write import digits, with_unit

_NAME = re.compile(r"[A-Za-z_µμ][\w.]*", re.ASCII)
_WIDTH = 100
_MOST_VALUES = 12  # of an action or a component
_MOST_PARAMETERS = 30
_OPERATORS = {
    "in": "Shows a value in another unit, as `100 MB/s in TB/day` does.",
    "to": "A range from its 5th to its 95th percentile.",
    "at": "How much of a range lies between its ends, as in `1 to 3 at 80%`.",
    "of": "The weight of a value among those of `one_of`, as in `one_of(30% of a, 70% of b)`.",
    "and": "Holds where both conditions hold.",
    "or": "Holds where one of the conditions holds.",
    "not": "Holds where the condition does not.",
}
_OF_ACTIONS = (
    "events.average",
    "writes.average",
    "writes.peak",
    "reads.average",
    "reads.peak",
    "stored.per_day",
    "stored.retained",
    "latency.p99",
    "availability",
)
_OF_COMPONENTS = (
    "nodes",
    "required_nodes",
    "utilization",
    "breaking_load",
    "storage.retained",
    "cost.per_month",
    "latency.mean",
    "availability",
)


class Hover(NamedTuple):
    """What is shown, in Markdown, for the characters from `start` up to `end`."""

    markdown: str
    start: int
    end: int


def hover(document: Document, offset: int) -> Hover | None:
    """Return what stands at a character, or None where there is nothing to say."""
    return _Hover(document).at(offset)


def about_name(document: Document, name: str) -> str:
    """Return what a name means, in Markdown; nothing for a name without a meaning."""
    return _Hover(document).named(name)


def about_parameter(parameter: Parameter) -> str:
    """Return what a parameter is, in Markdown."""
    lines = [_one_line(parameter.about.value)]
    if parameter.choices is not None:
        lines.append("One of " + ", ".join(f"`{c.value}`" for c in parameter.choices) + ".")
    if parameter.default is not None:
        between = parameter.between
        off = f", in 9 of 10 systems `{_one_line(between.value)}`" if between is not None else ""
        lines.append(f"Default: `{_one_line(parameter.default.value)}`{off}.")
    for text, what in ((parameter.source, "Source"), (parameter.assumption, "Assumed")):
        if text is not None:
            lines.append(f"*{what}: {_one_line(text.value)}*")
    return "\n\n".join(lines)


def about_kind(kind: KindFile) -> str:
    """Return what a kind is and takes, in Markdown."""
    common = shipped_kind("fleet").parameters
    own = {n: p for n, p in kind.parameters.items() if common.get(n) != p}
    lines = [f"**{kind.kind.value}**: {_one_line(kind.about.value)}"]
    listed = [f"- `{n}`: {_one_line(p.about.value)}" for n, p in own.items() if n != "self"]
    if listed:
        more = len(listed) - _MOST_PARAMETERS
        lines.append("\n".join(listed[:_MOST_PARAMETERS]) + (f"\n- and {more}" if more > 0 else ""))
    also = [f"`{n}`" for n in kind.parameters if n in common and n not in own]
    if also:
        lines.append("As every fleet of nodes: " + ", ".join(also) + ".")
    if kind.sends:
        sent = [f"`{n}`" for n in kind.sends if n != "self"]
        lines.append("Sends on: " + ", ".join(sent) + ".") if sent else None
    if kind.source is not None:
        lines.append(f"*Source: {_one_line(kind.source.value)}*")
    return "\n\n".join(lines)


def about_entry(entry: Entry, catalogue: str) -> str:
    """Return the fields of a catalogue's entry, in Markdown."""
    fields = catalog(catalogue).fields
    rows = [
        f"| `{name}` | {text.value}{_off(entry, name)} | {_one_line(fields[name].about.value)} |"
        for name, text in entry.fields.items()
    ]
    table = "\n".join(["| field | value | meaning |", "| --- | --- | --- |", *rows])
    whose = "" if entry.cloud == "generic" else f" ({entry.cloud})"
    return f"**{entry.name}**{whose}\n\n{table}\n\n*Source: {_one_line(entry.source)}*"


def _off(entry: Entry, field: str) -> str:
    """Return how far a figure may be off, in parentheses; nothing where the entry does not say."""
    between = entry.doubts[field].between if field in entry.doubts else None
    return f" ({_one_line(between.value)})" if between is not None else ""


def about_function(name: str) -> str:
    """Return how a function is called and what it gives, in Markdown."""
    function = FUNCTIONS[name]
    return f"```text\n{function.signature}\n```\n\n{function.about}"


def about_unit(symbol: str, document: Document) -> str:
    """Return what a unit is worth in a file, in Markdown; nothing for what is no unit."""
    table = unit_table()
    unit = table.unit(symbol)
    if unit is None:
        noun = table.noun(symbol)
        return f"**{symbol}**: a plain number; the noun is only for the reader." if noun else ""
    factor = unit_factor(symbol, document.calendar)
    name = "" if unit.name == symbol else unit.name.replace("_", " ") + ", "
    about = f"**{symbol}**: {name}{describe(unit.dimension)}"
    worth = with_unit(digits(factor, 15), base_unit(unit.dimension))
    return about if factor == 1 else f"{about}; `1 {symbol}` = `{worth}`"


class _Hover:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.estimate: Estimate | None = document.estimate

    def at(self, offset: int) -> Hover | None:
        token = self.document.token_at(offset)
        if token is None:
            return self._on_line(offset)
        if token.is_formula:
            return self._in_formula(token, offset)
        markdown = self._about(token)
        return Hover(markdown, token.start, token.end) if markdown else None

    def _about(self, token: SemanticToken) -> str:
        match token.role:
            case Role.SECTION:
                return _joined(_about_key(token.path), self._valued(token.name))
            case Role.FIELD:
                return _about_key(token.path)
            case Role.OWNER:
                return self._owner(token)
            case Role.KEY | Role.DERIVED | Role.TARGET:
                return self._key(token)
            case Role.KIND:
                kind = self.document.library.get(token.text.value)
                return about_kind(kind) if kind else ""
            case Role.FLOW:
                return self.named(token.text.value)
            case Role.WORD | Role.ENTRY:
                return self._word(token)
            case Role.VARIANT | Role.NAMED_VARIANT:
                return f"A variant of the file, for `--variant {token.text.value}`."
        return ""

    def _in_formula(self, token: SemanticToken, offset: int) -> Hover | None:
        for word in words(token.text.value):
            place = token.text.at(word.start, word.end)
            if place.start <= offset <= place.end:
                markdown = self._of_word(word)
                if markdown:
                    return Hover(markdown, place.start, place.end)
        markdown = self._valued(token.name) or self._outcome(token)
        return Hover(markdown, token.start, token.end) if markdown else None

    def _on_line(self, offset: int) -> Hover | None:
        """Return what the word itself means, where nothing is known of the line."""
        text = self.document.source.text
        line = text.rfind("\n", 0, offset) + 1
        end = text.find("\n", offset)
        for found in _NAME.finditer(text, line, len(text) if end < 0 else end):
            if found.start() <= offset <= found.end():
                word = Word(found.group(), found.start(), found.end(), "")
                markdown = self._of_word(word)
                return Hover(markdown, found.start(), found.end()) if markdown else None
        return None

    def _of_word(self, word: Word) -> str:
        if word.sort == "operator":
            return _OPERATORS[word.text]
        if word.sort == "scale":
            return f"**{word.text}**: {SCALES[word.text]}"
        if word.sort in ("unit", "noun"):
            return about_unit(word.text, self.document)
        if word.sort == "function":
            return about_function(word.text) if word.text in FUNCTIONS else ""
        found = self.named(word.text)
        if not found and word.text in FUNCTIONS:
            return about_function(word.text)
        return found or about_unit(word.text, self.document)

    def named(self, name: str) -> str:
        """Return the meaning of a quantity, a base rate, an action, a component or a flow."""
        if name.startswith(BASE):
            return _base(name)
        found = self._valued(name)
        if found:
            return found
        owner, _, rest = name.partition(".")
        token = self.document.owners().get(owner)
        if token is None:
            return ""
        return self._sent(token, rest) if rest else self._owner(token)

    def _sent(self, owner: SemanticToken, flow: str) -> str:
        """Return what a component sends on."""
        send = owner.kind.sends.get(flow) if owner.kind else None
        if send is None:
            return ""
        name = f"{owner.name}.{flow}"
        fields = [f"{name}.{field}" for field in send.fields if field.endswith(".average")]
        about = _one_line(send.about.value) if send.about else ""
        head = f"**{name}**: what `{owner.name}` sends on. {about}"
        return _joined(head, self._values(fields))

    def _owner(self, token: SemanticToken) -> str:
        key = sections()[token.path[0]]
        if key.kind:
            what = f"an {key.each}"
        else:
            what = f"a {token.kind.kind.value if token.kind else key.each}"
        head = f"**{token.name}**: {what}"
        about = _one_line(token.kind.about.value) if token.kind else ""
        names = [f"{token.name}.{part}" for part in (_OF_ACTIONS if key.kind else _OF_COMPONENTS)]
        return _joined(head, about, self._values(names))

    def _values(self, names: list[str]) -> str:
        values = self.estimate.report.values if self.estimate else {}
        known = [values[n] for n in names if n in values and values[n].value]
        return "\n".join(f"- `{v.name}` = {v.text}" for v in known[:_MOST_VALUES])

    def _key(self, token: SemanticToken) -> str:
        if token.parameter is not None and token.parameter.dimension is None:
            return _joined(f"**{token.name}**", about_parameter(token.parameter))
        found = self._valued(token.name)
        if not found and token.parameter is not None:
            found = _joined(f"**{token.name}**", about_parameter(token.parameter))
        return found or self.named(token.name) or self._set(token.name)

    def _set(self, name: str) -> str:
        """Return what a variant sets that has no value of its own, such as a choice."""
        owner, _, rest = name.partition(".")
        token = self.document.owners().get(owner)
        parameter = token.kind.parameters.get(rest) if token and token.kind else None
        return _joined(f"**{name}**", about_parameter(parameter)) if parameter else ""

    def _word(self, token: SemanticToken) -> str:
        parameter = token.parameter
        assert parameter is not None
        head = _joined(f"**{token.name}**", about_parameter(parameter))
        if parameter.catalog is None:
            return head
        entry = catalog(parameter.catalog.value).get(token.text.value) or self._chosen(token)
        return about_entry(entry, parameter.catalog.value) if entry else head

    def _chosen(self, token: SemanticToken) -> Entry | None:
        """Return the machine that was chosen for `cheapest`."""
        choices = self.estimate.model.choices if self.estimate else []
        chosen = next((c.value for c in choices if c.name == token.name), "")
        assert token.parameter is not None
        assert token.parameter.catalog is not None
        return catalog(token.parameter.catalog.value).get(chosen)

    def _outcome(self, token: SemanticToken) -> str:
        if token.role is not Role.CHECK or self.estimate is None:
            return ""
        for outcome in self.estimate.report.expectations:
            if outcome.check == token.text.value.strip():
                holds = "holds" if outcome.status == "pass" else "does not hold"
                found = f": {outcome.left} and {outcome.right}" if outcome.left else ""
                return _joined(f"**It {holds}**{found}", outcome.reason, outcome.owner)
        return ""

    def _valued(self, name: str) -> str:
        """Return a quantity with its value, its derivation and its source."""
        if self.estimate is None or name not in self.estimate.report.values:
            return ""
        model, report = self.estimate
        made = derivations(model, report, [name], 0)[0]
        parts = [f"**{name}** = {made.value}", _spread(report, name), _one_line(made.about)]
        if made.uses:
            parts.append(f"```text\n{to_text([made], _WIDTH).rstrip()}\n```")
        return _joined(*parts, *_origin(made))


def _about_key(path: tuple[str, ...]) -> str:
    key = key_at(path)
    return key.about if key is not None else ""


def _spread(report: Report, name: str) -> str:
    """Return how far a quantity spreads, or what a range is taken as; nothing if unknown."""
    found = report.uncertainty
    if found is None:
        return ""
    if name in found.texts:
        low, middle, high = found.texts[name]
        return f"p5 {low}, p50 {middle}, p95 {high}"
    return f"A range, taken as {found.ranges[name]}." if name in found.ranges else ""


def _origin(made: Derivation) -> Iterator[str]:
    if made.origin == "default":
        yield "; ".join(_one_line(n) for n in made.notes).capitalize() + "."
    if made.source:
        yield f"*Source: {_one_line(made.source)}*"
    elif made.where and not made.uses:
        yield f"Said in {made.where}."


def _base(name: str) -> str:
    rate = base_rate(name)
    if rate is None:
        return ""
    return _joined(f"**{name}** = {rate.text.value}", rate.about, f"*Source: {rate.source}*")


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _one_line(text: str) -> str:
    return " ".join(text.split())
