"""The check of some files as a whole: each file, the baseline, and what is wrong with the call."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from estimator.checks.baseline import Baseline, Judge, check_tolerances, read_baseline, written
from estimator.checks.cache import OLD_FOLDER, Cache, Item, cache_folder, is_in_ci
from estimator.checks.checked import Checked, CheckOptions, Tally
from estimator.checks.request import CheckRequest
from estimator.checks.run import check_files, processors
from estimator.checks.settings import BASELINE, ProjectSettings
from estimator.diagnostics import Problems
from estimator.files.project import SCENARIOS, Input, Project, own_folders, shown, typed
from estimator.files.read import source_of
from estimator.files.write import write_whole

_WRITES = "`estimator check --update-baseline` writes one"


@dataclass(kw_only=True)
class CheckRun:
    """A check of some files.

    Attributes:
        files: The files as the user calls them, and whether the call names each.
        folders: The folders that the call names: what the baseline has of them should be there.
        settings: The project's settings.
        request: What the call says.
        options: What each scenario is checked with.
        problems: What is wrong with the call.
        cache: What was found earlier; None where it is not used.
        baseline_file: Where the baseline is, or would be.
        baseline: What is compared with; None where there is none.
        notes: What to know of the cache, a line each.
        tally: Counts of what is found.
        kept: What is found of each file, for a baseline that is written.
        checked: The scenarios that the baseline has and that were checked, by their keys.
        skipped: The files of the baseline that are something else now, likewise.
    """

    files: Sequence[tuple[Input, bool]] = ()
    folders: Sequence[str] = ()
    settings: ProjectSettings
    request: CheckRequest
    options: CheckOptions
    problems: Problems
    cache: Cache | None = None
    baseline_file: Input | None = None
    baseline: Baseline | None = None
    notes: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    kept: list[Checked] = field(default_factory=list)
    checked: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)

    def results(self) -> Iterator[Checked]:
        """Yield what is found of each file, as it comes, and last what is wrong with the call."""
        try:
            yield from self._results()
        finally:
            if self.cache is not None:
                self.cache.close()

    def _results(self) -> Iterator[Checked]:
        digests: dict[str, str] = {}
        judge = self._judge()
        jobs = self.settings.jobs or processors()
        for item, found in check_files(self.files, self.options, jobs=jobs, cache=self.cache):
            if self.request.writes_baseline and item.file != "-":
                self.kept.append(found._replace(found=(), verdicts=()))
            compared = found if judge is None else self._compared(judge, item, found, digests)
            self.tally.add(compared)
            yield compared
        more_gone = 0 if judge is None else self._look_for_gone(judge, digests)
        self._check_empty()
        if self.problems.found:
            rest = Checked("", "", tuple(self.problems.found), more_gone=more_gone)
            self.tally.add(rest)
            yield rest

    def _judge(self) -> Judge | None:
        """Return what compares with the baseline, if there is one."""
        if self.baseline is None or self.request.update_baseline:
            return None
        return Judge(
            self.baseline,
            self.settings,
            self.problems,
            plain=not self.options.overrides and self.options.variant is None,
            accepts=self.request.accept_version,
        )

    def _compared(
        self, judge: Judge, item: Item, found: Checked, digests: dict[str, str]
    ) -> Checked:
        """Return what is found of a file with what moved in it; note what the baseline calls it."""
        if item.file == "-":
            return found
        key = judge.baseline.key(item.file)
        (self.skipped if found.skipped else self.checked).add(key)
        if not found.digest:
            return found
        digests[key] = found.digest
        return judge.judged(found, key, source_of(item.data, found.file))

    def _look_for_gone(self, judge: Judge, digests: Mapping[str, str]) -> int:
        """Add what the baseline has and is no longer there; return how much is not listed."""
        self.problems.found.extend(judge.by_version())
        gone, more = judge.gone(self._missing(judge.baseline), digests)
        self.problems.found.extend(gone)
        if not self.tally.problems["E"]:
            judge.unknown_names()
        return more

    def write_baseline(self) -> str:
        """Write the baseline, unless something could not be computed; return what became of it.

        Raises:
            InputError: Where it cannot be written.
        """
        assert self.baseline_file is not None
        file = Path(self.baseline_file.path)
        if self.tally.problems["E"]:
            return f"{file} stays as it is, since not everything can be computed."
        only_version = self.request.accept_version
        text = written(file, self.baseline, self.kept, only_version=only_version)
        is_same = self.baseline is not None and self.baseline.text == text
        if not is_same:
            if self.baseline_file.project is not None:
                self.baseline_file.project.real(file, "name it with `--baseline` to write it")
            write_whole(file, text, [input_.path for input_, _ in self.files])
        if only_version:
            state = "nothing of an older version" if is_same else "the values of this version"
            return f"{file} has {state}, where nothing else changed."
        count = sum(bool(one.digest) for one in self.kept)
        state = "is up to date with" if is_same else "is written with"
        return f"{file} {state} {count} scenario{'' if count == 1 else 's'}."

    def _missing(self, baseline: Baseline) -> list[str]:
        """Return what the baseline has of the folders that the call names, and is not there."""
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
        """Return whether a file is there and not checked, such as by the settings."""
        if file in self.skipped:
            return False
        return os.path.exists(baseline.path.parent / file)  # noqa: PTH110 - never raises

    def _check_empty(self) -> None:
        checked = self.tally.scenarios.total() - self.tally.scenarios["skipped"]
        if checked or self.request.allow_empty or self.problems.errors:
            return
        skipped = self.tally.scenarios["skipped"]
        files = "file is not a scenario" if skipped == 1 else "files are not scenarios"
        found = f"; {skipped} YAML {files}" if skipped else ""
        self.problems.add(
            "E042",
            f"there is nothing to check{found}",
            help="name files or folders, or put scenarios into `scenarios/`;"
            " `--allow-empty` accepts that there are none",
        )


# --- before the first file ------------------------------------------------------------------------


def refused_run(settings: ProjectSettings, problems: Problems) -> CheckRun:
    """Return a check of nothing, for what is wrong with its call."""
    options = CheckOptions({}, None, settings.samples, settings.seed)
    return CheckRun(settings=settings, request=CheckRequest(), options=options, problems=problems)


def prepared_run(
    files: Sequence[tuple[Input, bool]],
    folders: Sequence[str],
    request: CheckRequest,
    *,
    settings: ProjectSettings,
    problems: Problems,
) -> CheckRun:
    """Return a check with its baseline and its cache.

    Args:
        files: The files as the user calls them, and whether the call names each.
        folders: The folders that the call names.
        request: What the call says.
        settings: The project's settings.
        problems: Where it is said what is wrong with the baseline or its settings.
    """
    settings = _applied(request, settings)
    file = _baseline_file(settings) if request.baseline is None else typed(str(request.baseline))
    baseline = read_baseline(file, problems)
    if baseline is None:
        check_tolerances(settings, problems)
    is_named = request.baseline is not None or settings.baseline is not None
    needs_one = (is_named or request.accept_version) and not request.update_baseline
    if baseline is None and needs_one and not problems.errors:
        problems.add("E043", f"there is no baseline `{file.path}`", help=_WRITES)
    keeps_figures = request.update_baseline or baseline is not None
    figures = (*settings.values, *settings.exact_names) if keeps_figures else None
    options = CheckOptions(
        request.overrides,
        request.variant,
        settings.samples,
        settings.seed,
        figures,
        stale_fails=settings.stale_inputs == "error",
        allow_undecided=request.allow_undecided,
        uncertain_defaults=request.uncertain_defaults,
    )
    run = CheckRun(
        files=files,
        folders=folders,
        settings=settings,
        request=request,
        options=options,
        problems=problems,
        baseline_file=file,
        baseline=baseline,
    )
    run.cache = _cache(run)
    return run


def _applied(request: CheckRequest, settings: ProjectSettings) -> ProjectSettings:
    """Return the settings with what the call says in their place."""
    return settings._replace(
        samples=settings.samples if request.samples is None else request.samples,
        seed=settings.seed if request.seed is None else request.seed,
        jobs=settings.jobs if request.jobs is None else request.jobs,
    )


def _cache(run: CheckRun) -> Cache | None:
    """Open the cache of earlier checks, if one is wanted; note where an old one is left.

    The settings of a project may forbid a cache. They cannot ask for one in CI, where a pull
    request writes them.
    """
    root, cached = run.settings.root, run.request.cached
    if os.path.lexists(root / OLD_FOLDER):
        old = shown(root / OLD_FOLDER)
        run.notes.append(f"{old} is not read: the cache is in your own folder now. Delete it.")
    if not (cached if cached is not None else run.settings.cache and not is_in_ci()):
        return None
    folder = cache_folder(Path(Project.around(root).root))
    if folder is None and cached:
        run.notes.append("The cache folder is inside the project, so it is not used.")
    return None if folder is None else Cache(folder, run.options)


def _baseline_file(settings: ProjectSettings) -> Input:
    """Return the baseline of the settings, or the nearest of the usual name, or where one would be.

    That is beside the settings, beside the folder `scenarios/`, or at the repository's top, where
    it is found from all folders below.
    """

    def named(folder: Path, name: str) -> Input:
        return Input(shown(folder / name), Project.around(folder))

    if settings.source is not None:
        return named(settings.root, settings.baseline or BASELINE)
    folders = [Path(folder) for folder in own_folders(os.curdir)]
    for folder in folders:
        if os.path.lexists(folder / BASELINE):
            return named(folder, BASELINE)
    tops = (f for f in folders if os.path.isdir(f / SCENARIOS) or os.path.lexists(f / ".git"))  # noqa: PTH112
    return named(next(tops, folders[0]), BASELINE)
