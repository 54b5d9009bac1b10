"""Bytes to a tree of YAML with places, and to the canonical form."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import yaml

from estimator.diagnostics import InputError, Source
from estimator.editor.canonical import canonical
from estimator.files.read import source_of
from estimator.scenario.yaml_tree import Items, Mapping, Scalar, Tree, read_yaml
from fuzz import words
from fuzz.command import told
from fuzz.fault import Fault
from fuzz.mutate import Mutator
from fuzz.target import Target

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def run(data: bytes) -> Hashable:
    """Read bytes; hold the tree against PyYAML's, and the canonical form against itself."""
    try:
        source = source_of(data, "input.yaml")
        tree = read_yaml(source)
    except InputError as error:
        return told(error.diagnostics)
    nodes = list(_nodes(tree))
    for place in (node.place for node in nodes):
        if not 0 <= place.start <= place.end <= len(source.text):
            raise Fault("format", f"a place from {place.start} to {place.end}")
    try:
        once = canonical(source)
        again = canonical(Source(source.name, once))
    except InputError as error:
        return told(error.diagnostics)
    if again != once:
        raise Fault("mismatch", "the canonical form has another canonical form")
    _compare(tree, source.text)
    return type(tree).__name__, min(len(nodes), 3)


def _nodes(tree: Tree | None) -> Iterator[Tree]:
    waiting = [tree] if tree is not None else []
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, Mapping):
            waiting += [value for _, value in node.entries.values()]
        elif isinstance(node, Items):
            waiting += node.items


def _compare(tree: Tree | None, text: str) -> None:
    """Hold what was read against what PyYAML's own composer makes of the text."""
    try:
        theirs = yaml.compose(text, _LOADER)
    except (yaml.composer.ComposerError, RecursionError):
        return  # of one name for two anchors, which YAML allows, or of its own depth
    except yaml.YAMLError as error:
        raise Fault("mismatch", f"PyYAML does not read this: {error}") from None
    if not _same(tree, theirs):
        raise Fault("mismatch", "PyYAML reads something else")


def _same(tree: Tree | None, node: Any) -> bool:
    if isinstance(tree, Scalar):
        return isinstance(node, yaml.ScalarNode) and tree.text.value.strip() == node.value.strip()
    if isinstance(tree, Items):
        return isinstance(node, yaml.SequenceNode) and all(
            _same(*pair) for pair in zip(tree.items, node.value, strict=True)
        )
    if isinstance(tree, Mapping):
        if not isinstance(node, yaml.MappingNode):
            return False
        theirs = {key.value: value for key, value in node.value if key.value != "<<"}
        return all(
            name in tree.entries and (_same(tree.entries[name][1], value))
            for name, value in theirs.items()
        )
    return node is None or (isinstance(node, yaml.ScalarNode) and not node.value)


TARGET = Target(
    "reader",
    "YAML as a tree, against PyYAML's; its canonical form, against itself",
    run,
    Mutator(words.words(), words.formula),
    ("scenario/yaml_tree.py", "files/read.py", "editor/canonical.py", "editor/layout.py"),
    ("tests/broken/yaml_*.yaml", "tests/broken/windows*.yaml", "fuzz/corpus/scenario/*"),
)
