"""A scenario's model with the scenarios that it uses, each built by its own conventions.

What two scenarios have of each other is built in two passes: loads first, then results. A scenario
is built for its loads without those whose loads it is part of; what follows from these is left out
of it, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from estimator.diagnostics import Problems, Text
from estimator.model import Model, build
from estimator.model.imports import NO_USES, Used, Uses
from estimator.model.unknown import without_unknown
from estimator.scenario.links import links_of
from estimator.scenario.load import Loaded

if TYPE_CHECKING:
    from estimator.scenario.used_files import UsedFiles

Choose: TypeAlias = Callable[[Model, Problems], Mapping[str, Text] | None]
"""Returns the machines that a model leaves open, by what names them; None with errors reported."""


_MOST_KNOWN = 300
_known: dict[object, Model] = {}
"""Models that were built before, by all that they depend on. In a check of a platform and its users
each of them would build all others again."""


class BuildOptions(NamedTuple):
    """How a scenario is built, and not those that it uses.

    Attributes:
        overrides: Formulas that replace what the scenario says, by name (`--set`).
        variant: The name of a set of overrides in the file.
        napkin: Count with a day of 100,000 seconds and one digit.
        conditions: Conditions that are looked at in place of the file's expectations.
    """

    overrides: Mapping[str, Text] = {}
    variant: Text | None = None
    napkin: bool = False
    conditions: tuple[Text, ...] = ()


AS_IT_IS = BuildOptions()
"""A scenario without overrides and variants."""


class Linked:
    """A scenario, to be built with those that it uses.

    Args:
        loaded: The scenario.
        options: How it is built.
        choose: Chooses machines that a scenario that is used leaves open.
    """

    def __init__(self, loaded: Loaded, options: BuildOptions, choose: Choose) -> None:
        self._loaded = loaded
        self._options = options
        self._choose = choose
        self._files: UsedFiles | None = None
        self._found = Problems()
        self._models: dict[tuple[str, frozenset[str]], Model | None] = {}
        self._is_wrong = False
        if any(True for _ in links_of(loaded)):
            from estimator.scenario.used_files import used_files

            self._files = used_files(loaded, self._found)

    def build(
        self,
        problems: Problems,
        *,
        machines: Mapping[str, Text] | None = None,
        partial: bool = False,
    ) -> Model | None:
        """Return the scenario's model, or None with everything wrong added to `problems`.

        Args:
            problems: Where errors and warnings go.
            machines: The machines that were chosen.
            partial: Give what is right, even where something else is wrong.
        """
        overrides, variant, napkin, conditions = self._options
        overrides = {**overrides, **(machines or {})}
        uses = NO_USES if self._files is None else self._uses(self._files.key, frozenset())
        model = build(
            self._loaded,
            problems,
            overrides=overrides,
            variant=variant,
            napkin=napkin,
            partial=partial,
            uses=uses,
            conditions=conditions,
        )
        found = list(dict.fromkeys(self._found.found))
        problems.found += found
        return model if partial or not found else None

    @property
    def paths(self) -> tuple[str, ...]:
        """The files and folders that it depends on, from its folder."""
        return () if self._files is None else tuple(self._files.paths)

    @property
    def used(self) -> Mapping[str, Model]:
        """The models of the scenarios that it uses, by what it calls them."""
        if self._files is None:
            return {}
        found = self._uses(self._files.key, frozenset()).used.items()
        return {name: used.model for name, used in found if used.model is not None}

    def noted(self, problems: Problems) -> None:
        """Say of what is wrong in another file who uses that."""
        if self._files is not None:
            problems.found[:] = map(self._files.noted, problems.found)

    def _uses(self, key: str, withheld: frozenset[str]) -> Uses:
        """Return the scenarios that a scenario uses, as it sees them.

        Args:
            key: The scenario.
            withheld: Those of which nothing may be known, as they carry its loads.
        """
        files = self._files
        assert files is not None
        used: dict[str, Used] = {}
        for link in files.links[key]:
            source = files.loaded[link.key].source
            if link.key in withheld:
                model = None
            else:
                model = self._model(link.key, withheld | {key} if link.is_user else withheld)
            is_mutual = key in files.reached(link.key)
            used[link.name] = Used(source.name, link.key, model, link.is_user, is_mutual)
        for named in links_of(files.loaded[key]):  # what could not be read
            used.setdefault(named.name, Used("", f"?{named.name}", None))
        return Uses(key, used, files.received(key))

    def _model(self, key: str, withheld: frozenset[str]) -> Model | None:
        """Return the model of a scenario that is used, or None with what is wrong reported."""
        if (key, withheld) in self._models:
            return self._models[key, withheld]
        state = self._state(key, withheld)
        model = None if state is None else _known.get(state)
        if model is None:
            model = self._built(key, withheld)
            if state is not None and not self._is_wrong:
                if len(_known) >= _MOST_KNOWN:
                    _known.clear()
                if model is not None:
                    _known[state] = model
        self._models[key, withheld] = model
        return model

    def _state(self, key: str, withheld: frozenset[str]) -> object:
        """Return all that a model depends on; None where that is more than the texts of files."""
        files = self._files
        assert files is not None
        reached = sorted(files.reached(key))
        if self._found.found or (files.key in reached and self._options != AS_IT_IS):
            return None
        if any(files.loaded[each].scenario.library for each in reached):
            return None
        sources = [(files.loaded[k].source, files.received(k)) for k in reached]
        texts = tuple((s.name, s.text, received) for s, received in sources)
        return key, withheld & set(reached), tuple(reached), texts

    def _built(self, key: str, withheld: frozenset[str]) -> Model | None:
        files = self._files
        assert files is not None
        is_own = key == files.key
        options = self._options if is_own else BuildOptions(variant=files.variants.get(key))
        overrides, variant, napkin, _ = options
        uses, loaded, found = self._uses(key, withheld), files.loaded[key], Problems()

        def built(said: Mapping[str, Text]) -> Model | None:
            found.found.clear()
            return build(
                loaded,
                found,
                overrides={**overrides, **said},
                variant=variant,
                napkin=napkin,
                partial=is_own,
                uses=uses,
                is_used=True,
            )

        model = built({})
        if model is not None and model.open_machines:
            chosen = None if withheld else self._choose(without_unknown(model), found)
            if withheld:
                return without_open_machines(model)
            model = None if chosen is None else built(chosen)
        self._is_wrong = self._is_wrong or bool(found.errors)
        if not is_own:  # what is wrong with that is reported where all of it is built
            self._found.found += map(files.noted, dict.fromkeys(found.errors))
        return model


def without_open_machines(model: Model) -> Model:
    """Return a model without what follows from machines that are still to be chosen."""
    fields = [
        n for m in model.open_machines for n in model.quantities if n.startswith(f"{m.name}.")
    ]
    gone = model.following(fields)
    return model._replace(
        quantities={n: q for n, q in model.quantities.items() if n not in gone},
        order=tuple(n for n in model.order if n not in gone),
        left_out={**model.left_out, **{n: model.quantities[n].text for n in gone}},
    )
