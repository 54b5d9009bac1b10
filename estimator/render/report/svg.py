"""One plot of a scenario as SVG, for slides."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.diagnostics import InputError, Problems, did_you_mean
from estimator.render.charts import Plot
from estimator.render.html import tag
from estimator.render.registry import Text
from estimator.render.report import Reported
from estimator.render.report._plots import plots
from estimator.render.report._style import plot_style


def to_svg(reported: Reported) -> Iterator[str]:
    """Yield the plot that is asked for, with its own style and a light background."""
    yield drawn(reported) + "\n"


def drawn(reported: Reported) -> str:
    """Return the plot that is asked for as a file of its own.

    Raises:
        InputError: E034 where there is no such plot, or there are several scenarios.
    """
    problems = Problems()
    if len(reported.dossiers) != 1:
        problems.add("E034", "a plot is of one scenario, and this call has several")
        problems.check()
    found = {plot.name: plot for plot in plots(reported.dossiers[0])}
    plot = found.get(reported.plot)
    if plot is None:
        raise InputError(_unknown(reported.plot, found, problems).found)
    start, end, rest = plot.svg.partition(">")
    back = tag("rect", width="100%", height="100%", fill="#fff")
    return f"{start}{end}{tag('style', plot_style())}{back}{rest}"


def _unknown(name: str, found: dict[str, Plot], problems: Problems) -> Problems:
    """Report that there is no such plot, with those that there are."""
    listed = ", ".join(found) or "none"
    near = did_you_mean(name, found)
    problems.add("E034", f"there is no plot `{name}`", help=near or f"there are {listed}")
    return problems


RENDERER = Text(to_svg, endings=(".svg",))
