"""Kinds as text: the list of them, and one with all that it has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import fill, indent
from typing import Any

from estimator.diagnostics import Text
from estimator.library import Formula, KindFile, Parameter
from estimator.render.sanitize import sanitize
from estimator.render.tables import Column, Table


def kinds_page(kinds: Iterable[KindFile]) -> list[str | Table]:
    """A row a kind."""
    table = Table("Kinds of components", [Column("kind", whole=True), Column("what it is")])
    for kind in kinds:
        table.rows.append([kind.kind.value, _words(kind.about)])
    return [table]


def kind_page(kind: KindFile) -> list[str | Table]:
    """What a kind is, its parameters, formulas and flows, and an example to paste."""
    tables = (_parameters(kind), _resources(kind), _formulas(kind), _sends(kind))
    page: list[str | Table] = [about(kind)]
    for table in tables:
        if table.rows:
            page += [table, ""]
    return [*page, pasted(kind).rstrip()]


def example(kind: KindFile) -> str:
    """The kind in a scenario, to be pasted; from the first of its worked examples."""
    given = kind.examples[0].given if kind.examples else {}
    lines = [f"  my_{kind.kind.value}:", f"    kind: {kind.kind.value}"]
    known = kind.parameters
    for key, value in given.items():
        if key.split(".")[0] in known and isinstance(value, Text):
            lines.append(f"    {sanitize(key)}: {sanitize(value.value)}")
    return "components:\n" + "\n".join(lines) + "\n"


def about(kind: KindFile) -> str:
    """What it is, and where its formulas come from."""
    parts = [fill(f"{kind.kind.value}: {_words(kind.about)}", 80)]
    if kind.source is not None:
        parts.append(fill(f"Source: {_words(kind.source)}", 80))
    return "\n".join(sanitize(part, lines=True) for part in parts) + "\n"


def pasted(kind: KindFile) -> str:
    """The example under a line of its own."""
    return "To paste:\n\n" + indent(example(kind), "    ")


def _words(text: Text | None) -> str:
    return " ".join(text.value.split()) if text is not None else ""


def _parameters(kind: KindFile) -> Table:
    titles = ("parameter", "takes", "default", "meaning")
    table = Table("Parameters", [Column(t, whole=t == "parameter") for t in titles])
    for name, parameter in kind.parameters.items():
        meaning = " ".join(_meaning(parameter))
        table.rows.append([name, _takes(parameter), _words(parameter.default), meaning])
    return table


def _meaning(parameter: Parameter) -> Iterator[str]:
    yield _words(parameter.about)
    if parameter.source is not None:
        yield f"[{_words(parameter.source).rstrip('.')}]"
    if parameter.assumption is not None:
        yield f"[assumed: {_words(parameter.assumption).rstrip('.')}]"


def _takes(parameter: Parameter) -> str:
    if parameter.choices is not None:
        return " or ".join(c.value for c in parameter.choices)
    if parameter.catalog is not None:
        return f"an entry of {parameter.catalog.value}"
    if parameter.flows is not None:
        return "actions" if parameter.flows.value == "actions" else "flows"
    return _words(parameter.dimension)


def _resources(kind: KindFile) -> Table:
    titles = ("resource", "the load's demand", "a node's capacity", "planned with")
    columns = [Column(t, whole=t == "resource") for t in titles]
    table = Table("Resources, of which the scarcest decides", columns)
    for name, resource in kind.resources.items():
        row: list[Any] = [name, resource.demand, resource.capacity, resource.limit]
        cells = [_words(c) if isinstance(c, Text) else c or "100%" for c in row]
        table.rows.append(cells)
    return table


def _formulas(kind: KindFile) -> Table:
    columns = [Column("quantity", whole=True), Column("formula"), Column("meaning")]
    table = Table("Formulas", columns)
    named = [(f"{name}.average, .peak", formula) for name, formula in kind.rates.items()]
    repeated = kind.for_each_resource.items() if kind.resources else ()
    for name, formula in (*named, *kind.derive.items(), *repeated):
        for shown in _ways(formula):
            table.rows.append([name, shown, _words(formula.about)])
            name = ""
    return table


def _ways(formula: Formula) -> Iterator[str]:
    if formula.formula is not None:
        yield _words(formula.formula)
    for given, text in (formula.first_given or {}).items():
        yield f"{_words(text)}  (if {given} is given)"
    for choice, text in (formula.cases or {}).items():
        yield f"{_words(text)}  (if {_words(formula.by)} is {choice})"


def _sends(kind: KindFile) -> Table:
    columns = [Column("flow", whole=True), Column("carries"), Column("meaning")]
    table = Table("Flows that it sends on", columns)
    for name, send in kind.sends.items():
        shown = "under its own name" if name == "self" else name
        carries = [
            f"{field.replace('_', '.', 1)}: {_words(t)}" for field, t in send.carries.items()
        ]
        table.rows.append([shown, ", ".join(carries), _words(send.about)])
    return table
