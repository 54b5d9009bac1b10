"""A scenario to its model, stage by stage: instances, symbols, graph, expectations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingType
from typing import NamedTuple

from estimator.diagnostics import (
    Diagnostic,
    InputError,
    Label,
    Place,
    Problems,
    Text,
    did_you_mean,
    short,
)
from estimator.formula.tree import Node, Number
from estimator.model.conventions import Counting, counting_of
from estimator.model.correlations import correlations, refuse_many_ranges
from estimator.model.declare import check_flows, declared
from estimator.model.expectations import concerns, expectation
from estimator.model.imports import NO_USES, Imports, Uses, check_scenario_names
from estimator.model.instance import APART, Instance
from estimator.model.instances import Instances, check_name, instances
from estimator.model.overrides import Overrides
from estimator.model.parameters import declare_parts
from estimator.model.provenance import Provenance, sourced
from estimator.model.quantity import Declaration, Expectation, Model, Origin, Wiring
from estimator.model.read_timeline import timeline
from estimator.model.resolve import Resolver
from estimator.model.shares import declare_shares
from estimator.model.symbols import Symbols, UnresolvedQuantity
from estimator.model.templates import Templates
from estimator.model.typecheck import Graph, Scope, checked
from estimator.model.unknown import without_unknown
from estimator.model.variants import (
    Variant,
    chosen_variant,
    conventions_of,
    uses,
    variant_of,
)
from estimator.model.warnings import (
    names_used,
    warn_of_empty,
    warn_of_mixed,
    warn_of_reads,
    warn_of_unused,
)
from estimator.model.wiring import hand_down
from estimator.scenario.load import Loaded
from estimator.scenario.plain import place_of
from estimator.scenario.sections import Expectation as ExpectationShape
from estimator.scenario.yaml_tree import Mapping


class Options(NamedTuple):
    """How a scenario is built.

    Attributes:
        overrides: Formulas that replace what the scenario says, by name (`--set`).
        variant: The name of a set of overrides in the file.
        napkin: Count with a day of 100,000 seconds and one digit.
        partial: Give what is right, even where something else is wrong.
        uses: The scenarios that it uses, and what they receive of it.
        conditions: Conditions that are looked at in place of the file's expectations.
    """

    overrides: MappingType[str, Text] = {}
    variant: Text | None = None
    napkin: bool = False
    partial: bool = False
    uses: Uses = NO_USES
    conditions: Sequence[Text] = ()


def build(
    loaded: Loaded,
    problems: Problems,
    *,
    overrides: MappingType[str, Text] | None = None,
    variant: Text | None = None,
    napkin: bool = False,
    partial: bool = False,
    uses: Uses = NO_USES,
    conditions: Sequence[Text] = (),
    is_used: bool = False,
) -> Model | None:
    """Return the model of a scenario, or None with everything wrong added to `problems`.

    Args:
        loaded: The scenario.
        problems: Where errors and warnings go.
        overrides: Formulas that replace what the scenario says, by name (`--set`).
        variant: The name of a set of overrides in the file.
        napkin: Count with a day of 100,000 seconds and one digit.
        partial: Give what is right, even where something else is wrong.
        uses: The scenarios that it uses, and what they receive of it.
        conditions: Conditions that are looked at in place of the file's expectations.
        is_used: Whether it is for a scenario that uses it, in which `?` stays what it is.
    """
    options = Options(overrides or {}, variant, napkin, partial, uses, conditions)

    def errors_with(name: str, text: Text) -> list[Diagnostic]:
        other = Problems()
        _built(loaded, other, options._replace(overrides={name: text, **options.overrides}))
        return other.errors

    found = Problems()
    model = _built(loaded, found, options)
    _check_variants_named(loaded, found)
    if options.variant is None:
        found.found += _errors_of_variants(loaded, found, options)
    if found.errors:
        from estimator.model.bytes_meant import blame_counts

        blame_counts(loaded, found, errors_with)
        model = model if partial else None
    problems.found += found.found
    return model if model is None or is_used else without_unknown(model)


def _errors_of_variants(loaded: Loaded, found: Problems, options: Options) -> list[Diagnostic]:
    """Return what is wrong with variants that are not chosen and are more than other values.

    Each is built, since what it adds and removes decides which names there are.
    """
    known = set(found.found)
    errors: list[Diagnostic] = []
    for text in _to_be_built(loaded):
        other = Problems()
        _built(loaded, other, options._replace(overrides={}, variant=text))
        variants = loaded.tree.get("variants")
        own = variants.get(text.value) if isinstance(variants, Mapping) else None
        for error in other.errors:
            if error in known:
                continue
            known.add(error)
            at = error.place
            if own is None or at is None or not own.place.start <= at.start < own.place.end:
                message = f"{error.message} with variant `{short(text.value)}`"
                error = error._replace(message=message)
            errors.append(error)
    return errors


def _to_be_built(loaded: Loaded) -> Iterator[Text]:
    """Yield the variants that change more than values, and those that have expectations."""
    scenario = loaded.scenario
    named = {text.value for shape in scenario.expect or [] for text in shape.variant or []}
    for name in scenario.variants or {}:
        if name in named or variant_of(scenario, name).is_structural:
            yield Text(name, place_of(loaded.tree, ("variants", name), key=True))


def _check_variants_named(loaded: Loaded, problems: Problems) -> None:
    """Report the variants that expectations name and the file does not have."""
    variants = loaded.scenario.variants or {}
    for shape in loaded.scenario.expect or []:
        for text in shape.variant or []:
            if text.value not in variants:
                message = f"there is no variant `{short(text.value)}`"
                help_ = did_you_mean(text.value, variants)
                problems.add("E030", message, text.place, help=help_)


def _built(loaded: Loaded, problems: Problems, options: Options) -> Model | None:
    try:
        return _model(loaded, problems, options)
    except InputError:  # what stops at once is among the problems already
        return None


def _model(loaded: Loaded, problems: Problems, options: Options) -> Model | None:
    before = len(problems.errors)
    problems.found.extend(loaded.found)
    scenario = loaded.scenario
    variant = chosen_variant(loaded, options.variant, problems)
    overrides = Overrides(loaded, options.overrides, variant)
    conventions = conventions_of(loaded, variant, problems)
    counting = counting_of(conventions, problems, napkin=options.napkin)
    templates = Templates()
    for text in scenario.library or []:
        templates.library.add(loaded.folder / text.value, loaded.files, text.place, problems)
    used = instances(scenario, loaded.tree, templates, problems, variant)
    values = _own(loaded, variant, problems)
    own = {name: value.text for name, value in values.items()}
    overrides.apply(used.found, own, problems)
    hand_down(used.found)
    for name, text in own.items():
        if text is not values[name].text:
            values[name] = values[name]._replace(text=text, provenance=None)
    imports = Imports(options.uses, counting)
    symbols = _symbols(used, values, loaded, imports, problems)
    overrides.check_names(symbols, own)
    resolver = Resolver(symbols)
    graph = checked(symbols, resolver, counting)
    scope = Scope(symbols, resolver, graph.quantities, counting)
    shapes = [shape for shape in scenario.expect or [] if _belongs(shape, variant)]
    if options.conditions:
        shapes = [ExpectationShape(check=text) for text in options.conditions]
    expected = [expectation(scope, shape, napkin=options.napkin) for shape in shapes]
    expectations = [e for e in expected if e is not None]
    model = _gathered(loaded, scope, expectations, used.implied, overrides)
    refuse_many_ranges(graph.quantities, problems)
    overrides.check_formulas(scope)
    if len(problems.errors) == before:
        _warn(scope, graph, model.expectations, overrides)
    elif not options.partial:
        return None
    return model


def _belongs(shape: ExpectationShape, variant: Variant) -> bool:
    """Return whether an expectation is one of the file's, or of the variant that is chosen."""
    return shape.variant is None or any(text.value == variant.name for text in shape.variant)


