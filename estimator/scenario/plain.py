"""Validate a tree of YAML with pydantic, and say where its complaints are."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from estimator.diagnostics import Place, Problems, Text, did_you_mean, short
from estimator.scenario.keys_meant import top_key_meant
from estimator.scenario.other_words import item_meant, key_meant, section_meant
from estimator.scenario.shape import model_in
from estimator.scenario.yaml_tree import Items, Mapping, Scalar, Tree

Model = TypeVar("Model", bound=BaseModel)
Path: TypeAlias = tuple[str | int, ...]

_ALONE = "check"  # the key that a condition may do without
_NO_MAPPING = frozenset({"model_type", "dict_type", "model_attributes_type"})


def plain(tree: Tree) -> Any:
    """Return a tree as dicts, lists and `Text`s."""
    if isinstance(tree, Scalar):
        return tree.text
    if isinstance(tree, Items):
        return [plain(item) for item in tree.items]
    return {key: plain(value) for key, (_, value) in tree.entries.items()}


def place_of(tree: Tree, path: Path, *, key: bool = False) -> Place:
    """Return the place of what is at a path, or of the key that leads there.

    Where the path leads nowhere, it is the place of the last that it leads to. A value that is
    empty stands where its key does.
    """
    place = tree.place
    for name, found in _steps(tree, path):
        is_empty = isinstance(found, Scalar) and not found.text.value
        place = name.place if name is not None and (key or is_empty) else found.place
    return first_line(place)


def node_at(tree: Tree, path: Path) -> Tree | None:
    """Return what is at a path, or None where it leads nowhere."""
    found = [tree, *(inner for _, inner in _steps(tree, path))]
    return found[-1] if len(found) > len(path) else None


def first_line(place: Place) -> Place:
    """Return the first line of a place that has many."""
    text = place.source.text
    end = text.find("\n", place.start, place.end)
    length = len(text[place.start : place.end if end < 0 else end].rstrip())
    return Place(place.source, place.start, place.start + max(1, length))


def validated(model: type[Model], tree: Tree, problems: Problems, what: str) -> Model | None:
    """Return a tree as a typed model, with every complaint added to `problems`.

    What is complained of is left out, so that the rest can be looked at; None where nothing is
    left.

    Args:
        model: The model.
        tree: The tree.
        problems: Where complaints go: E007 for unknown keys, E008 for all else.
        what: What the whole is called.
    """
    content = plain(tree)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        complaints = error.errors(include_url=False, include_input=False)
    outdented = _outdented(tree, [complaint["loc"] for complaint in complaints])
    keys = frozenset(outdented.values())
    renamed = {c["loc"][:-1] for c in complaints if c["type"] == "extra_forbidden"}
    for complaint in complaints:
        path = complaint["loc"]
        is_told = complaint["type"] == "missing" and path[-1] == _ALONE and path[:-1] in renamed
        if path not in outdented and not is_told:
            found = _explained(model, tree, complaint, what, lacks_lines=path in keys)
            problems.add(found.rule, found.message, found.place, help=found.help)
        _leave_out(content, path)
    try:
        return model.model_validate(content)
    except ValidationError:
        return None


def trusted(model: type[Model], tree: Mapping) -> Model:
    """Return a tree as a typed model, unchecked: for files of this package, which tests check.

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
    """Return the model in an annotation, and whether it is in a list and in a mapping of many."""
    nested, words = model_in(annotation), str(annotation)
    return nested, "list" in words, "dict[" in words and annotation is not nested


# --- paths ----------------------------------------------------------------------------------------


def _steps(tree: Tree, path: Path) -> Iterator[tuple[Text | None, Tree]]:
    """Yield each key of a path with what stands behind it, as far as the path leads."""
    for step in path:
        if isinstance(tree, Mapping) and isinstance(step, str) and step in tree.entries:
            name, tree = tree.entries[step]
            yield name, tree
        elif isinstance(tree, Items) and isinstance(step, int) and step < len(tree.items):
            tree = tree.items[step]
            yield None, tree
        else:
            return


def _leave_out(content: Any, path: Path) -> None:
    """Take what a path leads to out of dicts and lists, as far as it leads."""
    for step in path[:-1]:
        if isinstance(content, dict):
            content = content.get(str(step))
        elif isinstance(content, list) and isinstance(step, int):
            content = content[step]
    if isinstance(content, dict) and path:
        content.pop(path[-1], None)


