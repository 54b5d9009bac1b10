"""Variants: what a named part of a file puts in the place of the rest, adds to it and removes.

A line with a whole name replaces a value, as `--set` does. What stands under the name of an action,
a component or a section replaces what the file says there; what the file does not have is added.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from estimator.diagnostics import Problems, Text, did_you_mean, short
from estimator.library.other_words import parameter_meant
from estimator.model.provenance import is_sourced
from estimator.model.template import KindTemplate
from estimator.scenario.load import Loaded
from estimator.scenario.plain import place_of, validated
from estimator.scenario.sections import NAMED, Content, Conventions, ScenarioFile, sections_of
from estimator.scenario.yaml_tree import Mapping, Tree

REMOVE = "remove"
"""The key of a variant under which names of actions, components and formulas stand."""
_USES = sections_of(Content.USES)
_INPUTS = sections_of(Content.INPUTS)
_SECTIONS = (*sections_of(Content.PARAMETERS), *sections_of(Content.KEYS))


class Layer(NamedTuple):
    """What is said of a part of a scenario in one place: in the file, or in a variant.

    Attributes:
        said: The content.
        path: The keys that lead to it.
    """

    said: Any
    path: tuple[str, ...]


class Variant(NamedTuple):
    """A variant, sorted by how it changes the file.

    Attributes:
        name: Its name.
        values: Values by whole names, nested or with dots.
        layers: What it says of actions, components and formulas, by section and name, and of other
            sections by their name alone.
        removed: The names that it removes.
    """

    name: str
    values: dict[str, Any]
    layers: dict[tuple[str, ...], list[Layer]]
    removed: list[Text]

    @property
    def is_structural(self) -> bool:
        """Whether it does more than to replace values by their names."""
        return bool(self.layers or self.removed)


NO_VARIANT = Variant("", {}, {}, [])


def variant_of(scenario: ScenarioFile, name: str) -> Variant:
    """Return a variant that a file has."""
    found = Variant(name, {}, {}, [])
    for key, said in (scenario.variants or {})[name].items():
        path = ("variants", name, key)
        owner, _, rest = key.partition(".")
        if key == REMOVE and not isinstance(said, dict):
            names = said if isinstance(said, list) else [said]
            found.removed.extend(text for text in names if isinstance(text, Text))
        elif key in NAMED and isinstance(said, dict):
            for part, content in said.items():
                found.layers.setdefault((key, part), []).append(Layer(content, (*path, part)))
        elif is_sourced(said) and (section := _input_section(scenario, key)):
            found.layers.setdefault((section, key), []).append(Layer(said, path))
        elif isinstance(said, dict) and (changed := _changed(scenario, key, said)):
            found.layers.setdefault(changed, []).append(Layer(said, path))
        elif rest and isinstance(said, list) and (changed := _changed(scenario, owner, {})):
            found.layers.setdefault(changed, []).append(Layer({rest: said}, path))
        else:
            found.values[key] = said
    return found


def _input_section(scenario: ScenarioFile, key: str) -> str:
    """Return the section of an input of this name, if there is one."""
    return next((s for s in _INPUTS if key in (getattr(scenario, s) or {})), "")


def _changed(scenario: ScenarioFile, key: str, said: dict[str, Any]) -> tuple[str, ...] | None:
    """Return what a mapping changes or adds, by its section and its name."""
    if key in _SECTIONS:
        return (key,)
    section = next((s for s in _USES if key in (getattr(scenario, s) or {})), None)
    if section is not None:
        return section, key
    return ("components", key) if "kind" in said else None


def chosen_variant(loaded: Loaded, name: Text | None, problems: Problems) -> Variant:
    """Return the variant of a name, and the file as it is where there is no such variant.

    Args:
        loaded: The scenario.
        name: The name; None for the file as it is.
        problems: Where errors go: E030 for an unknown variant, E014 for what it cannot remove, E008
            for a single value where an action or a component belongs.
    """
    known = loaded.scenario.variants or {}
    if name is None:
        return NO_VARIANT
    if name.value not in known:
        message = f"`{loaded.source.name}` has no variant `{name.value}`"
        problems.add("E030", message, name.place, help=_instead(name.value, known))
        return NO_VARIANT
    variant = variant_of(loaded.scenario, name.value)
    there = [n for section in NAMED for n in _names(loaded.scenario, section, variant)]
    for text in variant.removed:
        if text.value not in there:
            message = f"there is nothing named `{short(text.value)}` to remove"
            problems.add("E014", message, text.place, help=did_you_mean(text.value, there))
    for owner, layers in list(variant.layers.items()):
        for layer in layers:
            if owner[0] in _USES and not isinstance(layer.said, dict):
                message = f"`key: value` lines belong behind `{short(owner[-1])}`"
                problems.add("E008", message, place_of(loaded.tree, layer.path, key=True))
                del variant.layers[owner]
                break
    return variant


def _instead(name: str, known: Collection[str]) -> str:
    """Return which variant to name in the place of one that there is not."""
    if not known:
        line = f"variants: {{{short(name)}: {{users: 1M}}}}"
        return f"it has none; a variant is a line such as `{line}`"
    return did_you_mean(name, known) or "its variants are " + ", ".join(known)


def _names(scenario: ScenarioFile, section: str, variant: Variant) -> Iterator[str]:
    """Yield the names in a section of the file, and those that a variant adds."""
    said = getattr(scenario, section) or {}
    yield from said
    yield from (
        name for s, *rest in variant.layers if s == section for name in rest if name not in said
    )


class Use(NamedTuple):
    """An action, a component or a formula of one's own, with all that is said of it.

    Attributes:
        name: Its name.
        layers: What is said of it; each stands in the place of those before.
    """

    name: str
    layers: list[Layer]

    @property
    def path(self) -> tuple[str, ...]:
        """The keys that lead to where it is said first."""
        return self.layers[0].path


def uses(scenario: ScenarioFile, section: str, variant: Variant) -> Iterator[Use]:
    """Yield what a section names, as a variant has it.

    A component for which a variant gives a `kind` is another one, and so is a formula.
    """
    said = getattr(scenario, section) or {}
    removed = {text.value for text in variant.removed}
    for name in _names(scenario, section, variant):
        layers = [Layer(said[name], (section, name))] if name in said else []
        for changed in variant.layers.get((section, name), []):
            replaces = not isinstance(changed.said, dict) or "kind" in changed.said
            layers = [changed] if replaces else [*layers, changed]
        if name not in removed:
            yield Use(name, layers)


def layers_of(scenario: ScenarioFile, section: str, variant: Variant) -> list[Layer]:
    """Return what the file and a variant say in a section of parameters.

    A variant's lines stand in the place of a single value, as of `users: 500M`.
    """
    said, changed = getattr(scenario, section), variant.layers.get((section,), [])
    if said is None or (changed and _is_whole(said)):
        return changed
    return [Layer(said, (section,)), *changed]


def _is_whole(said: Any) -> bool:
    """Return whether it is a single value, alone or with where it is from."""
    return isinstance(said, Text) or is_sourced(said)


def several_of(kind: KindTemplate, layers: list[Layer]) -> dict[str, list[Layer]]:
    """Return what is said of each of several in a section, by name; none where it has no several.

    What has keys below it and is no parameter is one of several. A single value is one as well
    where the section has nothing but names that are unlike those of parameters.
    """
    known = {name.split(".")[0] for name in kind.parameters} if kind.several else set()
    found: dict[str, list[Layer]] = {}
    for said, path in layers if known else ():
        if _is_whole(said):
            continue
        free = known.isdisjoint(said)
        for key, value in said.items():
            if key in known or isinstance(value, list):
                continue
            is_one = isinstance(value, dict) or key in found
            if not is_one and not (free and _is_unlike(key, known)):
                continue
            before = [] if _is_whole(value) else found.get(key, [])
            kept = [layer for layer in before if not _is_whole(layer.said)]
            found[key] = [*kept, Layer(value, (*path, key))]
    return found


def _is_unlike(key: str, known: Collection[str]) -> bool:
    """Return whether a key can be meant to be none of the parameters."""
    return not (parameter_meant(key, known) or did_you_mean(key, known))


def conventions_of(loaded: Loaded, variant: Variant, problems: Problems) -> Conventions | None:
    """Return the conventions of a file, as a variant has them."""
    said = loaded.scenario.conventions
    for layer in variant.layers.get(("conventions",), []):
        tree: Tree | None = loaded.tree
        for step in layer.path:
            tree = tree.get(step) if isinstance(tree, Mapping) else None
        assert tree is not None
        own = validated(Conventions, tree, problems, "conventions") or Conventions()
        changed = {name: getattr(own, name) for name in own.model_fields_set}
        said = own if said is None else said.model_copy(update=changed)
    return said
