"""A scenario to its model, stage by stage: instances, symbols, graph, expectations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from estimator.diagnostics import Diagnostic, InputError, Label, Problems, Text
from estimator.formula.tree import Node, Number
from estimator.model.bytes_meant import blame_counts
from estimator.model.conventions import Counting, counting_of
from estimator.model.correlations import correlations, refuse_many_ranges
from estimator.model.declare import check_flows, declared
from estimator.model.expectations import concerns, expectation
from estimator.model.instance import APART, Instance
from estimator.model.instances import Instances, check_name, instances
from estimator.model.overrides import Overrides
from estimator.model.quantity import Declaration, Expectation, Model, Origin, Wiring
from estimator.model.resolve import Resolver
from estimator.model.symbols import Symbols, UnresolvedQuantity
from estimator.model.templates import Templates
from estimator.model.typecheck import Graph, Scope, checked
from estimator.model.warnings import names_used, warn_of_mixed, warn_of_unused
from estimator.scenario.load import Loaded
from estimator.scenario.plain import place_of


class Options(NamedTuple):
    """How a scenario is built.

    Attributes:
        overrides: Formulas that replace what the scenario says, by name (`--set`).
        variant: The name of a set of overrides in the file.
        napkin: Count with a day of 100,000 seconds and one digit.
        partial: Give what is right, even where something else is wrong.
    """

    overrides: Mapping[str, Text] = {}
    variant: Text | None = None
    napkin: bool = False
    partial: bool = False


def build(
    loaded: Loaded,
    problems: Problems,
    *,
    overrides: Mapping[str, Text] | None = None,
    variant: Text | None = None,
    napkin: bool = False,
    partial: bool = False,
) -> Model | None:
    """Return the model of a scenario, or None with everything wrong added to `problems`.

    Args:
        loaded: The scenario.
        problems: Where errors and warnings go.
        overrides: Formulas that replace what the scenario says, by name (`--set`).
        variant: The name of a set of overrides in the file.
        napkin: Count with a day of 100,000 seconds and one digit.
        partial: Give what is right, even where something else is wrong.
    """
    options = Options(overrides or {}, variant, napkin, partial)

    def errors_with(name: str, text: Text) -> list[Diagnostic]:
        other = Problems()
        _built(loaded, other, options._replace(overrides={name: text, **options.overrides}))
        return other.errors

    found = Problems()
    model = _built(loaded, found, options)
    if found.errors:
        blame_counts(loaded, found, errors_with)
    problems.found += found.found
    return model


def _built(loaded: Loaded, problems: Problems, options: Options) -> Model | None:
    try:
        return _model(loaded, problems, options)
    except InputError:  # what stops at once is among the problems already
        return None


def _model(loaded: Loaded, problems: Problems, options: Options) -> Model | None:
    before = len(problems.errors)
    problems.found.extend(loaded.found)
    scenario = loaded.scenario
    overrides = Overrides(loaded, options.overrides, options.variant)
    counting = counting_of(scenario.conventions, problems, napkin=options.napkin)
    templates = Templates()
    for text in scenario.library or []:
        templates.library.add(loaded.folder / text.value, loaded.files, text.place, problems)
    used = instances(scenario, loaded.tree, templates, problems)
    own = _own(loaded, problems)
    overrides.apply(used.found, own, problems)
    symbols = _symbols(used, own, loaded, problems)
    overrides.check_names(symbols, own)
    _warn_of_growth(loaded, problems)
    resolver = Resolver(symbols)
    graph = checked(symbols, resolver, counting)
    scope = Scope(symbols, resolver, graph.quantities, counting)
    shapes = scenario.expect or []
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


def _symbols(
    used: Instances, own: Mapping[str, Text], loaded: Loaded, problems: Problems
) -> Symbols:
    """Return all quantities of a scenario by name, those of its kinds and its own."""
    symbols = declared(used.found, problems, used.wrong)
    symbols.is_incomplete = bool(loaded.found)
    _declare_own(symbols, own, loaded)
    check_flows(symbols)
    return symbols


def _own(loaded: Loaded, problems: Problems) -> dict[str, Text]:
    """Return the formulas under `derive`, but for those whose names are wrong."""
    return {
        name: text
        for name, text in (loaded.scenario.derive or {}).items()
        if check_name(
            name, place_of(loaded.tree, ("derive", name), key=True), problems, dotted=True
        )
    }


def _declare_own(symbols: Symbols, own: Mapping[str, Text], loaded: Loaded) -> None:
    """Declare the user's own quantities."""
    taken = {*symbols.actions, *symbols.components}
    for name, text in own.items():
        owner = name.split(".", 1)[0]
        place = place_of(loaded.tree, ("derive", name), key=True)
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
            said = Declaration(text, Origin.OWN, display_unit=_display_unit_of(tree, text))
            symbols.add(UnresolvedQuantity(name, said, tree, text.place))


def _display_unit_of(tree: Node, text: Text) -> str:
    """Return how a value of the user's own is shown: `99.95%` keeps its nines."""
    return "nines" if isinstance(tree, Number) and text.value.rstrip().endswith("%") else ""


def _warn_of_growth(loaded: Loaded, problems: Problems) -> None:
    if "growth" in (loaded.scenario.traffic or {}):
        problems.add(
            "W102",
            "`growth` has no effect yet: no forecast is computed",
            place_of(loaded.tree, ("traffic", "growth"), key=True),
            help="formulas can use its value, as `traffic.growth`",
        )


def _warn(
    scope: Scope, graph: Graph, expectations: list[Expectation], overrides: Overrides
) -> None:
    used = graph.used | names_used(expectations)
    problems = scope.symbols.problems
    warn_of_unused(scope.symbols.instances, graph.quantities, used, overrides, problems)
    warn_of_mixed(graph.quantities, expectations, problems)


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
    of_components = {i.path: i for i in symbols.instances if i.kind.used_in == "components"}
    return Model(
        name=scenario.name.value if scenario.name else loaded.title,
        about=scenario.about.value.strip() if scenario.about else "",
        file=loaded.source.name,
        calendar=counting.calendar,
        digits=counting.digits,
        quantities=quantities,
        concerns=concerns(scope),
        order=tuple(n for n in symbols.quantities if n in quantities),
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
    )


def _requires(instance: Instance) -> dict[str, str]:
    """Return what an action requires in words, by topic."""
    said = instance.words.get("requires", {})
    return {topic: " ".join(words.value.split()) for topic, words in said.items()}


def _wiring(instance: Instance) -> Wiring:
    receives = tuple(instance.flows.get("receives", ()))
    return Wiring(instance.kind.keeps, receives, instance.takes_all, APART in instance.stores)
