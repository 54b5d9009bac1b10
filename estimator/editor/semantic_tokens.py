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
from estimator.library.kind import KindFile, Parameter
from estimator.library.loader import Library, shipped_kind
from estimator.model.variants import REMOVE
from estimator.scenario.sections import KIND, Content, Key, key_at, keys, model_at, sections
from estimator.scenario.yaml_tree import Items, Mapping, Scalar, Tree
from estimator.units import unit_table


class Role(Enum):
    """What a token is."""

    SECTION = "a key at the top of the file"
    OWNER = "the name of an action, a component or a scenario that is used"
    KEY = "the key of a quantity"
    DERIVED = "the name of a formula of the file's own"
    KIND = "the name of a kind"
    FLOW = "what is received: an action, or what a component sends"
    WORD = "one of a parameter's words"
    ENTRY = "an entry of a catalog"
    FORMULA = "a formula"
    CHECK = "a condition"
    VARIANT = "the name of a variant"
    NAMED_VARIANT = "the variant of an expectation"
    TARGET = "what a variant replaces, by its whole name"
    FIELD = "a key of an expectation or a convention"
    PATH = "where kinds are read from"
    FILE = "the file of another scenario"
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
    for token in _Walk(tree, library).scenario():
        place = token.text.place  # what an alias repeats is what it was first
        found.setdefault((place.start, place.end, token.role), token)
    return sorted(found.values(), key=lambda s: (s.text.place.start, s.text.place.end))


_ROLES = {Content.CONDITION: Role.CHECK, Content.PATHS: Role.PATH}


