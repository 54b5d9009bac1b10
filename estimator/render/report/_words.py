"""What names mean: those who decide know what data costs, and not what `plan.price_5` is."""

from __future__ import annotations

import re

from estimator.evaluate import Report
from estimator.render.html import Html, joined, tag, words
from estimator.scenario.outcome import Outcome

_COMPARED = re.compile(r"([^\W\d][\w.]*) *(?:[<>=!]=|[<>~≤≥≈])")
"""A condition that begins with a quantity."""


def with_meaning(report: Report, text: str, name: str) -> Html:
    """Return a text with what a quantity in it means, below; alone where nothing says so."""
    value = report.values.get(name)
    about = value.about if value is not None else ""
    return joined([words(text), tag("small", words(about), class_="meaning") if about else ""])


def condition(report: Report, text: str) -> Html:
    """Return a condition with what its left side means."""
    found = _COMPARED.match(text)
    return with_meaning(report, text, found[1] if found else "")


def expected(report: Report, outcome: Outcome) -> Html:
    """Return what is expected and why, or what is compared where the file does not say why."""
    if outcome.reason:
        return words(f"{outcome.title}; {outcome.reason}")
    return condition(report, outcome.title)
