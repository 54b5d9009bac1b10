"""A kind to its template: its formulas parsed, with slots for the names of each use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePath

from estimator.diagnostics import Text
from estimator.library.dimension_words import read_dimension
from estimator.library.kind import (
    AVERAGE_AND_PEAK,
    Check,
    Formula,
    KindFile,
    Parameter,
    Resource,
    Send,
    dotted,
    is_stock,
)
from estimator.model.bands import constant_ends
from estimator.model.kind_formula import condition_of, fillable, template_formula
from estimator.model.quantity import Band, Bounds, Declaration, Origin
from estimator.model.template import (
    ENCODES,
    SPLITS,
    ZERO,
    Case,
    CheckSlot,
    FormulaSlot,
    KindTemplate,
    ParameterSlot,
    SendSlot,
    SentField,
)

_WHOLE = Text.of("bounds", "100%")
_FIELD_DIMENSION = {
    "events": "rate",
    "reads": "rate",
    "writes": "rate",
    "ingress": "data/time",
    "egress": "data/time",
    "stored_per_day": "data",
    "stored_retained": "data",
    "coding": "count",
}
_FIELD_DIMENSION |= {
    f"record_{part}": _FIELD_DIMENSION[part]
    for part in ("ingress", "egress", "stored_per_day", "stored_retained")
}


def compile_kind(kind: KindFile, fields_of: Callable[[str], Iterable[str]]) -> KindTemplate:
    """Return the template of a kind.

    Args:
        kind: The kind, on top of what it extends.
        fields_of: The fields of the entries of a catalogue.
    """
    return KindTemplate(
        name=kind.kind.value,
        used_in=kind.used_in,
        scalar=kind.scalar.value if kind.scalar else "",
        several=kind.several.value if kind.several else "",
        keeps=kind.keeps.value if kind.keeps else "",
        results=tuple(text.value for text in kind.shown),
        is_abstract=kind.abstract is not None,
        parameters={n: parameter_slot(n, p) for n, p in kind.parameters.items()},
        one_of=tuple(text.value for text in kind.one_of or ()),
        settable=tuple(settable(kind, fields_of)),
        pinnable=kind.pinnable,
        formulas=tuple(_formulas(kind)),
        for_each_component=tuple(_repeated(kind, kind.for_each_component)),
        for_each_branch=tuple(_repeated(kind, kind.for_each_branch)),
        sends={name: _send(kind, name, send) for name, send in kind.sends.items()},
        checks=tuple(map(_check, kind.checks)),
        repeated=kind.repeated_pattern,
    )


def settable(kind: KindFile, fields_of: Callable[[str], Iterable[str]]) -> Iterator[str]:
    """Yield the parameters of a kind, each followed by the fields of its catalogue's entries."""
    for name, parameter in kind.parameters.items():
        yield name
        if parameter.catalog is not None:
            yield from (f"{name}.{field}" for field in fields_of(parameter.catalog.value))


def parameter_slot(name: str, parameter: Parameter) -> ParameterSlot:
    """Return the slot of a parameter, or of a field of a catalogue's entries."""
    plain = parameter.takes_formula
    expected_dimension, display_unit = (
        parameter.takes if plain and parameter.dimension is not None else (None, "")
    )
    about, default = parameter.about.value, parameter.default
    source = parameter.source.value if parameter.source else ""
    assumption = parameter.assumption.value if parameter.assumption else ""
    highest = parameter.maximum
    if highest is None and display_unit in ("share", "nines"):
        highest = _WHOLE
    bounds = Bounds(parameter.above, parameter.minimum or ZERO, highest)
    said = None
    if default is not None:
        said = Declaration(
            default,
            Origin.DEFAULT,
            expected_dimension,
            display_unit,
            about,
            source,
            assumption,
            bounds,
            is_decision=parameter.decision is not None,
            band=_band(name, parameter),
        )
    return ParameterSlot(
        name=name,
        about=about,
        default=said,
        formula=template_formula(default.value, expected_dimension)
        if default is not None and plain
        else None,
        expected_dimension=expected_dimension,
        display_unit=display_unit,
        bounds=bounds,
        choices=tuple(parameter.choices or ()),
        catalog=parameter.catalog.value if parameter.catalog else "",
        flows=parameter.flows.value if parameter.flows else "",
        flows_place=parameter.flows.place if parameter.flows else None,
        is_over_time=parameter.over_time is not None,
        is_words=parameter.words is not None,
        section=parameter.one_of_several.value if parameter.one_of_several else "",
        condition=condition_of(parameter.only_if.value if parameter.only_if else ""),
        share_of=parameter.share_of.value if parameter.share_of else "",
        count_of=parameter.count_of.value if parameter.count_of else "",
        excludes=parameter.excludes.value if parameter.excludes else "",
        is_required=parameter.required is not None,
        instead_of=parameter.instead_of.value if parameter.instead_of else "",
        priced=float(parameter.priced.value) if parameter.priced else None,
        is_decision=parameter.decision is not None,
        source=source,
        assumption=assumption,
    )


