"""Foreign text and tables as Markdown, for pull requests and documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from estimator.diagnostics import cut
from estimator.render.page import Table
from estimator.render.sanitize import sanitize

_BACKTICKS = re.compile("`+")
_QUOTED = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_WORD = re.compile(r"(?:`[^`]+`|[^\s`])+")  # with what is quoted in it

# A word that no renderer makes anything of: no markup, no mention of people or issues, no
# mathematics, no quick action of GitLab's, and nothing with a dot or a colon inside that could be
# an address.
_PLAIN = re.compile(
    r"(?:[^\W_]|[,;()?×÷≈≤≥…’'\"→↑↓✓✗±·–—▁-▐─]|(?<=[\d,;)])%|(?<=[^\W_])[/_](?=[^\W_])"
    r"|(?<=\d)\.(?=\d)|[.:!](?=[)\"’']*$)|[-+=](?!-)"
    r"|\[(?=\d)|(?<=[\w%])\](?![(\[:]))+|<=?|>=?|==|!=|[*&]"  # `[2 to 3]`, which links nowhere
)
# `GH-1` and `SHOP-12` are issues, and seven digits may be the name of a commit.
_REFERENCE = re.compile(
    r"(?<!\w)[\d_]*+[^\W\d_]\w*+-\d|(?<![^\W_])[0-9a-f]{7,64}(?![^\W_])", re.IGNORECASE
)
# GitLab could take an amount for one of its snippets, which does no harm; as code, tables of costs
# could hardly be read.
_MONEY = re.compile(
    r"[(\[<>≤≥±≈~+\-−]?\$(?:\d{1,3}(?:,\d{3})*(?:\.\d+)?[kMBT]?\]?|(?=/))"
    r"(?:/[A-Za-z]+)*[,;.)]{0,2}"
)
_STARTS_A_BLOCK = re.compile(r"[-+=*>]+|\d+[.)]")  # such as a list, where a line begins with it
LONGEST = 10_000
"""The most characters of what a scenario says of itself."""

_FEW = 6  # words, which are better read as one piece of code


def code(text: str, longest: int = 200) -> str:
    """Return foreign text as a code span, which nothing inside can end.

    In a code span, GitHub and GitLab make no link, no mention and no issue of anything.

    Args:
        text: The foreign text.
        longest: How many characters of it are shown.
    """
    shown = cut(sanitize(text), longest)
    if not shown.strip():
        return ""
    fence = "`" * (max(map(len, _BACKTICKS.findall(shown)), default=0) + 1)
    pad = " " if {shown[0], shown[-1]} & {"`", " "} else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def code_block(lines: str) -> str:
    """Return lines as a block of code, which nothing inside can end."""
    fence = "`" * max(3, max(map(len, _BACKTICKS.findall(lines)), default=0) + 1)
    return f"{fence}text\n{lines}\n{fence}"


def prose(text: str, longest: int = 400) -> str:
    """Return a text with everything as code that a renderer could make more of than words.

    Args:
        text: A foreign text, or a sentence of the program in which foreign words may stand.
        longest: How many characters of it are shown.
    """
    text = cut(text, longest)
    rest = _QUOTED.sub("", text)
    words = _WORD.findall(text)
    if "`" in rest:  # which of them belong together is anybody's guess
        return code(text, longest)
    if rest == text and len(words) <= _FEW and not all(map(_is_plain, words)):
        return code(text, longest)
    if words and _STARTS_A_BLOCK.fullmatch(words[0]):
        return " ".join([code(words[0]), *_written(words[1:])])
    return " ".join(_written(words))


def _written(words: Iterable[str]) -> Iterator[str]:
    """Yield words that are plain as they are, and others as code, as many as stand together."""
    for plain, together in groupby(words, _is_plain):
        if plain:
            yield from (_QUOTED.sub(lambda quoted: code(quoted[1]), word) for word in together)
        else:
            yield code(" ".join(together), LONGEST)


def _is_plain(word: str) -> bool:
    """Return whether Markdown makes nothing of a word but for what is quoted in it."""
    rest = _QUOTED.sub(" ", word).split()
    return all(
        _MONEY.fullmatch(part) or (_PLAIN.fullmatch(part) and not _REFERENCE.search(part))
        for part in rest
    )


def row(cells: Iterable[str]) -> str:
    """Return cells as a row of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def table_rows(table: Table) -> list[str]:
    """Return a table in the lines of Markdown, without its title."""
    if len(table.columns) == 1:
        return [f"- {prose(only)}" for (only,) in table.rows]
    lines = [
        row(prose(column.title) for column in table.columns),
        row("---:" if column.number else "---" for column in table.columns),
    ]
    for index, texts in enumerate(table.rows):
        cells = [prose(text) for text in texts]
        if index in table.strong:
            cells = [f"**{cell}**" if cell else "" for cell in cells]
        lines.append(row(cells))
    if table.note:
        lines += ["", *(prose(line, LONGEST) for line in table.note.split("\n"))]
    return lines