def _outdented(tree: Tree, wrong: list[Path]) -> dict[Path, Path]:
    """Return the single values below a key without one: they lack spaces, and the key lacks them.

    Args:
        tree: The tree.
        wrong: The paths that are complained of.

    Returns:
        The path of each such value to that of its key.
    """
    paths = frozenset(wrong)
    found: dict[Path, Path] = {}
    for above in dict.fromkeys(path[:-1] for path in wrong):
        beside, empty = node_at(tree, above), None
        for key, (_, value) in beside.entries.items() if isinstance(beside, Mapping) else ():
            path = (*above, key)
            if path not in paths or not isinstance(value, Scalar):
                empty = None
            elif not value.text.value:
                empty = path
            elif empty is not None:
                found[path] = empty
    return found


# --- complaints -----------------------------------------------------------------------------------


class _Found(NamedTuple):
    """A complaint in our words, as `Problems.add` takes it."""

    rule: str
    message: str
    place: Place
    help: str | None = None


def _explained(
    model: type[BaseModel], tree: Tree, error: ErrorDetails, what: str, *, lacks_lines: bool
) -> _Found:
    path = error["loc"]
    place, name = place_of(tree, path), short(str(path[-1]) if path else what)
    match error["type"]:
        case "extra_forbidden":
            help_ = _key_meant(_model_at(model, path), tree, path)
            message = f"there is no key `{name}` here"
            return _Found("E007", message, place_of(tree, path, key=True), help_)
        case "missing":
            return _Found("E008", f"the key `{name}` is missing", place_of(tree, path[:-1]))
        case "shape" if lacks_lines:
            help_ = f"indent the lines that belong to `{name}` by two more spaces"
            return _Found("E008", error["msg"], place, help_)
        case "shape":
            return _Found("E008", error["msg"], place, _as_lines(tree, path, error["msg"]))
        case kind if kind in _NO_MAPPING:
            message = f"`{name}` takes `key: value` lines, not a single value"
            return _Found("E008", message, place)
    return _Found("E008", f"`{name}`: {error['msg']}", place)


def _key_meant(model: type[BaseModel], tree: Tree, path: Path) -> str:
    """Return what to write for an unknown key: what it is called here, or all that there are."""
    word, value, beside = str(path[-1]), node_at(tree, path), node_at(tree, path[:-1])
    text = value.text.value if isinstance(value, Scalar) else None
    known = [field.alias or name for name, field in model.model_fields.items()]
    if len(path) == 1 and model.__name__ == "ScenarioFile" and isinstance(tree, Mapping):
        found = top_key_meant(tree, word, known)
    else:
        found = key_meant(model.__name__, word, text) or did_you_mean(word, known)
    if found is None and _ALONE in known and isinstance(beside, Mapping):
        found = _as_condition(beside) if len(beside.entries) == 1 else None
    return found or "the keys are " + ", ".join(known)


def _as_lines(tree: Tree, path: Path, message: str) -> str | None:
    """Say how a value is written where lines or a list belong."""
    node = node_at(tree, path)
    if isinstance(node, Mapping) and "a list belongs" in message:
        return _as_condition(node)
    if len(path) == 2 and isinstance(node, Scalar):
        return item_meant(str(path[0]), str(path[1]), short(node.text.value))
    if "lines belong" not in message:
        return None
    ends = node.items if isinstance(node, Items) else ()
    if len(path) == 2 and len(ends) == 2 and all(isinstance(end, Scalar) for end in ends):
        low, high = (short(end.text.value) for end in ends if isinstance(end, Scalar))
        return f"write `{path[1]}: {low} to {high}`"
    first = node.items[0] if isinstance(node, Items) and node.items else node
    if isinstance(first, Scalar) and len(path) == 1:
        return section_meant(str(path[0]), short(first.text.value))
    return _without_dashes(node)


def _as_condition(node: Mapping) -> str | None:
    """Say how `servers: 5` is written as a condition."""
    name, value = next(iter(node.entries.items()), (None, None))
    if value is None or not isinstance(value[1], Scalar):
        return None
    said = value[1].text.value
    return f"write `- {name} {said if said[:1] in ('<', '>', '=', '~', '!') else f'== {said}'}`"


def _without_dashes(listed: Tree | None) -> str | None:
    """Say how what stands in a list is written as keys with values."""
    first = listed.items[0] if isinstance(listed, Items) and listed.items else None
    if not isinstance(first, Mapping):
        return None
    name = first.get("name")
    if isinstance(name, Scalar) and name.text.value:
        return f"write `{short(name.text.value)}:` instead of `- name:`, and its lines below it"
    return f"write `{short(next(iter(first.entries), ''))}:` without the `-`"


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel]:
    """Return the model whose keys stand where the path ends."""
    for step in path[:-1]:
        field = model.model_fields.get(str(step))
        model = (model_in(field.annotation) if field is not None else None) or model
    return model
