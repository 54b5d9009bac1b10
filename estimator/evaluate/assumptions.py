"""What an estimate rests on that the file does not say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import TypeVar, overload

from estimator.evaluate.report import Assumption
from estimator.evaluate.shown import written
from estimator.evaluate.wiring import SIZES, assumed_wiring
from estimator.model import Model, Origin, Quantity
from estimator.model.bands import banded

_Row = TypeVar("_Row")
_ASKS = re.compile(r"\b(?:given|any)\(")  # a formula that is another one by what the file says
_NAME = re.compile(r"[a-z_][a-z0-9_]*")  # a quantity that a default is, by which nothing is said
_MOST_NAMES = 2


class Gathered(Sequence[_Row]):
    """What a report has many of, gathered when it is read, which a check never does."""

    def __init__(self, gather: Callable[[], Iterable[_Row]]) -> None:
        self._gather = gather

    @cached_property
    def _made(self) -> Sequence[_Row]:
        found = self._gather()
        return found if isinstance(found, Sequence) else list(found)

    @overload
    def __getitem__(self, index: int) -> _Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[_Row]: ...
    def __getitem__(self, index: int | slice) -> _Row | Sequence[_Row]:
        return self._made[index]

    def __len__(self) -> int:
        return len(self._made)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self._made) == list(other)


def assumptions(model: Model, values: Mapping[str, float]) -> list[Assumption]:
    """Defaults that are values, that something depends on, those alike in one."""
    known = model.quantities.values()
    used = set(
        chain.from_iterable(q.uses for q in known if q.declaration.origin is not Origin.DEFAULT)
    )
    pending = list(used)
    while pending:
        quantity = model.quantities[pending.pop()]
        if quantity.origin is Origin.DEFAULT:
            fresh = [u for u in quantity.uses if u not in used]
            used.update(fresh)
            pending.extend(fresh)
    grouped: dict[tuple[str, ...], list[str]] = {}
    for name, (text, why) in model.implied.items():
        grouped[(text, "", "", why, name)] = [name]
    apart = list(assumed_wiring(model, values))
    for row in apart:
        grouped[(row.text, row.about, row.source, row.why, row.names[0])] = [row.names[0]]
    unused = _owners(model.quantities) - _owners(used)  # entries of catalogs among them
    key: tuple[str, ...]
    for choice in model.choices:
        if choice.name in unused:
            continue
        if choice.origin is Origin.DEFAULT and (choice.source or choice.assumption):
            last = choice.name.rsplit(".", 1)[-1]
            key = (choice.value, choice.about, choice.source, choice.assumption, last)
            grouped.setdefault(key, []).append(choice.name)
    for name in model.order:
        quantity = model.quantities[name]
        if quantity.declaration.origin is not Origin.DEFAULT or name not in used:
            continue
        if name in SIZES and not apart:
            continue
        if quantity.uses and not (quantity.source or quantity.assumption):
            continue  # it only repeats what is given or assumed elsewhere
        text, source, why = quantity.text.value, quantity.source, quantity.assumption
        is_value = not quantity.uses and quantity.distribution is None
        if is_value or _ASKS.search(text) or _NAME.fullmatch(text):
            text = written(values[name], quantity, model)
        if quantity.uses and _ASKS.search(quantity.text.value):
            source, why = "", f"By {_some(quantity.uses)}."
        last = name.rsplit(".", 1)[-1]
        key = (text, quantity.about, source, why, last, _between(quantity, model, values))
        grouped.setdefault(key, []).append(name)
    return [
        Assumption(tuple(names), text, about, source, why, *between)
        for (text, about, source, why, _, *between), names in grouped.items()
    ]


def _owners(names: Iterable[str]) -> set[str]:
    """Return what some quantities are parts of, such as `api.node` of `api.node.cores`."""
    return {name.rpartition(".")[0] for name in names}


def _between(quantity: Quantity, model: Model, values: Mapping[str, float]) -> str:
    """Return how far a default may be off; nothing where the library does not say it."""
    band = quantity.declaration.band
    if band is None or band.text is quantity.text or banded(quantity, model, values) is None:
        return ""
    return " ".join(band.text.value.split())


def _some(names: Sequence[str]) -> str:
    """Return the first of some names, and how many more there are."""
    first = [f"`{name}`" for name in names[:_MOST_NAMES]]
    more = len(names) - len(first)
    return ", ".join(first) + (f" and {more} more" if more else "")
