"""How numbers came about: a card for each, which opens where the number is pressed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from estimator.analyse.explain import Derivation
from estimator.api.dossier import Dossier
from estimator.render.explain.text import origin_of
from estimator.render.html import Html, html, joined, tag, words
from estimator.render.page import NOTHING

_MOST = 560
"""Cards of a scenario: further ones would make the page too large to be sent."""
_FEW = 10
"""Formulas that have a source in common; one of more is that of a kind, and says little of each."""
_BUTTON = re.compile(r'<button popovertarget="([^"]*)">([^<]*)</button>')
_NAME = re.compile(r"[^\W\d][\w.]*")


class Cards:
    """Makes numbers that can be pressed, and the cards that they open.

    Args:
        dossier: The scenario.
        prefix: What the ids of its cards begin with.
    """

    def __init__(self, dossier: Dossier, prefix: str) -> None:
        self._dossier = dossier
        self._prefix = prefix
        self._ids: dict[str, str] = {}
        self._asked: dict[str, None] = {}
        self._cited: Counter[str] = Counter()

    def link(self, text: str, quantity: str) -> Html:
        """Return a number that opens its card; as it is where nothing came about."""
        if quantity not in self._dossier.report.values or text == NOTHING:
            return html(text)
        self._asked[quantity] = None
        return tag("button", text, popovertarget=self._id(quantity))

    def _id(self, quantity: str) -> str:
        """Return the id of a card; quantities of files that are used have one as well."""
        return self._ids.setdefault(quantity, f"{self._prefix}q{len(self._ids)}")

    def derivations(self) -> list[Derivation]:
        """Return how the numbers that were linked came about, with what they follow from."""
        return self._dossier.derivations(list(self._asked), _MOST) if self._asked else []

    def cards(self, found: Iterable[Derivation]) -> Html:
        """Return the cards of derivations."""
        found = list(found)
        known = {derivation.name for derivation in found}
        self._cited = Counter(d.source for d in found if d.uses)
        return joined(self._card(derivation, known) for derivation in found)

    def live(self, found: Iterable[Derivation], markup: Iterable[object]) -> Html:
        """Return markup in which numbers without a card are mere text, as of large scenarios."""
        ids = {self._id(derivation.name) for derivation in found}
        return Html(_BUTTON.sub(lambda b: b[0] if b[1] in ids else b[2], joined(markup)))

    def _card(self, derivation: Derivation, known: set[str]) -> Html:
        steps = list(dict.fromkeys(derivation.steps))
        lines = [
            tag("p", "= ", self._formula(step, known) if at == 0 else step)
            for at, step in enumerate(steps)
        ]
        about = tag("p", words(derivation.about), class_="about") if derivation.about else ""
        notes = [tag("p", words(note), class_="note") for note in derivation.notes]
        said = self._origin(derivation)
        origin = tag("p", words(said), class_="origin") if said else ""
        name = tag("h3", derivation.name)
        steps_html = tag("div", *lines, class_="steps")
        parts = (name, about, steps_html, *(notes if derivation.uses else ()), origin)
        return tag("div", *parts, id=self._id(derivation.name), popover=True)

    def _origin(self, derivation: Derivation) -> str:
        """Return the line that says it, or the source of a formula unless it is of a whole kind."""
        if not derivation.uses:
            return origin_of(derivation)
        is_general = self._cited[derivation.source] > _FEW
        source = "" if is_general else " ".join(derivation.source.split())
        return ": ".join(filter(None, (derivation.where, source)))

    def _formula(self, step: str, known: set[str]) -> Html:
        """Return a formula, each of whose names opens its own card."""
        parts: list[object] = []
        end = 0
        for found in _NAME.finditer(step):
            name = found[0].rstrip(".")
            if name in known:
                button = tag("button", name, popovertarget=self._id(name))
                parts += [step[end : found.start()], button]
                end = found.start() + len(name)
        return joined([*parts, step[end:]])
