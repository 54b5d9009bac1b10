"""A tree of YAML as plain dicts and lists for pydantic, and its complaints as diagnostics."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from estimator.diagnostics import Place, Problems, did_you_mean, short
from estimator.scenario.shape import model_in
from estimator.scenario.yaml_tree import Items, Mapping, Scalar, Tree

Model = TypeVar("Model", bound=BaseModel)


def plain(tree: Tree) -> Any:
    """The same as dicts, lists and `Text`s."""
    if isinstance(tree, Scalar):
        return tree.text
    if isinstance(tree, Items):
        return [plain(item) for item in tree.items]
    return {key: plain(value) for key, (_, value) in tree.entries.items()}


def place_of(tree: Tree, path: tuple[str | int, ...], *, key: bool = False) -> Place:
    """The place of what is at a path, or of the key that leads there; the nearest if it is gone."""
    place = tree.place
    for step in path:
        if isinstance(tree, Mapping) and isinstance(step, str) and step in tree.entries:
            name, tree = tree.entries[step]
            place = name.place if key else tree.place
            if isinstance(tree, Scalar) and not tree.text.value:
                place = name.place
        elif isinstance(tree, Items) and isinstance(step, int) and step < len(tree.items):
            tree = tree.items[step]
            place = tree.place
        else:
            break
    return first_line(place)


def first_line(place: Place) -> Place:
    """A block of many lines is pointed at by its first."""
    text = place.source.text[place.start : place.end]
    first = text.split("\n", 1)[0].rstrip()
    return Place(place.source, place.start, place.start + max(1, len(first)))


def validated(model: type[Model], tree: Tree, problems: Problems, what: str) -> Model | None:
    """The tree as a typed model, with every complaint added to `problems`.

    What is complained of is left out, so that the rest can be looked at; None where nothing is
    left.
    """
    content = plain(tree)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        complaints = error.errors(include_url=False, include_input=False)
    outdented = _outdented(tree, [complaint["loc"] for complaint in complaints])
    for complaint in complaints:
        if complaint["loc"] not in outdented:
            _complain(model, tree, complaint, problems, what, outdented)
        _leave_out(content, complaint["loc"])
    try:
        return model.model_validate(content)
    except ValidationError:
        return None


def _outdented(
    tree: Tree, paths: list[tuple[str | int, ...]]
) -> dict[tuple[str | int, ...], tuple[str | int, ...]]:
    """The single values below a key without one: they lack spaces, and the key lacks them.

    Returns:
        The path of each such value to that of its key.
    """
    found: dict[tuple[str | int, ...], tuple[str | int, ...]] = {}
    for path in paths:
        beside = _at(tree, path[:-1])
        value = _at(tree, path)
        if not isinstance(beside, Mapping) or not isinstance(value, Scalar) or value.text.value:
            continue
        keys = list(beside.entries)
        for key in keys[keys.index(str(path[-1])) + 1 :]:
            if (*path[:-1], key) not in paths or not _has_value(beside.entries[key][1]):
                break
            found[*path[:-1], key] = path
    return found


def _has_value(tree: Tree) -> bool:
    return isinstance(tree, Scalar) and bool(tree.text.value)


def _at(tree: Tree, path: tuple[str | int, ...]) -> Tree | None:
    for step in path:
        if isinstance(tree, Mapping) and isinstance(step, str) and step in tree.entries:
            tree = tree.entries[step][1]
        elif isinstance(tree, Items) and isinstance(step, int) and step < len(tree.items):
            tree = tree.items[step]
        else:
            return None
    return tree


def _leave_out(content: Any, path: tuple[str | int, ...]) -> None:
    """Take what a path leads to out of dicts and lists, as far as it leads."""
    for step in path[:-1]:
        if isinstance(content, dict):
            content = content.get(str(step))
        elif isinstance(content, list) and isinstance(step, int):
            content = content[step]
    if isinstance(content, dict) and path:
        content.pop(path[-1], None)


def trusted(model: type[Model], tree: Mapping) -> Model:
    """The tree as a typed model, unchecked: for files of this package, which tests check.

    Building pydantic's validators takes longer than reading all kinds.
    """
    fields = model.model_fields
    values = {n: _trusted(fields[n].annotation, v) for n, (_, v) in tree.entries.items()}
    return model.model_construct(None, **values)


def _trusted(annotation: Any, tree: Tree) -> Any:
    nested, is_list, many = _shape(annotation)
    if nested is None:
        value = plain(tree)
        return [value] if is_list and not isinstance(value, list) else value
    if isinstance(tree, Items):
        return [_trusted(nested, item) for item in tree.items]
    if many and isinstance(tree, Mapping):
        return {key: _trusted(nested, value) for key, (_, value) in tree.entries.items()}
    if isinstance(tree, Scalar):  # a formula by itself
        return nested.model_construct(None, **{next(iter(nested.model_fields)): tree.text})
    return trusted(nested, tree)


@cache
def _shape(annotation: Any) -> tuple[type[BaseModel] | None, bool, bool]:
    """The model inside of an annotation, whether it is a list, and whether a mapping of many."""
    nested, words = model_in(annotation), str(annotation)
    return nested, "list" in words, "dict[" in words and annotation is not nested


def _complain(
    model: type[BaseModel],
    tree: Tree,
    error: MappingType[str, Any],
    problems: Problems,
    what: str,
    outdented: MappingType[tuple[str | int, ...], tuple[str | int, ...]],
) -> None:
    path = tuple(step for step in error["loc"])
    known = _keys_beside(model, path)
    name = str(path[-1]) if path else what
    if error["type"] == "extra_forbidden":
        problems.add(
            "E007",
            f"there is no key `{short(name)}` here",
            place_of(tree, path, key=True),
            help=did_you_mean(name, known) or "the keys are " + ", ".join(known),
        )
    elif error["type"] == "missing":
        problems.add("E008", f"the key `{name}` is missing", place_of(tree, path[:-1]))
    elif error["type"] in ("model_type", "dict_type", "model_attributes_type"):
        message = f"`{short(name)}` takes `key: value` lines, not a single value"
        problems.add("E008", message, place_of(tree, path))
    elif error["type"] == "shape":
        help_ = None
        if path in outdented.values():
            help_ = f"indent the lines that belong to `{short(name)}` by two more spaces"
        elif isinstance(listed := _at(tree, path), Items) and "lines belong" in error["msg"]:
            help_ = _without_dashes(listed)
        problems.add("E008", f"{error['msg']}", place_of(tree, path), help=help_)
    else:
        problems.add("E008", f"`{short(name)}`: {error['msg']}", place_of(tree, path))


def _without_dashes(listed: Items) -> str | None:
    """How what stands in a list is written as keys with values."""
    first = listed.items[0] if listed.items else None
    if not isinstance(first, Mapping):
        return None
    name = first.get("name")
    if isinstance(name, Scalar) and name.text.value:
        return f"write `{short(name.text.value)}:` instead of `- name:`, and its lines below it"
    return f"write `{short(next(iter(first.entries), ''))}:` without the `-`"


def _keys_beside(model: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    """The keys that the model knows where the path ends."""
    current: Any = model
    for step in path[:-1]:
        field = getattr(current, "model_fields", {}).get(step)
        nested = model_in(field.annotation) if field is not None else None
        current = nested or current
    return list(getattr(current, "model_fields", {}))
