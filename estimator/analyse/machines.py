"""Which machine of a catalogue does a component's work for the least money."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import NamedTuple

from estimator.catalog import Entry, catalog
from estimator.diagnostics import Problems, did_you_mean
from estimator.evaluate import (
    binding,
    compile_program,
    is_about,
    is_uncertain,
    utilization_of,
    violations,
)
from estimator.evaluate.choice import Candidate, MachineChoice
from estimator.formula.emit import computed, constant
from estimator.formula.parse import parse
from estimator.formula.tree import Literal, Number, names_in
from estimator.model import MachineParameter, Model, Origin
from estimator.units import Calendar
from estimator.units.write import share

_SAME = 1e-9  # prices that differ by less are equal
_LITTLE = 0.01  # by which figures of one machine differ between sources
_TINY = 0.001
_DEAR = 2.0  # times the least cost of the same work, above which a machine is made for other work
_NEARLY = 0.02  # what few larger machines may cost more than many small ones, to be shown


@dataclass
class _Trial:
    """An entry tried out in place of another.

    Where the load is a range, `planned` has the nodes and the cost that are planned for, and what
    the plan is regretted by on average. `needed` is the number of nodes that the scarcest resource
    asks for.
    """

    entry: Entry
    values: dict[str, float]
    refused: str = ""
    needed: float = 0.0
    planned: Planned | None = None

    def nodes(self, component: str) -> float:
        return self.planned.nodes if self.planned else self.values.get(f"{component}.nodes", 0.0)

    def cost(self, component: str) -> float:
        """Return what it costs a month, with what missing nodes cost on average."""
        whole = f"{component}.cost.per_month"
        return self.planned.weighed if self.planned else self.values.get(whole, 0.0)


class Planned(NamedTuple):
    """A fleet that is planned for a load that is a range.

    Attributes:
        nodes: The nodes that are enough in `planned_share` of cases.
        cost: What they cost in USD a month.
        regret: What nodes too many cost on average, and nodes missing, which weigh more.
        weighed: The cost, and what missing nodes cost on average.
    """

    nodes: float
    cost: float
    regret: float
    weighed: float


def alternatives(
    model: Model,
    choice: MachineParameter,
    scope: str | None = None,
    *,
    others: Mapping[str, Entry] | None = None,
    levels: bool = True,
) -> MachineChoice:
    """Return how a component would run on each machine, from the cheapest that does all it has to.

    Args:
        model: The model; what else is open in it keeps the values that it has.
        choice: The parameter that names the machine.
        scope: The cloud or the family to look at instead of the choice's own.
        others: The entries of other choices that are open, by the names of their parameters.
        levels: Whether a machine is refused for a service level, too; without, the machine that
            would do alone is not looked for.
    """
    entries = catalog(choice.catalog)
    scope = choice.scope if scope is None else scope
    least = _given_shape(model, choice)
    model = with_prices(model, [machine.name for machine in model.machines])
    if not is_uncertain(model):
        model = _part(model, choice.component, levels)
    model = _with_picks(model, others or {})
    machines = entries.candidates(scope)
    trials = list(_tried(machines, model, choice, levels=levels))
    for trial in trials:
        trial.refused = _too_small(trial.entry, least, model, choice) or trial.refused
    if levels and all(t.refused for t in trials):  # then a level is what cannot be kept
        trials = list(_tried(machines, model, choice, levels=False))
    component = choice.component
    weight = _plan(trials, model, choice)
    trials.sort(key=lambda t: _rank(t, component))
    good = [t for t in trials if not t.refused]
    values = next((t.values for t in trials if t.values), {})
    resources = [name for name in values if name.startswith(f"{component}.nodes.")]
    rows: list[Candidate] = []
    if good:
        best = good[0]
        families = {best.entry.family}
        rows.append(_row(best, component, resources, best))
        fewest = _fewest(good, component)
        if fewest is not best:
            rows.append(_row(fewest, component, resources, best))
        for trial in good[1:]:
            if trial.entry.family not in families:
                families.add(trial.entry.family)
                rows.append(_row(trial, component, resources, best))
    refused = [_row(t, component, resources, None) for t in trials if t.refused]
    return MachineChoice(
        component,
        scope,
        len(trials),
        tuple(rows),
        tuple(refused),
        *(_alone(trials, scope, model, choice) if levels else ("", 0.0)),
        weight,
    )


def _part(model: Model, component: str, levels: bool) -> Model:
    """Return what of a model tells how a component runs, so that others cost each trial no time."""
    concerns = [c for c in model.concerns if is_about(c, component, levels=levels)]
    names_needed = {name for name in model.quantities if name.startswith(f"{component}.")}
    names_needed.update(name for concern in concerns for name in concern.formula.names)
    needed = model.leading_to(names_needed)
    return model._replace(
        quantities={n: q for n, q in model.quantities.items() if n in needed},
        order=tuple(n for n in model.order if n in needed),
        concerns=concerns,
        expectations=[],
    )


def with_prices(model: Model, machines: Sequence[str]) -> Model:
    """Return a model in which every field of some machines is a value, also a price that follows.

    Each can then be that of another entry.
    """
    places = (m for m in model.machines if m.name in machines)
    fields = {f"{m.name}.{field}" for m in places for field in catalog(m.catalog).fields}
    quantities = {
        name: q.computed_by(Number(0.0, (0, 0)))
        if name in fields and q.uses and q.origin is Origin.DERIVED
        else q
        for name, q in model.quantities.items()
    }
    return model._replace(quantities=quantities)


def figures_of(
    entries: Sequence[Entry], choice: MachineParameter, model: Model
) -> tuple[tuple[str, ...], tuple[tuple[float, ...], ...]] | None:
    """Return the quantities that entries are put into, and the figures of each entry.

    None where the file says some of these itself, or where they are ranges: then each entry has a
    model of its own.
    """
    put = fields_put(with_prices(model, [choice.name]), choice)
    names = tuple(put.values())
    fields = {f"{choice.name}.{field}" for field in catalog(choice.catalog).fields}
    if not fields.intersection(model.quantities).issubset(names) or model.ranges.keys() & names:
        return None
    rows = [tuple(figure_of(entry, f, choice, model) for f in put) for entry in entries]
    if any(figure is None for row in rows for figure in row):
        return None
    return names, tuple(tuple(figure or 0.0 for figure in row) for row in rows)


def _given_shape(model: Model, choice: MachineParameter) -> dict[str, float]:
    """Return what the file gives of the fields that a machine's price depends on."""
    fields = catalog(choice.catalog).fields.items()
    priced = [field for field, shape in fields if shape.priced is not None]
    said = {field: model.quantities.get(f"{choice.name}.{field}") for field in priced}
    return {
        field: constant(quantity.text.value, model.calendar)
        for field, quantity in said.items()
        if quantity is not None and quantity.origin is Origin.GIVEN and not quantity.uses
    }


