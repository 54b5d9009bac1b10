"""The plots of a scenario, each with what it is drawn from as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log

from estimator.analyse.summary import BESIDES, costs
from estimator.analyse.system import System, system, used
from estimator.api.dossier import Dossier
from estimator.evaluate import Report
from estimator.evaluate.sampled import Driver, Spread
from estimator.render.charts import Bar, Plot, bars, curves, histogram
from estimator.render.compare.table import NAMES
from estimator.render.diagram import diagram
from estimator.render.forecast.plot import curves_of as curves_of_forecast
from estimator.render.page import NOTHING, Column, Table
from estimator.render.plot import Curves
from estimator.render.sweep.plot import curves_of as curves_of_sweep
from estimator.units import MONEY, write
from estimator.units.write import share

_MOST_BARS = 8
_MOST_COSTS = 6  # they stand beside the answer
_TINY = 0.005  # a share that rounds to nothing
_NEAR = 0.85  # a utilization from which a component stands out, as in the table of components
_SHOWN = ("cost.per_month", "servers", "requests.peak", "storage.retained", "latency.p99")
"""The headlines whose ranges are drawn, besides the file's own results."""
_RANGED = 3  # the curves of a range: its middle and its ends


def plots(dossier: Dossier) -> list[Plot]:
    """Return the plots of a scenario, in the order of the page."""
    report = dossier.report
    made = (
        _cost(report),
        _utilization(report),
        _system(report),
        *_designs(dossier),
        *_growth(dossier),
        *_ranges(report),
        *_sweep(dossier),
    )
    return [plot for plot in made if plot is not None and plot.svg]


# --- bars -----------------------------------------------------------------------------------------


def _cost(report: Report) -> Plot | None:
    """Return what each component costs."""
    whole = report.number("cost.per_month")
    paid = {name: cost for name, cost in costs(report).items() if cost > 0}
    if not paid or not 0 < whole < float("inf"):
        return None
    owners = {title: name for name, title in BESIDES.items()}
    partial = {n for n in paid if report.is_partial(f"{owners.get(n, n)}.cost.per_month")}
    texts = {n: f"{'≥ ' * (n in partial)}{write(cost, MONEY)}" for n, cost in paid.items()}
    ranked = sorted(paid, key=lambda name: -paid[name])
    found = [Bar(n, paid[n], f"{texts[n]}, {_part(paid[n] / whole)}") for n in ranked[:_MOST_COSTS]]
    others = ranked[_MOST_COSTS - 1 :]
    if len(others) > 1:
        cost = sum(paid[name] for name in others)
        text = f"{'≥ ' * bool(partial.intersection(others))}{write(cost, MONEY)}"
        found[-1] = Bar(f"{len(others)} more", cost, f"{text}, {_part(cost / whole)}")
    title, said = "Cost by component", f"{ranked[0]} costs most: {texts[ranked[0]]} a month."
    columns = [Column("component"), Column("$/month", number=True), Column("share", number=True)]
    rows = [[n, texts[n], share(round(paid[n] / whole, 3))] for n in ranked]
    return Plot("cost", title, said, bars(title, said, found, whole), Table(title, columns, rows))


def _part(part: float) -> str:
    return share(round(part, 2)) if part >= _TINY else "<1%"


def _utilization(report: Report) -> Plot | None:
    """Return how much of its bottleneck each component uses at peak, the busiest first."""
    known = [(b, part) for b in report.bottlenecks if (part := used(report, b)) is not None]
    known.sort(key=lambda pair: -pair[1].share)
    if not known:
        return None
    columns = [
        Column("component"),
        Column("bottleneck"),
        Column("utilization", number=True),
        Column("saturates at", number=True),
    ]
    title = "Utilization at peak"
    table, found = Table(title, columns), []
    for one, part in known:
        load = report.values.get(f"{one.component}.breaking_load")
        at = NOTHING if load is None else load.text
        text = f"{'≥ ' * part.is_least}{share(round(part.share, 3))}"
        table.rows.append([one.component, one.resource, text, at])
        found.append(Bar(f"{one.component}: {one.resource}", part.share, text, _tone(part.share)))
    said = f"{known[0][0].component} uses most of its bottleneck, {found[0].text}."
    drawn = bars(title, said, found[:_MOST_BARS], max(1.0, found[0].value))
    return Plot("utilization", title, said, drawn, table)


def _tone(utilization: float) -> str:
    return "bad" if utilization > 1 else "near" if utilization > _NEAR else ""


def _designs(dossier: Dossier) -> Iterator[Plot]:
    """Yield what each design costs; those that do not keep what is expected stand out."""
    designs = dossier.designs
    if designs is None:
        return
    found = []
    for design in designs.designs:
        cost = design.report.values.get("cost.per_month")
        if cost is None or not 0 < cost.value < float("inf"):
            return
        fails = len(design.failing)
        label = f"{design.name} (fails {fails})" if fails else design.name
        found.append(Bar(label, cost.value, cost.text, "bad" if fails else ""))
    least = min(found, key=lambda bar: bar.value)
    title = "Cost per month of each design"
    said = f"{least.label} costs least, {least.text}."
    columns = [Column("design"), Column("$/month", number=True)]
    table = Table(title, columns, [[bar.label, bar.text] for bar in found])
    yield Plot("designs", title, said, bars(title, said, found), table)


# --- the system -----------------------------------------------------------------------------------


