"""Which values of a scenario or of a kind's file are formulas.

Names, words to choose from, entries of catalogues and texts for people are none, even where they
look like one: `g2-standard-4` is a machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from estimator.catalog import catalogues
from estimator.diagnostics import Problems
from estimator.files.snapshot import Disk
from estimator.library import KindFile, Library, Parameter, Send, shipped_kind
from estimator.library.kind import Resource
from estimator.library.loader import shipped_kinds
from estimator.model.instances import settable
from estimator.scenario.models import each_once
from estimator.scenario.plain import validated
from estimator.scenario.recognise import FileType, recognise
from estimator.scenario.yaml_tree import Items, Mapping, Scalar, Tree

_SECTIONS = {"users": "users", "traffic": "traffic", "slo": "slo", "sla": "slo"}
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
    """The formulas of a file, each once, in the file's order.

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
    """All values below, what aliases repeat as often as they do."""
    if isinstance(tree, Scalar):
        yield tree
    elif isinstance(tree, Items):
        for item in tree.items:
            yield from _scalars(item)
    elif tree is not None:
        for _, value in tree.entries.values():
            yield from _scalars(value)


def _values(tree: Tree | None) -> Iterator[Tree]:
    if isinstance(tree, Mapping):
        for _, value in tree.entries.values():
            yield value


def _items(tree: Tree | None) -> Iterator[Tree]:
    if isinstance(tree, Items):
        yield from tree.items


def _single(tree: Tree | None) -> Iterator[Found]:
    if isinstance(tree, Scalar):
        yield Found(tree)


def _at(tree: Tree, keys: tuple[str, ...]) -> Iterator[Found]:
    """What stands behind these keys."""
    if isinstance(tree, Mapping):
        for key in keys:
            yield from _single(tree.get(key))


def _conditions(tree: Tree | None, keys: tuple[str, ...]) -> Iterator[Found]:
    """A list of conditions, each by itself or behind a key."""
    for item in tree.items if isinstance(tree, Items) else [tree]:
        if isinstance(item, Mapping):
            yield from _at(item, keys)
        else:
            yield from _single(item)


def _said(key: str, value: Tree, kind: KindFile | None) -> Iterator[Found]:
    """What is said of an action, a component or a section, by the parameters of its kind."""
    if kind is None:
        return
    parameter = kind.parameters.get(key)
    if isinstance(value, Mapping):
        if parameter is not None and parameter.flows is not None:
            for calls in _values(value):
                yield from _single(calls)
                for batch in _values(calls):
                    yield from _single(batch)
        else:
            for name, (_, inner) in value.entries.items():
                yield from _said(f"{key}.{name}", inner, kind)
    elif isinstance(value, Scalar) and _takes_formula(key, kind):
        yield Found(value, _wants_bytes(parameter))


def _takes_formula(key: str, kind: KindFile) -> bool:
    parameter = kind.parameters.get(key)
    if parameter is not None:
        return parameter.choices is None and parameter.catalog is None and parameter.flows is None
    flows = kind.parameters.get(key.split(".", 1)[0])
    calls = "." in key and flows is not None and flows.flows is not None
    return calls or key in settable(kind) or key in kind.pinnable or kind.is_repeated(key)


def _wants_bytes(parameter: Parameter | None) -> bool:
    dimension = parameter.dimension if parameter is not None else None
    return dimension is not None and dimension.value == "data"


