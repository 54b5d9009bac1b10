"""The JSON Schema of a scenario file, for editors, made from the models and the kinds.

It is never stricter than the program: what `estimator run` accepts is valid. It is looser where a
schema cannot see, as with names in formulas. Beyond the standard it uses what editors' YAML server
understands: `errorMessage`, `patternErrorMessage`, `markdownDescription`,
`markdownEnumDescriptions`, `defaultSnippets` and `doNotSuggest`.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias
from urllib.parse import quote

from pydantic import BaseModel

from estimator.catalog import catalog
from estimator.diagnostics import Text
from estimator.editor.sections import attributes
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.formula.tree import Call, Name, walk
from estimator.library import AVERAGE_AND_PEAK, Formula, KindFile, Library, Parameter, shipped_kind
from estimator.model.templates import settable
from estimator.render.sanitize import sanitize_json
from estimator.scenario.models import Conventions, Correlation, Expectation, ScenarioFile

JsonSchema: TypeAlias = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"

_ABOUT_SCALARS = "A single value belongs here, such as `500M` or `2 * users`."
_ABOUT_MAPPINGS = "`key: value` lines belong here."
_MAPPING: JsonSchema = {"type": "object", "errorMessage": _ABOUT_MAPPINGS}
_NOTHING = "Nothing stands behind this key."
_FORMULA = {
    r"\S": "Nothing stands here: write a value such as `500M`, or a formula.",
    r"^[^€£¥]*$": "Amounts are in USD: write `$` or `USD`.",
    r"^[^\[\]{}\"'`;~≈&|?@#\\]*$": "A formula has numbers with units, names, `+ - * / ^` and ( ).",
    r"^(?!\s*[\d._]+,\s*\d)": (
        "A comma stands between the values of a function: write `1_000` or `1k`, and `0.5`."
    ),
}
"""What no formula of the program looks like, and what is said of it."""
_DATE = r"^(?:\d{4}-\d\d-\d\d|\d{8}|\d{4}-?W\d\d(?:-?[1-7])?)$"
_SEVERITIES = {"error": "A failure fails the run.", "warn": "A failure only warns."}
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
_EXAMPLES: Mapping[str, Any] = {
    "name": "Twitter",
    "library": "kinds/",
    "about": "Post, follow, and read the home timeline.",
    "day": "100k s",
    "month": "30 days",
    "year": "360 days",
    "round": 1,
    "check": "writes.peak <= 10k/s",
    "reason": "what the rack holds",
    "owner": "platform team",
    "until": "2027-03-31",
    "credibility": "80%",
    "confidence": "90%",
    "rank": 0.6,
    "under_weight": 4,
}


def scenario_schema(library: Library) -> JsonSchema:
    """The schema of scenarios that use these kinds.

    Where a scenario names a `library:` of its own, the kinds of the schema are taken as they are
    only if the team's kinds are among them; otherwise any kind and any parameter may be there.
    """
    return _Writer(library).scenario()


def written(schema: JsonSchema) -> str:
    """The schema as the text of a file."""
    return sanitize_json(json.dumps(schema, indent=1, ensure_ascii=False)) + "\n"


class _Writer:
    """Writes a schema; what several kinds share is written once, under `$defs`.

    A value is told by `if` and `then` rather than by `anyOf` or a list of types, so that what is
    wrong is told once and in our words, and so that `true` is not suggested for every formula.
    """

    def __init__(self, library: Library) -> None:
        self.library = library
        self.definitions: dict[str, JsonSchema] = {}
        self.names: dict[tuple[str, str], str] = {}

    # --- the file ---------------------------------------------------------------------------------

    def scenario(self) -> JsonSchema:
        about = attributes(ScenarioFile)
        self.definitions.update(formula=_formula(), text=_text(), overrides=_overrides())
        strict = self._sections_of_kinds(strict=True)
        whole: JsonSchema = {
            "$schema": DRAFT,
            "title": "scenario",
            "description": _first_line(ScenarioFile),
            "type": "object",
            "properties": {
                key: {**schema, **_words([about[key]])} for key, schema in self._sections().items()
            },
            "additionalProperties": False,
        }
        if self.library.own():
            whole["allOf"] = [strict]
        else:
            whole["if"] = {"required": ["library"]}
            whole["then"] = self._sections_of_kinds(strict=False)
            whole["else"] = strict
        return {**whole, "$defs": self.definitions}

    def _sections(self) -> dict[str, JsonSchema]:
        levels = self._closed(shipped_kind("slo"))
        return {
            "name": _sample("name", _ref("text")),
            "about": _sample("about", _ref("text")),
            "library": _sample(
                "library", _either("array", {"items": _ref("formula")}, _ref("formula"))
            ),
            "conventions": self._model(
                Conventions, dict.fromkeys(Conventions.model_fields, "formula")
            ),
            "users": {
                "examples": ["500M"],
                **_either("object", self._closed(shipped_kind("users")), _ref("formula")),
            },
            "traffic": self._closed(shipped_kind("traffic")),
            "storage": {**self._closed(shipped_kind("system"), "storage."), "title": "storage"},
            "actions": _MAPPING,
            "components": _MAPPING,
            "derive": {**_MAPPING, "additionalProperties": _ref("formula")},
            "correlate": _several({"items": self._correlation()}, ["array"]),
            "slo": levels,
            "sla": levels,
            "expect": _several({"items": self._expectation()}, ["array", "string"]),
            "variants": {**_MAPPING, "additionalProperties": _ref("overrides")},
        }

    def _expectation(self) -> JsonSchema:
        texts = {"check": "formula", "reason": "text", "owner": "text", "confidence": "formula"}
        keys = self._model(Expectation, texts)
        about = attributes(Expectation)
        keys["properties"].update(
            severity={**_words([about["severity"]]), **_severity()},
            until=_sample("until", {**_words([about["until"]]), **_date()}),
        )
        keys["allOf"].append({"required": ["check"], "errorMessage": "The `check` is missing."})
        return _either("object", keys, _ref("formula"))

    def _correlation(self) -> JsonSchema:
        keys = self._model(Correlation, {"rank": "formula"})
        names = _several({"items": _ref("formula")}, ["array"])
        keys["properties"]["of"] = {**_words([attributes(Correlation)["of"]]), **names}
        missing = "Under `correlate`, `of` names ranges and `rank` says how they go together."
        keys["allOf"].append({"required": ["of", "rank"], "errorMessage": missing})
        return keys

    def _model(self, model: type[BaseModel], texts: Mapping[str, str]) -> JsonSchema:
        about = attributes(model)
        keys = {key: _sample(key, {**_words([about[key]]), **_ref(texts[key])}) for key in texts}
        return {"allOf": [_MAPPING], "properties": keys, "additionalProperties": False}

    # --- kinds ------------------------------------------------------------------------------------

    def _sections_of_kinds(self, *, strict: bool) -> JsonSchema:
        """What stands under `actions` and `components`, with the kinds known or taken as open."""
        action = self.library.get("action") or shipped_kind("action")
        rules = self._strict if strict else self._open
        one = {
            "actions": {"allOf": [_MAPPING, rules(action)]},
            "components": self._component(rules, strict=strict),
        }
        return {
            "properties": {
                section: {"additionalProperties": schema, "doNotSuggest": True}
                for section, schema in one.items()
            }
        }

    def _component(self, rules: Callable[[KindFile], JsonSchema], *, strict: bool) -> JsonSchema:
        kinds = [k for name in self.library.names() if (k := self.library.get(name)) is not None]
        about = {kind.kind.value: kind.about.value for kind in kinds}
        asks: JsonSchema = {"description": "What kind of component it is.", "type": "string"}
        if strict:
            asks["enum"] = list(about)
            asks["markdownEnumDescriptions"] = list(about.values())
            asks["errorMessage"] = (
                "There is no kind of this name; `estimator kinds` lists those that there are."
            )
        else:
            asks["defaultSnippets"] = [_snippet(name, text) for name, text in about.items()]
        needs = {"required": ["kind"], "errorMessage": "A component has a `kind`."}
        return {
            "properties": {"kind": asks},
            "allOf": [
                _MAPPING,
                needs,
                *(_where_kind(kind.kind.value, rules(kind)) for kind in kinds),
            ],
        }

    def _open(self, kind: KindFile) -> JsonSchema:
        name = f"kind.{kind.kind.value}"
        if name not in self.definitions:
            self.definitions[name] = {}  # its place, before what it is made of
            self.definitions[name].update(self._kind(kind))
        return _ref(name)

    def _strict(self, kind: KindFile) -> JsonSchema:
        """A kind that has no other keys, and has all that it needs."""
        rules = [self._open(kind), *_needs(kind)]
        return {"allOf": rules, "unevaluatedProperties": False}

    def _closed(self, kind: KindFile, start: str = "") -> JsonSchema:
        """A section of the file that a kind describes."""
        return {**self._kind(kind, start), "allOf": [_MAPPING], "additionalProperties": False}

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
        """What a kind extends, the first of them first."""
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
        """The definition of each key that a kind takes, parameters before what it works out."""
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
        schema: JsonSchema = _described(parameter, given)
        if parameter.choices is not None:
            words = [c.value for c in parameter.choices]
            said = f"This is one of {', '.join(words)}."
            is_yes_or_no = "true" in words  # which editors read as no text
            schema.update(
                type=["string", "boolean"] if is_yes_or_no else "string",
                enum=[*words, True, False] if is_yes_or_no else words,
                errorMessage=said,
            )
        elif parameter.catalog is not None:
            schema["allOf"] = [self._catalogue(parameter.catalog.value)]
        elif parameter.flows is not None:
            schema.update(_flows(calls=parameter.flows.value != "names"))
        else:
            schema.update(_ref("formula"))
            if "default" not in schema:
                schema["examples"] = [_example(kind, name, parameter)]
        return schema

    def _catalogue(self, name: str) -> JsonSchema:
        """An entry's name, or that one is to be chosen; a mapping is told elsewhere."""
        key = f"catalogue.{name}"
        if key not in self.definitions:
            entries = catalog(name).candidates("*")
            names = "|".join(re.escape(e.name).replace(r"\-", "-") for e in entries)
            scopes = "|".join(re.escape(s).replace(r"\-", "-") for s in catalog(name).scopes())
            snippets = [
                _snippet(e.name, ", ".join(f"{f} {t.value}" for f, t in e.fields.items()))
                for e in entries
            ]
            open_to = ["cheapest", *(f"cheapest of {s}" for s in catalog(name).scopes())]
            snippets += [_snippet(words, "Chosen by what it costs.") for words in open_to]
            self.definitions[key] = {
                "if": {"not": {"type": "object"}},
                "then": {
                    "type": "string",
                    "pattern": rf"^(?:{names}|\s*cheapest(?:\s+of\s+(?:{names}|{scopes}))?\s*)$",
                    "errorMessage": (
                        f"This is no entry of the catalogue; `estimator catalog {name}` lists them."
                    ),
                },
                "defaultSnippets": snippets,
            }
        return _ref(key)

    def _defined(self, kind: KindFile, name: str, schema: JsonSchema) -> str:
        """The name of the definition; what says the same of the same key is one."""
        identity = (name, json.dumps(schema, sort_keys=True))
        if identity not in self.names:
            key = f"{kind.kind.value}.{name}"
            while key in self.definitions:  # a team's kind may have the name of a shipped one
                key = f"own.{key}"
            self.names[identity] = key
            self.definitions[key] = schema
        return self.names[identity]

    def _nested(self, leaves: Mapping[str, str]) -> dict[str, JsonSchema]:
        """The keys, each whole (`nodes.cpu: 3`) or with its parts below it (`nodes: {cpu: 3}`)."""
        keys = {name: _ref(key) for name, key in leaves.items()}
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


