"""What kinds say of their parameters, for the JSON Schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from estimator.catalog import catalog
from estimator.diagnostics import Text
from estimator.editor.schema_values import MAPPING, JsonSchema, described, flows, ref, snippet
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.formula.tree import Call, Name, walk
from estimator.library.kind import AVERAGE_AND_PEAK, Formula, KindFile, Parameter
from estimator.library.loader import Library, shipped_kind
from estimator.model.instances import ALL
from estimator.model.templates import settable

_UNITS_ABOVE = {"data": "1 kB", "time": "1 s", "money": "$1", "rate": "100/s", "share": "10%"}
_UNITS_BELOW = {"data": "GB", "time": "s", "rate": "(1/s)"}
_BY_DIMENSION = {
    "nines": "99.9%",
    "whole": "3",
    "count": "10",
    "data/time": "100 MB/s",
    "money/time": "$0.10/h",
}
_SHORT = 16  # a longer example shows less


class KindSchemas:
    """Writes the schemas of kinds; what several kinds share is written once, in `definitions`.

    Args:
        library: The kinds.
    """

    def __init__(self, library: Library) -> None:
        self.library = library
        self.definitions: dict[str, JsonSchema] = {}
        self._names: dict[tuple[str, str], str] = {}

    def open(self, kind: KindFile) -> JsonSchema:
        """Return a reference to what a kind takes; other keys may stand beside."""
        name = f"kind.{kind.kind.value}"
        if name not in self.definitions:
            self.definitions[name] = {}  # its place, before what it is made of
            self.definitions[name].update(self._kind(kind))
        return ref(name)

    def strict(self, kind: KindFile) -> JsonSchema:
        """Return what a kind takes, where there are no other keys and all that it needs."""
        rules = [self.open(kind), *_needs(kind)]
        return {"allOf": rules, "unevaluatedProperties": False}

    def closed(self, kind: KindFile, start: str = "") -> JsonSchema:
        """Return the schema of a section whose parameters are those of a kind."""
        return {**self._kind(kind, start), "allOf": [MAPPING], "additionalProperties": False}

    def _kind(self, kind: KindFile, start: str = "") -> JsonSchema:
        for base in self._bases(kind):
            self._leaves(base)  # so that what is shared is named after it
        leaves = {n.removeprefix(start): s for n, s in self._leaves(kind, start).items()}
        properties = self._nested(leaves)
        if kind.used_in == "components":
            properties = {"kind": {"doNotSuggest": True}, **properties}
        patterns = dict(_repeated(kind))
        return {
            "title": kind.kind.value,
            "description": kind.about.value,
            "properties": properties,
            **({"patternProperties": patterns} if patterns else {}),
        }

    def _bases(self, kind: KindFile) -> list[KindFile]:
        """Return the kinds that a kind extends, the first of them first."""
        found: list[KindFile] = []
        while kind.extends is not None:
            name = kind.extends.value
            base = shipped_kind(name) if name == kind.kind.value else self.library.get(name)
            if base is None:
                break
            kind = base
            found.insert(0, kind)
        return found

    def _leaves(self, kind: KindFile, start: str = "") -> dict[str, str]:
        """Return the definition of each key that a kind takes, parameters before derived ones."""
        schemas = {name: self._parameter(kind, name) for name in settable(kind) if name != "self"}
        for name in sorted(kind.pinnable - schemas.keys()):
            schemas[name] = _pinned(kind, name)
        return {
            name: self._defined(kind, name, schema)
            for name, schema in schemas.items()
            if name.startswith(start)
        }

    def _parameter(self, kind: KindFile, name: str) -> JsonSchema:
        parameter, given = kind.parameters.get(name), ""
        if parameter is None:  # a field of a catalogue's entry
            entry, field = name.split(".", 1)
            named = kind.parameters[entry].catalog
            assert named is not None
            parameter, given = catalog(named.value).fields[field], entry
        schema: JsonSchema = _about_parameter(parameter, given)
        if parameter.choices is not None:
            words = [c.value for c in parameter.choices]
            message = f"This is one of {', '.join(words)}."
            is_yes_or_no = "true" in words  # which editors read as no text
            schema.update(
                type=["string", "boolean"] if is_yes_or_no else "string",
                enum=[*words, True, False] if is_yes_or_no else words,
                errorMessage=message,
            )
        elif parameter.catalog is not None:
            schema["allOf"] = [self._catalogue(parameter.catalog.value)]
        elif parameter.flows is not None:
            schema.update(flows(calls=parameter.flows.value != "names"))
        elif parameter.words is not None:
            schema.update(type="object", additionalProperties={"type": ["string", "number"]})
        elif parameter.one_of_several is not None:
            schema.update(ref("text"), examples=[ALL])
        else:
            schema.update(ref("sourced"))
            if "default" not in schema:
                schema["examples"] = [_example(kind, name, parameter)]
        return schema

    def _catalogue(self, name: str) -> JsonSchema:
        """Return the schema of an entry's name, or of one to be chosen."""
        key = f"catalog.{name}"
        if key not in self.definitions:
            entries = catalog(name).candidates("*")
            names = "|".join(re.escape(e.name).replace(r"\-", "-") for e in entries)
            scopes = "|".join(re.escape(s).replace(r"\-", "-") for s in catalog(name).scopes())
            snippets = [
                snippet(e.name, ", ".join(f"{f} {t.value}" for f, t in e.fields.items()))
                for e in entries
            ]
            pattern = names
            if catalog(name).is_priced:
                open_to = ["cheapest", *(f"cheapest of {s}" for s in catalog(name).scopes())]
                snippets += [snippet(words, "Chosen by what it costs.") for words in open_to]
                pattern = rf"{names}|\s*cheapest(?:\s+of\s+(?:{names}|{scopes}))?\s*"
            self.definitions[key] = {
                "if": {"not": {"type": "object"}},
                "then": {
                    "type": "string",
                    "pattern": f"^(?:{pattern})$",
                    "errorMessage": (
                        f"This is not in the catalog; `estimator catalog {name}` lists them."
                    ),
                },
                "defaultSnippets": snippets,
            }
        return ref(key)

    def _defined(self, kind: KindFile, name: str, schema: JsonSchema) -> str:
        """Return the name of a definition; equal ones of the same key are one."""
        identity = (name, json.dumps(schema, sort_keys=True))
        if identity not in self._names:
            key = f"{kind.kind.value}.{name}"
            while key in self.definitions:  # a team's kind may have the name of a shipped one
                key = f"own.{key}"
            self._names[identity] = key
            self.definitions[key] = schema
        return self._names[identity]

    def _nested(self, leaves: Mapping[str, str]) -> dict[str, JsonSchema]:
        """Return the keys, each whole (`nodes.cpu: 3`) or nested (`nodes: {cpu: 3}`)."""
        keys = {name: ref(key) for name, key in leaves.items()}
        below: dict[str, dict[str, str]] = {}
        for name, key in leaves.items():
            for dot in re.finditer(r"\.", name):
                below.setdefault(name[: dot.start()], {})[name[dot.end() :]] = key
        for name, inner in below.items():
            parts = {
                "type": "object",
                "properties": self._nested(inner),
                "additionalProperties": False,
            }
            keys[name] = {**parts, "doNotSuggest": True}
            if name in leaves:
                value = dict(self.definitions[leaves[name]])
                single = {"else": {"$ref": value.pop("$ref")}} if "$ref" in value else {}
                keys[name] = {**value, "if": {"type": "object"}, "then": parts, **single}
        return keys


