"""The tokens of a scenario: its keys, words and formulas, each with its role and its quantity.

They follow from the sections, the kinds and the YAML's structure alone, and from no value: they
are known while a scenario has errors, and within milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from estimator.diagnostics import Text
from estimator.formula.fault import FormulaError
from estimator.formula.parse import WORDS
from estimator.formula.remembered import remembered
from estimator.formula.tokens import Token, tokenize
from estimator.library import KindFile, Library, Parameter, shipped_kind
from estimator.scenario.sections import KIND, Content, Key, key_at, keys, model_at, sections
from estimator.scenario.yaml_tree import Items, Mapping, Scalar, Tree
from estimator.units import unit_table


class Role(Enum):
    """What a token is."""

    SECTION = "a key at the top of the file"
    OWNER = "the name of an action or a component"
    KEY = "the key of a quantity"
    DERIVED = "the name of a formula of the file's own"
    KIND = "the name of a kind"
    FLOW = "what is received: an action, or what a component sends"
    WORD = "one of a parameter's words"
    ENTRY = "an entry of a catalogue"
    FORMULA = "a formula"
    CHECK = "a condition"
    VARIANT = "the name of a variant"
    TARGET = "what a variant replaces, by its whole name"
    FIELD = "a key of an expectation or a convention"
    PATH = "where kinds are read from"
    PLAIN = "words for people"


class SemanticToken(NamedTuple):
    """A key or a value.

    Attributes:
        role: What it is.
        text: As it is written, and where.
        path: The keys that lead to it, or to the value it is.
        name: The whole name of the quantity, the action or the component that it is about.
        value: What stands behind a key.
        kind: The kind that it belongs to.
        parameter: The parameter that it is about.
    """

    role: Role
    text: Text
    path: tuple[str, ...]
    name: str = ""
    value: Tree | None = None
    kind: KindFile | None = None
    parameter: Parameter | None = None

    @property
    def start(self) -> int:
        """Return its first character."""
        return self.text.place.start

    @property
    def end(self) -> int:
        """Return where it ends, quotes included."""
        return self.text.place.end

    @property
    def is_formula(self) -> bool:
        """Return whether it is read as a formula."""
        return self.role in (Role.FORMULA, Role.CHECK)


def semantic_tokens(tree: Mapping, library: Library) -> list[SemanticToken]:
    """Return everything that stands in a scenario, in the order of the file."""
    found: dict[tuple[int, int, Role], SemanticToken] = {}
    for token in _Walk(library).scenario(tree):
        place = token.text.place  # what an alias repeats is what it was first
        found.setdefault((place.start, place.end, token.role), token)
    return sorted(found.values(), key=lambda s: (s.text.place.start, s.text.place.end))


_ROLES = {Content.CONDITION: Role.CHECK, Content.PATHS: Role.PATH}


class _Walk:
    def __init__(self, library: Library) -> None:
        self.library = library

    def scenario(self, tree: Mapping) -> Iterator[SemanticToken]:
        for name, text, value in _entries(tree):
            key = sections().get(name)
            is_owner = key is not None and key.content is Content.PARAMETERS
            yield SemanticToken(Role.SECTION, text, (name,), name if is_owner else "", value)
            if key is not None:
                yield from self._content(key, value, (name,))

    def _content(self, key: Key, value: Tree, path: tuple[str, ...]) -> Iterator[SemanticToken]:
        """Yield what stands behind a key."""
        match key.content:
            case Content.FORMULA | Content.NAMES:
                for item in _items(value):
                    yield from _formula(item, path, "")
            case Content.KEYS | Content.LIST:
                yield from self._keys(value, path)
            case Content.PARAMETERS:
                yield from self._parameters(key, value, path)
            case Content.USES:
                yield from self._uses(key, value, path)
            case Content.FORMULAS:
                for name, text, inner in _entries(value):
                    yield SemanticToken(Role.DERIVED, text, (*path, name), name, inner)
                    yield from _formula(inner, (*path, name), name)
            case Content.OVERRIDES:
                for name, text, inner in _entries(value):
                    yield SemanticToken(Role.VARIANT, text, (*path, name), name, inner)
                    yield from self._targets(inner, (*path, name), "")
            case _:
                role = _ROLES.get(key.content, Role.PLAIN)
                for item in _items(value):
                    if isinstance(item, Scalar):
                        yield SemanticToken(role, item.text, path)

    # --- sections ---------------------------------------------------------------------------------

    def _keys(self, value: Tree, path: tuple[str, ...]) -> Iterator[SemanticToken]:
        """Yield the keys of a model, once or in each item of a list."""
        model = model_at(path)
        assert model is not None
        known = keys(model)
        for item in _items(value):
            alone = getattr(model, "alone", "")
            if isinstance(item, Scalar) and alone:
                yield from self._content(known[alone], item, (*path, alone))
            for name, text, inner in _entries(item):
                yield SemanticToken(Role.FIELD, text, (*path, name), "", inner)
                if name in known:
                    yield from self._content(known[name], inner, (*path, name))

    def _parameters(self, key: Key, value: Tree, path: tuple[str, ...]) -> Iterator[SemanticToken]:
        kind = shipped_kind(key.kind)
        if isinstance(value, Scalar) and kind.scalar is not None:
            parameter = kind.parameters[kind.scalar.value]
            yield from _formula(value, path, path[0], kind, parameter)
        owner = "" if key.prefix else path[0]
        yield from self._given(kind, owner, value, path, key.prefix)

    def _uses(self, key: Key, value: Tree, path: tuple[str, ...]) -> Iterator[SemanticToken]:
        for name, text, inner in _entries(value):
            kind = self._kind(key, inner)
            yield SemanticToken(Role.OWNER, text, (*path, name), name, inner, kind)
            yield from self._given(kind or shipped_kind("fleet"), name, inner, (*path, name))

    def _kind(self, key: Key, use: Tree) -> KindFile | None:
        if key.kind:
            return self.library.get(key.kind) or shipped_kind(key.kind)
        word = use.get("kind") if isinstance(use, Mapping) else None
        return self.library.get(word.text.value) if isinstance(word, Scalar) else None

    def _targets(self, value: Tree, path: tuple[str, ...], before: str) -> Iterator[SemanticToken]:
        for key, text, inner in _entries(value):
            name = before + key
            yield SemanticToken(Role.TARGET, text, (*path, key), name, inner)
            if isinstance(inner, Mapping):
                yield from self._targets(inner, (*path, key), name + ".")
            elif isinstance(inner, Scalar):
                yield SemanticToken(Role.FORMULA, inner.text, (*path, key))

    # --- parameters of kinds ----------------------------------------------------------------------

    def _given(
        self, kind: KindFile, owner: str, value: Tree, path: tuple[str, ...], before: str = ""
    ) -> Iterator[SemanticToken]:
        for key, text, inner in _entries(value):
            here = (*path, key)
            if key == "kind" and not before and key_at(here) is KIND:
                if isinstance(inner, Scalar):
                    yield SemanticToken(Role.KIND, inner.text, here, kind=kind)
                yield SemanticToken(Role.FIELD, text, here, "", inner, kind)
                continue
            name = before + key
            parameter = kind.parameters.get(name) or _field_of(kind, name)
            whole = f"{owner}.{name}" if owner else name
            yield SemanticToken(Role.KEY, text, here, whole, inner, kind, parameter)
            if parameter is not None and parameter.flows is not None:
                yield from _flows(inner, here, whole, kind, parameter)
            elif isinstance(inner, Mapping):
                yield from self._given(kind, owner, inner, here, name + ".")
            elif isinstance(inner, Scalar):
                yield _single(inner, here, whole, kind, parameter)


def _single(
    value: Scalar, path: tuple[str, ...], name: str, kind: KindFile, parameter: Parameter | None
) -> SemanticToken:
    role = Role.FORMULA
    if parameter is not None and parameter.choices is not None:
        role = Role.WORD
    elif parameter is not None and parameter.catalog is not None:
        role = Role.ENTRY
    return SemanticToken(role, value.text, path, name, None, kind, parameter)


def _field_of(kind: KindFile, name: str) -> Parameter | None:
    """Return the field of a catalogue's entry that a key gives by itself: `node.memory`."""
    from estimator.catalog import catalog

    owner, _, field = name.partition(".")
    parameter = kind.parameters.get(owner)
    if not field or parameter is None or parameter.catalog is None:
        return None
    return catalog(parameter.catalog.value).fields.get(field)


