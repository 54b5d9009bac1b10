"""The scenarios that a file names under `uses` and `used_by`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from estimator.diagnostics import Text
from estimator.scenario.load import Loaded
from estimator.scenario.sections import Content, sections_of

USES, USED_BY = sections_of(Content.FILES)
"""The sections that name scenarios: those whose results are used, and those that use this one."""


class Named(NamedTuple):
    """A scenario that a file names.

    Attributes:
        name: What it is called there.
        text: The path, as it is written.
        is_user: Whether it uses the file, instead of being used by it.
        variant: The design of it that is meant; None for the file as it is.
    """

    name: str
    text: Text
    is_user: bool
    variant: Text | None


def links_of(loaded: Loaded) -> Iterator[Named]:
    """Yield the scenarios that one names."""
    for section in (USES, USED_BY):
        for name, said in (getattr(loaded.scenario, section) or {}).items():
            yield Named(name, said.file, section == USED_BY, said.variant)
