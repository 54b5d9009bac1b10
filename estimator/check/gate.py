"""The check of some files as a whole: each file, the baseline, and what is wrong with the call."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from estimator.check.baseline import Baseline, Judge, written
from estimator.check.cache import Cache
from estimator.check.checked import Asking, Checked, Tally
from estimator.check.run import check_files
from estimator.check.settings import Settings
from estimator.diagnostics import Problems
from estimator.files.project import Input
from estimator.files.read import source_of


@dataclass
class Gate:
    """A check of some files.

    Attributes:
        files: The files as the user calls them, and whether the call names each.
        folders: The folders that were asked for: what the baseline has of them should be there.
        settings: The project's settings.
        asking: What is asked of each scenario.
        jobs: How many processes check at once.
        cache: What was found earlier; None where nothing is remembered.
        baseline: What is compared with; None where there is none.
        update: Is the baseline written anew, so that nothing is compared with it?
        accept_version: Is what moved because of a newer version of the program written into it?
        allow_empty: Is it right that there is nothing to check?
        problems: What is wrong with the call.
        tally: Counts of what is found.
    """

    files: Sequence[tuple[Input, bool]]
    folders: Sequence[str]
    settings: Settings
    asking: Asking
    jobs: int
    cache: Cache | None = None
    baseline: Baseline | None = None
    update: bool = False
    accept_version: bool = False
    allow_empty: bool = False
    problems: Problems = field(default_factory=Problems)
    tally: Tally = field(default_factory=Tally)
    kept: list[Checked] = field(default_factory=list)
    checked: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)

    @staticmethod
    def of_nothing(settings: Settings, problems: Problems) -> Gate:
        """A check that cannot be made, for what is wrong with its call."""
        asking = Asking({}, None, settings.draws, settings.seed)
        return Gate((), (), settings, asking, 1, problems=problems)

    def results(self) -> Iterator[Checked]:
        """What is found of each file, as it comes, and last what is wrong with the call."""
        digests: dict[str, str] = {}
        judge = None
        more_gone = 0
        if self.baseline is not None and not self.update:
            plain = not self.asking.overrides and self.asking.variant is None
            accepts = self.accept_version
            judge = Judge(self.baseline, self.settings, self.problems, plain=plain, accepts=accepts)
        for item, checked in check_files(self.files, self.asking, jobs=self.jobs, cache=self.cache):
            one = checked
            if judge is not None and item.file != "-":
                key = judge.baseline.key(item.file)
                (self.skipped if checked.skipped else self.checked).add(key)
                if checked.digest:
                    one = judge.judged(checked, key, source_of(item.data, checked.file))
                    digests[key] = checked.digest
            if (self.update or self.accept_version) and item.file != "-":
                self.kept.append(checked._replace(found=(), verdicts=()))
            self.tally.add(one)
            yield one
        if judge is not None:
            self.problems.found.extend(judge.by_version())
            gone, more_gone = judge.gone(self._missing(judge.baseline), digests)
            self.problems.found.extend(gone)
            if not self.tally.problems["E"]:
                judge.unknown_names()
        self._check_empty()
        if self.problems.found:
            rest = Checked("", "", tuple(self.problems.found), more_gone=more_gone)
            self.tally.add(rest)
            yield rest

    def new_baseline(self, path: Path) -> str:
        """The text of the baseline as it is from now on."""
        return written(path, self.baseline, self.kept, only_version=self.accept_version)

    def _missing(self, baseline: Baseline) -> list[str]:
        """What the baseline has of the folders that were asked for, and is not there."""
        folders = [baseline.key(folder) for folder in self.folders]
        starts = tuple(f"{folder}/" for folder in folders)
        return [
            file
            for file in baseline.scenarios
            if ("." in folders or file.startswith(starts))
            and file not in self.checked
            and not self._is_left_out(baseline, file)
        ]

    def _is_left_out(self, baseline: Baseline, file: str) -> bool:
        """Is a file there, and not asked for, such as by the settings?"""
        if file in self.skipped:
            return False
        return os.path.exists(baseline.path.parent / file)  # noqa: PTH110 - never raises

    def _check_empty(self) -> None:
        checked = self.tally.scenarios.total() - self.tally.scenarios["skipped"]
        if checked or self.allow_empty or self.problems.errors:
            return
        skipped = self.tally.scenarios["skipped"]
        files = "file is no scenario" if skipped == 1 else "files are no scenarios"
        found = f"; {skipped} YAML {files}" if skipped else ""
        self.problems.add(
            "E042",
            f"there is nothing to check{found}",
            help="name files or folders; `--allow-empty` lets it pass",
        )
