"""Kinds as JSON: the list of them, and one with all that it has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from estimator.diagnostics import Text as Words
from estimator.library.kind import Formula, KindFile, Parameter, Resource, Send
from estimator.render.json import diagnostics_json, written
from estimator.render.kinds import Kinds
from estimator.render.kinds.text import example, takes, ways, words
from estimator.render.registry import Text

if TYPE_CHECKING:
    from estimator.evaluate.examples import Tested


def to_json(kinds: Kinds) -> Iterator[str]:
    """Yield the kinds as one JSON object."""
    yield written(
        kinds=[_kind(kind) | (_in_full(kind) if kinds.in_full else {}) for kind in kinds.kinds],
        **({} if kinds.tested is None else {"examples": [*map(_tested, kinds.tested)]}),
        diagnostics=diagnostics_json(kinds.diagnostics),
    )


def _tested(one: Tested) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "about": one.about or None,
        "check": one.check,
        "holds": one.holds,
        "estimate": one.estimate or None,
    }


def _kind(kind: KindFile) -> dict[str, Any]:
    return {
        "name": kind.kind.value,
        "about": words(kind.about),
        "also_called": [name.value for name in kind.also_called or ()],
    }


def _in_full(kind: KindFile) -> dict[str, Any]:
    repeated = kind.for_each_resource if kind.resources else {}
    formulas = {**kind.rates, **kind.derive, **repeated}
    return {
        "source": _words(kind.source),
        "parameters": {name: _parameter(p) for name, p in kind.parameters.items()},
        "resources": {name: _resource(r) for name, r in kind.resources.items()},
        "formulas": {name: _formula(f, name in kind.rates) for name, f in formulas.items()},
        "flows": {name: _flow(send) for name, send in kind.sends.items()},
        "example": example(kind),
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "about": words(parameter.about),
        "takes": takes(parameter),
        "default": _words(parameter.default),
        "between": _words(parameter.between),
        "required": parameter.required is not None,
        "source": _words(parameter.source),
        "assumption": _words(parameter.assumption),
    }


def _resource(resource: Resource) -> dict[str, Any]:
    return {
        "about": _words(resource.about),
        "demand": words(resource.demand),
        "capacity": words(resource.capacity),
        "limit": words(resource.limit) or "100%",
        "moves": words(resource.moves) or words(resource.demand),
        "source": _words(resource.source),
    }


def _formula(formula: Formula, is_rate: bool) -> dict[str, Any]:
    return {
        "about": _words(formula.about),
        "formulas": list(ways(formula)),
        "average_and_peak": is_rate,
        "dimension": _words(formula.dimension),
        "source": _words(formula.source),
    }


def _flow(send: Send) -> dict[str, Any]:
    return {
        "about": _words(send.about),
        "carries": {
            field.replace("_", ".", 1): words(text) for field, text in send.carries.items()
        },
    }


def _words(text: Words | None) -> str | None:
    return words(text) or None


RENDERER = Text(to_json, endings=(".json",))
