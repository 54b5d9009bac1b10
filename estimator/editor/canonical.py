"""The canonical form of a file: formulas spaced alike, sections in order, no loose white space.

All is done by edits of the text, so that whatever needs none stays as it was written: comments,
quotes, braces, anchors, and what is aligned. Each step is taken only if the file still says the
same after it.
"""

from __future__ import annotations

import re
from pathlib import Path

from estimator.diagnostics import InputError, Place, Problems, Source, did_you_mean, refusal, short
from estimator.editor.edits import Edit, edited
from estimator.editor.formulas import Found, formulas
from estimator.editor.layout import END_OF_LINE, comments, in_order, tidied
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.formula.spacing import gaps, same
from estimator.formula.tokens import tokenize
from estimator.formula.tree import Literal, Node
from estimator.library.kind import KindFile
from estimator.scenario.recognise import FileType, recognise
from estimator.scenario.sections import ScenarioFile
from estimator.scenario.yaml_tree import Items, Mapping, Scalar, Tree, read_yaml

_MARK = "\ufeff"
_LINE_END = re.compile(r"\r\n|\r|\n")
_STANDS_FOR = re.compile(r"<(resource|component|branch)>")  # in the templates of kinds


def canonical(source: Source, folder: Path = Path()) -> str:
    """Return the text of a scenario, or of a kind's file, in its canonical form.

    Line ends and a byte order mark stay as they are. An empty file stays empty.

    Args:
        source: The text.
        folder: Where the paths under `library` begin.

    Raises:
        InputError: Where it is no YAML, is neither scenario nor kind (E005, E007), or a formula
            in it cannot be read; with everything of that sort.
    """
    text = source.text.removeprefix(_MARK)
    bom = source.text[: len(source.text) - len(text)]
    ends = _LINE_END.search(text)
    end = ends.group() if ends else "\n"
    text = _LINE_END.sub("\n", text)
    plain = Source(source.name, text)
    tree = read_yaml(plain)
    if tree is None:
        return source.text
    checked = _top(plain, tree)
    text = _kept(text, edited(text, _formula_edits(plain, checked, folder)), spaced=True)
    text = _kept(text, tidied(text))
    ordered = _kept(text, in_order(text, _sections(text)))
    if ordered != text:  # what ended the file may stand in its middle, such as an empty text
        text = _kept(ordered, tidied(ordered))
    return bom + text.replace("\n", end)


def _sections(text: str) -> list[str]:
    """Return the keys that may stand at the top of a file, in their order."""
    is_kind = recognise(text) is FileType.KIND
    return list((KindFile if is_kind else ScenarioFile).model_fields)


def _top(source: Source, tree: Tree) -> Mapping:
    """Return the tree, if it has the keys of a scenario or a kind at its top."""
    if not isinstance(tree, Mapping):
        what = "a list" if isinstance(tree, Items) else "a single value"
        first = Place(source, tree.place.start, tree.place.start + 1)
        message = f"a scenario has `key: value` lines at its top, but this is {what}"
        raise refusal("E005", message, first, help="begin with `users:` and `actions:`")
    problems, known = Problems(), _sections(source.text)
    for key, (name, _) in tree.entries.items():
        if key not in known:
            near = did_you_mean(key, known) or "the keys are " + ", ".join(known)
            problems.add("E007", f"there is no key `{short(key)}` here", name.place, help=near)
    problems.check()
    return tree


# --- staying the same -----------------------------------------------------------------------------


def _kept(before: str, after: str, *, spaced: bool = False) -> str:
    """Return the text after a step, or before it where the step changes what the file says.

    Only where formulas were `spaced` may there be other spaces within values.
    """
    if before == after:
        return before
    try:
        one, other = read_yaml(Source("", before)), read_yaml(Source("", after))
    except InputError:
        return before
    return after if _says_same(one, other, spaced, top=True) else before


