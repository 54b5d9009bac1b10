"""The result of `explain`: the derivations of quantities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from estimator.analyse.tabular import Preview, Scalar, Tabular

if TYPE_CHECKING:
    from estimator.analyse.explain import Derivation


@dataclass(frozen=True)
class Explanation(Tabular):
    """The derivations of quantities.

    Attributes:
        file: The scenario's file, as the user calls it.
        derivations: The quantities, each before those that it follows from.
        depth: How many formulas deep they go, where what is deeper is left out as too much.
    """

    file: str
    derivations: tuple[Derivation, ...]
    depth: int | None = None

    def __repr__(self) -> str:
        return f"<Explanation of {', '.join(d.name for d in self.derivations[:3])}>"

    def __str__(self) -> str:
        """Return each quantity with the steps to its value."""
        texts = []
        for one in self.derivations:
            steps = [f"{' ' * len(one.name)} = {step}" for step in one.steps]
            texts.append("\n".join([f"{one.name} = {one.steps[0]}", *steps[1:]]))
        return "\n".join(texts)

    def columns(self) -> dict[str, list[Scalar]]:
        """Return a row a quantity: its steps, and where it comes from."""
        found = self.derivations
        return {
            "name": [d.name for d in found],
            "value": [d.value for d in found],
            "steps": ["\n".join(d.steps) for d in found],
            "origin": [d.origin for d in found],
            "where": [d.where for d in found],
            "source": [d.source for d in found],
            "about": [d.about for d in found],
        }

    def preview(self) -> Preview:
        """Return the steps of each quantity, and where it comes from."""
        rows = [
            [d.name, " = ".join(d.steps), d.where or d.source or d.origin] for d in self.derivations
        ]
        return Preview("How it came about", ["quantity", "equals", "from"], rows)
