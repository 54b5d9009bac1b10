"""Say what to write for a key at the left edge of a file that no section goes by."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from enum import Enum, auto

from estimator.diagnostics import did_you_mean, short
from estimator.scenario.other_words import (
    COMPONENTS,
    OF_ACTIONS,
    OF_USERS,
    POPULATIONS,
    RESULTS,
    SINGLE_VALUED,
    key_meant,
)
from estimator.scenario.yaml_tree import Items, Mapping, Scalar, Tree

_WORD = re.compile(r"[A-Za-z_]\w*")
_PLAIN = re.compile(r"[\d._]+[kKMBT]?")
_PARTS = frozenset(OF_USERS.values())
_PEOPLE = "people"
"""What those are called that a file counts as `users` beside others with a name."""


class _Sort(Enum):
    """What a key at the left edge stands for."""

    COMPONENT = auto()
    PRODUCT = auto()
    ACTION = auto()
    OF_ACTIONS = auto()
    POPULATION = auto()
    OF_USERS = auto()
    INPUT = auto()
    OTHER = auto()


def top_key_meant(tree: Mapping, word: str, known: Collection[str]) -> str | None:
    """Return what to write for an unknown key at the left edge of a file, or None.

    Keys that belong in one line, such as `riders` and `drivers`, lead to the same line.

    Args:
        tree: The whole file.
        word: The key.
        known: The sections that there are.
    """
    node = tree.entries[word][1]
    sorts = {key: _sort(tree, key) for key in tree.entries if key not in known}
    alike = [key for key, sort in sorts.items() if sort is sorts[word]]
    match sorts[word]:
        case _Sort.COMPONENT:
            return f"it is a component: below `components:`, write `{word}: {_flow(node)}`"
        case _Sort.ACTION:
            return f"it is an action: below `actions:`, write `{word}: {_flow(node)}`"
        case _Sort.PRODUCT:
            kinds = {key: f"{{kind: {COMPONENTS[key.lower()]}}}" for key in alike}
            return _below(tree, "components", kinds, word)
        case _Sort.OF_ACTIONS:
            return _of_actions(tree, alike, word)
        case _Sort.POPULATION | _Sort.OF_USERS:
            named = [key for key, sort in sorts.items() if sort is _Sort.POPULATION]
            parts = [key for key, sort in sorts.items() if sort is _Sort.OF_USERS]
            return f"write `users: {_users(tree, named, parts)}`"
        case _Sort.INPUT:
            return _below(tree, "inputs", {key: _flow(tree.get(key)) for key in alike}, word)
    text = node.text.value if isinstance(node, Scalar) else None
    fitting = known if text is None else [key for key in SINGLE_VALUED if key in known]
    return key_meant("ScenarioFile", word, text) or did_you_mean(word, fitting)


def _sort(tree: Mapping, word: str) -> _Sort:
    """Return what an unknown key stands for, by what is behind it and by where it is used."""
    node, lower = tree.entries[word][1], word.lower()
    if isinstance(node, Mapping):
        return _sort_of_lines(node, lower)
    value = node.text.value if isinstance(node, Scalar) else ""
    if not (value[:1].isdigit() or value.startswith("$")):
        is_product = lower in COMPONENTS and _WORD.fullmatch(value)
        return _Sort.PRODUCT if is_product else _Sort.OTHER
    if lower in OF_USERS:
        return _Sort.OF_USERS
    if _is_in_formula(tree, word):
        return _Sort.INPUT
    if lower in POPULATIONS or _is_counted(tree, lower):
        return _Sort.POPULATION
    if _of_action(lower):
        return _Sort.OF_ACTIONS
    is_known = key_meant("ScenarioFile", word, value) or did_you_mean(word, SINGLE_VALUED)
    return _Sort.OTHER if is_known else _Sort.INPUT


def _sort_of_lines(node: Mapping, word: str) -> _Sort:
    if "kind" in node.entries:
        return _Sort.COMPONENT
    if word in POPULATIONS:
        return _Sort.POPULATION
    acts = node.entries.keys() & OF_ACTIONS.keys() and key_meant("ScenarioFile", word, "") is None
    return _Sort.ACTION if acts else _Sort.OTHER


def _of_action(word: str) -> str | None:
    """Return the line of an action that a word stands for, with `{0}` for its value."""
    found = OF_ACTIONS.get(word)
    return found if found or not word.endswith("_size") else OF_ACTIONS["size"]


def _is_in_formula(tree: Mapping, word: str) -> bool:
    """Return whether a formula of the file computes with a name."""
    name = re.compile(rf"(?<![\w.]){re.escape(word)}(?![\w.])")
    return any(name.search(value) and not _WORD.fullmatch(value) for value in _values(tree))


def _is_counted(tree: Mapping, word: str) -> bool:
    """Return whether an action says how often each of them does it, as `per_device` does."""
    each = {key.lower().removeprefix("per_") for key in _keys(tree.get("actions"))}
    return any(word in (one, f"{one}s", f"{one}es", f"{one[:-1]}ies") for one in each)


def _entries(tree: Tree | None) -> dict[str, Tree]:
    """Return what stands behind each key; nothing where there are no keys."""
    if not isinstance(tree, Mapping):
        return {}
    return {key: value for key, (_, value) in tree.entries.items()}


def _keys(tree: Tree | None) -> Iterator[str]:
    for key, inner in _entries(tree).items():
        yield key
        yield from _keys(inner)


def _values(tree: Tree) -> Iterator[str]:
    """Yield each single value below a tree."""
    if isinstance(tree, Scalar):
        yield tree.text.value
    for one in tree.items if isinstance(tree, Items) else _entries(tree).values():
        yield from _values(one)


def _flow(tree: Tree | None) -> str:
    """Return what stands behind a key as it is written in one line."""
    if isinstance(tree, Mapping):
        return _braces(_flows(tree))
    if isinstance(tree, Items):
        return f"[{', '.join(map(_flow, tree.items))}]"
    return short(tree.text.value) if tree is not None else ""


def _flows(tree: Tree | None) -> dict[str, str]:
    return {key: _flow(value) for key, value in _entries(tree).items()}


def _parts_of_users(tree: Tree | None) -> dict[str, str]:
    return {OF_USERS.get(key.lower(), key): value for key, value in _flows(tree).items()}


def _braces(values: dict[str, str]) -> str:
    return f"{{{', '.join(f'{key}: {value}' for key, value in values.items())}}}"


def _below(tree: Mapping, section: str, values: dict[str, str], word: str) -> str:
    """Return how a section says what stands at the left edge."""
    free = {RESULTS.get(key, key): value for key, value in values.items()}
    called = f"; `{word}` are a result, so yours need another name" if word in RESULTS else ""
    if isinstance(tree.get(section), Mapping):
        return f"below `{section}:`, write `{RESULTS.get(word, word)}: {values[word]}`{called}"
    return f"write `{section}: {_braces(free)}`{called}"


def _of_actions(tree: Mapping, words: list[str], word: str) -> str:
    """Return how an action says what stands at the left edge for all."""
    lines = {}
    for one in words:
        value = _flow(tree.get(one))
        key, _, unit = str(_of_action(one.lower())).partition("|")
        lines[one] = (key, f"{value}{unit if _PLAIN.fullmatch(value) else ''}")
    action = next(iter(_entries(tree.get("actions"))), None)
    if action is not None:
        key, value = lines[word]
        return f"each action has its own: below `{action}:`, write `{key}: {value}`"
    said = dict(lines.values())
    often = {} if said.keys() & {"rate", "per_user"} else {"per_user": "2/day"}
    return f"each action has its own: write `actions: {{post: {_braces({**often, **said})}}}`"


def _users(tree: Mapping, named: list[str], parts: list[str]) -> str:
    """Return what `users` are: populations, or one with its parts, from all over the left edge."""
    there = tree.get("users")
    if named and len(named) + (there is not None) > 1:
        is_one = isinstance(there, Scalar) or _entries(there).keys() & {*OF_USERS, *_PARTS}
        before = {_PEOPLE: _flow(there)} if is_one else _flows(there)
        return _braces(before | {name: _flow(tree.get(name)) for name in named})
    one = tree.get(named[0]) if named else there
    given = {OF_USERS[part.lower()]: _flow(tree.get(part)) for part in parts}
    if isinstance(one, Scalar) and not given:
        return _flow(one)
    if isinstance(one, Scalar):
        given = {"registered" if "daily_active" in given else "daily_active": _flow(one)} | given
    return _braces(_parts_of_users(one) | given)