def _says_same(one: Tree | None, other: Tree | None, spaced: bool, *, top: bool = False) -> bool:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        keys, others = list(one.entries), list(other.entries)
        alike = set(keys) == set(others) if top else keys == others
        return alike and all(_says_same(one.get(k), other.get(k), spaced) for k in keys)
    if isinstance(one, Items) and isinstance(other, Items):
        pairs = zip(one.items, other.items, strict=False)
        return len(one.items) == len(other.items) and all(
            _says_same(a, b, spaced) for a, b in pairs
        )
    if isinstance(one, Scalar) and isinstance(other, Scalar):
        if one.plain is not other.plain and not one.text.value.startswith("?"):
            return False
        a, b = one.text.value.rstrip("\n"), other.text.value.rstrip("\n")
        return a == b or (spaced and "".join(a.split()) == "".join(b.split()))
    return one is None and other is None


# --- formulas -------------------------------------------------------------------------------------


def _formula_edits(source: Source, tree: Mapping, folder: Path) -> list[Edit]:
    problems = Problems()
    edits: list[Edit] = []
    for found in formulas(tree, folder):
        try:
            edits += [*_spaced(found, source.text), *_quotes(found.scalar)]
        except FormulaError as error:
            problems.found.append(error.located(found.scalar.text))
    problems.check()
    return edits + _comment_edits(source, tree, edits)


def _quotes(scalar: Scalar) -> list[Edit]:
    """Return the quotes around a `?`, with which YAML begins a key."""
    if not scalar.plain or not scalar.text.value.startswith("?"):
        return []
    return [Edit(at, at, '"') for at in (scalar.place.start, scalar.place.end)]


def _spaced(found: Found, text: str) -> list[Edit]:
    """Return the edits that space a formula canonically; none where that is not certain.

    Raises:
        FormulaError: Where it cannot be read.
    """
    tree = parse(_filled(found.scalar.text.value))
    start, end = _inside(found.scalar, text)
    raw = _filled(text[start:end])
    try:
        tokens = tokenize(raw)
    except FormulaError:  # an escape in quotes
        return []
    if not _reads_as(raw, tree):
        return []
    bytes_ = found.bytes_ and isinstance(tree, Literal)
    quoted = text[start - 1 : start] in ("'", '"') and not found.scalar.plain
    expected = [
        "" if quoted else raw[: tokens[0].span[0]],
        *gaps(tokens, parse(raw), bytes_=bytes_),
    ]
    edits, since = [], 0
    for token, gap in zip(tokens, expected, strict=True):
        between = raw[since : token.span[0]]
        if "\n" in between:  # lines stay as they were broken
            gap = END_OF_LINE.sub("", between)
        if between != gap:
            edits.append(Edit(since, token.span[0], gap))
        since = token.span[1]
    if not _reads_as(edited(raw, edits), tree, bytes_=bytes_):
        return []
    return [Edit(start + e.start, start + e.end, e.text) for e in edits]


def _filled(formula: str) -> str:
    """Return the formula of a template with names of the same length for its placeholders."""
    return _STANDS_FOR.sub(r"_\1_", formula)


def _inside(scalar: Scalar, text: str) -> tuple[int, int]:
    """Return where a scalar's text begins and ends, without quotes or a block's indicator."""
    start, end = scalar.place.start, scalar.place.end
    if not scalar.plain and text[start] in "'\"":
        return start + 1, end - 1
    if not scalar.plain and text[start] in "|>":
        return text.find("\n", start) + 1, end
    return start, end


def _reads_as(formula: str, tree: Node, *, bytes_: bool = False) -> bool:
    try:
        return same(parse(formula), tree, bytes_=bytes_)
    except FormulaError:
        return False


def _comment_edits(source: Source, tree: Tree, edits: list[Edit]) -> list[Edit]:
    """Return the edits that keep comments in their columns where formulas grow or shrink."""
    growth: dict[int, int] = {}
    for edit in edits:
        line = source.position(edit.start)[0]
        growth[line] = growth.get(line, 0) + edit.growth
    if not any(growth.values()):
        return []
    columns = {}
    for at in comments(source.text, tree):
        line, column = source.position(at)
        columns[line] = column - 1
    found: list[Edit] = []
    for line, grown in growth.items():
        column = columns.get(line, 0)
        if not grown or not column:
            continue
        gap = column - len(source.line(line)[:column].rstrip())
        aligned = column in (columns.get(line - 1), columns.get(line + 1))
        if gap > 2 or aligned:
            at = source.start_of(line) + column
            found.append(Edit(at - gap, at, " " * max(gap - grown, min(gap, 2))))
    return found