# --- single values --------------------------------------------------------------------------------


def _formula() -> JsonSchema:
    """A value that is not empty. YAML may make a number or a truth of it; the program does not."""
    patterns = [{"pattern": p, "patternErrorMessage": said} for p, said in _FORMULA.items()]
    nothing = {"if": {"type": "null"}, "then": {"type": "string", "errorMessage": _NOTHING}}
    return {**_text(), "allOf": [nothing, *patterns]}


def _text() -> JsonSchema:
    said = {"type": "string", "errorMessage": _ABOUT_SCALARS}
    return {"if": {"type": ["array", "object"]}, "then": said}


def _overrides() -> JsonSchema:
    """Names to formulas; a name may have its parts below it."""
    value = _either("object", _ref("overrides"), _ref("formula"))
    return {**_MAPPING, "additionalProperties": value}


def _severity() -> JsonSchema:
    return {
        "type": "string",
        "enum": list(_SEVERITIES),
        "markdownEnumDescriptions": list(_SEVERITIES.values()),
        "default": "error",
        "errorMessage": "`severity` is `error` or `warn`.",
    }


def _date() -> JsonSchema:
    said = "This is no date: write it as `2027-03-31`."
    return {"type": ["string", "integer"], "pattern": _DATE, "errorMessage": said}