class _Walk:
    def __init__(self, tree: Mapping, library: Library) -> None:
        self.tree = tree
        self.library = library

    def scenario(self) -> Iterator[SemanticToken]:
        for text, value in self.tree.entries.values():
            key = sections().get(text.value)
            is_owner = key is not None and key.content is Content.PARAMETERS
            name = text.value if is_owner else ""
            token = SemanticToken(Role.SECTION, text, (text.value,), name, value=value)
            yield token
            if key is not None:
                yield from self._content(key, token)

    def _content(self, key: Key, token: SemanticToken) -> Iterator[SemanticToken]:
        """Yield what stands behind a key.

        Args:
            key: What is known of the key.
            token: The key as it is written.
        """
        match key.content:
            case Content.FORMULA | Content.NAMES | Content.NAME:
                for item in items_of(token.value):
                    yield from _formula(token, item)
            case Content.KEYS | Content.LIST:
                yield from self._keys(key, token)
            case Content.PARAMETERS:
                yield from self._parameters(key, token)
            case Content.USES:
                yield from self._uses(key, token)
            case Content.FORMULAS:
                for derived in _below(token, Role.DERIVED):
                    yield derived
                    yield from _formula(derived, derived.value)
            case Content.INPUTS:
                for named in _below(token, Role.DERIVED):
                    yield named
                    yield from _sourced(named)
            case Content.RECORDS | Content.DATED:
                yield from self._named(key, token)
            case Content.FILES:
                yield from _files(token)
            case Content.OVERRIDES:
                for variant in _below(token, Role.VARIANT):
                    yield variant
                    yield from self._variant(variant)
            case Content.VARIANTS:
                for item in items_of(token.value):
                    if isinstance(item, Scalar):
                        name = item.text.value
                        yield SemanticToken(Role.NAMED_VARIANT, item.text, token.path, name)
            case _:
                role = _ROLES.get(key.content, Role.PLAIN)
                for item in items_of(token.value):
                    if isinstance(item, Scalar):
                        yield SemanticToken(role, item.text, token.path)

    # --- sections ---------------------------------------------------------------------------------

    def _named(self, key: Key, token: SemanticToken) -> Iterator[SemanticToken]:
        """Yield names or dates, each with the keys of a model or with a formula."""
        for named in _below(token, Role.FIELD):
            yield named._replace(name="")
            is_record = key.content is Content.RECORDS
            yield from self._keys(key, named) if is_record else _formula(named, named.value)

    def _keys(self, key: Key, token: SemanticToken) -> Iterator[SemanticToken]:
        """Yield the keys of a model, once or in each item of a list."""
        model = model_at(token.path)
        assert model is not None
        known, alone = keys(model), key.alone
        for item in items_of(token.value):
            if isinstance(item, Scalar) and alone:
                path = (*token.path, alone)
                yield from self._content(known[alone], token._replace(path=path, value=item))
            for field in _below(token._replace(value=item), Role.FIELD):
                yield field._replace(name="")
                name = field.text.value
                if name in known:
                    yield from self._content(known[name], field._replace(name=""))

    def _parameters(self, key: Key, token: SemanticToken) -> Iterator[SemanticToken]:
        kind = shipped_kind(key.kind)
        if kind.scalar is not None:
            whole = token._replace(kind=kind, parameter=kind.parameters[kind.scalar.value])
            if isinstance(token.value, Mapping) and "value" in token.value.entries:
                yield from _sourced(whole)
                return
            yield from _formula(whole, token.value)
        name = "" if key.prefix else token.name
        yield from self._given(token._replace(name=name, kind=kind), key.prefix)

    def _uses(self, key: Key, token: SemanticToken) -> Iterator[SemanticToken]:
        for owner in _below(token, Role.OWNER):
            yield from self._use(key, owner)

    def _use(self, key: Key, owner: SemanticToken) -> Iterator[SemanticToken]:
        """Yield an action or a component, and what is given for it."""
        kind = self._kind(key, owner.value)
        if len(owner.path) > 2 and (there := self._in_file(owner.name)):
            owner = owner._replace(role=Role.TARGET)  # a variant changes it
            kind = kind or self._kind(*there)
        yield owner._replace(kind=kind)
        yield from self._given(owner._replace(kind=kind or shipped_kind("fleet")))

    def _in_file(self, name: str) -> tuple[Key, Tree] | None:
        """Return the section and the content of what the file itself uses by a name."""
        for section, key in sections().items():
            uses = self.tree.get(section) if key.content is Content.USES else None
            if isinstance(uses, Mapping) and name in uses.entries:
                return key, uses.entries[name][1]
        return None

    def _kind(self, key: Key, use: Tree | None) -> KindFile | None:
        if key.kind:
            return self.library.get(key.kind) or shipped_kind(key.kind)
        word = use.get("kind") if isinstance(use, Mapping) else None
        return self.library.get(word.text.value) if isinstance(word, Scalar) else None

    def _variant(self, variant: SemanticToken) -> Iterator[SemanticToken]:
        """Yield what a variant changes: sections, actions and components, and values by name."""
        for target in _below(variant, Role.TARGET):
            name, value = target.name, target.value
            section = sections().get(name)
            if section is not None and isinstance(value, Mapping) and not section.prefix:
                yield target._replace(role=Role.FIELD, name="")
                owner = name if section.content is Content.PARAMETERS else ""
                yield from self._content(section, target._replace(name=owner))
            elif isinstance(value, Mapping) and (there := self._in_file(name)):
                yield from self._use(there[0], target)
            elif isinstance(value, Mapping) and "kind" in value.entries:
                yield from self._use(sections()["components"], target._replace(role=Role.OWNER))
            elif name == REMOVE and not isinstance(value, Mapping):
                yield target._replace(role=Role.FIELD, name="")
                for item in items_of(value):
                    if isinstance(item, Scalar):
                        yield SemanticToken(Role.TARGET, item.text, target.path, item.text.value)
            else:
                yield target
                yield from self._targets(target, f"{name}.")
                yield from _formula(target._replace(name=""), value)

    def _targets(self, token: SemanticToken, before: str) -> Iterator[SemanticToken]:
        for target in _below(token, Role.TARGET):
            target = target._replace(name=before + target.name)
            yield target
            yield from self._targets(target, target.name + ".")
            yield from _formula(target._replace(name=""), target.value)

    # --- parameters of kinds ----------------------------------------------------------------------

    def _given(self, owner: SemanticToken, before: str = "") -> Iterator[SemanticToken]:
        """Yield what is given for an action, a component or a section.

        Args:
            owner: It, with its kind.
            before: How the names of the parameters that stand here begin.
        """
        kind = owner.kind
        assert kind is not None
        for token in _below(owner, Role.KEY):
            key = token.text.value
            if key == "kind" and not before and key_at(token.path) is KIND:
                if isinstance(token.value, Scalar):
                    yield SemanticToken(Role.KIND, token.value.text, token.path, kind=kind)
                yield token._replace(role=Role.FIELD, name="", kind=kind)
                continue
            name = before + key
            parameter = kind.parameters.get(kind.own_name(name)) or field_of(kind, name)
            whole = f"{owner.name}.{name}" if owner.name else name
            token = token._replace(name=whole, kind=kind, parameter=parameter)
            yield token
            if parameter is not None and parameter.flows is not None:
                yield from _flows(token)
            elif parameter is not None and parameter.words is not None:
                continue
            elif isinstance(token.value, Mapping) and "value" in token.value.entries:
                yield from _sourced(token)
            elif isinstance(token.value, Mapping):
                nested = owner._replace(path=token.path, value=token.value)
                yield from self._given(nested, name + ".")
            elif isinstance(token.value, Scalar):
                yield _single(token, token.value)


