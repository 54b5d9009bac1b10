"""The sections of a page below the answer, each with its plots and its tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import log
from typing import NamedTuple

from estimator.analyse.explain import Derivation
from estimator.api.dossier import Dossier
from estimator.checks.checked import Verdict
from estimator.diagnostics import Diagnostic
from estimator.evaluate import Report
from estimator.render.charts import Plot
from estimator.render.compare.table import sacrifices
from estimator.render.compare.table import tables as compare_tables
from estimator.render.explain.text import origin_of
from estimator.render.first_screen import measure_first
from estimator.render.forecast.table import months, passings
from estimator.render.forecast.table import notes as forecast_notes
from estimator.render.forecast.table import tables as forecast_tables
from estimator.render.html import Html, folded, joined, table_html, tag, words
from estimator.render.page import Column, Linked, Table
from estimator.render.report._cards import Cards
from estimator.render.report_tables import tables
from estimator.render.sweep.table import notes as sweep_notes
from estimator.render.sweep.table import sweep_table
from estimator.scenario.outcome import Outcome

_MOST_RANKED = 5
_MOST_LIMITS = 6
_MOST_POINTS = 24  # of a sweep; a longer table is folded below its plots
_SECTIONS = frozenset(
    (
        "Requirements",
        "Storage",
        "Components",
        "Cost",
        "Designs",
        "Derived",
        "Inputs",
        "Expectations",
    )
)
"""The titles of tables that sections have as well."""
_FAILING = {"fail": "bad", "warn": "near"}
"""The looks of what fails already, by whether it fails the run."""


_COMPARED = re.compile(r"([^\W\d][\w.]*) *(?:[<>=!]=|[<>~≤≥≈])")
"""A condition that begins with a quantity."""


class Section(NamedTuple):
    """A section: the end of its address, its title, and what is in it."""

    key: str
    title: str
    body: Html


class Maker:
    """Makes the sections of a scenario.

    Args:
        dossier: The scenario.
        cards: Makes numbers that open how they came about.
        found: Its plots.
    """

    def __init__(self, dossier: Dossier, cards: Cards, found: Sequence[Plot]) -> None:
        self._dossier, self._cards = dossier, cards
        self._report = dossier.report
        self._plots = {plot.name: plot for plot in found}

    def first(self) -> Html:
        """Return what a decision needs beside the answer: where money goes, and when it breaks."""
        ranked = measure_first(self._report, _MOST_RANKED)
        for row, one in zip(ranked.rows, self._report.measure_first, strict=False):
            row[0] = _with_meaning(self._report, row[0], one.names[0])
        measured = self._tables([ranked]) if ranked.rows else ()
        columns = [self._plot("cost"), joined(self._breaks())]
        beside = tag("div", *(tag("div", c) for c in columns if c), class_="beside")
        return joined([beside if any(columns) else "", *measured])

    def _breaks(self) -> Iterator[Html]:
        """Yield when the system breaks: the days on which limits are passed, or at which inputs."""
        forecast = self._dossier.forecast
        found = _nearest(self._dossier.verdicts, self._report)
        if forecast is not None and (dated := passings(forecast)).rows:
            found = dated
            found.columns[0] = found.columns[0]._replace(title="limit")
            for row in found.rows:
                row[0] = _condition(self._report, row[0])
        if not found.rows:
            yield self._plot("utilization")
            return
        has_figures = bool(self._report.actions or self._report.components)  # with headings
        yield tag("h3" if has_figures else "h2", "When it breaks")
        shown = replace(found, rows=found.rows[:_MOST_LIMITS])
        yield from self._tables([shown], titled=False)

    def sections(self) -> Iterator[Section]:
        """Yield the sections that have something in them."""
        made = (
            Section("system", "The system", self._plot("system", is_wide=True)),
            Section("requirements", "Requirements", self._named("requirements", "latency", "slo")),
            Section("storage", "Storage", self._named("storage", "growth")),
            Section("components", "Components", self._components()),
            Section("cost", "Cost", self._named("cost")),
            Section("designs", "Designs", self._designs()),
            Section("growth", "Growth", self._growth()),
            Section("ranges", "How sure it is", self._ranges()),
            Section("sweep", "What if", self._sweep()),
            Section("expectations", "Expectations", self._expectations()),
            Section("derived", "Derived", self._named("derived")),
            Section("inputs", "Inputs", self._named("inputs")),
            Section("assumptions", "Assumptions", self._folded("assumptions")),
            Section("warnings", "Warnings", _warnings(self._dossier.diagnostics)),
        )
        yield from (section for section in made if section.body)

    def _tables(self, found: Iterable[Table], *, titled: bool = True) -> Iterator[Html]:
        """Yield tables, each below its title."""
        for table in found:
            if not table.rows:
                continue
            if titled and table.title and table.title not in _SECTIONS:
                yield tag("h3", table.title)
            first, *others = table.columns
            if titled and first.title == table.title:
                table = replace(table, columns=[first._replace(title=""), *others])
            yield table_html(table, self._cards.link)

    def _named(self, *names: str) -> Html:
        """Return tables by their names; a first one that has the section's title needs none."""
        return joined(self._tables(tables(self._report, names)))

    def _folded(self, name: str) -> Html:
        found = tables(self._report, [name])
        count = sum(len(table.rows) for table in found)
        made = joined(self._tables(found, titled=False))
        return folded(f"{count} {name}", made, class_="paper") if found else Html("")

    def _plot(self, name: str, *, is_wide: bool = False) -> Html:
        """Return a plot below its title, with its data folded; nothing where there is none."""
        plot = self._plots.get(name)
        return Html("") if plot is None else _figure(plot, self._cards, is_wide=is_wide)

    def _all_plots(self, start: str) -> Html:
        found = [self._plot(name) for name in self._plots if name.startswith(start)]
        return tag("div", *found, class_="plots") if found else Html("")

    def _components(self) -> Html:
        sizes = tables(self._report, ["sizes", "shares", "flows"])
        more = folded("More of each component", *self._tables(sizes)) if sizes else ""
        machines = self._named("machines")
        return joined([self._named("components"), self._plot("utilization"), machines, more])

    def _designs(self) -> Html:
        designs = self._dossier.designs
        if designs is None:
            return Html("")
        said = tag("div", *(tag("p", words(line)) for line in sacrifices(designs)), class_="said")
        made = self._tables(compare_tables(designs))
        return joined([tag("div", self._plot("designs"), said, class_="beside"), *made])

    def _growth(self) -> Html:
        forecast = self._dossier.forecast
        if forecast is None:
            return Html("")
        notes = [tag("p", words(line), class_="note") for line in forecast_notes(forecast)]
        course = months(forecast)
        others = [table for table in forecast_tables(forecast) if table.title != course.title]
        by_month = folded("Month by month", *self._tables([course], titled=False))
        made = (self._all_plots("growth-"), *self._tables(others), by_month)
        return joined([*made, *notes])

    def _ranges(self) -> Html:
        found = tables(self._report, ["uncertainty"])
        made = folded("All ranges and drivers", *self._tables(found)) if found else ""
        plots = joined([self._all_plots("range-"), self._all_plots("drivers-")])
        return joined([plots, made])

    def _sweep(self) -> Html:
        sweep = self._dossier.sweep
        if sweep is None or not sweep.points:
            return Html("")
        table = sweep_table(sweep)
        made = joined(self._tables([table], titled=False))
        if len(table.rows) > _MOST_POINTS:
            made = folded(f"{len(table.rows)} points", made)
        notes = [tag("p", line, class_="note") for line in sweep_notes(sweep) if line]
        return joined([self._all_plots("sweep-"), made, *notes])

    def _expectations(self) -> Html:
        """Return what is expected, what became of it, and until when it holds."""
        found = tables(self._report, ["expectations"])
        until = [verdict.until_when for verdict in self._dossier.verdicts]
        for table in found:
            for row, outcome in zip(table.rows, self._report.expectations, strict=True):
                if outcome.status == "pass" or not outcome.reason:
                    row[1] = _expected(self._report, outcome)  # a reason stands beside what fails
            if any(until) and len(until) == len(table.rows):
                table.columns.append(Column(""))
                table.rows = [[*row, said] for row, said in zip(table.rows, until, strict=True)]
        return joined(self._tables(found))


