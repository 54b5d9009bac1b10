"""Kinds as text: the list of them, and one with all that it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import fill, indent
from typing import TYPE_CHECKING, Any

from estimator.diagnostics import Text
from estimator.library.kind import Formula, KindFile, Parameter
from estimator.render.kinds import Kinds
from estimator.render.page import Column, Part, Table
from estimator.render.registry import Page
from estimator.render.sanitize import sanitize
from estimator.render.styles import MARKS

if TYPE_CHECKING:
    from estimator.evaluate.examples import Tested


def page(kinds: Kinds, width: int) -> Iterator[Part]:
    """Yield a row a kind; of one in full its parameters, formulas and flows, and an example."""
    del width
    if kinds.tested is not None:
        yield from _tested(kinds.tested)
    elif kinds.in_full:
        for kind in kinds.kinds:
            yield from _in_full(kind)
    elif kinds.kinds:
        table = Table("Kinds of components", [Column("kind", whole=True), Column("what it is")])
        table.rows = [[kind.kind.value, words(kind.about)] for kind in kinds.kinds]
        yield table


def _tested(tested: Sequence[Tested]) -> Iterator[Part]:
    """Yield a row for each expectation of a worked example, and how many hold."""
    titles = ("kind", "example", "", "expected", "estimate")
    table = Table("Worked examples", [Column(t, whole=t in ("kind", "expected")) for t in titles])
    before = ("", "")
    for one in tested:
        kind, about = (
            "" if one.kind == before[0] else one.kind,
            "" if (one.kind, one.about) == before else one.about,
        )
        before = one.kind, one.about
        table.rows.append(
            [kind, about, MARKS["pass" if one.holds else "fail"], one.check, one.estimate]
        )
    if table.rows:
        yield table
        yield ""
    failing = sum(not one.holds for one in tested)
    held = len(tested) - failing
    if not tested:
        yield "no examples"
        return
    others = f", {failing} do{'es' * (failing == 1)} not" if failing else ""
    yield f"{held} hold{'s' * (held == 1)}{others}"


def _in_full(kind: KindFile) -> Iterator[Part]:
    yield about(kind)
    for table in (_parameters(kind), _resources(kind), _formulas(kind), _sends(kind)):
        if table.rows:
            yield table
            yield ""
    yield pasted(kind).rstrip()


def example(kind: KindFile) -> str:
    """Return the kind in a scenario, to be pasted; from the first of its worked examples."""
    given = kind.examples[0].given if kind.examples else {}
    lines = [f"  my_{kind.kind.value}:", f"    kind: {kind.kind.value}"]
    known = kind.parameters
    for key, value in given.items():
        if key.split(".")[0] in known and isinstance(value, Text):
            lines.append(f"    {sanitize(key)}: {sanitize(value.value)}")
    return "components:\n" + "\n".join(lines) + "\n"


def about(kind: KindFile) -> str:
    """Return what it is, and where its formulas come from."""
    parts = [fill(f"{kind.kind.value}: {words(kind.about)}", 80)]
    if kind.source is not None:
        parts.append(fill(f"Source: {words(kind.source)}", 80))
    return "\n".join(sanitize(part, lines=True) for part in parts) + "\n"


def pasted(kind: KindFile) -> str:
    """Return the example under a line of its own."""
    return "To paste:\n\n" + indent(example(kind), "    ")


def words(text: Text | None) -> str:
    """Return a text in one line, or nothing."""
    return " ".join(text.value.split()) if text is not None else ""


def _parameters(kind: KindFile) -> Table:
    titles = ("parameter", "takes", "default", "meaning")
    table = Table("Parameters", [Column(t, whole=t == "parameter") for t in titles])
    for name, parameter in kind.parameters.items():
        meaning = " ".join(_meaning(parameter))
        off = f" ({words(parameter.between)})" if parameter.between is not None else ""
        table.rows.append([name, takes(parameter), words(parameter.default) + off, meaning])
    return table


def _meaning(parameter: Parameter) -> Iterator[str]:
    yield words(parameter.about)
    if parameter.source is not None:
        yield f"[{words(parameter.source).rstrip('.')}]"
    if parameter.assumption is not None:
        yield f"[assumed: {words(parameter.assumption).rstrip('.')}]"


def takes(parameter: Parameter) -> str:
    """Return what may be given for a parameter."""
    if parameter.choices is not None:
        return " or ".join(c.value for c in parameter.choices)
    if parameter.catalog is not None:
        return f"an entry of {parameter.catalog.value}"
    if parameter.flows is not None:
        return "flows" if parameter.flows.value == "all" else "actions"
    if parameter.words is not None:
        return "words by topic"
    if parameter.one_of_several is not None:
        return f"one of {parameter.one_of_several.value}"
    other = parameter.share_of or parameter.count_of
    what = "share" if parameter.share_of else "number"
    return words(parameter.dimension) + (f", or {what} of {other.value}" if other else "")


def _resources(kind: KindFile) -> Table:
    titles = ("resource", "the load's demand", "a node's capacity", "planned with")
    columns = [Column(t, whole=t == "resource") for t in titles]
    table = Table("Resources (the scarcest decides)", columns)
    for name, resource in kind.resources.items():
        row: list[Any] = [name, resource.demand, resource.capacity, resource.limit]
        cells = [words(c) if isinstance(c, Text) else c or "100%" for c in row]
        table.rows.append(cells)
    return table


def _formulas(kind: KindFile) -> Table:
    columns = [Column("quantity", whole=True), Column("formula"), Column("meaning")]
    table = Table("Formulas", columns)
    named = [(f"{name}.average, .peak", formula) for name, formula in kind.rates.items()]
    repeated = kind.for_each_resource.items() if kind.resources else ()
    for name, formula in (*named, *kind.derive.items(), *repeated):
        for shown in ways(formula):
            table.rows.append([name, shown, words(formula.about)])
            name = ""
    return table


def ways(formula: Formula) -> Iterator[str]:
    """Yield a formula, or each of several with what decides among them."""
    if formula.formula is not None:
        yield words(formula.formula)
    for given, text in (formula.first_given or {}).items():
        yield f"{words(text)}  (if {given} is given)"
    for choice, text in (formula.cases or {}).items():
        yield f"{words(text)}  (if {words(formula.by)} is {choice})"


def _sends(kind: KindFile) -> Table:
    columns = [Column("flow", whole=True), Column("carries"), Column("meaning")]
    table = Table("Flows that it sends on", columns)
    for name, send in kind.sends.items():
        shown = "under its own name" if name == "self" else name
        carries = [f"{field.replace('_', '.', 1)}: {words(t)}" for field, t in send.carries.items()]
        table.rows.append([shown, ", ".join(carries), words(send.about)])
    return table


RENDERER = Page(page)
