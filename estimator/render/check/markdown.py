"""What a check finds as Markdown: a comment of a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.render.check import Findings
from estimator.render.check_summary import Gathered
from estimator.render.registry import Text


def to_markdown(findings: Findings) -> Iterator[str]:
    """Yield a comment for a pull request, which all results make together."""
    gathered = Gathered()
    for _ in gathered.gather(findings.results):
        pass
    yield gathered.text(findings.tally)


RENDERER = Text(to_markdown, endings=(".md", ".markdown"))
