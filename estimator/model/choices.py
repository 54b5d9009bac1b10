"""The parameters of a kind in use that take a word."""

from __future__ import annotations

from estimator.diagnostics import Text, did_you_mean
from estimator.formula.parse import parse
from estimator.formula.tree import Call, Name
from estimator.library.other_words import choice_meant, line_meant
from estimator.model.instance import Instance
from estimator.model.quantity import Choice, Origin
from estimator.model.symbols import Symbols
from estimator.model.template import ParameterSlot


def declare_choices(symbols: Symbols, instance: Instance) -> None:
    """Choose a word for each parameter that takes one."""
    for slot in instance.kind.choosing:
        name, origin, condition = slot.name, Origin.GIVEN, slot.condition
        text = instance.given.get(name)
        if text is None and condition and not symbols.evaluate_condition(condition.tree, instance):
            continue
        if text is not None and slot.choices[0].value == "true":
            text = Text(_YES_OR_NO.get(text.value.lower(), text.value), text.place)
        if text is None and slot.default is not None:
            origin = Origin.DEFAULT
            word = _default_choice(symbols, slot.default.text, instance)
            text = Text(word, slot.default.text.place)
        if text is None:
            report_lacking(symbols, instance, slot)
        if text is None or not is_choice(symbols, instance, slot, text):
            text = slot.choices[0]
        whole = instance.whole(name)
        symbols.choices[whole] = Choice(
            whole, text.value, origin, slot.about, slot.source, slot.assumption
        )


_YES_OR_NO = {"true": "yes", "on": "yes", "yes": "yes", "false": "no", "off": "no", "no": "no"}
"""What YAML has for a choice between two."""


def is_choice(symbols: Symbols, instance: Instance, slot: ParameterSlot, text: Text) -> bool:
    """Return whether it is one of a parameter's words; otherwise report it (E022)."""
    words = [choice.value for choice in slot.choices]
    if text.value in words:
        return True
    symbols.problems.add(
        "E022",
        f"`{slot.name}` is one of {', '.join(words)}, not `{text.value}`",
        text.place,
        help=f"`{text.value}` itself says what calls it: write `receives: [...]` below it"
        if text.value in symbols.components
        else _choice_meant(slot.name, text.value, words)
        or _number_meant(instance, slot.name, text.value),
    )
    return False


def _choice_meant(name: str, word: str, words: list[str]) -> str | None:
    parts = (w for w in words if word in w.split())
    meant = choice_meant(word, words) or next(parts, None)
    return f"write `{name}: {meant}`" if meant else did_you_mean(word, words)


def _number_meant(instance: Instance, name: str, value: str) -> str | None:
    """Return the line for a number behind a word's key, as `replication: 3` has it."""
    others = [other for other in instance.kind.settable if other != name]
    return line_meant(name, value, others) if value[:1].isdigit() else None


def _default_choice(symbols: Symbols, text: Text, instance: Instance) -> str:
    """Return a word, or one of several by `if(given(...), a, b)`."""
    node = parse(text.value)
    while isinstance(node, Call) and node.function == "if" and len(node.arguments) == 3:
        condition, then, otherwise = node.arguments
        node = then if symbols.evaluate_condition(condition, instance) else otherwise
    return node.path if isinstance(node, Name) else ""


def report_lacking(symbols: Symbols, instance: Instance, slot: ParameterSlot) -> None:
    """Report a parameter that has to be given and is not (E019)."""
    message = f"`{instance.path}` needs `{slot.name}`"
    symbols.problems.add("E019", message, instance.place, help=slot.about)
    symbols.broken.add(instance.path)