class _Scenario:
    def __init__(self, tree: Mapping, folder: Path) -> None:
        self.tree = tree
        self.library = Library(catalogues())
        unread = Problems()  # what is wrong with kinds is told by `run`
        files = Disk.around(folder)
        for text in each_once(scalar.text for scalar in _scalars(tree.get("library"))):
            self.library.add(folder / text.value, files, text.place, unread)

    def all(self) -> Iterator[Found]:
        for section in ("conventions", "derive"):
            for value in _values(self.tree.get(section)):
                yield from _single(value)
        for section in (*_SECTIONS, "storage", "actions", "components"):
            yield from self._section(section, self.tree.get(section))
        yield from _conditions(self.tree.get("expect"), ("check", "confidence"))
        for item in _items(self.tree.get("correlate")):
            yield from _at(item, ("rank",))
        for variant in _values(self.tree.get("variants")):
            if isinstance(variant, Mapping):
                for name, (_, value) in variant.entries.items():
                    yield from self._override(name, value)

    def _section(self, section: str, said: Tree | None) -> Iterator[Found]:
        if section not in ("actions", "components"):
            if isinstance(said, Mapping):
                yield from self._fields(said, self._kind(section), section)
            else:
                yield from _single(said)
        elif isinstance(said, Mapping):
            for name, (_, fields) in said.entries.items():
                if isinstance(fields, Mapping):
                    yield from self._fields(fields, self._kind(name), section)

    def _fields(self, fields: Mapping, kind: KindFile | None, section: str) -> Iterator[Found]:
        for key, (_, value) in fields.entries.items():
            if section != "components" or key != "kind":
                yield from _said(f"storage.{key}" if section == "storage" else key, value, kind)

    def _kind(self, name: str) -> KindFile | None:
        """The kind of a section, an action or a component."""
        if name in _SECTIONS:
            return shipped_kind(_SECTIONS[name])
        if name == "storage":
            return shipped_kind("system")
        actions = self.tree.get("actions")
        if isinstance(actions, Mapping) and name in actions.entries:
            return self.library.get("action")
        components = self.tree.get("components")
        if components is None and name in ("service", "default_service"):
            return self.library.get("service")  # that takes every request
        fields = components.get(name) if isinstance(components, Mapping) else None
        kind = fields.get("kind") if isinstance(fields, Mapping) else None
        return self.library.get(kind.text.value) if isinstance(kind, Scalar) else None

    def _override(self, name: str, value: Tree) -> Iterator[Found]:
        """A value of a variant, behind the whole name of what it replaces."""
        if isinstance(value, Mapping):
            for inner, (_, part) in value.entries.items():
                yield from self._override(f"{name}.{inner}", part)
            return
        derive = self.tree.get("derive")
        owner, _, key = name.partition(".")
        own = isinstance(derive, Mapping) and name in derive.entries
        if own or name == "users":
            yield from _single(value)
        elif owner == "storage":
            yield from _said(name, value, shipped_kind("system"))
        else:
            yield from _said(key, value, self._kind(owner))


# --- kinds ----------------------------------------------------------------------------------------


def _of_kind(tree: Mapping) -> Iterator[Found]:
    for parameter in _values(tree.get("parameters")):
        yield from _of_parameter(parameter)
    for part in ("rates", "derive", "for_each_resource", "for_each_component", "for_each_branch"):
        for formula in _values(tree.get(part)):
            yield from _single(formula)
            yield from _at(formula, _FORMULA)
            for ways in ("first_given", "cases"):
                chosen = formula.get(ways) if isinstance(formula, Mapping) else None
                for way in _values(chosen):
                    yield from _single(way)
    for resource in _values(tree.get("resources")):
        yield from _at(resource, _RESOURCE)
    for send in _values(tree.get("sends")):
        yield from _at(send, _CARRIED)
    checks = tree.get("checks")
    for check in checks.items if isinstance(checks, Items) else []:
        yield from _at(check, ("check", "only_if"))
    examples = tree.get("examples")
    for example in examples.items if isinstance(examples, Items) else []:
        if isinstance(example, Mapping):
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


def _of_example(example: Mapping, tree: Mapping) -> Iterator[Found]:
    yield from _conditions(example.get("expect"), ("check",))
    given, kind = example.get("given"), _read(tree)
    if isinstance(given, Mapping):
        for key, (_, value) in given.entries.items():
            yield from _said(key, value, kind)


def _read(tree: Mapping) -> KindFile | None:
    """The kind, on top of a shipped one that it extends; None where that is no shipped one."""
    kind = validated(KindFile, tree, Problems(), "kind")
    named = (p.catalog.value for p in kind.parameters.values() if p.catalog) if kind else ()
    if kind is None or not set(named) <= set(catalogues()):
        return None
    if kind.extends is None:
        return kind
    base = kind.extends.value
    return kind.extended(shipped_kind(base)) if base in shipped_kinds() else None
