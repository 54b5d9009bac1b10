"""Whether a parameter says well how far its default may be off."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from estimator.diagnostics import Problems, Text, did_you_mean
from estimator.formula.dimensions import infer
from estimator.formula.emit import computed
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.formula.tree import Name, Node, Range, names_in, walk
from estimator.library.kind import KindFile, Parameter
from estimator.units import ANY, Calendar, Dimension, describe

_SUCH = "such as `between: 1 ms to 12 ms`"


def check_between(
    name: str, parameter: Parameter, said: Text, kind: KindFile, problems: Problems
) -> None:
    """Report a `between` that is no range around the default of a parameter (E031).

    Args:
        name: The parameter.
        parameter: What is said of it.
        said: Between what it lies.
        kind: Its kind, whose names the range may have.
        problems: Where errors go.
    """
    wrong = _misplaced(name, parameter)
    if wrong:
        message, help_ = wrong
        problems.add("E031", message, said.place, help=help_)
        return
    try:
        tree = parse(said.value)
        if not isinstance(tree, Range) or tree.credibility is not None:
            raise FormulaError("E031", "`between` is a range", (0, len(said.value)), help=_SUCH)
        _check_names(tree, kind)
        _check_dimension(tree, parameter, kind.parameters)
        if not any(names_in(tree)):
            _check_ends(tree, parameter)
    except FormulaError as error:
        problems.found.append(error.located(said))
    except (ArithmeticError, ValueError):
        problems.add("E031", "an end of `between` has no value", said.place, help=_SUCH)


def _misplaced(name: str, parameter: Parameter) -> tuple[str, str] | None:
    """Return why a parameter takes no `between`, and what to do; None where it takes one."""
    if not parameter.takes_formula:
        return f"`{name}` takes no number, so it lies between none", "leave `between` out"
    if parameter.default is None:
        return (
            f"`between` says how far a default may be off, and `{name}` has none",
            "give it a `default`, or leave `between` out",
        )
    return None


def _check_names(tree: Node, kind: KindFile) -> None:
    """Refuse a name that is none of the kind's, nor a field of an entry that a parameter names."""
    known = {*kind.parameters, *kind.derived}
    for node in (part for part in walk(tree) if isinstance(part, Name)):
        entry = kind.parameters.get(node.path.partition(".")[0])
        if node.path not in known and (entry is None or entry.catalog is None):
            message = f"`{node.path}` is no quantity of it"
            raise FormulaError("E031", message, node.span, help=did_you_mean(node.path, known))


class _UnknownError(Exception):
    """A name of which the dimension depends on the scenario."""


def _check_dimension(tree: Range, parameter: Parameter, known: Mapping[str, Parameter]) -> None:
    """Refuse an end that has another dimension than the parameter."""
    wanted = None if parameter.dimension is None else parameter.takes[0]
    if wanted is None:
        return

    def dimension(name: Name) -> Dimension:
        of = known.get(name.path)
        if of is None or of.dimension is None or of.takes[0] is None:
            raise _UnknownError
        return of.takes[0]

    for end in (tree.low, tree.high):
        try:
            found = infer(end, dimension)
        except _UnknownError:
            continue
        if found not in (wanted, ANY):
            message = f"`between` is {describe(found)}, but the parameter is {describe(wanted)}"
            raise FormulaError("E031", message, end.span)


def _check_ends(tree: Range, parameter: Parameter) -> None:
    """Refuse ends that do not hold the default, or that break its bounds."""
    low, high = (float(computed(end, Calendar())) for end in (tree.low, tree.high))
    if not 0 <= low < high < inf:
        message = "the ends of `between` are not negative, the lower one first"
        raise FormulaError("E031", message, tree.span, help=_SUCH)
    for limit, is_beyond in (
        (parameter.minimum or parameter.above, low.__lt__),
        (parameter.maximum, high.__gt__),
    ):
        if limit is not None and is_beyond(_plain(limit) or 0.0):
            message = "`between` reaches beyond what the parameter may be"
            raise FormulaError("E031", message, tree.span)
    said = parameter.default
    default = _plain(said)
    if said is not None and default is not None and not low <= default <= high:
        message = f"the default, {said.value}, lies outside of `between`"
        raise FormulaError("E031", message, tree.span, help="let the range hold the default")


def _plain(text: Text | None) -> float | None:
    """Return the value of a formula without names; None of any other."""
    tree = None if text is None else parse(text.value)
    return None if tree is None or any(names_in(tree)) else float(computed(tree, Calendar()))
