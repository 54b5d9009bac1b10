"""What a kind says, as steps of a pattern."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from estimator.catalog import Entry
from estimator.diagnostics import Text
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.formula.tree import Call, Node, walk
from estimator.library import Parameter
from estimator.model.drafts import may_have_range
from estimator.model.instance import Instance
from estimator.model.patterns import Anew, Piece, Step
from estimator.model.quantity import Bounds, Origin
from estimator.model.visits import VISITS
from estimator.units import Dimension

ZERO, _WHOLE = Text.of("bounds", "0"), Text.of("bounds", "100%")


def parameter_step(instance: Instance, name: str, parameter: Parameter) -> Step:
    """What `_parameter` does with the same arguments."""
    drafted = name in instance.given and parameter.catalog is None and parameter.flows is None
    call = Anew("_parameter", (name, parameter), name if drafted else "")
    if drafted or parameter.catalog is not None or parameter.flows is not None:
        return call
    if parameter.default is None:
        return call
    return value_piece(name, parameter, parameter.default, Origin.DEFAULT) or call


def field_step(
    of: str, shapes: Mapping[str, Parameter], entry: Entry, field: str, *, is_given: bool
) -> Step:
    """Return what drafts a field of a catalogue's entry, for the parameter that names it."""
    name, shape = f"{of}.{field}", shapes[field]
    if is_given:
        return Anew("_given_value", (name, shape), name)
    text, origin = entry.within(field, of, shapes), Origin.DERIVED
    source = f"{entry.name}: {entry.source}"
    if text is None:
        text = shape.default
        if shape.source or shape.assumption:
            origin, source = Origin.DEFAULT, ""
    assert text is not None
    call = Anew("_value", (name, shape, text, origin, source), name)
    return value_piece(name, shape, text, origin, source) or call


def value_piece(
    name: str, parameter: Parameter, text: Text, origin: Origin, source: str = ""
) -> Piece | None:
    """What `_value` drafts with the same arguments; None where it depends on the scenario."""
    if parameter.share_of is not None or may_have_range(text.value):
        return None
    wanted, hint = parameter.takes
    piece = piece_of(name, text, "", wanted, hint, parameter.about.value, source)
    if piece is None or origin is Origin.DERIVED:
        return piece
    said, assumption = said_of(parameter)
    bounds = bounds_of(parameter, hint)
    return piece._replace(origin=origin, source=said, assumption=assumption, bounds=bounds)


def piece_of(
    name: str,
    text: Text,
    which: str,
    wanted: Dimension | None,
    hint: str,
    about: str,
    source: str,
    *,
    on_path: bool = False,
) -> Piece | None:
    """A formula of the library; None where it is wrong, or asks by what path requests come."""
    if not on_path and asks_of_path(text.value):
        return None
    try:
        tree = parse(text.value)
    except FormulaError:
        return None
    return Piece(name, text, tree, Origin.DERIVED, wanted, hint, about, source, "", None, which)


def said_of(parameter: Parameter) -> tuple[str, str]:
    """The source of a default, and why it is assumed where there is none."""
    source = parameter.source.value if parameter.source else ""
    assumption = parameter.assumption.value if parameter.assumption else ""
    return source, assumption


def bounds_of(parameter: Parameter, hint: str) -> Bounds:
    """What the values of a parameter may be."""
    highest = parameter.maximum
    if highest is None and hint in ("share", "nines"):
        highest = _WHOLE
    lowest = parameter.minimum or ZERO
    return Bounds(parameter.above, lowest, highest)


def says_something(instance: Instance, name: str, parameter: Parameter) -> bool:
    """Is a parameter given, or has it a default, or is it missed?"""
    said = (parameter.default, parameter.required, parameter.flows, parameter.catalog)
    return name in instance.given or any(one is not None for one in said)


@lru_cache(maxsize=1024)
def asks_any(condition: str) -> bool:
    """Does a condition ask which quantities there are? Then they have to be drafted before."""
    return has_any(parse(condition))


@lru_cache(maxsize=1024)
def asks_of_path(formula: str) -> bool:
    """Does a formula ask by what path requests come? That is known where all is drafted."""
    return _PERHAPS_OF_PATH.search(formula) is not None


_PERHAPS_OF_PATH = re.compile(rf"\b(?:{'|'.join(VISITS)})\b")


def filled_text(text: Text | None, words: dict[str, str]) -> Text | None:
    """A template's text for one component, or one branch."""
    return None if text is None else Text(filled(text.value, words), text.place)


def filled(template: str, words: dict[str, str]) -> str:
    """A template with words in the place of `<component>` and the like."""
    for stands, word in words.items():
        template = template.replace(stands, word)
    return template


def has_any(condition: Node) -> bool:
    """Does a condition ask which quantities there are?"""
    return any(isinstance(n, Call) and n.function == "any" for n in walk(condition))