def _flows(
    value: Tree, path: tuple[str, ...], name: str, kind: KindFile, parameter: Parameter
) -> Iterator[SemanticToken]:
    if isinstance(value, Mapping):
        for key, text, inner in _entries(value):
            yield SemanticToken(Role.FLOW, text, (*path, key), key, inner, kind, parameter)
            yield from _formula(inner, (*path, key), f"{name}.{key}", kind)
            for word, _, batch in _entries(inner):
                yield from _formula(batch, (*path, key, word), f"{name}.{key}.{word}", kind)
        return
    for item in value.items if isinstance(value, Items) else [value]:
        if isinstance(item, Scalar) and item.text.value:
            yield SemanticToken(Role.FLOW, item.text, path, item.text.value, None, kind, parameter)


def _formula(
    value: Tree,
    path: tuple[str, ...],
    name: str,
    kind: KindFile | None = None,
    parameter: Parameter | None = None,
) -> Iterator[SemanticToken]:
    if isinstance(value, Scalar):
        yield SemanticToken(Role.FORMULA, value.text, path, name, None, kind, parameter)


def _items(value: Tree) -> list[Tree]:
    return value.items if isinstance(value, Items) else [value]


def _entries(value: Tree | None) -> Iterator[tuple[str, Text, Tree]]:
    if isinstance(value, Mapping):
        for key, (text, inner) in value.entries.items():
            yield key, text, inner