_BATCH = "The events in a call, their bytes (`5 MB`), or the time between two calls (`10 s`)."


def _flows(*, calls: bool) -> JsonSchema:
    """Names of what is received: one, a list, or each with its calls."""
    names: JsonSchema = {"items": _ref("formula")}
    if calls:
        said = "What belongs here is a number of calls, or `{batch: 1000}`."
        batches = {
            "type": "object",
            "properties": {
                "batch": {**_ref("formula"), "description": _BATCH},
                "calls": {**_ref("formula"), "description": "Calls for each event."},
            },
            "required": ["batch"],
            "additionalProperties": False,
        }
        names["additionalProperties"] = {
            "anyOf": [_ref("formula"), batches],
            "errorMessage": said,
        }
    return _several(names, ["array", "object", "string"])


def _several(parts: JsonSchema, types: list[str]) -> JsonSchema:
    """A list of such parts, or another of these types; one name alone is a list of one."""
    words = {"array": "a list", "object": "`key: value` lines", "string": "one alone"}
    said = f"What belongs here is {', or '.join(words[t] for t in types)}."
    return {**parts, "type": types, "pattern": r"\S", "errorMessage": said}


def _either(type_: str, then: JsonSchema, otherwise: JsonSchema) -> JsonSchema:
    """What holds for one type of value, and for all others; never both complaints."""
    return {"if": {"type": type_}, "then": then, "else": otherwise}


