"""What stands where in a scenario: its keys, words and formulas, each with what it is about.

Only the YAML's structure and the kinds are asked, no value: it is known while a scenario has
errors, and within milliseconds.
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
from estimator.scenario.yaml_tree import Items, Mapping, Scalar, Tree
from estimator.units import unit_table


class Role(Enum):
    """What a spot is."""

    SECTION = "a key at the top of the file"
    OWNER = "the name of an action or a component"
    KEY = "the key of a quantity"
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


class Spot(NamedTuple):
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
        """Its first character."""
        return self.text.place.start

    @property
    def end(self) -> int:
        """Where it ends, quotes included."""
        return self.text.place.end

    @property
    def is_formula(self) -> bool:
        """Is it read as a formula?"""
        return self.role in (Role.FORMULA, Role.CHECK)


def spots(tree: Mapping, library: Library) -> list[Spot]:
    """Everything that stands in a scenario, in the order of the file."""
    found: dict[tuple[int, int, Role], Spot] = {}
    for spot in _Walk(library).scenario(tree):
        place = spot.text.place  # what an alias repeats is what it was first
        found.setdefault((place.start, place.end, spot.role), spot)
    return sorted(found.values(), key=lambda s: (s.text.place.start, s.text.place.end))


class _Walk:
    def __init__(self, library: Library) -> None:
        self.library = library
        self.sections = {
            "name": self._words,
            "about": self._words,
            "library": self._library,
            "conventions": self._conventions,
            "users": self._users,
            "traffic": self._section,
            "storage": self._storage,
            "actions": self._actions,
            "components": self._components,
            "derive": self._derive,
            "correlate": self._correlate,
            "slo": self._service_levels,
            "sla": self._service_levels,
            "expect": self._expect,
            "variants": self._variants,
        }

    def scenario(self, tree: Mapping) -> Iterator[Spot]:
        for key, (text, value) in tree.entries.items():
            name = key if key in ("users", "traffic", "slo", "sla", "storage") else ""
            yield Spot(Role.SECTION, text, (key,), name, value)
            if key in self.sections:
                yield from self.sections[key](value, (key,))

    # --- sections ---------------------------------------------------------------------------------

    def _words(self, value: Tree, path: tuple[str, ...]) -> Iterator[Spot]:
        if isinstance(value, Scalar):
            yield Spot(Role.PLAIN, value.text, path)

    def _library(self, value: Tree, path: tuple[str, ...]) -> Iterator[Spot]:
        for item in value.items if isinstance(value, Items) else [value]:
            if isinstance(item, Scalar):
                yield Spot(Role.PATH, item.text, path)

    def _conventions(self, value: Tree, path: tuple[str, ...]) -> Iterator[Spot]:
        for key, text, inner in _entries(value):
            yield Spot(Role.FIELD, text, (*path, key), "", inner)
            yield from _formula(inner, (*path, key), "")

    def _users(self, value: Tree, path: tuple[str, ...]) -> Iterator[Spot]:
        kind = shipped_kind("users")
        if isinstance(value, Scalar):
            yield from _formula(value, path, "users", kind, kind.parameters["self"])
        yield from self._said(kind, "users", value, path)

    def _section(self, value: Tree, path: tuple[str, ...]) -> Iterator[Spot]:
        yield from self._said(shipped_kind(path[0]), path[0], value, path)

    def _storage(self, value: Tree, path: tuple[str, ...]) -> Iterator[Spot]:
        yield from self._said(shipped_kind("system"), "", value, path, "storage.")

    def _service_levels(self, value: Tree, path: tuple[str, ...]) -> Iterator[Spot]:
        yield from self._said(shipped_kind("slo"), path[0], value, path)

    def _actions(self, value: Tree, path: tuple[str, ...]) -> Iterator[Spot]:
        kind = self.library.get("action") or shipped_kind("action")
        for key, text, inner in _entries(value):
            yield Spot(Role.OWNER, text, (*path, key), key, inner, kind)
            yield from self._said(kind, key, inner, (*path, key))

    def _components(self, value: Tree, path: tuple[str, ...]) -> Iterator[Spot]:
        for key, text, inner in _entries(value):
            word = inner.get("kind") if isinstance(inner, Mapping) else None
            kind = self.library.get(word.text.value) if isinstance(word, Scalar) else None
            yield Spot(Role.OWNER, text, (*path, key), key, inner, kind)
            yield from self._said(kind or shipped_kind("fleet"), key, inner, (*path, key))

    def _derive(self, value: Tree, path: tuple[str, ...]) -> Iterator[Spot]:
        for key, text, inner in _entries(value):
            yield Spot(Role.KEY, text, (*path, key), key, inner)
            yield from _formula(inner, (*path, key), key)

    def _correlate(self, value: Tree, path: tuple[str, ...]) -> Iterator[Spot]:
        for item in value.items if isinstance(value, Items) else []:
            for key, text, inner in _entries(item):
                yield Spot(Role.FIELD, text, (*path, key), "", inner)
                for name in inner.items if isinstance(inner, Items) else [inner]:
                    yield from _formula(name, (*path, key), "")

    def _expect(self, value: Tree, path: tuple[str, ...]) -> Iterator[Spot]:
        for item in value.items if isinstance(value, Items) else [value]:
            if isinstance(item, Scalar):
                yield Spot(Role.CHECK, item.text, (*path, "check"))
            for key, text, inner in _entries(item):
                yield Spot(Role.FIELD, text, (*path, key), "", inner)
                if isinstance(inner, Scalar):
                    roles = {"check": Role.CHECK, "confidence": Role.FORMULA}
                    role = roles.get(key, Role.PLAIN)
                    yield Spot(role, inner.text, (*path, key))

    def _variants(self, value: Tree, path: tuple[str, ...]) -> Iterator[Spot]:
        for key, text, inner in _entries(value):
            yield Spot(Role.VARIANT, text, (*path, key), key, inner)
            yield from self._targets(inner, (*path, key), "")

    def _targets(self, value: Tree, path: tuple[str, ...], before: str) -> Iterator[Spot]:
        for key, text, inner in _entries(value):
            name = before + key
            yield Spot(Role.TARGET, text, (*path, key), name, inner)
            if isinstance(inner, Mapping):
                yield from self._targets(inner, (*path, key), name + ".")
            elif isinstance(inner, Scalar):
                yield Spot(Role.FORMULA, inner.text, (*path, key))

    # --- what is said of a kind in use ------------------------------------------------------------

    def _said(
        self, kind: KindFile, owner: str, value: Tree, path: tuple[str, ...], before: str = ""
    ) -> Iterator[Spot]:
        for key, text, inner in _entries(value):
            here = (*path, key)
            if key == "kind" and not before and path[:1] == ("components",):
                if isinstance(inner, Scalar):
                    yield Spot(Role.KIND, inner.text, here, kind=kind)
                yield Spot(Role.FIELD, text, here, "", inner, kind)
                continue
            name = before + key
            parameter = kind.parameters.get(name) or _field_of(kind, name)
            whole = f"{owner}.{name}" if owner else name
            yield Spot(Role.KEY, text, here, whole, inner, kind, parameter)
            if parameter is not None and parameter.flows is not None:
                yield from _flows(inner, here, whole, kind, parameter)
            elif isinstance(inner, Mapping):
                yield from self._said(kind, owner, inner, here, name + ".")
            elif isinstance(inner, Scalar):
                yield _single(inner, here, whole, kind, parameter)


def _single(
    value: Scalar, path: tuple[str, ...], name: str, kind: KindFile, parameter: Parameter | None
) -> Spot:
    role = Role.FORMULA
    if parameter is not None and parameter.choices is not None:
        role = Role.WORD
    elif parameter is not None and parameter.catalog is not None:
        role = Role.ENTRY
    return Spot(role, value.text, path, name, None, kind, parameter)


def _field_of(kind: KindFile, name: str) -> Parameter | None:
    """The field of a catalogue's entry that may be given by itself: `node.memory`."""
    from estimator.catalog import catalog

    owner, _, field = name.partition(".")
    parameter = kind.parameters.get(owner)
    if not field or parameter is None or parameter.catalog is None:
        return None
    return catalog(parameter.catalog.value).fields.get(field)


def _flows(
    value: Tree, path: tuple[str, ...], name: str, kind: KindFile, parameter: Parameter
) -> Iterator[Spot]:
    if isinstance(value, Mapping):
        for key, text, inner in _entries(value):
            yield Spot(Role.FLOW, text, (*path, key), key, inner, kind, parameter)
            yield from _formula(inner, (*path, key), f"{name}.{key}", kind)
            for word, _, batch in _entries(inner):
                yield from _formula(batch, (*path, key, word), f"{name}.{key}.{word}", kind)
        return
    for item in value.items if isinstance(value, Items) else [value]:
        if isinstance(item, Scalar) and item.text.value:
            yield Spot(Role.FLOW, item.text, path, item.text.value, None, kind, parameter)


def _formula(
    value: Tree,
    path: tuple[str, ...],
    name: str,
    kind: KindFile | None = None,
    parameter: Parameter | None = None,
) -> Iterator[Spot]:
    if isinstance(value, Scalar):
        yield Spot(Role.FORMULA, value.text, path, name, None, kind, parameter)


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
    """The words of a formula, which need not be a right one."""
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
