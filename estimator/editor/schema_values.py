"""Single values in the JSON Schema: formulas, texts, dates, lists, and names of definitions.

A value is checked by `if` and `then` rather than by `anyOf` or a list of types, so that what is
wrong has one message, in our words, and so that `true` is not suggested for every formula.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias
from urllib.parse import quote

JsonSchema: TypeAlias = dict[str, Any]

MAPPING: JsonSchema = {"type": "object", "errorMessage": "`key: value` lines belong here."}
_ABOUT_SCALARS = "A single value belongs here, such as `500M` or `2 * users`."
_NOTHING = "This key has no value."
_FORMULA = {
    r"\S": "This is empty: write a value such as `500M`, or a formula.",
    r"^[^€£¥]*$": "Amounts are in USD: write `$` or `USD`.",
    r"^(?:\s*\?\s*|[^\[\]{}\"'`;&|?@#\\]*)$": (
        "A formula has numbers with units, names, `+ - * / ^` and ( )."
    ),
    r"^(?!\s*[\d._]+,\s*\d)": (
        "A comma separates the values of a function: write `1_000` or `1k`, and `0.5`."
    ),
}
"""What every formula matches, and the message for one that does not."""
_DATE = r"^(?:\d{4}-\d\d-\d\d|\d{8}|\d{4}-?W\d\d(?:-?[1-7])?)$"
_BATCH = "The events in a call, their bytes (`5 MB`), or the time between two calls (`10 s`)."


def formula() -> JsonSchema:
    """Return the schema of a value that is not empty.

    YAML may make a number or a truth of it; the program does not.
    """
    patterns = [{"pattern": p, "patternErrorMessage": message} for p, message in _FORMULA.items()]
    nothing = {"if": {"type": "null"}, "then": {"type": "string", "errorMessage": _NOTHING}}
    return {**text(), "allOf": [nothing, *patterns]}


def text() -> JsonSchema:
    """Return the schema of a single value."""
    single = {"type": "string", "errorMessage": _ABOUT_SCALARS}
    return {"if": {"type": ["array", "object"]}, "then": single}


def overrides() -> JsonSchema:
    """Return the schema of names with formulas or lists; a name may have its parts below it."""
    single = either("array", {"items": ref("formula")}, ref("formula"))
    value = either("object", ref("overrides"), single)
    return {**MAPPING, "additionalProperties": value}


def word(key: str, words: Mapping[str, str]) -> JsonSchema:
    """Return the schema of one of some words, of which the first is the default."""
    return {
        "type": "string",
        "enum": list(words),
        "markdownEnumDescriptions": list(words.values()),
        "default": next(iter(words)),
        "errorMessage": f"`{key}` is {' or '.join(f'`{word}`' for word in words)}.",
    }


def date() -> JsonSchema:
    """Return the schema of a day."""
    message = "This is not a date: write it as `2027-03-31`."
    return {"type": ["string", "integer"], "pattern": _DATE, "errorMessage": message}


def flows(*, calls: bool) -> JsonSchema:
    """Return the schema of names of what is received: one, a list, or each with its calls."""
    names: JsonSchema = {"items": ref("formula")}
    if calls:
        message = "What belongs here is a number of calls, or `{batch: 1000}`."
        batches = {
            "type": "object",
            "properties": {
                "batch": {**ref("formula"), "description": _BATCH},
                "calls": {**ref("formula"), "description": "Calls for each event."},
            },
            "required": ["batch"],
            "additionalProperties": False,
        }
        names["additionalProperties"] = {
            "anyOf": [ref("formula"), batches],
            "errorMessage": message,
        }
    return several(names, ["array", "object", "string"])


def several(parts: JsonSchema, types: list[str]) -> JsonSchema:
    """Return the schema of a list of such parts, or of another of these types.

    One name alone is a list of one.
    """
    words = {"array": "a list", "object": "`key: value` lines", "string": "one alone"}
    message = f"What belongs here is {', or '.join(words[t] for t in types)}."
    return {**parts, "type": types, "pattern": r"\S", "errorMessage": message}


def either(type_: str, then: JsonSchema, otherwise: JsonSchema) -> JsonSchema:
    """Return a schema for one type of value and another for all others; never both complain."""
    return {"if": {"type": type_}, "then": then, "else": otherwise}


def snippet(value: str, about: str) -> JsonSchema:
    """Return a value that is suggested, and what it means."""
    return {"label": value, "body": value, "description": about}


def ref(name: str) -> JsonSchema:
    """Return a reference to a definition."""
    return {"$ref": "#/$defs/" + quote(name.replace("~", "~0").replace("/", "~1"))}


def described(*paragraphs: str) -> JsonSchema:
    """Return a description; as Markdown, too, where it has code that should not be escaped."""
    text = "\n\n".join(paragraphs)
    schema: JsonSchema = {"description": text.replace("`", "")}
    return {**schema, "markdownDescription": text} if "`" in text else schema
