"""What calls are given: scenarios or their files, formulas and names of variants."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from numbers import Real
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from estimator.diagnostics import Problems, Text
from estimator.files.project import Input, typed

if TYPE_CHECKING:
    from estimator.scenario.load import Loaded

    Scenario = Loaded

Overrides: TypeAlias = Mapping[str, str | Text | float]
"""Formulas or numbers that replace what a scenario says, by name, such as `{"users": "1M"}`."""


def load(
    path: str | PathLike[str] | Input | None = None,
    *,
    text: str | None = None,
    name: str = "scenario",
) -> Scenario:
    """Return a scenario, read from a file or given as a text.

    Args:
        path: The file.
        text: The scenario itself, in place of a file.
        name: What a text is called in messages, and in results unless it names itself.

    Raises:
        InputError: Where it is no scenario at all; what else is wrong with it, `estimate` raises.
        TypeError: There are both a file and a text, or neither.

    Examples:
        >>> import estimator
        >>> shop = estimator.load(text="{users: 1M, actions: {visit: {per_user: 10/day}}}")
        >>> shop.scenario.users.value
        '1M'
    """
    from estimator.files.read import source_of
    from estimator.scenario.load import load as load_file
    from estimator.scenario.load import load_source

    if (path is None) == (text is None):
        raise TypeError("load() takes either a path or a text")
    if text is not None:
        return load_source(source_of(text.encode("utf-8"), name), Path(), name)
    assert path is not None
    return load_file(path if isinstance(path, Input) else typed(fspath(path)))


def loaded_of(scenario: Scenario | str | PathLike[str]) -> Scenario:
    """Return a scenario, read from its file where it is not read yet."""
    from estimator.scenario.load import Loaded

    if isinstance(scenario, str | PathLike):
        return load(scenario)
    given: object = scenario  # whatever the types promise
    if isinstance(given, Loaded):
        return given
    name = type(given).__name__
    raise TypeError(f"a scenario is a path, or what estimator.load() returns, and no {name}")


def formulas_of(overrides: Overrides | None) -> dict[str, Text]:
    """Return formulas by name as texts with places."""
    said: object = {} if overrides is None else overrides  # whatever the types promise
    if not isinstance(said, Mapping):
        raise TypeError(f"overrides are formulas by name, and no {type(said).__name__}")
    problems = Problems()
    for name, given in said.items():
        if isinstance(given, Real) and not math.isfinite(given):
            problems.add("E034", f"`{name}` is set to {given}, which is no finite number")
    problems.check()
    return {
        n: f if isinstance(f, Text) else Text.of("overrides", _formula(f)) for n, f in said.items()
    }


def _formula(given: str | float) -> str:
    """Return a number as formulas have it, without an exponent, and yes and no in words."""
    said: object = given  # whatever the types promise
    if isinstance(said, str):
        return said
    if isinstance(said, bool):
        return "yes" if said else "no"
    if not isinstance(said, Real):
        raise TypeError(f"a formula is a text or a number, and no {type(said).__name__}")
    return f"{Decimal(str(said)):f}"


def check_positive(**numbers: int | None) -> None:
    """Check that numbers are at least one, where they are given.

    Raises:
        InputError: E034.
    """
    problems = Problems()
    for name, number in numbers.items():
        if number is not None and number < 1:
            problems.add("E034", f"`{name}` is at least 1, but it is {number}")
    problems.check()


def variant_of(name: str | Text | None) -> Text | None:
    """Return the name of a variant as a text with a place."""
    return Text.of("variant", name) if isinstance(name, str) else name


def names_of(names: str | Sequence[str]) -> tuple[str, ...]:
    """Return names, of which there may be one alone."""
    return (names,) if isinstance(names, str) else tuple(names)