def _too_small(
    entry: Entry, least: Mapping[str, float], model: Model, choice: MachineParameter
) -> str:
    """Return why a machine is refused that has less than the file gives; nothing if it has that."""
    for field, figure in least.items():
        sold = figure_of(entry, field, choice, model)
        if sold is not None and sold < figure * (1 - _LITTLE):
            shown = model.write(sold, model.quantities[f"{choice.name}.{field}"].dimension)
            return f"`{choice.name}.{field}` is more than its {shown}"
    return ""


def figure_of(entry: Entry, field: str, choice: MachineParameter, model: Model) -> float | None:
    """Return a field of an entry in base units, by its other fields where it names any."""
    return _figure(choice.catalog, entry.name, field, model.calendar)


@lru_cache(maxsize=16_384)  # each component tries all machines: a tenth of `machines` for eight
def _figure(name: str, entry: str, field: str, calendar: Calendar) -> float | None:
    fields, found = catalog(name).fields, catalog(name).get(entry)
    assert found is not None
    text = found.fields.get(field) or fields[field].default
    if text is None:
        return None
    tree = parse(text.value)
    if isinstance(tree, Number | Literal):  # as most are, of hundreds of entries
        return constant(text.value, calendar)
    names = set(names_in(tree))
    named = [other for other in fields if other in names]
    if not named:
        return constant(text.value, calendar)
    figures = {n: f for n in named if (f := _figure(name, entry, n, calendar)) is not None}
    return float(computed(tree, calendar, figures)) if len(figures) == len(named) else None


