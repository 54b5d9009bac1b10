"""What `--set` and variants say in the place of the file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from estimator.diagnostics import Place, Problems, Text, did_you_mean, short
from estimator.formula.dimensions import typecheck
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.library.other_words import load_meant, parameter_meant, quantity_meant
from estimator.model.choices import is_choice
from estimator.model.instance import Instance
from estimator.model.parameters import entry_of
from estimator.model.provenance import is_sourced
from estimator.model.symbols import Symbols
from estimator.model.template import is_repeated
from estimator.model.typecheck import Scope, WrongElsewhereError, report_fault
from estimator.model.variants import Variant, variant_of
from estimator.scenario.links import links_of
from estimator.scenario.load import Loaded
from estimator.scenario.plain import place_of
from estimator.scenario.sections import NAMED, sections


class Overrides:
    """The values that stand in the place of the file's.

    Args:
        loaded: The scenario.
        said: Formulas by name (`--set`).
        variant: The variant that is chosen.
    """

    def __init__(self, loaded: Loaded, said: Mapping[str, Text], variant: Variant) -> None:
        self.loaded = loaded
        self.said = said
        self.variant = variant

    @property
    def names(self) -> set[str]:
        """Return the names that are overridden."""
        changed = {
            f"{owner[-1]}.{name}" if name else owner[-1]
            for owner, layers in self.variant.layers.items()
            for layer in layers
            for name in (_flat(layer.said) if _has_keys(layer.said) else [""])
        }
        return {*self.said, *_flat(self.variant.values), *changed}

    @property
    def are_there(self) -> bool:
        """Whether anything may be overridden."""
        return bool(self.variant.name) or bool(self.said)

    def apply(self, found: list[Instance], own: dict[str, Text], problems: Problems) -> None:
        """Put the values into the places of those that they override.

        Args:
            found: Where the scenario uses kinds.
            own: The formulas under `derive`.
            problems: Where errors go.
        """
        values = {n: t for n, t in _flat(self.variant.values).items() if isinstance(t, Text)}
        for said in (values, self.said):  # what is no text is reported with all variants
            for name, text in said.items():
                if not self._is_elsewhere(name, text, problems):
                    _apply(name, text, found, own, problems)

    def _is_elsewhere(self, name: str, text: Text, problems: Problems) -> bool:
        """Return whether a name is of another scenario, which is reported: it is read only."""
        first = name.partition(".")[0]
        file = next((n.text.value for n in links_of(self.loaded) if n.name == first), None)
        if file is not None:
            message = f"`{short(name)}` is of `{file}`, and is only read here"
            problems.add("E014", message, _before(text, name), help="change it in that file")
        return file is not None

    def check_names(self, symbols: Symbols, own: Mapping[str, Text]) -> None:
        """Report what the variants that are not chosen name wrongly."""
        found, problems = symbols.instances, symbols.problems
        for variant, name, text in self._of_variants():
            if not isinstance(text, Text):
                place = place_of(self.loaded.tree, ("variants", variant, name), key=True)
                if name in sections():
                    message, help_ = f"`{name}` is not allowed in a variant", _INSTEAD.get(name)
                else:
                    message, help_ = f"`{name}` takes a single value", _under_its_owner(name, text)
                problems.add("E008", message, place, help=help_)
            elif not self._is_chosen(variant):
                target = _target(name, found)
                if target is not None:
                    _check_word(symbols, target, text)
                elif name not in own and not self._is_elsewhere(name, text, problems):
                    _report_unknown(name, text, found, own, problems)

    def check_formulas(self, scope: Scope) -> None:
        """Report the formulas of variants that are not chosen and do not fit where they go."""
        for variant, name, text in self._of_variants():
            if self._is_chosen(variant) or not isinstance(text, Text):
                continue
            target = _target(name, scope.symbols.instances)
            whole = name if target is None else target[0].whole(target[1])
            slot = target[0].kind.parameters.get(target[1]) if target is not None else None
            if whole.endswith(".batch") or (slot is not None and slot.takes_parts):
                continue  # events, bytes or seconds: what it is decides what is declared
            if whole in scope.quantities:
                _check_fit(scope, whole, text)

    def _is_chosen(self, variant: str) -> bool:
        return bool(self.variant.name) and variant == self.variant.name

    def _of_variants(self) -> Iterator[tuple[str, str, Any]]:
        """Yield the values of the variants, but of those that are built to be checked.

        Where one is chosen that adds and removes, the others are of names that it may not have.
        """
        scenario = self.loaded.scenario
        for name in scenario.variants or {}:
            variant = variant_of(scenario, name)
            is_other = self.variant.is_structural or variant.is_structural
            if self._is_chosen(name) or not is_other:
                for target, text in _flat(variant.values).items():
                    yield name, target, text


_INSTEAD = {"expect": "add `variant: NAME` to the expectation under `expect:`"}


def _under_its_owner(name: str, said: Any) -> str | None:
    """Return how a value with where it is from is written in a variant."""
    owner, _, key = name.partition(".")
    return f"write `{owner}: {{{key}: {{value: ...}}}}`" if is_sourced(said) and key else None


def _check_fit(scope: Scope, name: str, text: Text) -> None:
    quantity = scope.quantities[name]
    try:
        tree = scope.resolver.resolved(parse(text.value), None)
        typecheck(tree, scope.dimension_of, quantity.expected_dimension)
    except WrongElsewhereError:
        return
    except FormulaError as error:
        report_fault(name, text, error, scope.symbols.problems)


def _check_word(symbols: Symbols, target: tuple[Instance, str], text: Text) -> None:
    instance, key = target
    slot = instance.kind.parameters.get(key)
    if slot is not None and slot.choices:
        is_choice(symbols, instance, slot, text)
    elif slot is not None and slot.catalog:
        entry_of(symbols, slot, text)


def _apply(
    name: str, text: Text, found: list[Instance], own: dict[str, Text], problems: Problems
) -> None:
    target = _target(name, found)
    if target is not None:
        instance, key = target
        parameter, _, flow = key.partition(".")
        batched = flow.removesuffix(".batch")
        if batched != flow and batched in instance.batches.get(parameter, {}):
            instance.batches[parameter][batched] = text
        elif parameter in instance.flows:
            instance.flows[parameter][flow] = text
        elif instance.is_whole() and instance.follows_from_whole(key):
            problems.add(
                "E019",
                f"`{name}` follows from `{instance.path}`, which is given as one value",
                _before(text, name),
                help=f"give `{instance.path}:` with keys below it in the file",
            )
        else:
            instance.say(key, text)
    elif name in own:
        own[name] = text
    else:
        _report_unknown(name, text, found, own, problems)


def _report_unknown(
    name: str, text: Text, found: list[Instance], own: Iterable[str], problems: Problems
) -> None:
    known = [*_targets(found), *own]
    bare = re.sub(rf"^({'|'.join(NAMED)})\.", "", name)
    inside = [k for k in known if k.startswith(f"{name}.")]
    if bare != name:
        help_: str | None = f"leave out the section: `{bare}`"
    elif inside:
        help_ = "write the whole name: " + ", ".join(f"`{k}`" for k in inside[:4])
    elif name.endswith(".kind"):
        owner = name.removesuffix(".kind")
        help_ = f"another kind is a variant: `variants: {{other: {{{owner}: {{kind: ...}}}}}}`"
    elif "." in name and name.rpartition(".")[2] in (
        "per_user",
        "every",
        "rate",
        "per",
        "volume",
        "op",
    ):
        help_ = f"write a new action of a variant under `actions:`, as `{name.partition('.')[0]}`"
    else:
        help_ = _meant(name, known) or load_meant(name, known) or did_you_mean(name, known)
    message = f"there is nothing named `{short(name)}` to set"
    problems.add("E014", message, _before(text, name), help=help_)


def _meant(name: str, known: Collection[str]) -> str | None:
    """Return what a name is called here, as `post.rate` is for `post.qps`."""
    owner, _, word = name.rpartition(".")
    own = [k.removeprefix(f"{owner}.") for k in known if k.startswith(f"{owner}.")]
    parameter = parameter_meant(word, own)
    meant = f"{owner}.{parameter}" if parameter else quantity_meant(name, known)
    return f"write `{meant}`" if meant else None


def _has_keys(said: Any) -> bool:
    """Return whether there are keys below something, and not a value with where it is from."""
    return isinstance(said, dict) and not is_sourced(said)


def _flat(said: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in said.items():
        if _has_keys(value):
            flat.update(_flat(value, f"{before}{key}."))
        else:
            flat[before + key] = value
    return flat


def _target(name: str, found: list[Instance]) -> tuple[Instance, str] | None:
    """Return the instance and the parameter, pin or flow that a whole name belongs to."""
    best: tuple[Instance, str] | None = None
    for instance in found:
        key = _key(name, instance)
        if key is not None and (best is None or len(instance.path) > len(best[0].path)):
            best = (instance, key)
    return best


def _key(name: str, instance: Instance) -> str | None:
    if name == instance.path and instance.kind.scalar:
        return "self"
    start = f"{instance.path}." if instance.path else ""
    if not name.startswith(start):
        return None
    key = name[len(start) :]
    if key in _keys(instance) or is_repeated(instance.kind, key):
        return key
    parameter, _, flow = key.partition(".")
    batched = flow.removesuffix(".batch")
    if batched != flow and batched in instance.batches.get(parameter, {}):
        return key
    return key if flow and flow in instance.flows.get(parameter, {}) else None


def _keys(instance: Instance) -> frozenset[str]:
    kind = instance.kind
    flows = {name for name, slot in kind.parameters.items() if slot.flows}
    return (frozenset(kind.settable) | kind.pinnable) - flows - {"self"}


def _targets(found: list[Instance]) -> list[str]:
    names: list[str] = []
    for instance in found:
        if instance.kind.scalar:
            names.append(instance.path)
        names.extend(instance.whole(key) for key in sorted(_keys(instance)))
        for parameter, flows in instance.flows.items():
            names.extend(instance.whole(f"{parameter}.{flow}") for flow in flows)
    return names


def _before(text: Text, name: str) -> Place:
    """Return the place of the name that stands before a value."""
    source = text.place.source
    for written in (name, name.rsplit(".", 1)[-1]):
        start = source.text.rfind(written, 0, max(text.place.start, 1))
        if start >= 0:
            return Place(source, start, start + len(written))
    return text.place
