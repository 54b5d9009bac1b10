"""YAML as a tree of scalars, mappings and lists, each with its place.

Only YAML's structure is used: every scalar stays the text that was written. libyaml gives the
events; the tree is built here, without recursion and within limits, since libyaml's own
composer overflows the stack on deep input and PyYAML's expands aliases without bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any, NamedTuple, TypeAlias

import yaml

from estimator.diagnostics import InputError, Label, Place, Problems, Source, Text
from estimator.formula.near_misses import number_meant

DEEPEST = 32
"""How deep lists and mappings may nest."""
MOST = 50_000
"""How many nodes a file may have, with what aliases repeat counted each time."""

_BEHIND = re.compile(r"(?:[&!]\S*)?\s*")  # an anchor or a tag, and the space behind it
_UNCLOSED = re.compile(r"while (?:scanning a quoted scalar|parsing a flow (?:mapping|sequence))")
_CONFLICT = re.compile(r"^<{7}(?: .*)?$", re.MULTILINE)
_COMMA = re.compile(r"(?<!\d)\d+,\d")  # within a number
_ENTRY = re.compile(
    r"\s*([\w.]+): ++((?:[^\n]*[^\w.\n])?)([\w.]++)"
)  # a key, a value, its last word
_TEXTS = frozenset({"name", "about", "reason", "owner", "source", "assumption", "message"})
"""The keys whose values are for people."""
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_BRACKET = re.compile(r"[\[{]")
_AHEAD = 2_048
"""How many characters after the last event are looked at for what nests too deep. YAML itself has
the libraries read at most 1,024 ahead, the length of a key."""

_TABS = ("YAML indents with spaces, not with tabs", "replace the tab by spaces")
_ESCAPE = "use ' ' or double the backslash"

# What libyaml and PyYAML's own parser complain of, each in its words, and what users read.
_COMPLAINTS = (
    (
        r"expected alphabetic or numeric",
        "a value that begins with `{before}` stands in quotes",
        None,
    ),
    (r"sequence entries are not allowed", "a list begins on a line of its own", None),
    (r"start any token", "a value cannot begin with `{here}` in YAML", "quote the value"),
    (
        r"mapping values are not allowed",
        "a second `:` on this line, or a line that is indented too far",
        "begin a new line for each key, or quote the value",
    ),
    (r"mapping keys are not allowed", "a key cannot begin with `?` here", "write `key: value`"),
    (
        r"find expected ':'",
        "this line has no `:`",
        "a line is `key: value`, with a space behind the `:`",
    ),
    (
        r"find expected key|block mapping .*expected <block end>",
        "this line does not line up with those above it",
        "indent it as its neighbours",
    ),
    (
        r"find expected '-'|block collection .*expected <block end>",
        "this line does not line up with the list above it",
        None,
    ),
    (
        r"(?:control|special) characters|unacceptable character",
        "a control character does not belong in a text file",
        "delete it",
    ),
    (r"unknown escape", 'an unknown escape in a text in " "', _ESCAPE),
    (r"hexa?decimal number|character escape", 'an incomplete escape in a text in " "', _ESCAPE),
    (r"tab character", *_TABS),
    (
        r"directive|YAML document|duplicate tag",
        "YAML directives such as `%YAML` are not used here",
        "delete them",
    ),
    (r"URI|'>'|'!'|tag|handle", "YAML tags such as `!name` are not used here", "quote the value"),
    (
        r"block scalar",
        "a text behind `|` or `>` begins on the next line",
        "quote the value if it has a `|` or `>` itself",
    ),
    (
        r"node content",
        "a value is missing before `{here}`",
        "write the value, or quote what begins with `{here}`",
    ),
    (
        r"document start",
        "the value of the whole file has ended before this",
        "look for a bracket or a quote too many",
    ),
)


@dataclass(slots=True)
class Scalar:
    """A single value; `plain` unless quoted."""

    text: Text
    plain: bool = True
    size: int = 1

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.text.place


@dataclass(slots=True)
class Mapping:
    """Keys and values in the file's order."""

    place: Place
    entries: dict[str, tuple[Text, Tree]] = field(default_factory=dict)
    size: int = 1

    def get(self, key: str) -> Tree | None:
        """The value of a key, or None."""
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
    """The tree of a YAML text, or None for one that is empty.

    Raises:
        InputError: With every duplicate key (E006), or what makes it no YAML (E003) or more
            than the limits allow (E004).
    """
    return _Builder(source).build()


