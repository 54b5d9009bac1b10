"""Write CSV for all commands: its line ends, and values in base units."""

from __future__ import annotations

import io
from collections.abc import Iterable
from csv import writer


def written(rows: Iterable[Iterable[str]]) -> str:
    """Return rows as CSV."""
    out = io.StringIO()
    writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def plain(value: float) -> str:
    """Return a value in base units as a spreadsheet reads it."""
    return repr(value).removesuffix(".0")
