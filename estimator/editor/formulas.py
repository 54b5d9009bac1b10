"""Which values of a scenario or of a kind's file are formulas.

Names, words to choose from, entries of catalogues and texts for people are none, even where they
look like one: `g2-standard-4` is a machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from estimator.catalog import catalogues
from estimator.diagnostics import Problems, Text
from estimator.editor.semantic_tokens import items_of
from estimator.files.snapshot import Disk
from estimator.library.kind import KindFile, Parameter, Resource, Send
from estimator.library.loader import Library, shipped_kind
from estimator.library.names import shipped_kinds
from estimator.model.templates import settable
from estimator.model.variants import REMOVE
from estimator.scenario.plain import validated
from estimator.scenario.recognise import FileType, recognise
from estimator.scenario.sections import (
    Content,
    Key,
    each_once,
    keys,
    model_at,
    sections,
    sections_of,
)
from estimator.scenario.yaml_tree import Items, Mapping, Scalar, Tree

_FORMULAS = frozenset({Content.FORMULA, Content.CONDITION})
_BOUNDS = ("above", "minimum", "maximum")
_FORMULA = ("formula", "only_if")
_RESOURCE = tuple(f for f in Resource.model_fields if f not in ("about", "source"))
_CARRIED = tuple(
    f for f in Send.model_fields if f not in ("about", "when_received", "asynchronous")
)


class Found(NamedTuple):
    """A formula.

    Attributes:
        scalar: Where it stands.
        bytes_: Is it a number of bytes, so that a `B` in it is no billion?
    """

    scalar: Scalar
    bytes_: bool = False


def formulas(tree: Mapping, folder: Path) -> list[Found]:
    """Return the formulas of a file, each once, in the file's order.

    What an alias repeats where no formula belongs is left out, and so is what stands where
    nothing is known to belong.

    Args:
        tree: The file.
        folder: Where the paths under `library` begin.
    """
    found = list(
        _of_kind(tree)
        if recognise(tree.place.source.text) is FileType.KIND
        else _Scenario(tree, folder).all()
    )
    uses = Counter(id(scalar) for scalar in _scalars(tree))
    as_formulas = Counter(id(f.scalar) for f in found)
    as_bytes = Counter(id(f.scalar) for f in found if f.bytes_)
    kept: dict[int, Found] = {}
    for formula in found:
        key = id(formula.scalar)
        if formula.scalar.text.value.strip() and uses[key] == as_formulas[key]:
            kept[key] = formula._replace(bytes_=uses[key] == as_bytes[key])
    return sorted(kept.values(), key=lambda f: f.scalar.place.start)


def _scalars(tree: Tree | None) -> Iterator[Scalar]:
    """Yield all values below, those that aliases repeat as often as they do."""
    if isinstance(tree, Scalar):
        yield tree
    elif isinstance(tree, Items):
        for item in tree.items:
            yield from _scalars(item)
    elif tree is not None:
        for _, value in tree.entries.values():
            yield from _scalars(value)


def _entries(tree: Tree | None) -> Iterable[tuple[str, tuple[Text, Tree]]]:
    return tree.entries.items() if isinstance(tree, Mapping) else ()


def _child(tree: Tree | None, key: str) -> Tree | None:
    return tree.get(key) if isinstance(tree, Mapping) else None


def _values(tree: Tree | None) -> Iterator[Tree]:
    for _, (_, value) in _entries(tree):
        yield value


def _single(tree: Tree | None) -> Iterator[Found]:
    if isinstance(tree, Scalar):
        yield Found(tree)


def _at(tree: Tree | None, keys: Collection[str] | None = None) -> Iterator[Found]:
    """Yield what stands behind these keys, or behind all."""
    for key, (_, value) in _entries(tree):
        if keys is None or key in keys:
            yield from _single(value)


def _of_model(section: str, key: Key, tree: Tree | None, *names: str) -> Iterator[Found]:
    """Yield the formulas behind the keys of a model, once or in each item of a list."""
    model = model_at((section, *names))
    assert model is not None
    known = [name for name, key in keys(model).items() if key.content in _FORMULAS]
    for item in items_of(tree):
        if isinstance(item, Mapping):
            yield from _at(item, known)
        elif key.alone:
            yield from _single(item)


def _given(key: str, value: Tree, kind: KindFile | None) -> Iterator[Found]:
    """Yield the formulas behind a parameter of an action, a component or a section."""
    if kind is None:
        return
    own = kind.own_name(key)
    parameter = kind.parameters.get(own)
    if isinstance(value, Mapping):
        if parameter is not None and parameter.flows is not None:
            for calls in _values(value):
                yield from _single(calls)
                for batch in _values(calls):
                    yield from _single(batch)
        elif "value" in value.entries:
            yield from _given(key, value.entries["value"][1], kind)
        elif parameter is None or parameter.words is None:
            for name, (_, inner) in value.entries.items():
                yield from _given(f"{key}.{name}", inner, kind)
    elif isinstance(value, Scalar) and _takes_formula(own, kind):
        yield Found(value, _wants_bytes(parameter))


def _takes_formula(key: str, kind: KindFile) -> bool:
    parameter = kind.parameters.get(key)
    if parameter is not None:
        return parameter.takes_formula
    flows = kind.parameters.get(key.split(".", 1)[0])
    calls = "." in key and flows is not None and flows.flows is not None
    return calls or key in settable(kind) or key in kind.pinnable or kind.is_repeated(key)


def _wants_bytes(parameter: Parameter | None) -> bool:
    dimension = parameter.dimension if parameter is not None else None
    return dimension is not None and dimension.value == "data"


def _fields(fields: Tree, kind: KindFile | None, prefix: str = "") -> Iterator[Found]:
    for key, (_, value) in _entries(fields):
        yield from _given(prefix + key, value, kind)


class _Scenario:
    def __init__(self, tree: Mapping, folder: Path) -> None:
        self.tree = tree
        self.library = Library(catalogues())
        unread = Problems()  # `run` reports what is wrong with kinds
        files = Disk.around(folder)
        for text in each_once(scalar.text for scalar in _scalars(tree.get("library"))):
            self.library.add(folder / text.value, files, text.place, unread)

    def all(self) -> Iterator[Found]:
        for name, key in sections().items():
            yield from self._section(name, key, self.tree.get(name))

    def _section(self, name: str, key: Key, content: Tree | None) -> Iterator[Found]:
        """Yield the formulas of a section, at the top of the file or in a variant."""
        match key.content:
            case Content.FORMULAS | Content.DATED:
                yield from _at(content)
            case Content.INPUTS:
                for value in _values(content):
                    yield from _single(_child(value, "value") or value)
            case Content.KEYS | Content.LIST:
                yield from _of_model(name, key, content)
            case Content.RECORDS:
                for value in _values(content):
                    yield from _of_model(name, key, value, "name")
            case Content.PARAMETERS:
                whole = _child(content, "value")
                if whole is not None:
                    yield from _single(whole)
                elif isinstance(content, Mapping):
                    yield from _fields(content, shipped_kind(key.kind), key.prefix)
                else:
                    yield from _single(content)
            case Content.USES:
                for use, (_, fields) in _entries(content):
                    yield from _fields(fields, self._kind(use, fields))
            case Content.OVERRIDES:
                for variant in _values(content):
                    for target, (_, value) in _entries(variant):
                        yield from self._change(target, value)

    def _change(self, name: str, value: Tree) -> Iterator[Found]:
        """Yield the formulas of what a variant puts in the place of something, or adds."""
        key = sections().get(name)
        if key is not None and isinstance(value, Mapping):
            yield from self._section(name, key, value)
        elif isinstance(value, Mapping) and (kind := self._kind(name, value)) is not None:
            yield from _fields(value, kind)
        elif name != REMOVE:
            yield from self._override(name, value)

    def _kind(self, name: str, fields: Tree | None = None) -> KindFile | None:
        """Return the kind of a section, an action or a component.

        Args:
            name: Its name.
            fields: What is said of it; a kind there comes first.
        """
        word = _child(fields, "kind")
        if isinstance(word, Scalar):
            return self.library.get(word.text.value)
        key = sections().get(name)
        if key is not None and key.content is Content.PARAMETERS:
            return shipped_kind(key.kind)
        for section in sections_of(Content.USES):
            uses = self.tree.get(section)
            if isinstance(uses, Mapping) and name in uses.entries:
                kind = sections()[section].kind
                word = None if kind else _child(uses.get(name), "kind")
                kind = word.text.value if isinstance(word, Scalar) else kind
                return self.library.get(kind) if kind else None
        if self.tree.get("components") is None and name in ("service", "default_service"):
            return self.library.get("service")  # that takes every request
        return None

    def _override(self, name: str, value: Tree) -> Iterator[Found]:
        """Yield the formula of a variant behind the whole name of what it replaces."""
        if isinstance(value, Mapping):
            for inner, (_, part) in value.entries.items():
                yield from self._override(f"{name}.{inner}", part)
            return
        owner, _, rest = name.partition(".")
        key, kind = sections().get(owner), self._kind(owner)
        if key is not None and key.prefix:
            yield from _given(name, value, kind)
        elif self._is_derived(name) or (not rest and kind is not None and kind.scalar is not None):
            yield from _single(value)
        else:
            yield from _given(rest, value, kind)

    def _is_derived(self, name: str) -> bool:
        of_formulas = sections_of(Content.FORMULAS)
        return any(_child(self.tree.get(s), name) is not None for s in of_formulas)


# --- kinds ----------------------------------------------------------------------------------------


def _of_kind(tree: Mapping) -> Iterator[Found]:
    for parameter in _values(tree.get("parameters")):
        yield from _of_parameter(parameter)
    for part in ("rates", "derive", "for_each_resource", "for_each_component", "for_each_branch"):
        for formula in _values(tree.get(part)):
            yield from _single(formula)
            yield from _at(formula, _FORMULA)
            for ways in ("first_given", "cases"):
                yield from _at(_child(formula, ways))
    for resource in _values(tree.get("resources")):
        yield from _at(resource, _RESOURCE)
    for send in _values(tree.get("sends")):
        yield from _at(send, _CARRIED)
    for check in items_of(tree.get("checks")):
        yield from _at(check, ("check", "only_if"))
    for example in items_of(tree.get("examples")):
        yield from _of_example(example, tree)


def _of_parameter(parameter: Tree) -> Iterator[Found]:
    if not isinstance(parameter, Mapping):
        return
    yield from _at(parameter, _BOUNDS)
    words = parameter.get("choices") or parameter.get("catalog") or parameter.get("flows")
    default = parameter.get("default")
    if isinstance(default, Scalar) and (words is None or "if(" in default.text.value):
        dimension = parameter.get("dimension")
        data = isinstance(dimension, Scalar) and dimension.text.value == "data"
        yield Found(default, bytes_=data)


def _of_example(example: Tree, tree: Mapping) -> Iterator[Found]:
    for condition in items_of(_child(example, "expect")):
        yield from _single(condition)
        yield from _at(condition, ("check",))
    given = _child(example, "given")
    if given is not None:
        yield from _fields(given, _read(tree))


def _read(tree: Mapping) -> KindFile | None:
    """Return a kind on top of the shipped one that it extends; None if that is not shipped."""
    kind = validated(KindFile, tree, Problems(), "kind")
    named = (p.catalog.value for p in kind.parameters.values() if p.catalog) if kind else ()
    if kind is None or not set(named) <= set(catalogues()):
        return None
    if kind.extends is None:
        return kind
    base = kind.extends.value
    return kind.extended(shipped_kind(base)) if base in shipped_kinds() else None
