"""How numbers came about: a card for each, which opens where the number is pressed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from estimator.analyse.explain import Derivation
from estimator.api.dossier import Dossier
from estimator.render.explain.text import origin_of
from estimator.render.html import Html, html, joined, tag, words

_MOST = 500
"""Cards of a scenario: further ones would make the page too large to be sent."""
_NAME = re.compile(r"[^\W\d][\w.]*")


class Cards:
    """Makes numbers that can be pressed, and the cards that they open.

    Args:
        dossier: The scenario.
        prefix: What the ids of its cards begin with.
    """

    def __init__(self, dossier: Dossier, prefix: str) -> None:
        self._dossier = dossier
        self._ids = {name: f"{prefix}q{at}" for at, name in enumerate(dossier.report.values)}
        self._asked: dict[str, None] = {}

    def link(self, text: str, quantity: str) -> Html:
        """Return a number that opens its card; as it is where there is no such quantity."""
        if quantity not in self._ids:
            return html(text)
        self._asked[quantity] = None
        return tag("button", text, popovertarget=self._ids[quantity])

    def derivations(self) -> list[Derivation]:
        """Return how the numbers that were linked came about, with what they follow from."""
        return self._dossier.derivations(list(self._asked), _MOST) if self._asked else []

    def cards(self, found: Iterable[Derivation]) -> Html:
        """Return the cards of derivations."""
        found = list(found)
        known = {derivation.name for derivation in found}
        return joined(self._card(derivation, known) for derivation in found)

    def _card(self, derivation: Derivation, known: set[str]) -> Html:
        steps = list(dict.fromkeys(derivation.steps))
        lines = [
            tag("p", "= ", self._formula(step, known) if at == 0 else step)
            for at, step in enumerate(steps)
        ]
        about = tag("p", words(derivation.about), class_="about") if derivation.about else ""
        notes = [tag("p", words(note), class_="note") for note in derivation.notes]
        is_said = not derivation.uses or derivation.where or derivation.source
        origin = tag("p", words(_origin(derivation)), class_="origin") if is_said else ""
        name = tag("h3", derivation.name)
        steps_html = tag("div", *lines, class_="steps")
        parts = (name, about, steps_html, *(notes if derivation.uses else ()), origin)
        return tag("div", *parts, id=self._ids[derivation.name], popover=True)

    def _formula(self, step: str, known: set[str]) -> Html:
        """Return a formula, each of whose names opens its own card."""
        parts: list[object] = []
        end = 0
        for found in _NAME.finditer(step):
            name = found[0].rstrip(".")
            if name in known:
                button = tag("button", name, popovertarget=self._ids[name])
                parts += [step[end : found.start()], button]
                end = found.start() + len(name)
        return joined([*parts, step[end:]])


def _origin(derivation: Derivation) -> str:
    """Return the line that says it, or the source of what the library says."""
    if not derivation.uses:
        return origin_of(derivation)
    where = f"{derivation.where}. " if derivation.where else ""
    return f"{where}{' '.join(derivation.source.split())}".strip()
