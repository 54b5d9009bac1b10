"""YAML as a tree of scalars, mappings and lists, each with its place.

Only YAML's structure is used: every scalar stays the text that was written. libyaml gives the
events; the tree is built here, without recursion and within limits, since libyaml's own
composer overflows the stack on deep input and PyYAML's expands aliases without bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import yaml

from estimator.diagnostics import InputError, Label, Place, Problems, Source, Text
from estimator.formula.near_misses import number_meant
from estimator.scenario.yaml_syntax import DEEPEST, TOO_DEEP, quoted, syntax_faults

MOST = 50_000
"""How many nodes a file may have, with what aliases repeat counted each time."""

_BEHIND = re.compile(r"(?:[&!]\S*)?\s*")  # an anchor or a tag, and the space behind it
_COMMA = re.compile(r"(?<!\d)\d+,\d")  # within a number
_UNKNOWN = re.compile(
    r"(?<=[\[,:] )\?(?=[ ]*(?:[,}\]]|$)|[ ]+[-#+*/^<>=~])|(?<=\[)\?(?=[ ]*[,\]])", re.MULTILINE
)
_STAND_IN = "\ue000"  # for a `?` at the beginning of a value, with which YAML begins a key
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class Scalar:
    """A single value; `plain` unless quoted."""

    text: Text
    plain: bool = True
    size: int = 1

    @property
    def place(self) -> Place:
        """Return where it stands."""
        return self.text.place


@dataclass(slots=True)
class Mapping:
    """Keys and values in the file's order."""

    place: Place
    entries: dict[str, tuple[Text, Tree]] = field(default_factory=dict)
    size: int = 1

    def get(self, key: str) -> Tree | None:
        """Return the value of a key, or None."""
        found = self.entries.get(key)
        return None if found is None else found[1]


@dataclass(slots=True)
class Items:
    """A list."""

    place: Place
    items: list[Tree] = field(default_factory=list)
    size: int = 1


Tree: TypeAlias = Scalar | Mapping | Items


class _Split(NamedTuple):
    """A value that a comma inside of { } or [ ] has cut in two, and the key that it is for."""

    place: Place
    key: Text | None


def read_yaml(source: Source) -> Tree | None:
    """Return the tree of a YAML text, or None for one that is empty.

    Raises:
        InputError: With every duplicate key (E006), or what makes it no YAML (E003) or more
            than the limits allow (E004).
    """
    return _Builder(source).build()


def _goes_on(value: str, rest: str) -> bool:
    """Return whether what follows a comma belongs to the value before, and is no key."""
    if value.count("(") > value.count(")"):
        return True
    is_text = re.fullmatch(r"[A-Za-z]+(?: [A-Za-z]+)+", value) is not None
    return is_text or not re.fullmatch(r"[A-Za-z_]\w*(?:\.\w+)*", rest)


def _split_items(node: Items, text: str) -> Iterator[_Split]:
    """Yield the items of a list in [ ] that are one: a call, or a number with a comma."""
    start: Place | None = None
    depth = 0
    for item, after in pairwise([*node.items, None]):
        if not isinstance(item, Scalar) or not item.plain:
            start, depth = None, 0
            continue
        written = item.text.value
        depth += written.count("(") - written.count(")")
        end = item.place.end
        is_number = (
            isinstance(after, Scalar)
            and text[end : end + 1] == ","
            and after.place.start == end + 1
            and written[-1:].isdigit()
            and after.text.value[:1].isdigit()
        )
        goes_on = after is not None and (depth > 0 or is_number)
        if goes_on:
            start = start or item.place
        elif start is not None and depth <= 0:
            yield _Split(Place(start.source, start.start, end), None)
        if not goes_on:
            start, depth = None, 0


def _whole(text: str) -> str:
    """Return a value with commas as it is written in { } and [ ]: with a point, or in quotes."""
    parts, at = [], 0
    found = None if "(" in text else _COMMA.search(text)
    while found is not None and (meant := number_meant(text, found.start())) is not None:
        parts += [text[at : found.start()], meant[1]]
        at = meant[0]
        found = _COMMA.search(text, at)
    whole = "".join([*parts, text[at:]])
    return quoted(whole) if "," in whole else whole


