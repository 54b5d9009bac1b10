"""The JSON Schema of a scenario file, for editors, made from the sections and the kinds.

It is never stricter than the program: what `estimator run` accepts is valid. It is looser where a
schema cannot see, as with names in formulas. Beyond the standard it uses what editors' YAML server
understands: `errorMessage`, `patternErrorMessage`, `markdownDescription`,
`markdownEnumDescriptions`, `defaultSnippets` and `doNotSuggest`.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable

from pydantic import BaseModel

from estimator.editor.schema_kinds import KindSchemas
from estimator.editor.schema_values import (
    MAPPING,
    JsonSchema,
    date,
    described,
    either,
    formula,
    overrides,
    ref,
    several,
    snippet,
    text,
    word,
)
from estimator.library.kind import KindFile
from estimator.library.loader import Library, shipped_kind
from estimator.render.sanitize import sanitize_json
from estimator.scenario.sections import (
    Content,
    Key,
    ScenarioFile,
    keys,
    model_at,
    sections,
    sections_of,
)

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def scenario_schema(library: Library) -> JsonSchema:
    """Return the schema of scenarios that use these kinds.

    Where a scenario names a `library:` of its own, the kinds of the schema are taken as they are
    only if the team's kinds are among them; otherwise any kind and any parameter may be there.
    """
    return _Writer(library).scenario()


def written(schema: JsonSchema) -> str:
    """Return a schema as the text of a file."""
    return sanitize_json(json.dumps(schema, indent=1, ensure_ascii=False)) + "\n"


class _Writer:
    def __init__(self, library: Library) -> None:
        self.library = library
        self.kinds = KindSchemas(library)

    def scenario(self) -> JsonSchema:
        definitions = self.kinds.definitions
        definitions.update(formula=formula(), text=text(), overrides=overrides())
        definitions["sourced"] = either("object", self._model(("inputs", "name")), ref("formula"))
        used_file = self._model((*sections_of(Content.FILES)[:1], "name"))
        definitions["used_file"] = either("object", used_file, ref("text"))
        strict = self._uses(strict=True)
        about = inspect.getdoc(ScenarioFile) or ""
        whole: JsonSchema = {
            "$schema": DRAFT,
            "title": "scenario",
            "description": about.partition("\n")[0],
            "type": "object",
            **self._keys((), ScenarioFile),
        }
        if self.library.own():
            whole["allOf"] = [strict]
        else:
            whole["if"] = {"required": ["library"]}
            whole["then"] = self._uses(strict=False)
            whole["else"] = strict
        return {**whole, "$defs": definitions}

    # --- keys -------------------------------------------------------------------------------------

    def _keys(self, path: tuple[str, ...], model: type[BaseModel]) -> JsonSchema:
        """Return the schemas of the keys of the model that stands at a path."""
        properties = {
            name: {**self._value((*path, name), key), **_about(key)}
            for name, key in keys(model).items()
        }
        return {"properties": properties, "additionalProperties": False}

    def _value(self, path: tuple[str, ...], key: Key) -> JsonSchema:
        match key.content:
            case Content.TEXT | Content.FILE:
                return ref("text")
            case Content.WORD:
                return word(path[-1], key.words)
            case Content.DAY:
                return date()
            case Content.PATHS:
                return either("array", {"items": ref("formula")}, ref("formula"))
            case Content.NAMES:
                return several({"items": ref("formula")}, ["array"])
            case Content.VARIANTS:
                return several({"items": ref("text")}, ["array", "string"])
            case Content.KEYS:
                return self._model(path)
            case Content.LIST:
                return self._list(path, key)
            case Content.PARAMETERS:
                return self._parameters(path[-1], key)
            case Content.USES:
                return MAPPING
            case Content.FORMULAS | Content.DATED:
                return {**MAPPING, "additionalProperties": ref("formula")}
            case Content.FILES:
                return {**MAPPING, "additionalProperties": ref("used_file")}
            case Content.INPUTS:
                return {**MAPPING, "additionalProperties": ref("sourced")}
            case Content.RECORDS:
                return {**MAPPING, "additionalProperties": self._model((*path, "name"), needs=True)}
            case Content.OVERRIDES:
                return {**MAPPING, "additionalProperties": ref("overrides")}
        return ref("formula")

    def _model(self, path: tuple[str, ...], *, needs: bool = False) -> JsonSchema:
        """Return the schema of the model that stands at a path, with the keys that it needs."""
        model = model_at(path)
        assert model is not None
        needed = [name for name, field in model.model_fields.items() if field.is_required()]
        rules = [MAPPING, {"required": needed}] if needs else [MAPPING]
        return {"allOf": rules, **self._keys(path, model)}

    def _list(self, path: tuple[str, ...], key: Key) -> JsonSchema:
        item = self._model(path, needs=True)
        item["allOf"][-1]["errorMessage"] = key.lacking
        if not key.alone:
            return several({"items": item}, ["array"])
        return several({"items": either("object", item, ref("formula"))}, ["array", "string"])

    def _parameters(self, name: str, key: Key) -> JsonSchema:
        kind = shipped_kind(key.kind)
        closed = {**self.kinds.closed(kind, key.prefix), "title": name}
        if kind.several is not None:
            several = {**closed, "additionalProperties": _or_sourced(closed)}
            is_whole = {"anyOf": [{"required": [name]} for name in closed["properties"]]}
            closed = {"if": is_whole, "then": closed, "else": several}
        return closed if kind.scalar is None else _or_sourced(closed)

    # --- uses of kinds ----------------------------------------------------------------------------

    def _uses(self, *, strict: bool) -> JsonSchema:
        """Return what stands in the sections that use kinds, which are known or taken as open."""
        rules = self.kinds.strict if strict else self.kinds.open
        properties = {}
        for name, key in sections().items():
            if key.content is Content.USES:
                if key.kind:
                    kind = self.library.get(key.kind) or shipped_kind(key.kind)
                    use: JsonSchema = {"allOf": [MAPPING, rules(kind)]}
                else:
                    use = self._with_kind(rules, strict=strict)
                properties[name] = {"additionalProperties": use, "doNotSuggest": True}
        return {"properties": properties}

    def _with_kind(self, rules: Callable[[KindFile], JsonSchema], *, strict: bool) -> JsonSchema:
        kinds = [k for name in self.library.names() if (k := self.library.get(name)) is not None]
        about = {kind.kind.value: kind.about.value for kind in kinds}
        kind_key: JsonSchema = {"description": "What kind of component it is.", "type": "string"}
        if strict:
            kind_key["enum"] = list(about)
            kind_key["markdownEnumDescriptions"] = list(about.values())
            kind_key["errorMessage"] = (
                "There is no kind of this name; `estimator kinds` lists those that there are."
            )
        else:
            kind_key["defaultSnippets"] = [snippet(name, text) for name, text in about.items()]
        needs = {"required": ["kind"], "errorMessage": "A component has a `kind`."}
        return {
            "properties": {"kind": kind_key},
            "allOf": [
                MAPPING,
                needs,
                *(_where_kind(kind.kind.value, rules(kind)) for kind in kinds),
            ],
        }


def _or_sourced(keys: JsonSchema) -> JsonSchema:
    """Return the schema of such keys, or of one value, alone or with where it is from."""
    value = {"if": {"required": ["value"]}, "then": ref("sourced"), "else": keys}
    return either("object", value, ref("formula"))


def _where_kind(name: str, then: JsonSchema) -> JsonSchema:
    return {"if": {"properties": {"kind": {"const": name}}, "required": ["kind"]}, "then": then}


def _about(key: Key) -> JsonSchema:
    examples = {} if key.example is None else {"examples": [key.example]}
    return {**described(key.about), **examples}
