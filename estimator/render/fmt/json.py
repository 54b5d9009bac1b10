"""Files and their canonical form as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from estimator.render.fmt import Formatted, Formatting
from estimator.render.json import diagnostics_json, written
from estimator.render.registry import Text


def to_json(formatting: Formatting) -> Iterator[str]:
    """Yield the files as one JSON object, once the last has come."""
    files = [_file(file, formatting.is_written) for file in formatting.files]
    yield written(
        written=formatting.is_written,
        files=files,
        diagnostics=diagnostics_json(formatting.diagnostics),
    )


def _file(file: Formatted, is_written: bool) -> dict[str, Any]:
    is_printed = is_written and file.file == "<stdin>"  # else the file has it
    return {
        "file": file.file,
        "changed": file.is_changed,
        "difference": "".join(f"{line}\n" for line in file.difference()) or None,
        "text": file.after if is_printed else None,
    }


RENDERER = Text(to_json, endings=(".json",))