def _where_kind(name: str, then: JsonSchema) -> JsonSchema:
    return {"if": {"properties": {"kind": {"const": name}}, "required": ["kind"]}, "then": then}


def _snippet(value: str, about: str) -> JsonSchema:
    return {"label": value, "body": value, "description": about}


def _sample(key: str, schema: JsonSchema) -> JsonSchema:
    return {**schema, "examples": [_EXAMPLES[key]]}


def _ref(name: str) -> JsonSchema:
    return {"$ref": "#/$defs/" + quote(name.replace("~", "~0").replace("/", "~1"))}


# --- what kinds say -------------------------------------------------------------------------------


def _needs(kind: KindFile) -> Iterator[JsonSchema]:
    """The parameters without which there is no such thing, and those that exclude each other."""
    for name, parameter in kind.parameters.items():
        if parameter.required is not None and parameter.default is None:
            yield {
                "required": [name],
                "errorMessage": f"`{name}` is missing: {parameter.about.value}",
            }
    ways = [p.value for p in kind.one_of or []]
    if not ways:
        return
    words = ", ".join(f"`{way}`" for way in ways)
    yield {
        "if": {"not": {"anyOf": [{"required": [way]} for way in ways]}},
        "then": {"required": ways[:1], "errorMessage": f"Give one of {words}."},
    }
    for i, way in enumerate(ways[:-1]):
        yield {
            "if": {"required": [way]},
            "then": {
                "properties": dict.fromkeys(ways[i + 1 :], False),
                "errorMessage": f"`{way}` is given already; keep one of {words}.",
            },
        }