# --- what kinds say of each parameter -------------------------------------------------------------


def _needs(kind: KindFile) -> Iterator[JsonSchema]:
    """Yield the rules for parameters that are needed, and for those that exclude each other."""
    for name, parameter in kind.parameters.items():
        if parameter.required is not None and parameter.default is None:
            yield {
                "required": [name],
                "errorMessage": f"`{name}` is missing: {parameter.about.value}",
            }
        if parameter.excludes is not None:
            yield _only_one((name, parameter.excludes.value))
    ways = [p.value for p in kind.one_of or []]
    if not ways:
        return
    words = ", ".join(f"`{way}`" for way in ways)
    yield {
        "if": {"not": {"anyOf": [{"required": [way]} for way in ways]}},
        "then": {"required": ways[:1], "errorMessage": f"Give one of {words}."},
    }
    for at in range(len(ways) - 1):
        yield _only_one(ways[at:], words)


def _only_one(ways: Sequence[str], words: str = "") -> JsonSchema:
    """Return the rule that nothing else of some parameters is given beside the first."""
    words = words or ", ".join(f"`{way}`" for way in ways)
    return {
        "if": {"required": [ways[0]]},
        "then": {
            "properties": dict.fromkeys(ways[1:], False),
            "errorMessage": f"`{ways[0]}` is given already; keep one of {words}.",
        },
    }


def _repeated(kind: KindFile) -> Iterator[tuple[str, JsonSchema]]:
    """Yield the names that are repeated for components and branches, as patterns."""
    starts: set[str] = set()
    for template in (*kind.for_each_component, *kind.for_each_branch):
        parts = [re.sub("<component>|<branch>", r"\\w+", part) for part in template.split(".")]
        yield "^" + r"\.".join(parts) + "$", ref("formula")
        starts.update(r"\.".join(parts[:count]) for count in range(1, len(parts)))
    if starts:
        yield "^(?:" + "|".join(sorted(starts)) + ")$", {"type": "object"}


