"""Which of several in a section a use of a kind is about, such as one population of users."""

from __future__ import annotations

from estimator.diagnostics import Text, did_you_mean, short
from estimator.model.instance import SEVERAL, Instance
from estimator.model.instances import ALL
from estimator.model.symbols import Symbols
from estimator.model.template import ParameterSlot


def choose_one_of_several(symbols: Symbols, instance: Instance) -> None:
    """Let the name of a section stand for the one of several there that an instance names."""
    for slot in instance.kind.naming_one:
        _choose(symbols, instance, slot, instance.given.get(slot.name))


def _choose(symbols: Symbols, instance: Instance, slot: ParameterSlot, text: Text | None) -> None:
    section = symbols.by_path.get(slot.section)
    known = section.stores.get(SEVERAL, []) if section is not None else []
    names = [path.removeprefix(f"{slot.section}.") for path in known]
    counts = slot.condition is None or symbols.evaluate_condition(slot.condition.tree, instance)
    if text is None:
        if counts and len(names) > 1 and not instance.is_wrong:
            ways = ", ".join(f"`{slot.name}: {one}`" for one in names)
            message = f"`{instance.path}` does not say whose it is"
            help_ = f"give {ways} or `{slot.name}: {ALL}`"
            symbols.problems.add("E019", message, instance.place, help=help_)
            symbols.broken.add(instance.path)
    elif text.value in names:
        instance.standing_for[slot.section] = f"{slot.section}.{text.value}"
    elif text.value != ALL or not names:
        help_ = did_you_mean(text.value, names) or "there are " + ", ".join((*names, ALL))
        if not names:
            help_ = f"name them, as `{slot.section}: {{{short(text.value)}: 20M, others: 2M}}`"
        message = f"`{slot.section}` has no `{short(text.value)}`"
        symbols.problems.add("E022", message, text.place, help=help_)
        symbols.broken.add(instance.path)
    if text is not None and not counts:
        message = f"`{instance.whole(slot.name)}` is given, but changes nothing here"
        help_ = "it says whose action it is where that is counted by users"
        symbols.problems.add("W104", message, instance.keys.get(slot.name, text.place), help=help_)