def _plan(trials: list[_Trial], model: Model, choice: MachineParameter) -> float | None:
    """Plan a fleet of each machine for a load that is a range, by what is regretted least.

    A fleet costs what it costs, busy or idle; where it is too small, each dollar's worth of nodes
    that is missing weighs `under_weight` dollars. The best fleet is then enough in a share
    `under_weight / (1 + under_weight)` of cases.

    Source:
        The newsvendor problem; F. Y. Edgeworth, "The mathematical theory of banking", Journal of
        the Royal Statistical Society 51 (1888).

    Returns:
        The weight, or None where nothing is uncertain.
    """
    if not is_uncertain(model):
        return None
    from estimator.evaluate.uncertainty.samples import sample_each
    from estimator.evaluate.uncertainty.spreads import at_level

    component = choice.component
    planned = [f"{component}.nodes", f"{component}.cost.per_month"]
    good = [t for t in trials if not t.refused and t.values]
    if not good or any(name not in model.quantities for name in planned):
        return None
    if model.quantities[planned[0]].origin is Origin.PINNED:  # then there is nothing to plan
        return None
    start = f"{choice.name}."
    inputs = [n for n, q in model.quantities.items() if n.startswith(start) and not q.uses]
    drawn = sample_each(model, good[0].values, inputs, [t.values for t in good], planned)
    weight = model.under_weight
    share = weight / (1.0 + weight)
    for trial, (nodes, costs) in zip(good, drawn, strict=True):
        nodes.sort()
        costs.sort()
        cost = at_level(costs, share)
        missing = float((costs - cost).clip(min=0.0).mean())
        idle = float((cost - costs).clip(min=0.0).mean())
        regret = idle + weight * missing
        trial.planned = Planned(at_level(nodes, share), cost, regret, cost + weight * missing)
    return weight


def _with_picks(model: Model, picks: Mapping[str, Entry]) -> Model:
    """Return a model with an entry for each choice that is made."""
    quantities = dict(model.quantities)
    for choice in model.open_machines:
        if choice.name in picks:
            for field, name in fields_put(model, choice).items():
                figure = figure_of(picks[choice.name], field, choice, model)
                if figure is not None:
                    quantities[name] = quantities[name].computed_by(Number(figure, (0, 0)))
    return model._replace(quantities=quantities)


def fields_put(model: Model, choice: MachineParameter) -> dict[str, str]:
    """Return the quantities that an entry is put into: its fields, but for what the file gives."""
    names = {field: f"{choice.name}.{field}" for field in catalog(choice.catalog).fields}
    return {
        field: name
        for field, name in names.items()
        if (quantity := model.quantities.get(name)) is not None
        and not quantity.uses
        and quantity.origin is not Origin.GIVEN
    }


def _tried(
    entries: Iterable[Entry], model: Model, choice: MachineParameter, *, levels: bool
) -> Iterator[_Trial]:
    """Try one entry after the other.

    Args:
        entries: The entries.
        model: The model.
        choice: The parameter that names the machine.
        levels: Whether a machine is refused for a service level, too.
    """
    program, names = compile_program(model), list(model.quantities)
    fields = fields_put(model, choice)
    run = program.function(list(fields.values()), names)
    violation = violations(model, choice.component, levels=levels)
    before = [program.steps[name][0]() for name in fields.values()]
    for entry in entries:
        figures = (figure_of(entry, field, choice, model) for field in fields)
        inputs = [b if f is None else f for f, b in zip(figures, before, strict=True)]
        try:
            values = dict(zip(names, run(*inputs), strict=True))
        except ZeroDivisionError:
            yield _Trial(entry, {}, "it cannot do any of this work")
        except (ArithmeticError, ValueError) as error:
            yield _Trial(entry, {}, str(error) or "it cannot be computed")
        else:
            nodes = model.nodes_by_resource(choice.component, values)
            needed = (n for resource, n in nodes.items() if resource != "availability")
            yield _Trial(entry, values, violation(values), max(needed, default=0.0))