def _about_parameter(parameter: Parameter, entry: str = "") -> JsonSchema:
    """Return what a parameter means and takes, and its default."""
    replaces = f" Given here, it replaces what the entry of `{entry}` has." if entry else ""
    lines = [parameter.about.value + replaces]
    if parameter.dimension is not None:
        lines.append(f"Takes: {parameter.dimension.value}{_bounds(parameter)}.")
    if parameter.default is not None and not entry:
        because = parameter.source or parameter.assumption
        why = f" ({because.value.rstrip('.')})" if because is not None else ""
        said = parameter.between
        off = f", in 9 of 10 systems `{' '.join(said.value.split())}`" if said is not None else ""
        lines.append(f"Default: `{' '.join(parameter.default.value.split())}`{off}{why}.")
    elif parameter.required is not None:
        lines.append("It must be given.")
    schema = described(*lines)
    value = None if entry else _default(parameter)
    return schema if value is None else {**schema, "default": value}


def _bounds(parameter: Parameter) -> str:
    bounds = {
        "above": parameter.above,
        "at least": parameter.minimum,
        "at most": parameter.maximum,
    }
    return "".join(f", {words} {bound.value}" for words, bound in bounds.items() if bound)


def _default(parameter: Parameter) -> Any:
    """Return the default if a scenario could have it: names in it are those of the kind."""
    default = parameter.default
    if default is None:
        return None
    if parameter.catalog is not None:
        return default.value
    if parameter.choices is not None:
        return default.value if default.value in [c.value for c in parameter.choices] else None
    return _typed(default.value) if _is_literal(default) else None


def _example(kind: KindFile, name: str, parameter: Parameter) -> Any:
    """Return what a worked example, the default entry or the end of the default gives for it.

    Where none gives a value that stands alone, return any value of its dimension.
    """
    entry, _, field = name.partition(".")
    source = kind.parameters.get(entry)
    if field and source is not None and source.catalog is not None and source.default is not None:
        chosen = catalog(source.catalog.value).get(source.default.value)
        found = [chosen.fields.get(field)] if chosen is not None else []
    else:
        found = [example.given.get(name) for example in kind.examples]
        found.append(_otherwise(parameter.default))
    for value in found:
        if isinstance(value, Text) and len(value.value) <= _SHORT and _is_literal(value):
            return _typed(value.value)
    return _of_dimension(parameter.dimension)


def _otherwise(default: Text | None) -> Text | None:
    """Return what a default of the form `if(condition, special, usual)` usually is."""
    if default is None:
        return None
    try:
        tree = parse(default.value)
    except FormulaError:
        return None
    while isinstance(tree, Call) and tree.function == "if":
        tree = tree.arguments[-1]
    start, end = tree.span
    return Text(default.value[start:end], default.place)


def _of_dimension(dimension: Text | None) -> Any:
    """Return a value of a dimension."""
    words = dimension.value if dimension is not None else "whole"
    if words in _BY_DIMENSION:
        return _typed(_BY_DIMENSION[words])
    above, *below = words.split("/")
    value = " * ".join(_UNITS_ABOVE.get(w.strip(), "1") for w in above.split("*"))
    return _typed("/".join([value, *(_UNITS_BELOW.get(w.strip(), "1") for w in below)]))


def _is_literal(text: Text) -> bool:
    try:
        return not any(isinstance(node, Name) for node in walk(parse(text.value)))
    except FormulaError:
        return False


def _typed(value: str) -> str | int | float:
    """Return the value as editors' YAML has it, so that it is not written with quotes."""
    if re.fullmatch(r"[1-9]\d*|0", value):
        return int(value)
    return float(value) if re.fullmatch(r"\d+\.\d+", value) else value


def _pinned(kind: KindFile, name: str) -> JsonSchema:
    """Return the schema of a quantity that the kind derives; only whole ones are suggested."""
    formula = _formula_of(kind, name)
    about = formula.about.value + " " if formula is not None and formula.about else ""
    text = about + "Worked out, unless it is given here, which pins it."
    if "." in name:
        return {"description": text, "allOf": [ref("sourced")], "doNotSuggest": True}
    dimension = formula.dimension if formula is not None else None
    return {"description": text, "examples": [_of_dimension(dimension)], **ref("sourced")}


def _formula_of(kind: KindFile, name: str) -> Formula | None:
    if name in kind.derive:
        return kind.derive[name]
    start, _, which = name.rpartition(".")
    if start in kind.rates and which in AVERAGE_AND_PEAK:
        return kind.rates[start]
    for resource in kind.resources:
        if which == resource or name.endswith(f".{resource}"):
            template = name.removesuffix(resource) + "<resource>"
            return kind.for_each_resource.get(template)
    return None
