"""What `estimator check` writes for GitHub Actions, beside the text for people."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from estimator.cli.terminal import Color, complain, put_pieces
from estimator.diagnostics import InputError
from estimator.files.write import append
from estimator.render.check import Findings
from estimator.render.check.github import to_github
from estimator.render.check_summary import summary_of_step
from estimator.render.located import checkout

if TYPE_CHECKING:
    from estimator.api import Checked, Tally


class GitHub:
    """Gathers what is found, for annotations and for the summary of a step.

    Args:
        tally: Counts of what is found.
        annotates: Are annotations to come beside the text?
    """

    def __init__(self, tally: Tally, *, annotates: bool) -> None:
        self._tally = tally
        self._annotates = annotates
        self._summary = summary_of_step()
        self._wrong: list[Checked] = []

    def gather(self, results: Iterable[Checked]) -> Iterator[Checked]:
        """Hand on results, and keep what annotations and the summary are of."""
        for checked in self._summary.gather(results):
            if checked.found:
                self._wrong.append(checked)
            yield checked

    def finish(self) -> None:
        """Write annotations into the log, and the summary into its file."""
        if self._annotates:
            findings = Findings(self._wrong, self._tally, checkout(os.environ))
            put_pieces(to_github(findings), annotates=True)
        file = os.environ.get("GITHUB_STEP_SUMMARY")
        if file:
            try:
                append(Path(file), self._summary.text(self._tally))
            except InputError as error:
                complain(error.diagnostics, Color.auto)