def _sourced(token: SemanticToken) -> Iterator[SemanticToken]:
    """Yield a value, alone or with where it is from."""
    yield from _formula(token, token.value)
    for field in _below(token, Role.FIELD):
        yield field._replace(name="")
        if field.text.value == "value":
            yield from _formula(token, field.value)
        elif isinstance(field.value, Scalar):
            yield SemanticToken(Role.PLAIN, field.value.text, field.path)


def _single(token: SemanticToken, value: Scalar) -> SemanticToken:
    """Return the single value of a parameter."""
    role = Role.FORMULA
    parameter = token.parameter
    if parameter is not None and (parameter.choices or parameter.one_of_several):
        role = Role.WORD
    elif token.parameter is not None and token.parameter.catalog is not None:
        role = Role.ENTRY
    return token._replace(role=role, text=value.text, value=None)


def field_of(kind: KindFile, name: str) -> Parameter | None:
    """Return the field of a catalogue's entry that a key gives by itself: `node.memory`."""
    from estimator.catalog import catalog

    owner, _, field = name.partition(".")
    parameter = kind.parameters.get(owner)
    if not field or parameter is None or parameter.catalog is None:
        return None
    return catalog(parameter.catalog.value).fields.get(field)


def _flows(token: SemanticToken) -> Iterator[SemanticToken]:
    """Yield the flows that a parameter maps, and the formulas of their calls and batches."""
    for flow in _below(token, Role.FLOW):
        yield flow._replace(kind=token.kind, parameter=token.parameter)
        calls = flow._replace(name=f"{token.name}.{flow.name}", kind=token.kind)
        yield from _formula(calls, calls.value)
        for batch in _below(calls, Role.FIELD):
            named = batch._replace(name=f"{calls.name}.{batch.name}", kind=token.kind)
            yield from _formula(named, named.value)
    for item in [] if isinstance(token.value, Mapping) else items_of(token.value):
        if isinstance(item, Scalar) and item.text.value:
            name = item.text.value
            yield token._replace(role=Role.FLOW, text=item.text, name=name, value=None)


def _files(token: SemanticToken) -> Iterator[SemanticToken]:
    """Yield the names of other scenarios, with the file of each."""
    for used in _below(token, Role.OWNER):
        yield used
        if isinstance(used.value, Scalar):
            yield SemanticToken(Role.FILE, used.value.text, used.path, used.name)
        for field in _below(used, Role.FIELD):
            yield field._replace(name="")
            if isinstance(field.value, Scalar):
                role = Role.FILE if field.name == "file" else Role.PLAIN
                yield SemanticToken(role, field.value.text, field.path, used.name)


def _formula(token: SemanticToken, value: Tree | None) -> Iterator[SemanticToken]:
    """Yield a formula behind a key, if the value is one."""
    if isinstance(value, Scalar):
        yield token._replace(role=Role.FORMULA, text=value.text, value=None)


def _below(token: SemanticToken, role: Role) -> Iterator[SemanticToken]:
    """Yield the keys of the mapping behind a key, each with its own name."""
    if isinstance(token.value, Mapping):
        for key, (text, value) in token.value.entries.items():
            yield SemanticToken(role, text, (*token.path, key), key, value=value)


def items_of(value: Tree | None) -> list[Tree]:
    """Return the items of a list, or a single one."""
    if value is None:
        return []
    return value.items if isinstance(value, Items) else [value]


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
