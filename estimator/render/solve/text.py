"""Where a condition turns, as a sentence and a table."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.analyse.solve import Solution
from estimator.render.forecast.table import machines_note
from estimator.render.page import Column, Frame, Part, Table
from estimator.render.registry import Found, Page
from estimator.units.write import count, digits

_NEAR_ONE = 0.9, 1.1
_NEAR_DIGITS = 4


def page(found: Found[Solution], width: int) -> Iterator[Part]:
    """Yield the answer, what the headlines come to there, and where else the condition turns."""
    del width
    solution = found.result
    if solution is None:
        return
    yield answer(solution)
    if solution.limit is not None:
        yield ""
        yield results_table(solution)
    for line in notes(solution):
        yield ""
        yield line


def notes(found: Solution) -> Iterator[str]:
    """Yield where else the condition turns, and where that was looked for."""
    if len(found.spans) > 1 or any(span.low_text and span.high_text for span in found.spans):
        yield "It holds " + ", and ".join(_span(s.low_text, s.high_text) for s in found.spans) + "."
    yield from machines_note(found.machines)
    low, high = found.grid_texts
    tried = f"Tried {found.grid[2]} values of {found.name} from {low} to {high}"
    more = found.evaluations - found.grid[2]
    yield f"{tried}, and {more} more to narrow it down." if found.limit else f"{tried}."
    if found.further:
        yield f"To look further, write `--for '{found.name}={'..'.join(found.further)}'`."


def answer(found: Solution) -> str:
    """Return the answer in a sentence."""
    chance = "" if found.confidence is None else f" in {found.confidence:.0%} of the samples"
    if found.limit is None:
        low, high = found.grid_texts
        always = "holds" if found.holds_now else "fails"
        return f"{found.condition} {always}{chance} for {found.name} from {low} to {high}."
    sign = "at most" if found.is_most else "at least"
    ratio = found.limit / found.now
    times = digits(ratio, _NEAR_DIGITS) if _NEAR_ONE[0] < ratio < _NEAR_ONE[1] else count(ratio)
    times += ", the median of its range" * found.is_range
    now = "which holds now" if found.holds_now else "which fails now"
    return (
        f"{found.name}: {sign} {found.limit_text} (×{times}) for {found.condition}{chance}, {now}."
    )


def results_table(found: Solution) -> Table:
    """Return the input and the headlines, now and at the limit."""
    columns = [Column(""), Column("now", number=True), Column("at the limit", number=True)]
    table = Table("", columns, frame=Frame.HEADED)
    table.rows.append([found.name, found.now_text, found.limit_text])
    table.rows += [[result.heading, *result.texts] for result in found.results]
    return table


def _span(low: str, high: str) -> str:
    """Return a span in words."""
    if low and high:
        return f"from {low} to {high}"
    return f"up to {high}" if high else f"from {low} on"


RENDERER = Page(page)