class _Builder:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems = Problems()
        self.anchors: dict[str, Tree] = {}
        self.open: list[tuple[Mapping | Items, str | None]] = []
        self.keys: list[Text | None] = []
        self.merges: list[list[tuple[Text, Tree]]] = []
        self.splits: list[list[_Split]] = []
        self.root: Tree | None = None
        self.total = 0
        self.reached = 0

    def build(self) -> Tree | None:
        try:
            for event in self._events():
                self._take(event)
                self.reached = event.end_mark.index
        except yaml.YAMLError as error:
            depth, reached = len(self.open), self.reached
            self.problems.found += syntax_faults(error, self.source, depth=depth, reached=reached)
        self.problems.check()
        return self.root

    def _events(self) -> Iterator[Any]:
        text = self.source.text
        if "?" in text and _STAND_IN not in text:
            text = _UNKNOWN.sub(_STAND_IN, text)
        return iter(yaml.parse(text, Loader=_Loader))

    def _place(self, event: Any) -> Place:
        return Place(self.source, event.start_mark.index, event.end_mark.index)

    def _stop(self, rule: str, message: str, place: Place, help: str | None = None) -> None:
        self.problems.add(rule, message, place, help=help)
        raise InputError(self.problems.found)

    # --- events -----------------------------------------------------------------------------------

    def _take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._no_tag(event)
            self._put(self._scalar(event), event)
        elif kind is yaml.MappingStartEvent:
            self._no_tag(event)
            self._start(Mapping(self._place(event)), event)
        elif kind is yaml.SequenceStartEvent:
            self._no_tag(event)
            self._start(Items(self._place(event)), event)
        elif kind in (yaml.MappingEndEvent, yaml.SequenceEndEvent):
            self._end(event)
        elif kind is yaml.AliasEvent:
            self._alias(event)
        elif kind is yaml.DocumentStartEvent and self.root is not None:
            message = "a file holds one scenario; a second document begins here"
            self._stop("E003", message, self._place(event), "put it in a file of its own")

    def _no_tag(self, event: Any) -> None:
        if event.tag is not None and event.tag != "!":
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._stop("E003", f"YAML tags such as `{tag}` are not used here", self._place(event))

    def _scalar(self, event: Any) -> Scalar:
        value = event.value.replace(_STAND_IN, "?")
        text, offset = self.source.text, None
        start, end = event.start_mark.index, event.end_mark.index
        while event.anchor is not None and start < end and text[start] in "&! ":
            found = _BEHIND.match(text, start)
            start = found.end() if found else end
        end = max(end, start)
        plain = event.style is None or event.style == ""
        if plain and text.startswith(value, start):
            offset, end = start, start + len(value)
        elif not plain and text.startswith(value, start + 1) and event.style in "'\"":
            offset = start + 1
        return Scalar(Text(value, Place(self.source, start, end), offset), plain)

    def _start(self, node: Mapping | Items, event: Any) -> None:
        if len(self.open) >= DEEPEST:
            self._too_deep(self._place(event))
        if isinstance(node, Mapping) and self.open and self._waits_for_key():
            place = self._place(event)
            is_template = place.source.text.startswith("{{", place.start - 1)
            help_ = "no template is filled in: write the value, or give it with `--set users=10M`"
            message = "a key must be a name, not a mapping"
            self._stop("E003", message, place, help_ if is_template else None)
        if isinstance(node, Items) and self.open and self._waits_for_key():
            self._stop("E003", "a key must be a name, not a list", self._place(event))
        self.open.append((node, event.anchor))
        self.keys.append(None)
        self.merges.append([])
        self.splits.append([])

    def _too_deep(self, place: Place) -> None:
        self._stop("E004", TOO_DEEP, place)

    def _waits_for_key(self) -> bool:
        return isinstance(self.open[-1][0], Mapping) and self.keys[-1] is None

    def _end(self, event: Any) -> None:
        node, anchor = self.open.pop()
        self.keys.pop()
        start = node.place.start
        node.place = Place(self.source, start, max(start + 1, event.end_mark.index))
        merged, splits = self.merges.pop(), self.splits.pop()
        if isinstance(node, Items) and self.source.text[start : start + 1] == "[":
            splits += _split_items(node, self.source.text)
        for split in splits:
            self._report(split)
        if isinstance(node, Mapping):
            for key, value in merged:
                node.entries.setdefault(key.value, (key, value))
        self._done(node, anchor)

    def _put(self, node: Scalar, event: Any) -> None:
        if self.open and self._waits_for_key():
            self._key(node)
        elif not self._is_split_off(node):
            self._done(node, event.anchor)

    def _is_split_off(self, node: Scalar) -> bool:
        """Take a key that is the rest of a value with a comma, as in `{size: 1,5 kB}`.

        Such a key has neither a colon nor a value, and what stands before it is a value.
        """
        parent = self.open[-1][0] if self.open else None
        key = self.keys[-1] if self.keys else None
        if not isinstance(parent, Mapping) or key is None or node.text.value or not node.plain:
            return False
        start, end = key.place.end, node.place.start
        if ":" in self.source.text[start:end] or not parent.entries:
            return False
        name, value = next(reversed(parent.entries.values()))
        splits = self.splits[-1]
        again = bool(splits) and splits[-1].key is name
        if not isinstance(value, Scalar) or not value.plain or not value.text.value:
            return False
        if not again and not _goes_on(value.text.value, key.value):
            return False
        if again:
            splits.pop()
        splits.append(_Split(Place(self.source, value.place.start, key.place.end), name))
        self.keys[-1] = None
        return True

    def _report(self, split: _Split) -> None:
        """Report a value that a comma has cut in two, and how it is written."""
        text = " ".join(self.source.text[split.place.start : split.place.end].split())
        key = "" if split.key is None else f"{split.key.value}: "
        brackets = "[ ]" if split.key is None else "{ }"
        message = f"in {brackets} a comma ends a value"
        help_ = f"write `{key}{_whole(text)}`"
        self.problems.add("E003", message, split.place, help=help_)

    def _key(self, node: Scalar) -> None:
        self._count(1, node.place)
        self.keys[-1] = node.text

    def _alias(self, event: Any) -> None:
        place = self._place(event)
        target = self.anchors.get(event.anchor)
        if target is None:
            inside = any(anchor == event.anchor for _, anchor in self.open)
            what = "stands inside itself" if inside else "is not defined before this line"
            self._stop("E003", f"the anchor `{event.anchor}` {what}", place)
            return
        if self.open and self._waits_for_key():
            self._stop("E003", "a key must be a name, not an alias", place)
        self._attach(target, place)

    def _done(self, node: Tree, anchor: str | None) -> None:
        if anchor is not None:
            self.anchors[anchor] = node
        self._attach(node, node.place)

    def _count(self, size: int, place: Place) -> None:
        self.total += size
        if self.total > MOST:
            self._stop(
                "E004",
                f"this file has more than {MOST:,} values, with what aliases repeat",
                place,
            )

    def _attach(self, node: Tree, place: Place) -> None:
        """Put a finished node where it belongs: into a list, behind a key, or at the top."""
        self._count(node.size if place is not node.place else 1, place)
        if not self.open:
            self.root = node
            return
        parent = self.open[-1][0]
        parent.size += node.size
        if isinstance(parent, Items):
            parent.items.append(node)
            return
        key = self.keys[-1]
        assert key is not None
        self.keys[-1] = None
        if key.value == "<<":
            self._merge(node, key.place)
        elif key.value in parent.entries:
            first = parent.entries[key.value][0]
            self.problems.add(
                "E006",
                f"the key `{key.value}` appears here twice",
                key.place,
                caret="again",
                labels=[Label(first.place, "first here")],
                help="keep one of them",
            )
        else:
            parent.entries[key.value] = (key, node)

    def _merge(self, node: Tree, place: Place) -> None:
        parts = node.items if isinstance(node, Items) else [node]
        for part in parts:
            if not isinstance(part, Mapping):
                self._stop("E003", "`<<` merges mappings", place)
                return
            self.merges[-1].extend(part.entries.values())