def _goes_on(value: str, rest: str) -> bool:
    """Is what follows a value, behind a comma, a part of it rather than a key without a value?"""
    if value.count("(") > value.count(")"):
        return True
    is_text = re.fullmatch(r"[A-Za-z]+(?: [A-Za-z]+)+", value) is not None
    return is_text or not re.fullmatch(r"[A-Za-z_]\w*(?:\.\w+)*", rest)


def _split_items(node: Items, text: str) -> Iterator[_Split]:
    """The items of a list in [ ] that are one: a call with its values, or a number with a comma."""
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
    """A value with commas as it is written inside of { } and [ ]: by a point, or in quotes."""
    parts, at = [], 0
    found = None if "(" in text else _COMMA.search(text)
    while found is not None and (meant := number_meant(text, found.start())) is not None:
        parts += [text[at : found.start()], meant[1]]
        at = meant[0]
        found = _COMMA.search(text, at)
    whole = "".join([*parts, text[at:]])
    return _quoted(whole) if "," in whole else whole


def _quoted(text: str) -> str:
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


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
            self._syntax(error)
        self.problems.check()
        return self.root

    def _events(self) -> Iterator[Any]:
        return iter(yaml.parse(self.source.text, Loader=_Loader))

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
        place, value = self._place(event), event.value
        text, offset = self.source.text, None
        start = place.start
        while event.anchor is not None and start < place.end and text[start] in "&! ":
            found = _BEHIND.match(text, start)
            start = found.end() if found else place.end
        place = Place(self.source, start, max(place.end, start))
        plain = event.style is None or event.style == ""
        if plain and text.startswith(value, place.start):
            offset = place.start
            place = Place(self.source, place.start, place.start + len(value))
        elif not plain and text.startswith(value, place.start + 1) and event.style in "'\"":
            offset = place.start + 1
        return Scalar(Text(value, place, offset), plain)

    def _start(self, node: Mapping | Items, event: Any) -> None:
        if len(self.open) >= DEEPEST:
            self._too_deep(self._place(event))
        if isinstance(node, Mapping) and self.open and self._waits_for_key():
            self._stop("E003", "a key must be a name, not a mapping", self._place(event))
        if isinstance(node, Items) and self.open and self._waits_for_key():
            self._stop("E003", "a key must be a name, not a list", self._place(event))
        self.open.append((node, event.anchor))
        self.keys.append(None)
        self.merges.append([])
        self.splits.append([])

    def _too_deep(self, place: Place) -> None:
        self._stop("E004", f"lists and mappings nest deeper than {DEEPEST} levels", place)

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
        """Is the key before this the rest of a value with a comma, as in `{size: 1,5 kB}`?

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
        """A value that a comma has cut in two, and how it is written."""
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
                f"the key `{key.value}` stands here twice",
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

    # --- what is no YAML --------------------------------------------------------------------------

    def _syntax(self, error: yaml.YAMLError) -> None:
        conflicts = [Place(self.source, *m.span()) for m in _CONFLICT.finditer(self.source.text)]
        for place in conflicts:
            message = "a merge left both versions here"
            self.problems.add("E003", message, place, help="keep one, without the lines of git")
        if conflicts:
            return
        context = str(getattr(error, "context", "") or "")
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        at = mark.index if mark is not None else int(getattr(error, "position", 0) or 0)
        at = min(at, len(self.source.text))
        deep = self._deepest_bracket(at)
        if deep is not None:
            self._too_deep(deep)
        unclosed = _UNCLOSED.search(context)
        opened = getattr(error, "context_mark", None)
        if unclosed and opened is not None:
            if "flow mapping" in context and self._second_colon(at):
                return
            place = Place(self.source, opened.index, opened.index + 1)
            what = self.source.text[place.start : place.end]
            missing = "" if "scalar" in context else ", or a `,` is missing in it"
            self.problems.add("E003", f"this `{what}` is never closed{missing}", place)
            return
        place = Place(self.source, at, at + 1)
        if "mapping values are not allowed" in str(error):
            lacking = self._line_without_colon(at)
            if lacking is None and self._colon_in_line(at):
                return
            if lacking is not None:
                inside = ":" in self.source.text[lacking.start : lacking.end]
                what = "no space behind its `:`" if inside else "no `:`"
                help_: str | None = "write `key: value`"
                self.problems.add("E003", f"this line has {what}", lacking, help=help_)
                return
        message, help_ = self._words(error, at)
        self.problems.add("E003", message, place, help=help_)

    def _second_colon(self, at: int) -> bool:
        """Report a `:` inside of { } behind a value that no comma ends."""
        text = self.source.text
        before = text[:at].rstrip()
        start = max(map(before.rfind, ",{}")) + 1
        found = _ENTRY.fullmatch(before, start)
        if text[at : at + 1] != ":" or before[start - 1 : start] not in ("{", ",") or found is None:
            return False
        key, value, word = found.groups()
        end = at + len(text[at:].split("\n", 1)[0].partition("}")[0].partition(",")[0])
        place = Place(self.source, found.start(3), at + 1)
        if re.fullmatch(r"[A-Za-z ]*", value):
            whole = _quoted(value + word + text[at:end].rstrip())
            message, help_ = "a value with `: ` in it stands in quotes", f"write `{key}: {whole}`"
        else:
            message = f"a `,` is missing before `{word}:`"
            help_ = f"write `{key}: {value.strip()}, {word}{text[at:end].rstrip()}`"
        self.problems.add("E003", message, place, help=help_)
        return True

    def _colon_in_line(self, at: int) -> bool:
        """Report a second `: ` in a line, or a line that is indented too far."""
        text = self.source.text
        start = text.rfind("\n", 0, at) + 1
        line = text[start:].split("\n", 1)[0].rstrip()
        place = Place(self.source, at, at + 1)
        found = re.fullmatch(r"\s*(?:- )?([A-Za-z_][\w.]*): ++([^\"'{\[](?=.*: ).*+)", line)
        if found is not None:
            key, value = found.groups()
            is_text = key in _TEXTS or not re.match(r"[a-z_][\w.]*: ", value)
            message = (
                "a value with `: ` in it stands in quotes"
                if is_text
                else "a second `:` on this line"
            )
            way = _quoted(value) if is_text else "{" + value + "}"
            self.problems.add("E003", message, place, help=f"write `{key}: {way}`")
            return True
        above = text[:start].rstrip().rpartition("\n")[2]
        indent, deeper = (len(part) - len(part.lstrip()) for part in (above, line))
        if deeper <= indent or not re.search(r":\s+\S", above):
            return False
        place = Place(self.source, start + deeper, at + 1)
        help_ = f"begin it below `{above.split(':')[0].strip()}`, which has a value already"
        self.problems.add("E003", "this line is indented too far", place, help=help_)
        return True

    def _deepest_bracket(self, at: int) -> Place | None:
        """The first bracket that nests too deep, of those read but not given as events yet.

        Libraries read ahead, and some refuse deep nesting there, before it can be seen here.
        """
        depth, start = len(self.open), self.reached
        opens = (yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken)
        closes = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)
        ahead = self.source.text[start : min(at, start + _AHEAD)]
        # For each token the library goes through all brackets that are open.
        many = next(islice(_BRACKET.finditer(ahead), 4 * DEEPEST, None), None)
        if many is not None:
            ahead = ahead[: many.end()]
        try:
            for token in yaml.scan(ahead, Loader=yaml.SafeLoader):
                depth += isinstance(token, opens) - isinstance(token, closes)
                if depth > DEEPEST:
                    first = start + token.start_mark.index
                    return Place(self.source, first, first + 1)
        except yaml.YAMLError:
            pass  # which is what is told anyway
        return None

    def _line_without_colon(self, at: int) -> Place | None:
        """The line above, if it is what lacks a `:`, or a space behind it."""
        text = self.source.text
        start = text.rfind("\n", 0, at) + 1
        line = text[start:].split("\n", 1)[0]
        above = text[:start].rstrip()
        begin = above.rfind("\n") + 1
        begin += len(above[begin:]) - len(above[begin:].lstrip())
        if not above[begin:] or re.search(r":(\s|$)", above[begin:]) or line.count(":") != 1:
            return None
        return Place(self.source, begin, len(above))

    def _words(self, error: yaml.YAMLError, at: int) -> tuple[str, str | None]:
        """The library's complaint in words that say what to do."""
        text = self.source.text
        complaint = f"{getattr(error, 'context', '')} {getattr(error, 'problem', None) or error}"
        start = text.rfind("\n", 0, at) + 1
        indent = text[start : at + 1]
        if "\t" in indent and not indent.strip():
            return _TABS
        for pattern, message, help_ in _COMPLAINTS:
            if re.search(pattern, complaint):
                shown = {"here": text[at : at + 1] or "the end", "before": text[max(0, at - 1)]}
                return message.format(**shown), help_ and help_.format(**shown)
        return "this is not YAML", None
