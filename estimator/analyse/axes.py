"""What a sweep or a search goes over: an input, and the values that it takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import exp, inf, log
from typing import NamedTuple

from estimator.catalog import catalog
from estimator.diagnostics import Problems, Text, did_you_mean, short
from estimator.library.quantity_words import load_meant
from estimator.model import Model

VARIANT = "variant"
"""The name of the axis that goes over the variants of a file."""
BASE = "base"
"""The file without a variant, among its variants."""

_AXIS = re.compile(r"\s*([A-Za-z_][\w.]*)\s*(?:=\s*(.*\S)\s*)?")
_DECADE = 10.0
"""From what factor between its ends on a range is divided by factors, and not by differences."""


class Axis(NamedTuple):
    """An input, and the values that it takes.

    Attributes:
        name: The input, or `variant`.
        items: Its values, as formulas or words; of a range its two ends.
        is_range: Whether it goes from one end to the other.
    """

    name: str
    items: tuple[Text, ...] = ()
    is_range: bool = False


def axis_of(said: str, option: str, problems: Problems) -> Axis | None:
    """Return what `NAME=A..B` or `NAME=A,B,C` goes over; None with what is wrong reported.

    Args:
        said: What the call says; a name alone is an axis without values.
        option: The option that says it.
        problems: Where it is said what is wrong.
    """
    found, is_list = _AXIS.fullmatch(said), option == "--over"
    if found is None:
        message = f"`{option}` takes an input and its values, and not `{short(said)}`"
        help_ = f"write `{option} 'users=1M..1B'`" + ", or a list, `--over users=1M,10M`" * is_list
        problems.add("E034", message, help=help_)
        return None
    name, values = found[1], found[2] or ""
    is_range = ".." in values
    pieces = values.split("..") if is_range else _listed(values)
    if (is_range and len(pieces) != 2) or not all(piece.strip() for piece in pieces):
        message = f"`{short(values)}` is neither a range nor a list of values"
        help_ = f"write `{option} '{name}=1M..1B'`" + ", or `1M,10M`" * is_list
        problems.add("E034", message, help=help_)
        return None
    items = tuple(Text.of(f"{option} {name}", piece.strip()) for piece in pieces)
    return Axis(name, items, is_range)


def _listed(values: str) -> list[str]:
    """Return the values of a list; a comma between parentheses is part of a value."""
    pieces = [""] if values else []
    depth = 0
    for character in values:
        depth += (character == "(") - (character == ")")
        if character == "," and depth <= 0:
            pieces.append("")
        else:
            pieces[-1] += character
    return pieces


def axes_of(said: Sequence[str], option: str, problems: Problems) -> list[Axis]:
    """Return what a sweep goes over; axes that come twice are reported."""
    axes: list[Axis] = []
    for text in said:
        axis = axis_of(text, option, problems)
        if axis is None:
            continue
        if axis.name in {other.name for other in axes}:
            problems.add("E034", f"`{axis.name}` is swept twice", help="leave out one of the two")
        axes.append(axis)
    return axes


def with_values(
    axis: Axis,
    model: Model,
    values: Mapping[str, float],
    variants: Sequence[str],
    problems: Problems,
) -> Axis:
    """Return an axis with all of its values: the machines of a cloud or a family, or variants.

    Args:
        axis: The axis.
        model: The scenario, as it is.
        values: Its values.
        variants: The names of its variants, which are what an axis `variant` goes over.
        problems: Where an axis without values is reported.
    """
    if axis.name == VARIANT and not axis.items and variants:
        names = (BASE, *variants)
        return axis._replace(items=tuple(Text.of(f"--over {VARIANT}", name) for name in names))
    if not axis.items:
        help_ = _values_to_write(axis.name, model, values)
        if help_ is None:
            unknown_name(axis.name, list(values), problems)
        else:
            problems.add("E034", f"`{axis.name}` has no values to go over", help=help_)
    if axis.is_range or axis.name not in {m.name for m in model.machines}:
        return axis
    items: list[Text] = []
    known = catalog("machines")
    for item in axis.items:
        candidates = known.candidates(item.value) if known.get(item.value) is None else []
        items += [Text(entry.name, item.place) for entry in candidates] or [item]
    return axis._replace(items=tuple(items))


def _values_to_write(name: str, model: Model, values: Mapping[str, float]) -> str | None:
    """Return the line to write for an axis without values; None where there is no such input."""
    if name == VARIANT:
        return "give the file `variants`, each with what it changes"
    if name in {machine.name for machine in model.machines}:
        return f"write `--over {name}=aws`, or a family of machines, such as `m7g`"
    word = next((choice.value for choice in model.choices if choice.name == name), None)
    if word is not None:
        return f"write `--over {name}={word},...`, a list of words"
    quantity, now = model.quantities.get(name), values.get(name, 0.0)
    if quantity is None:
        return None
    ends = [now, now * _DECADE] if 0.0 < now < inf else [1.0, _DECADE]
    if now < 1.0 and quantity.display_unit == "share":
        ends = [now / 2.0, 1.0]
    texts = (model.write(x, quantity.dimension, display_unit=quantity.display_unit) for x in ends)
    return f"write `--over '{name}={'..'.join(texts)}'`, or a list of values"


def spaced(low: float, high: float, points: int, *, is_whole: bool = False) -> list[float]:
    """Return values from one end to the other: by factors from a decade on, else by differences.

    Args:
        low: The one end.
        high: The other.
        points: How many values, at least two.
        is_whole: Whether they are whole numbers; those that come twice are left out.
    """
    is_log = min(low, high) > 0.0 and max(low, high) / min(low, high) >= _DECADE
    shares = [at / (points - 1) for at in range(1, points - 1)]
    if is_log:
        inner = [exp(log(low) + share * (log(high) - log(low))) for share in shares]
    else:
        inner = [low + share * (high - low) for share in shares]
    values = [low, *inner, high]
    return list(dict.fromkeys(map(float, map(round, values)))) if is_whole else values


def unknown_name(name: str, known: Sequence[str], problems: Problems) -> None:
    """Report that an axis names nothing."""
    near = load_meant(name, known) or did_you_mean(name, known)
    problems.add("E014", f"there is nothing named `{short(name)}`", help=near)
