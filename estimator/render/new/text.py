"""What is written to begin with, as a line."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.render.new import Created
from estimator.render.registry import Page
from estimator.render.sanitize import sanitize


def page(created: Created, width: int) -> Iterator[str]:
    """Yield which files are written, and the call that computes the scenario."""
    del width
    if created.files:
        files = " and ".join(map(sanitize, created.files))
        if created.near is not None:
            yield f"did you mean {created.near}? `--from {created.near} --force` starts from that"
        start = f", a copy of {created.system}" if created.system else ""
        yield f"wrote {files}{start}; next: {sanitize(created.call)}"


RENDERER = Page(page, is_note=True)
