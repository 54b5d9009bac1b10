"""Warnings of what is right, but probably not meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from estimator.diagnostics import Problems
from estimator.formula.dimensions import mixes_bits_and_bytes
from estimator.formula.tree import Compare, Name, Node, Number, UnitRef, names_in, walk
from estimator.library.verbs import reads_by_name
from estimator.model.instance import Instance
from estimator.model.overrides import Overrides
from estimator.model.quantity import Expectation, Origin, Quantity
from estimator.model.wiring import HANDED_DOWN

_GIVEN_FOR_EFFECT = ("actions", "components", "traffic", "system")  # where W104 looks
_SAYS_WRITE = ("op", "response", "request", "stored", "read_write_ratio", "record", "initial")
_PERCENT = 5.0  # from here on a number that a share is compared with is a percentage
_BIT = "b"  # in whatever has bits


def warn_of_unused(
    instances: Iterable[Instance],
    quantities: Mapping[str, Quantity],
    used: Collection[str],
    overrides: Overrides,
    problems: Problems,
) -> None:
    """Warn of what is given to an action or a component and changes nothing (W104)."""
    for instance in instances:
        if instance.kind.used_in not in _GIVEN_FOR_EFFECT:
            continue
        _warn_of_outweighed(instance, problems)
        for name, text in instance.given.items():
            whole = instance.whole(name)
            parameter = instance.kind.parameters.get(name)
            if parameter is not None and parameter.is_over_time:
                continue  # forecasts follow from it
            quantity = quantities.get(whole)
            if quantity is None or whole in used or not _is_for_effect(quantity, instance, name):
                continue
            if overrides.are_there and whole not in overrides.said:
                continue  # what the file gives is for the file as it is
            if "." in name and instance.path and whole not in overrides.said:
                continue  # a part of a machine may go unused
            if text.value == f"{HANDED_DOWN}.{name}":
                continue  # said of all components, of which this one makes no use
            message = f"`{whole}` is given, but changes nothing here"
            problems.add("W104", message, instance.keys.get(name, text.place))


def _is_for_effect(quantity: Quantity, instance: Instance, name: str) -> bool:
    """Return whether a value is given for what follows from it, and not to be shown itself."""
    if quantity.origin is Origin.PINNED:
        return name not in instance.kind.results
    return quantity.origin is Origin.GIVEN


def _warn_of_outweighed(instance: Instance, problems: Problems) -> None:
    """Warn of a parameter whose part another one takes that is given, too."""
    for slot in instance.kind.outweighing:
        name, other = slot.name, slot.instead_of
        if name in instance.given and other in instance.given:
            whole = instance.whole(other)
            problems.add(
                "W104",
                f"`{whole}` changes no nodes here, since `{instance.whole(name)}` is given",
                instance.keys.get(other, instance.given[other].place),
                help="keep one of them",
            )


def warn_of_reads(instances: Iterable[Instance], problems: Problems) -> None:
    """Warn of actions that are counted as writes, though their names say that they read (W129)."""
    for instance in instances:
        given = instance.given.keys()
        if (
            instance.kind.name == "action"
            and instance.place is not None
            and reads_by_name(instance.path)
            and given.isdisjoint(_SAYS_WRITE)
        ):
            message = f"`{instance.path}` is counted as a write, and by its name it reads"
            size = ", and its size as `response`" if "payload" in given else ""
            help_ = f"write `op: read`{size}; or `op: write`, if it does write"
            problems.add("W129", message, instance.place, help=help_)


def warn_of_mixed(
    quantities: Mapping[str, Quantity], expectations: Iterable[Expectation], problems: Problems
) -> None:
    """Warn of bits and bytes side by side in what the user wrote (W105)."""
    written = [q for q in quantities.values() if not q.declaration.origin.from_library]
    for tree, text in (
        *((q.tree, q.text) for q in written if _BIT in q.text.value),
        *((e.tree, e.text) for e in expectations if _BIT in e.text.value),
    ):
        span = mixes_bits_and_bytes(tree)
        if span is not None:
            problems.add(
                "W105",
                "bits and bytes are mixed here",
                text.at(*span),
                help="`Gb` is gigabits, `GB` gigabytes; write both in one of them",
            )


def warn_of_empty(
    quantities: Mapping[str, Quantity], expectations: Iterable[Expectation], problems: Problems
) -> None:
    """Warn of conditions that hold, or fail, whatever the system is like (W128)."""
    for one in expectations:
        names_nothing = not names_in(one.tree)
        for part in walk(one.tree):
            if names_nothing and isinstance(part, UnitRef):
                message = f"`{part.name}` is a unit, so that this always holds or always fails"
                help_ = "name a quantity, such as `servers` or `requests.peak`"
                problems.add("W128", message, one.text.at(*part.span), help=help_)
            elif isinstance(part, Compare):
                _warn_of_percent(part.left, part.right, quantities, one, problems)
                _warn_of_percent(part.right, part.left, quantities, one, problems)


def _warn_of_percent(
    side: Node,
    other: Node,
    quantities: Mapping[str, Quantity],
    expectation: Expectation,
    problems: Problems,
) -> None:
    """Warn of `utilization <= 70`, where a share is never above 1 and 70% is meant."""
    if not isinstance(side, Name) or not isinstance(other, Number) or other.value < _PERCENT:
        return
    quantity = quantities.get(side.path)
    if quantity is None or quantity.display_unit not in ("share", "nines") or other.scale == "%":
        return
    meant = f"{other.value:.15g}%"
    message = f"`{side.path}` is a share, from 0% to 100%"
    problems.add("W128", message, expectation.text.at(*other.span), help=f"write `{meant}`")


def names_used(expectations: Iterable[Expectation]) -> set[str]:
    """Return the names that expectations use."""
    return {name for expectation in expectations for name in names_in(expectation.tree)}