def _symbols(
    used: Instances,
    own: MappingType[str, _Own],
    loaded: Loaded,
    imports: Imports,
    problems: Problems,
) -> Symbols:
    """Return all quantities of a scenario by name, those of its kinds and its own."""
    symbols = declared(used.found, problems, used.wrong, imports)
    taken = {*symbols.actions, *symbols.components, *(name.partition(".")[0] for name in own)}
    check_scenario_names(loaded, taken, problems)
    symbols.is_incomplete = bool(loaded.found)
    symbols.removed = used.removed
    declare_shares(symbols)
    _declare_own(symbols, own)
    declare_parts(symbols)
    check_flows(symbols)
    return symbols


class _Own(NamedTuple):
    """A value or a formula of the file's own.

    Attributes:
        text: The formula.
        origin: Whether it stands under `inputs` or under `derive`.
        place: Its name in the file.
        provenance: Where the file says that it is from.
    """

    text: Text
    origin: Origin
    place: Place
    provenance: Provenance | None = None


def _own(loaded: Loaded, variant: Variant, problems: Problems) -> dict[str, _Own]:
    """Return what the file names itself, but for what is wrong in its name or its value."""
    found: dict[str, _Own] = {}
    for section, origin in (("inputs", Origin.INPUT), ("derive", Origin.OWN)):
        for use in uses(loaded.scenario, section, variant):
            place = place_of(loaded.tree, use.path, key=True)
            said, path = use.layers[-1]
            if origin is Origin.OWN and not isinstance(said, Text):
                problems.add("E008", f"`{use.name}` takes a single value", place)
                continue
            value = sourced(said, loaded.tree, path, problems)
            if use.name in found:
                labels = [Label(found[use.name].place, "it is an input here")]
                message = f"`{use.name}` is a quantity already"
                problems.add("E010", message, place, labels=labels, help="choose another name")
            elif value is not None and check_name(use.name, place, problems, dotted=True):
                found[use.name] = _Own(value.text, origin, place, value.provenance)
    return found