def _rank(trial: _Trial, component: str) -> tuple[bool, float, float, str]:
    rounded = float(f"{trial.cost(component):.9g}")
    return bool(trial.refused), rounded, trial.nodes(component), trial.entry.name


def _fewest(good: list[_Trial], component: str) -> _Trial:
    """Return the fewest nodes among those that cost nearly as little as the cheapest."""
    most = good[0].cost(component) * (1 + _NEARLY)
    near = [t for t in good if t.cost(component) <= most]
    return min(near, key=lambda t: t.nodes(component))


def _row(trial: _Trial, component: str, resources: Iterable[str], best: _Trial | None) -> Candidate:
    values, start = trial.values, f"{component}.nodes."
    nodes = {name.removeprefix(start): values[name] for name in resources if name in values}
    binds = binding(component, nodes, values)
    cost = values.get(f"{component}.cost.per_month", 0.0)
    reason = trial.refused
    if best is not None and trial is not best:
        least = best.cost(component)
        more = trial.cost(component) / least - 1 if least else 0.0
        reason = "costs as much" if more < _SAME else f"costs {_percent(more)} more"
    return Candidate(
        trial.entry.name,
        trial.entry.cloud,
        trial.nodes(component),
        binds,
        nodes,
        utilization_of(component, binds, values),
        trial.planned.cost if trial.planned else cost,
        reason,
        trial.planned.regret if trial.planned else None,
    )


def _percent(more: float) -> str:
    return "less than 0.1%" if more < _TINY else share(more, significant=2)


def _usual(trials: list[_Trial], component: str, scope: str) -> list[_Trial]:
    """Return the machines that one would think of for this work.

    Burstable ones do not carry all of a load unless they are asked for. Machines that are bought
    for something else, such as accelerators or disks, are far dearer for the same work.
    """
    steady = [
        t
        for t in trials
        if scope in (t.entry.family, t.entry.name)
        or t.values.get(f"{component}.node.baseline", 1.0) >= 1.0
    ]
    costs = [_cost_of_work(t, component) for t in steady]
    least = min((c for t, c in zip(steady, costs, strict=True) if not t.refused), default=0.0)
    most = _DEAR * least if least else inf
    return [t for t, cost in zip(steady, costs, strict=True) if cost <= most]


def _cost_of_work(trial: _Trial, component: str) -> float:
    """Return what the work costs a month on machines of this size, of which it takes a part."""
    nodes = trial.values.get(f"{component}.nodes", 0.0)
    if not nodes:
        return inf
    return trial.needed * trial.values.get(f"{component}.cost.per_month", 0.0) / nodes


def _alone(
    tried: list[_Trial], scope: str, model: Model, choice: MachineParameter
) -> tuple[str, float]:
    """Return the cheapest machine that would do all the work alone, else the one nearest to it.

    With it the number of such machines that the scarcest resource asks for. Where a larger machine
    does no more of the work, there is only that number.
    """
    component = choice.component
    trials = _usual(tried, component, scope)
    needed = {t.entry.name: t.needed for t in trials if t.values}
    if not needed:
        return "", 0.0
    price = {t.entry.name: t.values.get(f"{component}.node.price", 0.0) for t in trials}
    enough = [t for t in trials if needed.get(t.entry.name, 2.0) <= 1]
    single = _with_one_node(model, component)
    machines = [t.entry for t in sorted(enough, key=lambda t: (price[t.entry.name], t.entry.name))]
    for trial in _tried(machines, single, choice, levels=False):
        if not trial.refused:
            return trial.entry.name, needed[trial.entry.name]
    refused = {t.entry.name for t in trials if t.refused}
    rest = needed.keys() - {t.entry.name for t in enough}
    rest = rest - refused or rest
    if not rest:
        return "", 0.0
    name = min(rest, key=lambda n: (needed[n], price[n], n))
    families = [t.entry.family for t in tried if t.needed == needed[name]]
    if len(set(families)) < len(families):  # two sizes of a family take as much
        return "", needed[name]
    return name, needed[name]