def _repeated(kind: KindFile) -> Iterator[tuple[str, JsonSchema]]:
    """The names that are repeated for components and branches, as patterns."""
    starts: set[str] = set()
    for template in (*kind.for_each_component, *kind.for_each_branch):
        parts = [re.sub("<component>|<branch>", r"\\w+", part) for part in template.split(".")]
        yield "^" + r"\.".join(parts) + "$", _ref("formula")
        starts.update(r"\.".join(parts[:count]) for count in range(1, len(parts)))
    if starts:
        yield "^(?:" + "|".join(sorted(starts)) + ")$", {"type": "object"}


def _described(parameter: Parameter, entry: str = "") -> JsonSchema:
    """What a parameter means and takes, and what it is if it is not given."""
    said = f" Given here, it replaces what the entry of `{entry}` has." if entry else ""
    lines = [parameter.about.value + said]
    if parameter.dimension is not None:
        lines.append(f"Takes: {parameter.dimension.value}{_bounds(parameter)}.")
    if parameter.default is not None and not entry:
        because = parameter.source or parameter.assumption
        why = f" ({because.value.rstrip('.')})" if because is not None else ""
        lines.append(f"Default: `{' '.join(parameter.default.value.split())}`{why}.")
    elif parameter.required is not None:
        lines.append("It must be given.")
    schema = _words(lines)
    value = None if entry else _default(parameter)
    return schema if value is None else {**schema, "default": value}


def _bounds(parameter: Parameter) -> str:
    said = {
        "above": parameter.above,
        "at least": parameter.minimum,
        "at most": parameter.maximum,
    }
    return "".join(f", {words} {bound.value}" for words, bound in said.items() if bound)


def _words(paragraphs: list[str]) -> JsonSchema:
    """A description; as Markdown, too, where it has code in it that should not be escaped."""
    text = "\n\n".join(paragraphs)
    schema: JsonSchema = {"description": text.replace("`", "")}
    return {**schema, "markdownDescription": text} if "`" in text else schema


def _default(parameter: Parameter) -> Any:
    """The default, if it can be written into a scenario: names in it are those of the kind."""
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
    """Return what a default of the form `if(condition, special, usual)` comes to as a rule."""
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
    """A value of that dimension."""
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
    """The value as editors' YAML has it, so that it is not written with quotes."""
    if re.fullmatch(r"[1-9]\d*|0", value):
        return int(value)
    return float(value) if re.fullmatch(r"\d+\.\d+", value) else value


def _pinned(kind: KindFile, name: str) -> JsonSchema:
    """A quantity that the kind works out; only whole ones are suggested, for there are many."""
    formula = _formula_of(kind, name)
    about = formula.about.value + " " if formula is not None and formula.about else ""
    text = about + "Worked out, unless it is given here, which pins it."
    if "." in name:
        return {"description": text, "allOf": [_ref("formula")], "doNotSuggest": True}
    dimension = formula.dimension if formula is not None else None
    return {"description": text, "examples": [_of_dimension(dimension)], **_ref("formula")}


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


# --- what the models say --------------------------------------------------------------------------


def _first_line(model: type[BaseModel]) -> str:
    return (inspect.getdoc(model) or "").split("\n", 1)[0]
