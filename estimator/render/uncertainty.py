"""Spreads, chances and drivers as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from estimator.evaluate import Driver, Report, Spread, Uncertainty
from estimator.render.tables import NOTHING, Column, Table
from estimator.render.visible import visible
from estimator.units.write import digits, share

_LEVELS = "▁▂▃▄▅▆▇█"
_BAR = 12
_ALMOST = 0.9995
_RARE = 0.001  # chances below it, and above all but it, are not told in digits
_EXPLAINED = 0.8  # of a variance; with less, ranges do much together


def uncertainty_tables(report: Report, found: Uncertainty) -> list[Table]:
    """How far quantities spread, what their spread comes from, and what is likely to bind."""
    found_tables = [
        _given(report, found),
        _spreads(report, found),
        _drivers(report, found),
        _chances(found),
    ]
    if not (found.tornadoes or found.sobol):
        return found_tables
    from estimator.render.sensitivity import sensitivity_tables

    return [*found_tables, *sensitivity_tables(report, found)]


def _given(report: Report, found: Uncertainty) -> Table:
    """What is given as a range, and the distribution that was chosen for it."""
    table = Table("Given as ranges", [Column("name"), Column("written"), Column("taken as")])
    for name, distribution in found.ranges.items():
        written = " ".join(report.values[name].formula.split())
        table.rows.append([visible(name), visible(written), distribution])
    return table


def _spreads(report: Report, found: Uncertainty) -> Table:
    columns = [
        Column("range of"),
        *(Column(t, number=True) for t in ("p5", "p50", "p95", "estimate")),
        Column("from p1 to p99"),
    ]
    table = Table("Ranges", columns)
    for name in found.headlines:
        texts = found.texts[name]
        estimate = report.values[name].text
        table.rows.append([visible(name), *texts, estimate, histogram(found.spreads[name])])
    table.note = (
        f"90% of {found.draws:,} draws lie between p5 and p95;"
        " the estimate has each range at its median"
    )
    return table


def histogram(spread: Spread) -> str:
    """A line of blocks, each as high as there are draws in a part of the spread."""
    bins = [sum(pair) for pair in zip(spread.bins[::2], spread.bins[1::2], strict=True)]
    most = max(bins, default=0)
    return "".join(_LEVELS[max(0, -(-len(_LEVELS) * n // most) - 1)] for n in bins) if most else ""


def _drivers(report: Report, found: Uncertainty) -> Table:
    columns = [
        Column("what drives"),
        Column("range"),
        Column("share", number=True),
        Column(""),
        Column("if known"),
    ]
    table = Table("Drivers", columns)
    for name, drivers in found.drivers.items():
        spread = found.spreads[name]
        wide = _times(spread.p95 / spread.p5) if spread.p5 > 0 else ""
        first = visible(name)
        if not drivers:
            table.rows.append([first, NOTHING, NOTHING, "", NOTHING])
        for driver in drivers:
            table.rows.append([first, *_driver(driver, wide)])
            first = ""
    notes = []
    if any(row[-1] != NOTHING for row in table.rows):
        notes.append("share: of the variance; ↑ more of it is more, ↓ less; if known: p95/p5 then")
    if report.digits is None:  # rounding leaves shares unexplained, too
        sums = ((name, sum(found.spreads[name].shares.values())) for name in found.drivers)
        notes += [_lacking(name, sum_) for name, sum_ in sums]
    table.note = "\n".join(filter(None, notes))
    return table


def _lacking(name: str, sum_: float) -> str:
    """What to ask where ranges alone, each in proportion, do not explain a spread."""
    if sum_ >= _EXPLAINED:
        return ""
    found = f"the shares of {visible(name)} come to {share(max(sum_, 0.0))}"
    return f"{found}; its ranges act together, or not in proportion: --sobol {visible(name)}"


def _driver(driver: Driver, wide: str) -> Sequence[str]:
    arrow = "↑" if driver.direction > 0 else "↓"
    narrowed = NOTHING
    if driver.narrowed is not None and wide:
        narrowed = f"{wide} → {_times(driver.narrowed)}"
    part = min(max(driver.share, 0.0), 1.0)
    return visible(driver.name), share(driver.share), f"{arrow} {bar(part)}", narrowed


def _times(ratio: float) -> str:
    """How many times; near once, in as many digits as show that it is not."""
    return f"{digits(ratio, 3 if ratio < 2 else 2)}×"


def bar(part: float, length: int = _BAR) -> str:
    """A bar for a share, in half blocks."""
    halves = round(part * length * 2)
    return "█" * (halves // 2) + "▌" * (halves % 2)


def _chances(found: Uncertainty) -> Table:
    table = Table("Chances", [Column("what"), Column("in draws", number=True)])
    for component, chances in found.binds.items():
        if max(chances.values(), default=1.0) < _ALMOST:
            table.rows += [
                [f"{resource} binds {visible(component)}", _chance(chance)]
                for resource, chance in _by_chance(chances.items())
                if chance > 1 - _ALMOST
            ]
    for component, chance in found.suffices.items():
        table.rows.append([f"the nodes of {visible(component)} are enough", _chance(chance)])
    return table


def _chance(chance: float) -> str:
    """A share of draws, in no more digits than there are draws to tell them."""
    if _RARE < chance < 1 - _RARE or chance in (0.0, 1.0):
        return share(round(chance, 3))
    return f"< {share(_RARE)}" if chance <= _RARE else f"> {share(1 - _RARE)}"


def _by_chance(chances: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    return sorted(chances, key=lambda pair: -pair[1])