def _system(report: Report) -> Plot | None:
    """Return the parts of the system and what flows between them."""
    found = system(report)
    if not found.flows:
        return None
    title = "The system"
    count = sum(bool(part.kind) for part in found.parts)
    parts = "1 component" if count == 1 else f"{count} components"
    busiest = max(found.flows, key=lambda flow: flow.rate)
    said = (
        f"{parts}; most calls go from {busiest.sender} to {busiest.receiver},"
        f" {busiest.text} at peak. The wider a line, the more calls; bars show utilization."
    )
    return Plot("system", title, said, diagram(found, title, said), flow_table(found))


def flow_table(found: System) -> Table:
    """Return what flows between the parts of a system, the most first."""
    columns = [Column("from"), Column("to"), Column("flow"), Column("calls at peak", number=True)]
    table = Table("Calls between components", columns)
    for flow in sorted(found.flows, key=lambda flow: -flow.rate):
        table.rows.append([flow.sender, flow.receiver, flow.name, flow.text])
    return table


# --- curves ---------------------------------------------------------------------------------------


def _growth(dossier: Dossier) -> Iterator[Plot]:
    """Yield the course of each result, with what it is expected to stay within."""
    forecast = dossier.forecast
    if forecast is None:
        return
    for drawn in curves_of_forecast(forecast):
        yield _curves(f"growth-{drawn.title}", drawn, "month", dossier.report, drawn.title)


def _sweep(dossier: Dossier) -> Iterator[Plot]:
    """Yield a plot for each result of a sweep."""
    sweep = dossier.sweep
    if sweep is None or not sweep.points:
        return
    *others, over = sweep.axes
    each = f" A curve for each {' and '.join(others)}." if others else ""
    for name, drawn in zip(sweep.shown, curves_of_sweep(sweep), strict=True):
        yield _curves(f"sweep-{name}", drawn, over, dossier.report, name, each)


def _curves(
    name: str, drawn: Curves, over: str, report: Report, quantity: str, each: str = ""
) -> Plot:
    """Return curves with their values; a sentence may say what there is a curve for."""
    value = report.values[quantity]

    def text(amount: float) -> str:
        return write(
            amount,
            value.dimension,
            display_unit=value.display_unit,
            calendar=report.calendar,
            binary=report.binary,
        )

    first = drawn.curves[0]
    title = NAMES.get(quantity, quantity) + drawn.title.removeprefix(quantity)
    ends = [f"{first.texts[at]} at {drawn.places[at]}" for at in (0, -1)]
    said = f"{value.about} From {ends[0]} to {ends[1]}.{each}".strip()
    is_range = len(drawn.curves) == _RANGED and first.name == "median"
    svg = curves(
        title, said, drawn.places, drawn.curves, drawn.limits, write=text, is_range=is_range
    )
    columns = [Column(over), *(Column(c.name or quantity, number=True) for c in drawn.curves)]
    rows = [
        [place, *(curve.texts[at] for curve in drawn.curves)]
        for at, place in enumerate(drawn.places)
    ]
    return Plot(name, title, said, svg, Table(title, columns, rows))


# --- ranges ---------------------------------------------------------------------------------------


def _ranges(report: Report) -> Iterator[Plot]:
    """Yield how each headline spreads, and what its spread comes from."""
    found = report.uncertainty
    if found is None:
        return
    shown = [*_SHOWN, *report.own]
    for name in sorted(set(found.headlines) & set(shown), key=shown.index):
        if name not in found.ranges:
            is_whole = report.values[name].display_unit == "whole"
            yield _spread(name, found.spreads[name], found.texts[name], is_whole=is_whole)
            yield from _drivers(name, found.drivers.get(name, ()))


def _spread(name: str, spread: Spread, texts: Sequence[str], *, is_whole: bool) -> Plot:
    title = f"Range of {NAMES.get(name, name)}"
    said = f"9 of 10 samples lie between {texts[0]} and {texts[2]}, half below {texts[1]}."
    names = ("p5", "median", "p95")
    ends = zip(spread.percentiles, names, texts, strict=True)
    marks = [(_place(spread, value), mark, text) for value, mark, text in ends]
    count = len(spread.bins)
    middles = [(at + 0.5) / count for at in range(count)]
    if is_whole:
        middles = [_place(spread, round(_value(spread, middle))) for middle in middles]
    svg = histogram(title, said, list(zip(middles, spread.bins, strict=True)), marks)
    columns = [Column("percentile"), Column(name, number=True)]
    rows = [[mark, text] for _, mark, text in marks]
    return Plot(f"range-{name}", title, said, svg, Table(title, columns, rows))


def _place(spread: Spread, value: float) -> float:
    """Return where between the edges a value stands."""
    low, high = spread.edges
    if spread.is_log and 0 < low < high and value > 0:
        return log(value / low) / log(high / low)
    return (value - low) / ((high - low) or 1.0)


def _value(spread: Spread, place: float) -> float:
    """Return the value that stands at a place between the edges."""
    low, high = spread.edges
    if spread.is_log and 0 < low < high:
        return float(low * (high / low) ** place)
    return low + place * (high - low)


def _drivers(name: str, drivers: Sequence[Driver]) -> Iterator[Plot]:
    if not drivers:
        return
    title = f"What drives {NAMES.get(name, name)}"
    parts = [(driver.name, min(max(driver.share, 0.0), 1.0)) for driver in drivers]
    found = [Bar(range_, part, share(round(part, 3))) for range_, part in parts]
    said = f"{found[0].text} of its variance comes from {found[0].label}."
    columns = [Column("range"), Column("share of the variance", number=True)]
    rows = [[bar.label, bar.text] for bar in found]
    svg = bars(title, said, found[:_MOST_BARS], 1.0)
    yield Plot(f"drivers-{name}", title, said, svg, Table(title, columns, rows))
