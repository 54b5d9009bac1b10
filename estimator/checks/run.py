"""Many scenarios, one after the other or side by side, with what was found earlier."""

from __future__ import annotations

import math
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path

from estimator.checks.cache import Cache, Item
from estimator.checks.checked import Checked, CheckOptions
from estimator.diagnostics import InputError
from estimator.files.project import Input

_BATCH = 1024  # scenarios that are in memory at once; at the end of each, processes wait
_BYTES = 32 * 1024 * 1024  # of scenarios that are in memory at once
_FEWEST = 12  # scenarios that another process is worth its start for
_CHUNK = 4
_PR_SET_PDEATHSIG = 1
_MANY = 1e6  # processors


def check_files(
    files: Sequence[tuple[Input, bool]],
    options: CheckOptions,
    *,
    jobs: int,
    cache: Cache | None,
) -> Iterator[tuple[Item, Checked]]:
    """Yield what is found of each file, in their order, as it comes.

    Args:
        files: The files as the user calls them, and whether the call names each.
        options: What each is checked with.
        jobs: How many processes check at once.
        cache: What was found earlier.
    """
    with _Workers(options, jobs, len(files)) as workers:
        pending = (_read(*file) for file in files)
        while read := _batch(pending):
            items = [item for item in read if isinstance(item, Item)]
            known = cache.known(items) if cache else [None] * len(items)
            fresh = [item for item, one in zip(items, known, strict=True) if one is None]
            made = workers.check(fresh)
            done = {id(item): one for item, one in zip(items, known, strict=True)}
            kept = []
            for one in read:
                if isinstance(one, Checked):
                    yield Item(one.file, b"", True), one
                    continue
                checked = done[id(one)]
                if checked is None:
                    checked = next(made)
                    kept.append((one, checked))
                yield one, checked
            if cache:
                cache.keep(kept)


def _batch(pending: Iterator[Item | Checked]) -> list[Item | Checked]:
    """Return the next scenarios, as many as may be in memory at once."""
    batch: list[Item | Checked] = []
    size = 0
    for one in islice(pending, _BATCH):
        batch.append(one)
        size += len(one.data) if isinstance(one, Item) else 0
        if size >= _BYTES:
            break
    return batch


def _read(file: Input, named: bool) -> Item | Checked:
    try:
        return Item(file.path, file.bytes(), named)
    except InputError as error:
        return Checked(file.name, file.name, error.diagnostics)


class _Workers:
    """Processes that check scenarios, started once there are enough of them.

    Args:
        options: What each scenario is checked with.
        jobs: The most processes.
        files: How many files there are.
    """

    def __init__(self, options: CheckOptions, jobs: int, files: int) -> None:
        self.options = options
        self.jobs = min(jobs, -(-files // _FEWEST))
        self.pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> _Workers:
        return self

    def __exit__(self, *reason: object) -> None:
        if self.pool is not None:
            self.pool.shutdown(wait=True, cancel_futures=True)

    def check(self, items: Sequence[Item]) -> Iterator[Checked]:
        """Yield what is found of each, in their order."""
        if not items:
            return iter(())
        from estimator.checks.scenario import check_text

        if self.jobs < 2 or len(items) < _FEWEST:
            options = self.options
            return (check_text(i.file, i.data, options, named=i.named) for i in items)
        if self.pool is None:
            self.pool = _pool(self.jobs)
        tasks = [(item, self.options) for item in items]
        return self._made(items, self.pool.map(_check, tasks, chunksize=_CHUNK))

    def _made(self, items: Sequence[Item], results: Iterator[Checked]) -> Iterator[Checked]:
        """Yield what processes find; the rest, if one of them was killed, is found here."""
        from estimator.checks.scenario import check_text

        done = 0
        try:
            for checked in results:
                done += 1
                yield checked
        except BrokenExecutor:
            self.jobs = 1
            for item in items[done:]:
                yield check_text(item.file, item.data, self.options, named=item.named)


def _pool(jobs: int) -> ProcessPoolExecutor:
    """Start processes that begin with what this one has loaded, where the system can do that."""
    import gc
    import multiprocessing

    gc.freeze()  # what is loaded is shared as long as nobody writes into it
    method = "fork" if sys.platform == "linux" else "spawn"
    if method == "spawn":  # a new process would import modules of the current folder
        os.environ["PYTHONSAFEPATH"] = "1"
    context = multiprocessing.get_context(method)
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin)


def _begin() -> None:
    """Leave Ctrl-C to the process that was called, and end with it, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform.startswith("linux"):
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _check(task: tuple[Item, CheckOptions]) -> Checked:
    from estimator.checks.scenario import check_text

    item, options = task
    return check_text(item.file, item.data, options, named=item.named)


def processors(control_groups: str = "/sys/fs/cgroup") -> int:
    """Return how many processors this process may use: in a container often fewer than there are.

    Args:
        control_groups: Where Linux has the share of time of a container.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    allowed = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min(allowed, math.ceil(_quota(Path(control_groups)))))


def _quota(folder: Path) -> float:
    """Return the seconds of processors that there are each second, by either version."""
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota, period = (folder / "cpu.max").read_text("ascii").split()
        return float(quota) / float(period)  # without a limit it is `max`, which is no number
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota, period = (
            (folder / "cpu" / f"cpu.cfs_{name}_us").read_text("ascii")
            for name in ("quota", "period")
        )
        return float(quota) / float(period) if float(quota) > 0.0 else _MANY
    return _MANY