def _declare_own(symbols: Symbols, own: MappingType[str, _Own]) -> None:
    """Declare the user's own quantities."""
    taken = {*symbols.actions, *symbols.components}
    for name, (text, origin, place, provenance) in own.items():
        owner = name.split(".", 1)[0]
        before = symbols.quantities.get(name)
        if owner in taken and before is None:
            message = f"`{owner}` is an action or a component already"
            symbols.problems.add("E010", message, place)
        elif before is not None:
            symbols.problems.add(
                "E010",
                f"`{name}` is a quantity already",
                place,
                labels=[Label(before.place, "it comes from here")] if before.place else [],
                help="choose another name, or pin it where it comes from",
            )
        else:
            tree = symbols.parsed(text, name)
            display_unit = _display_unit_of(tree, text)
            said = Declaration(text, origin, display_unit=display_unit, provenance=provenance)
            symbols.add(UnresolvedQuantity(name, said, tree, text.place))


def _display_unit_of(tree: Node, text: Text) -> str:
    """Return how a value of the user's own is shown: `99.95%` keeps its nines."""
    return "nines" if isinstance(tree, Number) and text.value.rstrip().endswith("%") else ""


def _warn(
    scope: Scope, graph: Graph, expectations: list[Expectation], overrides: Overrides
) -> None:
    used = graph.used | names_used(expectations)
    problems = scope.symbols.problems
    warn_of_unused(scope.symbols.instances, graph.quantities, used, overrides, problems)
    warn_of_reads(scope.symbols.instances, problems)
    warn_of_mixed(graph.quantities, expectations, problems)
    warn_of_empty(graph.quantities, expectations, problems)


def _gathered(
    loaded: Loaded,
    scope: Scope,
    expectations: list[Expectation],
    implied: dict[str, tuple[str, str]],
    overrides: Overrides,
) -> Model:
    """Return the model that the stages made."""
    scenario, symbols, quantities = loaded.scenario, scope.symbols, scope.quantities
    counting: Counting = scope.counting
    imports = symbols.imports
    of_components = {i.path: i for i in symbols.instances if i.kind.used_in == "components"}
    return Model(
        name=scenario.name.value if scenario.name else loaded.title,
        about=scenario.about.value.strip() if scenario.about else "",
        file=loaded.source.name,
        calendar=counting.calendar,
        rounding=counting.rounding,
        binary=counting.binary,
        quantities=quantities,
        concerns=concerns(scope),
        order=tuple(_order(scope, imports)),
        choices=list(symbols.choices.values()),
        actions=symbols.actions,
        components=[(path, i.kind.name) for path, i in of_components.items()],
        expectations=expectations,
        implied={**counting.implied, **implied},
        machines=symbols.machines,
        under_weight=counting.under_weight,
        wiring={path: _wiring(instance) for path, instance in of_components.items()},
        stores={path: symbols.by_path[path].kept_by for path in symbols.actions},
        internal=[a for a in symbols.actions if symbols.is_internal(a)],
        requires={path: _requires(symbols.by_path[path]) for path in symbols.actions},
        correlations=correlations(scenario.correlate or [], scope, overrides.names),
        flows={n: f.fields for n, f in symbols.flows.items() if n not in symbols.foreign},
        shares=symbols.shares,
        imported=imports.imported(),
        timeline=timeline(loaded, symbols.actions, quantities, counting.calendar, symbols.problems),
        left_out={
            n: q.declaration.text for n, q in symbols.quantities.items() if n not in quantities
        },
    )


def _order(scope: Scope, imports: Imports) -> Iterator[str]:
    """Yield the quantities that people read: of other scenarios' what is named here, and last."""
    right, ready = scope.quantities, imports.ready
    yield from [n for n in scope.symbols.quantities if n in right and n not in ready]
    yield from [n for n in imports.named if n in right]


def _requires(instance: Instance) -> dict[str, str]:
    """Return what an action requires in words, by topic."""
    said = instance.words.get("requires", {})
    return {topic: " ".join(words.value.split()) for topic, words in said.items()}


def _wiring(instance: Instance) -> Wiring:
    receives = tuple(instance.flows.get("receives", ()))
    results = tuple(map(instance.whole, instance.kind.results))
    is_apart = APART in instance.stores
    return Wiring(instance.kind.keeps, receives, instance.takes_all, is_apart, results)
