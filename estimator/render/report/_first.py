"""What a page shows first: the answer, and what fails."""

from __future__ import annotations

import re

from estimator.analyse.summary import WITH_OTHER_DEFAULTS, SummaryLine, figure, summary
from estimator.api.dossier import Dossier
from estimator.evaluate import Report
from estimator.render.compare.table import decision
from estimator.render.html import Html, folded, joined, tag, words
from estimator.render.report._cards import Cards
from estimator.render.report_page import failures, verdict
from estimator.render.report_tables import heading

_QUANTITIES = {
    "cost": "cost.per_month",
    "servers": "servers",
    "load": "requests.peak",
    "data": "storage.retained",
}
"""The lines that stand out, in the order in which a decision needs them, and what they show."""
_MOST_FAILING = 6
"""Lines above the answer; further ones are folded, so that it stays on the first screen."""
_ENDS = frozenset(("at", "when", "after", "provisioned"))
_RANGE = re.compile(r" (?:\[([^]]* to [^]]*)\]|\(([^)]* to [^)]*)\))")
_IN_SAMPLES = " in 9 of 10 samples"
_FIGURE = re.compile(r"((?:at least )?)([^ /]+)(.*)")
_CLASSES = {"refuted": "bad", "near": "near"}


def headline(report: Report, *, level: int) -> Html:
    """Return the name of a scenario, what it says of itself, and what became of its checks."""
    name, file, about = heading(report)
    checks = _checks(report, "li")
    return tag(
        "header",
        tag(f"h{level}", name),
        tag("p", about, class_="lead") if about else "",
        tag("p", tag("code", file), class_="file"),
        tag("ul", *checks, class_="checks") if checks else "",
    )


def in_short(report: Report) -> Html:
    """Return what a scenario costs, its servers, and what became of its checks, in a line."""
    servers = report.number("servers")
    units = {"cost.per_month": "/month", "servers": " server" if servers == 1 else " servers"}
    said = [f"{figure(report, n)}{unit}" for n, unit in units.items() if report.number(n)]
    figures = [tag("span", ", ".join(said))] if said else []
    return joined([*figures, *_checks(report, "span")])


def _checks(report: Report, element: str) -> list[Html]:
    pieces = [piece for piece in verdict(report) if piece.text.strip()]  # no spaces between
    return [tag(element, piece.text, class_=_tone(piece.style)) for piece in pieces]


def _tone(style: str) -> str | None:
    return {"green": "good", "yellow": "near", "bold red": "bad"}.get(style)


def failing(report: Report) -> Html:
    """Return what fails, and what nobody knows yet; nothing where all is well."""
    lines = [
        tag("li", "".join(piece.text for piece in line), class_=_tone(line[0].style))
        for line in failures(report)
    ]
    is_red = any(line[0].style.endswith("red") for line in failures(report))
    more = lines[_MOST_FAILING:]
    rest = folded(f"{len(more)} more", tag("ul", *more), class_="paper") if more else ""
    shown = tag("ul", *lines[:_MOST_FAILING])
    look = "failing" if is_red else "failing open"
    return tag("div", shown, rest, class_=look) if lines else Html("")


def answer(dossier: Dossier, cards: Cards) -> Html:
    """Return the lines of the answer: the most important as large figures, then the others."""
    lines = {line.key: line for line in summary(dossier.report)}
    large = [lines.pop(key) for key in _QUANTITIES if key in lines]
    figures = tag("div", *(_figure(line, cards) for line in large), class_="figures")
    rows = [_row(line) for line in lines.values()]
    decided = "" if dossier.designs is None else decision(dossier.designs)
    if decided:
        rows.append(_row(SummaryLine("designs", "Designs", (decided,))))
    rest = tag("dl", *rows, class_="lines") if rows else ""
    return joined([figures if large else "", rest])


def _figure(line: SummaryLine, cards: Cards) -> Html:
    """Return a figure with its ranges below, then what else the line says."""
    said, ranges = _without_ranges(line.parts[0])
    first, rest = _split(said)
    below = ", ".join(filter(None, (rest, *line.parts[1:])))
    return tag(
        "section",
        tag("h2", line.title),
        tag("p", _in_units(first, _QUANTITIES[line.key], cards), class_="figure"),
        *(tag("p", text, class_="range") for text in ranges),
        tag("p", words(below), class_="rest") if below else "",
        tag("p", words(line.dominated_by), class_="dominated") if line.dominated_by else "",
        class_=_CLASSES.get(line.status),
    )


def _without_ranges(text: str) -> tuple[str, list[str]]:
    """Return what a line begins with, and between what it lies by the file and by the defaults."""
    ranges = []
    for found in _RANGE.finditer(text):
        by_file, by_defaults = found.groups()
        said = by_file or by_defaults.removesuffix(WITH_OTHER_DEFAULTS)
        ranges.append(said + (_IN_SAMPLES if by_file else WITH_OTHER_DEFAULTS))
    return _RANGE.sub("", text), ranges


def _in_units(text: str, quantity: str, cards: Cards) -> Html:
    """Return a figure with its unit, which is smaller; the figure opens how it came about."""
    found = _FIGURE.fullmatch(text)
    if found is None:
        return cards.link(text, quantity)
    return joined([found[1], cards.link(found[2], quantity), tag("small", found[3])])


def _split(text: str) -> tuple[str, str]:
    """Return the figure that a text begins with, and the rest."""
    said = text.split(" ")
    start = 2 if said[:2] == ["at", "least"] else 0
    end = next((at for at in range(start, len(said)) if said[at] in _ENDS), len(said))
    return " ".join(said[:end]), " ".join(said[end:])


def _row(line: SummaryLine) -> Html:
    by = words(line.dominated_by)
    dominated = tag("span", by, class_="dominated") if by else ""
    text = tag("span", words(line.text), class_=_CLASSES.get(line.status))
    return tag("div", tag("dt", line.title), tag("dd", text, dominated))