def _band(name: str, parameter: Parameter) -> Band | None:
    """Return how far the default may be off, by the name of the file that says so.

    Kinds that extend it share it: what is believed of `fleet.target_utilization` holds for all.
    About what somebody decides, nobody is wrong: its `between` says only what is usual.
    """
    said = parameter.between
    if said is None or parameter.decision is not None:
        return None
    belief = f"{PurePath(said.place.source.name).stem}.{name}"
    return Band(said, belief, name, ends=constant_ends(said.value))


def _formulas(kind: KindFile) -> Iterator[FormulaSlot]:
    for name, formula in kind.rates.items():
        for statistic in AVERAGE_AND_PEAK:
            yield _slot(kind, f"{name}.{statistic}", formula, statistic)
    for name, formula in kind.derive.items():
        yield _slot(kind, name, formula)
    for name, resource in kind.resources.items():
        yield from _resource(kind, name, resource)


def _slot(
    kind: KindFile,
    name: str,
    formula: Formula,
    statistic: str = "",
    resource: str = "",
    moves: str = "",
) -> FormulaSlot:
    expected_dimension, display_unit = formula.gives
    about = formula.about.value if formula.about else ""
    source = formula.source or kind.source
    said = source.value if source else ""
    bound = formula.bound.value if formula.bound else ""

    def case(when: str, text: Text) -> Case:
        if resource:
            filled = text.value.replace("<moves>", moves).replace("<resource>", resource)
            text = Text(filled, text.place)
        tree = template_formula(fillable(text.value), expected_dimension)
        declared = Declaration(
            text, Origin.DERIVED, expected_dimension, display_unit, about, said, bound=bound
        )
        return Case(when, declared, tree)

    if formula.formula is not None:
        cases: tuple[Case, ...] = (case("", formula.formula),)
    else:
        cases = tuple(case(w, t) for w, t in (formula.cases or formula.first_given or {}).items())
    only_if = formula.only_if.value.replace("<resource>", resource) if formula.only_if else ""
    chosen = formula.by.value if formula.by and formula.formula is None else ""
    return FormulaSlot(
        name=name.replace("<resource>", resource) if resource else name,
        statistic=statistic,
        cases=cases,
        by=chosen,
        condition=condition_of(only_if),
    )


def _resource(kind: KindFile, name: str, resource: Resource) -> Iterator[FormulaSlot]:
    when = condition_of(resource.only_if.value if resource.only_if else "")
    source = resource.source or kind.source
    about = resource.about.value if resource.about else ""
    said = source.value if source else ""
    for part, text, display_unit in resource.parts:
        declared = Declaration(text, Origin.DERIVED, None, display_unit, about, said)
        case = Case("", declared, template_formula(text.value))
        yield FormulaSlot(f"{part}.{name}", "", (case,), "", None, when)
    moves = f"({resource.moves.value})" if resource.moves else f"demand.{name}"
    for template, formula in kind.for_each_resource.items():
        yield _slot(kind, template, formula, resource=name, moves=moves)._replace(when=when)


def _repeated(kind: KindFile, formulas: Mapping[str, Formula]) -> Iterator[FormulaSlot]:
    for template, formula in formulas.items():
        yield _slot(kind, template, formula)


def _send(kind: KindFile, name: str, send: Send) -> SendSlot:
    fields: list[SentField] = []
    about = send.about.value if send.about else ""
    source = kind.source.value if kind.source else ""
    own_name = name != "self" and send.when_received is None
    for part, text in send.carries.items():
        expected_dimension, _ = read_dimension(_FIELD_DIMENSION[part])
        tree = template_formula(text.value, expected_dimension)
        for statistic in ("",) if is_stock(part) else AVERAGE_AND_PEAK:
            field = f"{dotted(part)}.{statistic}" if statistic else dotted(part)
            slot = FormulaSlot(
                name=f"{name if name != 'self' else 'sent'}.{field}",
                statistic=statistic,
                cases=(
                    Case(
                        "",
                        Declaration(text, Origin.DERIVED, expected_dimension, "", about, source),
                        tree,
                    ),
                ),
                by="",
                condition=None,
            )
            repeats = f"{text.value}.{statistic}" if statistic else text.value
            fields.append(SentField(field, "" if own_name else repeats, slot, _needs(part)))
    return SendSlot(
        name, tuple(fields), send.asynchronous is not None, send.when_received is not None
    )


def _needs(part: str) -> str:
    """Return what must be there for a field of a flow to have a quantity; nothing for most."""
    return SPLITS if part.startswith("record_") else ENCODES if part == "coding" else ""


def _check(check: Check) -> CheckSlot:
    only_if = check.only_if.value if check.only_if else ""
    return CheckSlot(
        check.check,
        template_formula(check.check.value),
        check.message.value,
        check.help.value if check.help else None,
        condition_of(only_if),
    )
