"""What a scenario should meet: its expectations, and the checks of its kinds."""

from __future__ import annotations

import re

from estimator.diagnostics import Problems, Text, did_you_mean
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.formula.shared import LinkedFormula
from estimator.formula.tree import Call, Compare, Name, Node, Number, rebuilt
from estimator.library.other_words import choice_meant
from estimator.model.conventions import constant
from estimator.model.instance import Instance
from estimator.model.provenance import date_of
from estimator.model.quantity import CONFIDENCE, Concern, Expectation
from estimator.model.template import BlockFormula, CheckSlot
from estimator.model.typecheck import Scope, WrongElsewhereError
from estimator.scenario.sections import Expectation as ExpectationShape
from estimator.units import ANY, CONDITION, PLAIN

_SEVERITIES = ("error", "warn")


def concerns(scope: Scope) -> list[Concern]:
    """Return the checks of the kinds in use, each placed at what the user said of it."""
    symbols = scope.symbols
    found: list[Concern] = []
    checks = ((i, *one) for i in symbols.instances for one in symbols.blocks[i.path].checks)
    for instance, check, template in checks:
        condition = check.condition
        if condition is not None and not symbols.evaluate_condition(condition.tree, instance):
            continue
        formula = _concern(scope, check, template, instance)
        if formula is None:
            continue
        used = [scope.quantities[name] for name in formula.names]
        said = [q.text.place for q in used if q.origin.replaces_library]
        place = said[0] if said else instance.place
        is_named = instance.kind.used_in in ("actions", "components")
        whose = f"`{instance.path}`: " if is_named else ""
        help_ = check.help and _NAMED.sub(rf"{{{instance.whole('')}\1}}", check.help)
        found.append(Concern(formula, whose + check.message, help_, place))
    return found


_NAMED = re.compile(r"\{([\w.]+)\}")
"""A quantity of the component whose value stands in the help of a check."""


def _concern(
    scope: Scope, check: CheckSlot, template: BlockFormula, instance: Instance
) -> LinkedFormula | None:
    """Return the condition of a kind; None where it is wrong, or uses what is wrong itself."""
    try:
        if check.formula.is_wrong:
            parse(check.text.value)
        formula = scope.resolver.link_formula(template, instance)
        known = [n for n in formula.names if n in scope.quantities]
        dimensions = tuple([scope.quantities[name].dimension for name in known])
        is_known = len(known) == len(formula.names)
        if is_known and formula.shared.dimension(dimensions, CONDITION):
            return formula
        tree = formula.tree
        settled = scope.condition(tree, check.text)
        if settled is not tree:
            return LinkedFormula.of(settled)
        if is_known:
            formula.shared.right = dimensions, CONDITION, CONDITION
        return formula
    except WrongElsewhereError:
        return None
    except FormulaError as error:
        scope.symbols.problems.found.append(error.located(check.text))
        return None


def expectation(scope: Scope, shape: ExpectationShape, *, napkin: bool) -> Expectation | None:
    """Return a condition that the estimate should meet, or None with what is wrong reported.

    Args:
        scope: What it can use.
        shape: What the file says.
        napkin: Is everything rounded to a digit? What that breaks is no failure.
    """
    text, problems = shape.check, scope.symbols.problems
    # These are read before the condition, so that one run reports what is wrong with either.
    severity = "warn" if napkin else _severity(shape.severity, problems)
    until = date_of(shape.until, problems)
    confidence = _confidence(shape.confidence, scope)
    if not text.value:
        problems.add("E008", "an expectation is missing here", text.place)
        return None
    try:
        written = _with_utilization(parse(text.value), scope)
        tree = scope.condition(scope.resolver.resolved(written, None), text)
    except WrongElsewhereError:
        return None
    except FormulaError as error:
        problems.found.append(error.located(text))
        return None
    sides = scope.side(tree.left) if isinstance(tree, Compare) else PLAIN
    if isinstance(tree, Compare) and sides == ANY:
        sides = scope.side(tree.right)
    return Expectation(
        text=text,
        tree=tree,
        severity=severity,
        reason=shape.reason.value if shape.reason else "",
        owner=shape.owner.value if shape.owner else "",
        until=None if napkin else until,
        dimension=PLAIN if sides == ANY else sides,
        confidence=confidence,
    )


def _with_utilization(tree: Node, scope: Scope) -> Node:
    """Return a condition where `runway(db.storage)` asks until when it is not used up."""
    if isinstance(tree, Call) and tree.function == "runway" and len(tree.arguments) == 1:
        (of,) = tree.arguments
        component, _, resource = of.path.partition(".") if isinstance(of, Name) else ("", "", "")
        if component in scope.symbols.components:
            used = f"{component}.utilization{'.' * bool(resource)}{resource}"
            whole = Number(1.0, of.span)
            below = Compare("<=", Name(used, of.span), whole, of.span, None)
            return tree._replace(arguments=(below,))
    return rebuilt(tree, lambda part: _with_utilization(part, scope))


def _severity(text: Text | None, problems: Problems) -> str:
    if text is not None and text.value not in _SEVERITIES:
        meant = choice_meant(text.value, _SEVERITIES)
        problems.add(
            "E022",
            f"`severity` is `error` or `warn`, not `{text.value}`",
            text.place,
            help=f"write `severity: {meant}`" if meant else did_you_mean(text.value, _SEVERITIES),
        )
    return text.value if text is not None else "error"


def _confidence(text: Text | None, scope: Scope) -> float:
    problems = scope.symbols.problems
    found = constant("confidence", text, PLAIN, scope.counting.calendar, problems)
    if found is not None and not 0.0 < found <= 1.0:
        message = "`confidence` is above 0% and at most 100%"
        problems.add("E024", message, text.place if text else None)
        found = None
    return CONFIDENCE if found is None else found