def _with_one_node(model: Model, component: str) -> Model:
    """Return the same model where a component has a single node, and no more are asked for."""
    one = Number(1.0, (0, 0))
    names = (f"{component}.nodes", f"{component}.required_nodes", f"{component}.regions")
    quantities = {
        name: q.computed_by(one).unbounded() if name in names else q
        for name, q in model.quantities.items()
    }
    return model._replace(quantities=quantities)


def comparisons(
    model: Model, component: str | None, scope: str, problems: Problems
) -> list[MachineChoice]:
    """Return the alternatives for one component, or for all that run on nodes of a catalogue.

    Args:
        model: The model.
        component: The component; all of them for None.
        scope: The cloud or the family to look at; all clouds for nothing.
        problems: Where errors go.
    """
    places = {p.name.rsplit(".", 1)[0]: p for p in model.machines}
    if component is not None and component not in places:
        known = ", ".join(places)
        problems.add(
            "E014",
            f"no component `{component}` has machines to choose from",
            help=did_you_mean(component, places)
            or (f"those that have are {known}" if known else None),
        )
        return []
    choices = [places[component]] if component is not None else list(places.values())
    scopes = {s for p in choices for s in catalog(p.catalog).scopes()}
    if scope and scope not in scopes:
        problems.add(
            "E022",
            f"the catalog has no cloud or family `{scope}`",
            help=did_you_mean(scope, scopes) or "there are " + ", ".join(sorted(scopes)),
        )
        return []
    if any(f"{p.component}.nodes" in model.unknown for p in choices):
        _say_unknown(model, choices, problems)
        return []
    picks = dict(_first_picks(model))
    for p in model.open_machines:
        _pick(picks, p, alternatives(model, p, others=picks))
    found = [alternatives(model, p, scope or p.scope, others=picks) for p in choices]
    return [f for f in found if f.tried]


def _say_unknown(model: Model, choices: Sequence[MachineParameter], problems: Problems) -> None:
    """Report the components of which nobody knows what they have to do."""
    components = list(dict.fromkeys(p.component for p in choices))
    known = [c for c in components if f"{c}.nodes" not in model.unknown]
    for component in components:
        for root in model.unknown.get(f"{component}.nodes", ())[:1]:
            message = f"what `{component}` has to do depends on `{root}`, which is unknown"
            help_ = f"suppose a value: `--set {root}=...`"
            help_ += f", or name a component: `{known[0]}`" if known else ""
            problems.add("E034", message, help=help_)


def choose(model: Model, problems: Problems) -> tuple[dict[str, str], list[MachineChoice]]:
    """Return the cheapest entry for each open choice, and the alternatives to it.

    Where no entry does, a problem says why (E036).
    """
    chosen: dict[str, str] = {}
    found: list[MachineChoice] = []
    picks = _first_picks(model)
    for choice in model.open_machines:
        made = alternatives(model, choice, others=picks)
        if made.candidates:
            chosen[choice.name] = made.candidates[0].name
            _pick(picks, choice, made)
            found.append(made)
            continue
        first = made.refused[0]
        problems.add(
            "E036",
            f"no machine can do the work of `{choice.component}`:"
            f" {first.name} is rejected, {first.reason}",
            choice.text.place,
            help=f"{made.tried} machines were tried; name one, or change the load or the limits",
        )
    return chosen, found


def _first_picks(model: Model) -> dict[str, Entry]:
    """Return the cheapest entry for each of several open choices by itself.

    A service level depends on all of them, so that it is asked about only once each has one.
    """
    picks: dict[str, Entry] = {}
    if len(model.open_machines) > 1:
        for choice in model.open_machines:
            _pick(picks, choice, alternatives(model, choice, others=picks, levels=False))
    return picks


def _pick(picks: dict[str, Entry], choice: MachineParameter, made: MachineChoice) -> None:
    entry = catalog(choice.catalog).get(made.candidates[0].name) if made.candidates else None
    if entry is not None:
        picks[choice.name] = entry
