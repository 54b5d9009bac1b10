"""Designs side by side: a column a design."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.analyse.designs import Designs
from estimator.render.page import (
    NOTHING,
    Column,
    Frame,
    Linked,
    Part,
    Table,
    without_spreads,
)
from estimator.render.registry import Found, Page
from estimator.render.sanitize import sanitize

_TITLES = {
    "results": "Results",
    "latency": "p99, at least",
    "availability": "Availability",
    "nodes": "Nodes",
    "cost": "$/month",
}
NAMES = {
    "requests.peak": "load at peak",
    "ingress.peak": "in, peak",
    "egress.peak": "out, peak",
    "storage.retained": "storage",
    "servers": "servers",
    "cost.per_month": "$/month",
    "latency.p99": "p99, at least",
    "availability": "availability, at best",
    "slo.estimate.p99": "p99 (slo), at least",
    "slo.estimate.availability": "availability (slo), at best",
}


def page(found: Found[Designs], width: int) -> Iterator[Part]:
    """Yield a table with a column a design, then what each gives up, and the cheapest."""
    designs = found.result
    if designs is None:
        return
    for at, table in enumerate(tables(designs)):
        if at:
            yield ""
        yield without_spreads(table, width)
    yield ""
    yield from verdicts(designs)


def tables(designs: Designs) -> Iterator[Table]:
    """Yield a table for each group of rows; what differs is marked."""
    names = [design.name for design in designs.designs]
    for group in dict.fromkeys(row.group for row in designs.rows):
        columns = [Column(""), Column(""), *(Column(name, number=True) for name in names)]
        table = Table(_TITLES.get(group, "Designs"), columns, frame=Frame.HEADED)
        for row in designs.rows:
            if row.group == group:
                texts = [text or NOTHING for text in row.texts]
                title = NAMES.get(row.name, row.name) if group == "headlines" else row.name
                first = Linked(texts[0], row.name)
                table.rows.append([title, "≠" * row.differs, first, *texts[1:]])
        if group == "headlines":
            failing = (str(len(design.failing) or NOTHING) for design in designs.designs)
            table.rows.append(["fails", "", *failing])
            if designs.samples:
                chances = (f"{d.chance_cheapest:.0%}" for d in designs.designs)
                table.rows.append(["chance that it is the cheapest", "", *chances])
        yield table


def verdicts(designs: Designs) -> Iterator[str]:
    """Yield what each design gives up, and which is the cheapest that meets all expectations."""
    yield from sacrifices(designs)
    yield ""
    if decided := decision(designs):
        yield decided
    if designs.samples:
        yield f"Chances are of {designs.samples:,} samples, the same in all designs."


def sacrifices(designs: Designs) -> Iterator[str]:
    """Yield what each design gives up, and what it does not keep."""
    for design in designs.designs:
        name = sanitize(design.name)
        if design.gives_up:
            yield f"{name} gives up " + "; ".join(design.gives_up)
        elif not design.failing and not design.report.unknown:
            yield f"{name} gives up nothing that is measured here"
        for check in design.failing:
            yield f"{name} does not keep {sanitize(check)}"
        for check in design.undecided:
            inputs = sanitize(", ".join(design.report.questions))
            yield f"{name} leaves open {sanitize(check)}: not known is {inputs}"


def decision(designs: Designs) -> str:
    """Return which design is the cheapest that meets all expectations; nothing if none costs."""
    if designs.cheapest is not None:
        best = designs.designs[designs.cheapest]
        cost = best.report.values["cost.per_month"].text
        return f"Cheapest that meets all expectations: {sanitize(best.name)}, {cost} a month."
    if not any(design.report.number("cost.per_month") for design in designs.designs):
        return ""
    if any(design.undecided for design in designs.designs):
        return "No design is known to keep all that is expected."
    return "No design keeps all that is expected."


RENDERER = Page(page)
