"""The estimate before everything is kept that is to be kept: after a month, and after a year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from estimator.evaluate.report import Age
from estimator.evaluate.shown import LazyValues, written
from estimator.model import Model
from estimator.model.declare import AGE

FULL = "storage.full_after"
_DAYS = 30


def ages(model: Model, values: LazyValues) -> Iterator[Age]:
    """Yield the estimate after 30 days and after a year, where data gathers for longer.

    Args:
        model: The model.
        values: Its values when all is kept that is to be kept.
    """
    full = values.numbers
    if AGE not in full or not full.get("storage.retained"):
        return
    calendar = model.calendar
    senders = [name for name, (_, own) in model.imported.origins.items() if own == AGE]
    moving = model.following([AGE, *senders]).difference([AGE, *senders])
    following = [name for name in model.quantities if name in moving]
    values_at = values.program().function([AGE, *senders], following, following)
    for words, age in ((f"{_DAYS} days", _DAYS * calendar.day), ("1 year", calendar.year)):
        if age >= full[AGE] * (1 - 1e-9):
            continue
        try:
            own = (min(age, full[name]) for name in senders)  # theirs may be full earlier
            found = dict(zip(following, values_at(age, *own), strict=True))
        except (ArithmeticError, ValueError):
            continue
        moved = (n for n in model.order if n in found and n != FULL)
        changed = {n: found[n] for n in moved if found[n] != full[n]}
        yield Age(age, words, _LazyTexts(changed, model), changed)


class _LazyTexts(Mapping[str, str]):
    """Values for people by name, each written when it is asked for: tables show few of them."""

    def __init__(self, values: Mapping[str, float], model: Model) -> None:
        self._values = values
        self._model = model

    def __getitem__(self, name: str) -> str:
        return written(self._values[name], self._model.quantities[name], self._model)

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)