def _nearest(verdicts: Sequence[Verdict], report: Report) -> Table:
    """Return what fails, then until when the others hold, those that break soonest first."""
    table = Table("When it breaks", [Column("expected"), Column("holds until")])
    for verdict in verdicts:
        until = verdict.until_when
        tone = _FAILING.get(verdict.outcome.status)
        if tone is not None:
            fails = joined(
                [tag("strong", "fails already", class_=tone), words(until and f"; {until}")]
            )
            table.rows.append([_expected(report, verdict.outcome), fails])
    firm = [v for v in verdicts if v.outcome.status == "pass" and v.until_when]
    found = {at: place for at, v in enumerate(firm) if (place := _distance(v)) is not None}
    for verdict in (firm[at] for at in sorted(found, key=found.__getitem__)):
        until = verdict.until_when.removeprefix("holds until ")
        table.rows.append([_expected(report, verdict.outcome), until])
    return table


def _distance(verdict: Verdict) -> tuple[bool, float] | None:
    """Return the least growth of an input first, then the least loss; nothing at an input's end."""
    factors = [t.factor for t in verdict.turns if not t.is_at_limit and t.factor > 0.0]
    return (factors[0] < 1.0, abs(log(factors[0]))) if factors else None


def from_file(found: Iterable[Derivation]) -> Table:
    """Return what the file says, each with its line."""
    columns = [Column("name"), Column("value", number=True), Column("line")]
    table = Table("What the file says", columns)
    for derivation in found:
        if not derivation.uses and derivation.where:
            value = Linked(derivation.value, derivation.name)
            table.rows.append([derivation.name, value, origin_of(derivation)])
    return table


