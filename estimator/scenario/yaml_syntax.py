"""What makes a text no YAML, in words that say what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

import yaml

from estimator.diagnostics import Diagnostic, Place, Source
from estimator.scenario.sections import Content, Expectation, ScenarioFile, keys

DEEPEST = 32
"""How deep lists and mappings may nest."""
TOO_DEEP = f"lists and mappings nest deeper than {DEEPEST} levels"
"""The message for those that nest deeper."""

_UNCLOSED = re.compile(r"while (?:scanning a quoted scalar|parsing a flow (?:mapping|sequence))")
_CONFLICT = re.compile(r"^<{7}(?: .*)?$", re.MULTILINE)
_ENTRY = re.compile(
    r"\s*([\w.]+): ++((?:[^\n]*[^\w.\n])?)([\w.]++)"
)  # a key, a value, its last word
_LINE = re.compile(r"\s*(?:- )?([A-Za-z_][\w.]*): ++([^\"'{\[](?=.*: ).*+)")  # and a second `: `
_OF_KINDS = frozenset({"source", "assumption", "message"})  # keys of kinds with words for people
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
        "a value that begins with `{before}` needs quotes",
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
        "a line is `key: value`, with a space after the `:`",
    ),
    (
        r"find expected key|block mapping .*expected <block end>",
        "this line does not line up with those above it",
        "indent it like its neighbors",
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
        "a text after `|` or `>` begins on the next line",
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


class _Fault(NamedTuple):
    """Where a library stopped, and why.

    Attributes:
        source: The text.
        at: The character that it stopped at.
        context: What it was reading.
        opened: Where that began, or None.
        complaint: What it says is wrong.
        depth: How many lists and mappings were open at the last event.
        reached: Where the last event ended.
    """

    source: Source
    at: int
    context: str
    opened: int | None
    complaint: str
    depth: int
    reached: int

    @property
    def line_start(self) -> int:
        """Return the first character of the line."""
        return self.source.text.rfind("\n", 0, self.at) + 1

    @property
    def line(self) -> str:
        """Return the line, as it is written."""
        return self.source.text[self.line_start :].split("\n", 1)[0]

    def wrong(
        self, message: str, start: int, end: int, help: str | None = None, *, rule: str = "E003"
    ) -> list[Diagnostic]:
        """Return what is wrong with some characters."""
        return [Diagnostic(rule, message, Place(self.source, start, end), help=help)]


def syntax_faults(
    error: yaml.YAMLError, source: Source, *, depth: int, reached: int
) -> list[Diagnostic]:
    """Return what is wrong with a text that is no YAML: E003, or E004 where it nests too deep.

    Args:
        error: What the library raised.
        source: The text.
        depth: How many lists and mappings were open at the last event.
        reached: Where the last event ended.
    """
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    at = mark.index if mark is not None else int(getattr(error, "position", 0) or 0)
    context = str(getattr(error, "context", "") or "")
    opened = getattr(error, "context_mark", None)
    fault = _Fault(
        source,
        min(at, len(source.text)),
        context=context,
        opened=opened.index if opened is not None else None,
        complaint=f"{getattr(error, 'context', '')} {getattr(error, 'problem', None) or error}",
        depth=depth,
        reached=reached,
    )
    ways = (_conflicts, _too_deep, _unclosed, _without_colon, _two_colons)
    return next((found for explain in ways if (found := explain(fault))), _in_words(fault))


def quoted(text: str) -> str:
    """Return a text in quotes of YAML's."""
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def _conflicts(fault: _Fault) -> list[Diagnostic]:
    """Find the lines that git leaves where two versions disagree."""
    message, help_ = "a merge left both versions here", "keep one, without the lines of git"
    spans = (found.span() for found in _CONFLICT.finditer(fault.source.text))
    return [wrong for span in spans for wrong in fault.wrong(message, *span, help_)]


def _too_deep(fault: _Fault) -> list[Diagnostic]:
    """Find the first bracket that nests too deep, of those read but not given as events yet.

    Libraries read ahead, and some refuse deep nesting there, before it can be seen here.
    """
    depth, start = fault.depth, fault.reached
    opens = (yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken)
    closes = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)
    ahead = fault.source.text[start : min(fault.at, start + _AHEAD)]
    # For each token the library goes through all brackets that are open.
    many = next(islice(_BRACKET.finditer(ahead), 4 * DEEPEST, None), None)
    if many is not None:
        ahead = ahead[: many.end()]
    try:
        for token in yaml.scan(ahead, Loader=yaml.SafeLoader):
            depth += isinstance(token, opens) - isinstance(token, closes)
            if depth > DEEPEST:
                first = start + token.start_mark.index
                return fault.wrong(TOO_DEEP, first, first + 1, rule="E004")
    except yaml.YAMLError:
        pass  # which is the fault that is looked into
    return []


