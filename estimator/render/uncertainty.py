"""Spreads, chances and drivers, tornadoes and Sobol indices, as tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from estimator.evaluate import Report
from estimator.evaluate.sampled import (
    Driver,
    Mean,
    SobolIndices,
    Sources,
    Spread,
    Swing,
    Tornado,
    Uncertainty,
)
from estimator.render.page import NOTHING, Column, Table, few, numbers
from estimator.render.styles import bar
from estimator.units.write import digits, share

_LEVELS = "▁▂▃▄▅▆▇█"
_ALMOST = 0.9995
_RARE = 0.001  # chances below it, and above all but it, are not written in digits
_MOST_PAIRS = 3
_MOST_LISTED = 3
_MANY = 10_000  # draws, by which a share is known within a point or two
_EXPLAINED = 0.8  # of a variance; with less, ranges do much together
_SIDE = 10
_BAR = 10
_MOST_SWINGS = 12
_LEAST = 0.005  # a total effect below it rounds to 0%


def uncertainty_tables(report: Report, found: Uncertainty) -> list[Table]:
    """Return how far quantities spread, what that comes from, means, and what is likely to bind."""
    found_tables = [
        _given(report, found),
        _spreads(report, found),
        _drivers(report, found),
        _means(found),
        _chances(found),
    ]
    tornadoes = [_tornado(report, tornado) for tornado in found.tornadoes]
    return [*found_tables, *tornadoes, *map(_sobol, found.sobol)]


def _given(report: Report, found: Uncertainty) -> Table:
    """Return what is given as a range, and the distribution that was chosen for it."""
    columns = [Column("name"), Column("range"), Column("distribution")]
    written = {name: " ".join(report.values[name].formula.split()) for name in found.ranges}
    rows = [[name, written[name], distribution] for name, distribution in found.ranges.items()]
    return Table("Given as ranges", columns, rows)


def _spreads(report: Report, found: Uncertainty) -> Table:
    titles = ("p5", "p50", "p95", "estimate")
    columns = [Column("range of"), *numbers(titles), Column("from p1 to p99")]
    table = Table("Ranges", columns)
    for name in found.headlines:
        texts = found.texts[name]
        estimate = report.values[name].text
        table.rows.append([name, *texts, estimate, histogram(found.spreads[name])])
    sampled = [n for n in found.headlines if n not in found.ranges] or found.headlines
    taken = max((found.spreads[n].draws for n in sampled), default=found.draws)
    table.note = (
        f"90% of {taken:,} samples lie between p5 and p95;"
        " the estimate has each range at its median"
    )
    names = [n for n in (*found.headlines, *found.drivers) if n not in found.ranges]
    fewer = {n: found.spreads[n].draws for n in names}
    fewer = {n: draws for n, draws in fewer.items() if draws < found.draws}
    if fewer:
        most = max(fewer.values())
        table.note += f"\n{most:,} samples of {_listed(list(fewer))}, computed one at a time"
    return table


def _listed(names: Sequence[str]) -> str:
    return few(names, _MOST_LISTED, " and")


def histogram(spread: Spread) -> str:
    """Return a line of blocks, each as high as there are draws in a part of the spread."""
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
        spread, sources = found.spreads[name], found.sources[name]
        wide = _times(spread.p95 / spread.p5) if spread.p5 > 0 else ""
        rows = [list(_driver(driver, wide)) for driver in drivers]
        rows += [_pair(pair, part) for pair, part in list(sources.together.items())[:_MOST_PAIRS]]
        for at, row in enumerate(rows or [[NOTHING, NOTHING, "", NOTHING]]):
            table.rows.append(["" if at else name, *row])
    notes = []
    if found.drivers:
        notes.append(f"share: {_scales(found.sources)}")
    if any(row[-1] != NOTHING for row in table.rows):
        notes[-1] += "; ↑ raises it, ↓ lowers it; if known: p95/p5 then"
    few = [n for n in found.drivers if found.spreads[n].draws < _MANY]
    if few:
        notes.append(f"shares of {_listed(few)}: within about 5 points, by so few samples")
    for name, sources in found.sources.items():
        if not sources.is_steady:
            notes.append(
                f"{name} has heavy tails: a few samples make up most of its variance,"
                " and its shares are uncertain"
            )
        elif report.rounding is None:  # what is rounded is not what ranges do together
            notes.append(_together(name, sources))
    table.note = "\n".join(filter(None, notes))
    return table


def _scales(sources: Mapping[str, Sources]) -> str:
    """Return what the shares of some quantities are shares of."""
    logs = [name for name, source in sources.items() if source.is_log]
    if len(logs) == len(sources):
        return "of the variance of the logarithm"
    others = f", of {_listed(logs)} of its logarithm" if logs else ""
    return f"of the variance{others}"


def _pair(names: Sequence[str], part: float) -> list[str]:
    return [" × ".join(names), share(_known(part)), f"  {bar(part)}", NOTHING]


def _together(name: str, sources: Sources) -> str:
    """Return what ranges do together, where by themselves they explain little."""
    sum_ = sum(sources.shares.values())
    if sources.left_out:
        return f"{sources.left_out:,} ranges of {name} that explain less were left out"
    if sum_ >= _EXPLAINED:
        return ""
    found = f"ranges by themselves explain {share(_known(max(sum_, 0.0)))} of {name}"
    return f"{found}, the rest is what several do in combination: --sobol {name}"


def _known(part: float) -> float:
    """Return a share in whole thousandths, as draws support no more."""
    return round(part, 3)


def _driver(driver: Driver, wide: str) -> Sequence[str]:
    arrow = {1: "↑", -1: "↓"}.get(driver.direction, "↕")
    narrowed = NOTHING
    if driver.narrowed is not None and wide:
        narrowed = f"{wide} → {_times(driver.narrowed)}"
    part = min(max(driver.share, 0.0), 1.0)
    return driver.name, share(_known(driver.share)), f"{arrow} {bar(part)}", narrowed


def _times(ratio: float) -> str:
    """Return how many times; near once, in as many digits as show that it is not."""
    return f"{digits(ratio, 3 if ratio < 2 else 2)}×"


def _means(found: Uncertainty) -> Table:
    """Return the means that formulas ask for, each with what draws leave open of it."""
    columns = [Column("mean"), Column("value", number=True), Column("standard error")]
    table = Table("Means", columns)
    for mean in found.means:
        formula = " ".join(mean.formula.split())
        table.rows.append([formula, mean.texts[0] or NOTHING, _error(mean)])
    return table


def _error(mean: Mean) -> str:
    if mean.error == 0.0:
        return "none: exact" if mean.draws == 0 else f"none in {mean.draws:,} samples"
    if not math.isfinite(mean.error):
        return f"cannot be estimated from {mean.draws:,} samples: a few of them make up most of it"
    return f"± {mean.texts[1]} by {mean.draws:,} samples"


def _chances(found: Uncertainty) -> Table:
    table = Table("Chances", [Column("what"), Column("in samples", number=True)])
    for component, chances in found.binds.items():
        if max(chances.values(), default=1.0) < _ALMOST:
            table.rows += [
                [f"{resource} is the bottleneck of {component}", _chance(chance)]
                for resource, chance in sorted(chances.items(), key=lambda pair: -pair[1])
                if chance > 1 - _ALMOST
            ]
    for component, chance in found.suffices.items():
        table.rows.append([f"the nodes of {component} are enough", _chance(chance)])
    return table


def _chance(chance: float) -> str:
    """Return a share of draws, in no more digits than draws support."""
    if _RARE < chance < 1 - _RARE or chance in (0.0, 1.0):
        return share(round(chance, 3))
    return f"< {share(_RARE)}" if chance <= _RARE else f"> {share(1 - _RARE)}"


# --- tornado --------------------------------------------------------------------------------------


def _tornado(report: Report, tornado: Tornado) -> Table:
    columns = [
        Column("range"),
        *numbers(("at its p5", "at its p95", "swing")),
        Column("less│more".rjust(_SIDE + len("│more")), whole=True),
    ]
    value = report.values[tornado.name].text
    table = Table(f"Tornado of {tornado.name}, {value} at all medians", columns)
    shown = [s for s in tornado.swings if s.size][:_MOST_SWINGS]
    sides = [_sides(swing, tornado.value) for swing in shown]
    reach = max((end for pair in sides for end in pair if end < math.inf), default=0.0)
    for swing, (less, more) in zip(shown, sides, strict=True):
        bars = _to_left(less, reach) + "│" + _to_right(more, reach)
        table.rows.append([swing.name, *swing.texts, bars])
    table.note = "each range at its ends, the others at their medians"
    still = sum(s.size == 0.0 for s in tornado.swings)
    if still:
        table.note += f"; {still} more {'do' if still > 1 else 'does'} not move it"
    return table


def _sides(swing: Swing, middle: float) -> tuple[float, float]:
    """Return how far a range takes a quantity down, and how far up."""
    ends = [end for end in (swing.low, swing.high) if end is not None]
    if not math.isfinite(middle) or not ends:
        return 0.0, 0.0
    return max(middle - min(ends), 0.0), max(max(ends) - middle, 0.0)


def _to_right(part: float, whole: float) -> str:
    return bar(min(part / whole, 1.0) if whole > 0 else 0.0, _SIDE)


def _to_left(part: float, whole: float) -> str:
    return _to_right(part, whole)[::-1].replace("▌", "▐").rjust(_SIDE)


# --- Sobol indices --------------------------------------------------------------------------------


def _sobol(found: SobolIndices) -> Table:
    columns = [
        Column("range"),
        Column("first order", number=True),
        Column(""),
        Column("total effect", number=True),
        Column(""),
    ]
    table = Table(f"Sobol indices of {found.name}", columns)
    for index in found.indices[:_MOST_SWINGS]:
        if index.total >= _LEAST:
            names = " and ".join(index.names)
            table.rows.append([names, *_cells(index.first), *_cells(index.total)])
    error = 2.0 * max(index.error for index in found.indices)
    together = 1.0 - sum(index.first for index in found.indices)
    together = together if together > error else 0.0  # nothing but error
    table.rows.append(["several together", *_cells(together), NOTHING, ""])
    what = "the variance of its logarithm" if found.is_log else "its variance"
    points = max(0.1, 100.0 * error)
    table.note = (
        f"of {what}, ±{points:.1f} points by {found.draws:,} pairs of samples;"
        " first order: by itself, total effect: also together with others"
    )
    return table


def _cells(part: float) -> tuple[str, str]:
    """Return a share in whole per cent, as estimates from draws support no more, and its bar."""
    kept = min(max(part, 0.0), 1.0)
    return share(round(kept, 2)), bar(kept, _BAR)
