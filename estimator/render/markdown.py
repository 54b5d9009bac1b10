"""Reports as Markdown tables, for pull requests and documents."""

from __future__ import annotations

import re
from collections.abc import Iterable

from estimator.evaluate import Report
from estimator.render.tables import Table, heading, tables
from estimator.render.sanitize import sanitize

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!$@])")
_BACKTICKS = re.compile("`+")

# Words and numbers that no renderer makes anything else of: no markup, no mention of people or
# issues, no mathematics, and nothing with a dot or a colon inside that could be an address.
_PLAIN = re.compile(r"(?:[^\W_]|[ ,;()%×÷≈≤≥…’'\"+/=-]|(?<=\d)\.(?=\d)|[.:](?= |$))*")


def to_markdown(reports: Iterable[Report]) -> str:
    """Each report under a heading of its own."""
    return "\n".join(_report(report) for report in reports)


def _report(report: Report) -> str:
    name, file, about = heading(report)
    lines = [f"# {escape(name)}", "", escape(file)]
    if about:
        lines += ["", escape(about)]
    for table in tables(report):
        lines += ["", f"## {table.title}", "", *table_rows(table)]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", text)


def code(text: str, longest: int = 200) -> str:
    """A user's text as a code span, which a table can hold and nothing inside can end.

    In a code span, GitHub and GitLab make no link, no mention and no issue of anything.

    Args:
        text: What a user wrote.
        longest: How many characters of it are shown.
    """
    shown = sanitize(text)
    if len(shown) > longest:
        shown = shown[: longest - 1] + "…"
    if not shown.strip():
        return ""
    fence = "`" * (max(map(len, _BACKTICKS.findall(shown)), default=0) + 1)
    pad = " " if {shown[0], shown[-1]} & {"`", " "} else ""
    return f"{fence}{pad}{shown}{pad}{fence}".replace("|", "\\|")


def prose(text: str, longest: int = 400) -> str:
    """A message as text, with what stands in backticks as code; all of it as code if in doubt.

    Args:
        text: A sentence of the program, in which users' words may stand.
        longest: How many characters of it are shown.
    """
    parts = text.split("`")
    words, quoted = parts[::2], parts[1::2]
    plain = len(text) <= longest and len(parts) % 2 == 1 and all(quoted)
    if not plain or not all(_PLAIN.fullmatch(part) for part in words):
        return code(text, longest)
    return "".join(code(part) if index % 2 else part for index, part in enumerate(parts))


def table_rows(table: Table, *, quoted: bool = False) -> list[str]:
    """A table in the lines of Markdown, without its title.

    Args:
        table: The table.
        quoted: Show words as code, in which nobody is mentioned and nothing is linked.
    """
    if len(table.columns) == 1:
        return [f"- {escape(only)}" for (only,) in table.rows]
    lines = [
        "| " + " | ".join(escape(c.title) for c in table.columns) + " |",
        "| " + " | ".join("---:" if c.number else "---" for c in table.columns) + " |",
    ]
    for index, row in enumerate(table.rows):
        cells = [
            code(cell) if quoted and not column.number else escape(cell)
            for cell, column in zip(row, table.columns, strict=True)
        ]
        if index in table.strong:
            cells = [f"**{c}**" if c else "" for c in cells]
        lines.append("| " + " | ".join(cells) + " |")
    if table.note:
        lines += ["", escape(table.note)]
    return lines