def _unclosed(fault: _Fault) -> list[Diagnostic]:
    """Explain a bracket or a quote that is never closed, or a `:` too many in braces."""
    if fault.opened is None or not _UNCLOSED.search(fault.context):
        return []
    if "flow mapping" in fault.context and (found := _colon_in_braces(fault)):
        return found
    what = fault.source.text[fault.opened : fault.opened + 1]
    missing = "" if "scalar" in fault.context else ", or a `,` is missing in it"
    message = f"this `{what}` is never closed{missing}"
    return fault.wrong(message, fault.opened, fault.opened + 1)


def _colon_in_braces(fault: _Fault) -> list[Diagnostic]:
    """Explain a `:` inside of { } behind a value that no comma ends."""
    text, at = fault.source.text, fault.at
    before = text[:at].rstrip()
    start = max(map(before.rfind, ",{}")) + 1
    found = _ENTRY.fullmatch(before, start)
    if text[at : at + 1] != ":" or before[start - 1 : start] not in ("{", ",") or found is None:
        return []
    key, value, word = found.groups()
    end = at + len(text[at:].split("\n", 1)[0].partition("}")[0].partition(",")[0])
    if re.fullmatch(r"[A-Za-z ]*", value):
        whole = quoted(value + word + text[at:end].rstrip())
        message, help_ = "a value with `: ` in it needs quotes", f"write `{key}: {whole}`"
    else:
        message = f"a `,` is missing before `{word}:`"
        help_ = f"write `{key}: {value.strip()}, {word}{text[at:end].rstrip()}`"
    return fault.wrong(message, found.start(3), at + 1, help_)


def _without_colon(fault: _Fault) -> list[Diagnostic]:
    """Explain that the line above lacks a `:`, or a space behind it."""
    if "mapping values are not allowed" not in fault.complaint:
        return []
    above = fault.source.text[: fault.line_start].rstrip()
    begin = above.rfind("\n") + 1
    begin += len(above[begin:]) - len(above[begin:].lstrip())
    written = above[begin:]
    if not written or re.search(r":(\s|$)", written) or fault.line.count(":") != 1:
        return []
    what = "no space after its `:`" if ":" in written else "no `:`"
    return fault.wrong(f"this line has {what}", begin, len(above), "write `key: value`")


def _two_colons(fault: _Fault) -> list[Diagnostic]:
    """Explain a second `: ` in a line, or a line that is indented too far."""
    if "mapping values are not allowed" not in fault.complaint:
        return []
    line, at = fault.line.rstrip(), fault.at
    found = _LINE.fullmatch(line)
    if found is not None:
        key, value = found.groups()
        is_text = key in _texts() or not re.match(r"[a-z_][\w.]*: ", value)
        if is_text:
            message, way = "a value with `: ` in it needs quotes", quoted(value)
        else:
            message, way = "a second `:` on this line", "{" + value + "}"
        return fault.wrong(message, at, at + 1, f"write `{key}: {way}`")
    above = fault.source.text[: fault.line_start].rstrip().rpartition("\n")[2]
    indent, deeper = (len(part) - len(part.lstrip()) for part in (above, line))
    if deeper <= indent or not re.search(r":\s+\S", above):
        return []
    help_ = f"begin it below `{above.split(':')[0].strip()}`, which has a value already"
    return fault.wrong("this line is indented too far", fault.line_start + deeper, at + 1, help_)


def _texts() -> Iterable[str]:
    """Return the keys whose values are words for people."""
    known = (*keys(ScenarioFile).items(), *keys(Expectation).items())
    return _OF_KINDS.union(name for name, key in known if key.content is Content.TEXT)


def _in_words(fault: _Fault) -> list[Diagnostic]:
    """Return the library's complaint in words that say what to do."""
    text, at = fault.source.text, fault.at
    message, help_ = "this is not YAML", None
    indent = text[fault.line_start : at + 1]
    if "\t" in indent and not indent.strip():
        message, help_ = _TABS
    else:
        for pattern, words, way in _COMPLAINTS:
            if re.search(pattern, fault.complaint):
                shown = {"here": text[at : at + 1] or "the end", "before": text[max(0, at - 1)]}
                message, help_ = words.format(**shown), way and way.format(**shown)
                break
    return fault.wrong(message, at, at + 1, help_)