def _figure(plot: Plot, cards: Cards, *, is_wide: bool) -> Html:
    data = folded("Data", table_html(plot.data, cards.link))
    drawn = tag("div", plot.svg, class_="scroll", tabindex="0") if is_wide else plot.svg
    if is_wide:
        return tag("figure", drawn, tag("figcaption", plot.description), data, class_="wide")
    said = tag("figcaption", words(plot.description))
    return tag("figure", tag("h3", plot.title), said, drawn, data)


def _warnings(found: Sequence[Diagnostic]) -> Html:
    """Return what to be warned of, with where it stands."""
    made = []
    for diagnostic in found:
        place = diagnostic.place
        where = f"{place.source.name}:{place.line}" if place is not None else ""
        said = tag("p", tag("strong", diagnostic.rule), " ", words(diagnostic.message))
        helped = tag("p", words(diagnostic.help), class_="note") if diagnostic.help else ""
        at = tag("p", tag("code", where), class_="note") if where else ""
        made.append(tag("li", said, helped, at))
    return tag("ul", *made, class_="warnings") if made else Html("")


# --- what names mean ------------------------------------------------------------------------------
# Those who decide know what data costs, and not what `plan.price_5` is.


def _with_meaning(report: Report, text: str, name: str) -> Html:
    """Return a text with what a quantity in it means, below; alone where nothing says so."""
    value = report.values.get(name)
    about = value.about if value is not None else ""
    return joined([words(text), tag("small", words(about), class_="meaning") if about else ""])


def _condition(report: Report, text: str) -> Html:
    """Return a condition with what its left side means."""
    found = _COMPARED.match(text)
    return _with_meaning(report, text, found[1] if found else "")


def _expected(report: Report, outcome: Outcome) -> Html:
    """Return what is expected and why, or what is compared where the file does not say why."""
    if outcome.reason:
        return words(f"{outcome.title}; {outcome.reason}")
    return _condition(report, outcome.title)
