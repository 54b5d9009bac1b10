"""The machines that components could run on, as tables."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.render.machine_table import machine_table
from estimator.render.machines import Machines
from estimator.render.page import Part
from estimator.render.registry import Page


def page(machines: Machines, width: int) -> Iterator[Part]:
    """Yield a table for each component, with a line between."""
    del width
    for index, choice in enumerate(machines.choices):
        if index:
            yield ""
        yield machine_table(choice)


RENDERER = Page(page)