# --- names within formulas ------------------------------------------------------------------------


class Word(NamedTuple):
    """A word of a formula: a name, a unit, a function or an operator.

    Attributes:
        text: As it is written.
        start: Its first character in the formula.
        end: Where it ends.
        sort: `name`, `unit`, `noun`, `scale`, `function` or `operator`.
    """

    text: str
    start: int
    end: int
    sort: str


SCALES = {
    "k": "thousand",
    "K": "thousand",
    "M": "million",
    "mn": "million",
    "bn": "billion",
    "T": "trillion",
    "thousand": "10^3",
    "million": "10^6",
    "billion": "10^9",
    "trillion": "10^12",
}
"""What may stand behind a number to make it larger, and what it means."""


@remembered
def words(formula: str) -> tuple[Word, ...]:
    """Return the words of a formula, which need not be valid."""
    try:
        tokens = tokenize(formula)
    except FormulaError as error:
        if error.span[0] == 0 or error.rule == "E027":
            return ()
        return words(formula[: error.span[0]])  # up to where it is no formula
    return tuple(
        Word(token.text, *token.span, _sort(token, tokens, i))
        for i, token in enumerate(tokens)
        if token.kind == "name"
    )


def _sort(token: Token, tokens: list[Token], index: int) -> str:
    text, before = token.text, tokens[index - 1] if index else None
    if text in WORDS:
        return "operator"
    if tokens[index + 1].text == "(":
        return "function"
    behind_number = before is not None and before.kind == "number"
    if behind_number and text in SCALES:
        return "scale"
    table = unit_table()
    if table.unit(text) is not None:
        return "unit"
    scaled = before is not None and before.text in SCALES and tokens[index - 2].kind == "number"
    if table.noun(text) is not None and (behind_number or scaled):
        return "noun"
    return "name"
