"""A sweep as a table: a row a point."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.analyse.sweep import Sweep
from estimator.render.page import (
    NOTHING,
    Column,
    Frame,
    Part,
    Table,
    few,
    with_room,
    without_spreads,
)
from estimator.render.registry import Found, Page

_BEST = "best"
_CHANGES = "bottleneck changes"
_FAILING = "fails"


def page(found: Found[Sweep], width: int) -> Iterator[Part]:
    """Yield a row a point, with where bottlenecks change and what fails."""
    if found.result is not None:
        yield with_room(without_spreads(sweep_table(found.result), width), width)
        yield from notes(found.result)


def sweep_table(sweep: Sweep) -> Table:
    """Return a row a point."""
    further = {
        _BEST: sweep.has_frontier,
        _CHANGES: any(point.changes for point in sweep.points),
        _FAILING: any(point.failing or point.fault for point in sweep.points),
    }
    columns = [Column(name, number=bool(at), whole=True) for at, name in enumerate(sweep.axes)]
    columns += [Column(name, number=True) for name in sweep.headings]
    columns += [Column(t, spare=int(t == _CHANGES)) for t, is_there in further.items() if is_there]
    table = Table(sweep.axes[0], columns, frame=Frame.HEADED)
    for point in sweep.points:
        cells = [cell.spread_text or NOTHING for cell in point.cells] or [NOTHING] * len(
            sweep.shown
        )
        words = {_BEST: "*" * point.is_best, _CHANGES: few(point.changes)}
        words[_FAILING] = point.fault or few(point.failing, 1)
        more = [words[title] for title, is_there in further.items() if is_there]
        table.rows.append([*point.at, *cells, *more])
    return table


def notes(sweep: Sweep) -> Iterator[str]:
    """Yield what the table does not say by itself."""
    if sweep.has_frontier:
        yield ""
        kept = " of those at which nothing fails" * _has_kept(sweep)
        yield f"* no other point{kept} is at least as good in all results and better in one."
    if sweep.samples:
        yield ""
        slow = f" ({sweep.slow_samples:,} for results with queueing)" * bool(sweep.slow_samples)
        yield (
            f"Median [5% to 95%] of {sweep.samples:,} samples{slow} at each point, the same in all."
        )


def _has_kept(sweep: Sweep) -> bool:
    """Return whether something fails at some points, and not at all of them."""
    failing = [bool(point.failing or point.fault) for point in sweep.points]
    return any(failing) and not all(failing)


RENDERER = Page(page)
