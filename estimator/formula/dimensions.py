"""The dimension of a formula, or what is wrong with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

from estimator.diagnostics import did_you_mean
from estimator.formula.exponents import constant_exponent
from estimator.formula.fault import FormulaError
from estimator.formula.functions import DISTRIBUTIONS, EMPTY, FUNCTIONS, WEIGHTED, Function
from estimator.formula.literals import LARGEST_POWER
from estimator.formula.tokens import SCALES
from estimator.formula.tree import (
    Call,
    Chain,
    Compare,
    Convert,
    Literal,
    Logic,
    Name,
    Negative,
    Node,
    Not,
    Number,
    Power,
    Range,
    Span,
    UnitRef,
    Unknown,
    children,
    rebuilt,
    walk,
)
from estimator.units import (
    ANY,
    CONDITION,
    DATA,
    MONEY,
    PLAIN,
    TIME,
    Dimension,
    describe,
    divide,
    multiply,
    power,
    unit_table,
)
from estimator.units.write import digits

Names: TypeAlias = Callable[[Name], Dimension]
"""The dimension of a name; raises FormulaError for an unknown one."""


def no_names(name: Name) -> Dimension:
    """Refuse any name, where only units may stand.

    Raises:
        FormulaError: E014, for any name.
    """
    raise FormulaError("E014", f"`{name.path}` cannot be used here: only units can", name.span)


def fits(found: Dimension, expected: Dimension) -> bool:
    """Return whether a value of one dimension may stand where the other is expected."""
    if CONDITION in (found, expected):
        return found == expected
    return found == expected or ANY in (found, expected)


def infer(node: Node, names: Names) -> Dimension:
    """Return the dimension of a tree.

    Raises:
        FormulaError: E013 where dimensions do not fit, E026 for a function called wrongly, and
            whatever `names` raises.
    """
    match node:
        case Name():
            return names(node)
        case Number():
            return ANY if node.value == 0 else PLAIN
        case Chain():
            return _chain(node, names)
        case Call():
            return _call(node, names)
        case UnitRef():
            return _unit(node.name)
        case Unknown():
            return ANY
        case Literal():
            return _product(node.units)
        case Negative():
            return _value(node.operand, names)
        case Power():
            return _power(node, names)
        case Compare():
            _together([node.left, node.right], names, f"`{node.op}` compares")
            if node.reach is not None:
                _together([node.right, node.reach], names, "`within` compares")
            return CONDITION
        case Logic():
            for operand in node.operands:
                _condition(operand, names)
            return CONDITION
        case Not():
            _condition(node.operand, names)
            return CONDITION
        case Range():
            return _range(node, names)
        case Convert():
            return _convert(node, names)


def _convert(node: Convert, names: Names) -> Dimension:
    found = _value(node.operand, names)
    expected = _value(node.unit, names)
    if isinstance(node.unit, Number) and node.unit.value == 0:
        raise FormulaError("E013", "zero is not a unit", node.unit.span)
    if not all(map(_in_a_unit, walk(node.unit))):
        message = "a unit is made of units and numbers, by `*`, `/` and `^`"
        raise FormulaError("E013", message, node.unit.span)
    if not fits(found, expected):
        raise FormulaError(
            "E013",
            f"{describe(found)} cannot be shown in a unit of {describe(expected)}",
            node.unit.span,
            labels=((node.operand.span, describe(found)),),
        )
    return found


def _in_a_unit(node: Node) -> bool:
    """Return whether a part may stand in the unit behind `in`."""
    if isinstance(node, Chain):
        return node.rest[0][0] in "*/"
    return isinstance(node, Number | UnitRef | Literal | Name | Power)


def read_billions(node: Node) -> Node:
    """Return the same tree with each `1B` read as a billion instead of bytes."""
    match node:
        case Literal() if node.bare_b:
            number = Number(node.number.value * 1e9, node.number.span)
            return node._replace(number=number, units=node.units[1:]) if node.units[1:] else number
        case Convert():
            return node._replace(operand=read_billions(node.operand))
        case _:
            return rebuilt(node, read_billions)


def typecheck(node: Node, names: Names, expected: Dimension | None) -> tuple[Node, Dimension]:
    """Return the tree as it is to be computed, and its dimension.

    `B` behind a number is bytes; where that does not fit and billion does, it is billion.

    Args:
        node: What the parser gave.
        names: The dimensions of names.
        expected: What the field takes, or None where anything goes.

    Raises:
        FormulaError: E012 if it does not fit what is expected, and whatever `infer` raises.
    """
    try:
        found = infer(node, names)
    except FormulaError as error:
        fault = error
    else:
        if expected is None and found != CONDITION:
            _refuse_two_readings(node, names)
        if expected is None or fits(found, expected):
            return node, found
        fault = _unwanted(node, found, expected)
    try:
        other = read_billions(node)
        if other is node or other == node:
            raise fault
        try:
            found = infer(other, names)
        except FormulaError:
            raise fault from None
        if expected is None or fits(found, expected):
            return other, found
        raise fault
    except FormulaError:
        raise _lacks_bytes(node, names, expected) or fault from None
    finally:
        del fault  # whose traceback has this frame, which would have it


def _lacks_bytes(node: Node, names: Names, expected: Dimension | None) -> FormulaError | None:
    """Return the number that lacks a `B`, such as `256K`, where all would fit with it."""
    scaled = [n for n in walk(node) if isinstance(n, Number) and n.scale in _IN_BYTES]
    for number in scaled:
        other = _replaced(node, number, Literal(number, (("B", 1.0),), number.span))
        try:
            found = infer(other, names)
        except FormulaError:
            continue
        if expected is None or fits(found, expected):
            message = f"`{_amount(number)}{number.scale}` is {describe(PLAIN)}, and data is needed"
            if number is node and expected is not None:
                message = _unwanted(node, PLAIN, expected).message
            help_ = f"write {in_bytes(number)}"
            return FormulaError("E012", message, number.span, describe(PLAIN), help_)
    return None


_IN_BYTES = {"k": ("kB", "KiB"), "K": ("kB", "KiB"), "M": ("MB", "MiB"), "T": ("TB", "TiB")}
"""The units of bytes that a scale without a unit may stand for."""


def in_bytes(number: Number) -> str:
    """Write a number with a scale in bytes, by powers of 1000 and of 1024."""
    decimal, binary = _IN_BYTES[number.scale]
    return f"`{_amount(number)} {decimal}` or `{_amount(number)} {binary}`"


def _amount(number: Number) -> str:
    """Return the digits before a number's scale."""
    return f"{number.value / SCALES[number.scale]:.15g}"


def _replaced(node: Node, old: Node, new: Node) -> Node:
    """Return the tree with one of its nodes replaced."""
    return new if node is old else rebuilt(node, lambda child: _replaced(child, old, new))


def _refuse_two_readings(node: Node, names: Names) -> None:
    """Refuse `1B` where it could be a billion or a byte, and both would fit."""
    unclear = [n for n in walk(node) if isinstance(n, Literal) and n.bare_b and n.tight]
    if not unclear:
        return
    try:
        infer(read_billions(node), names)
    except FormulaError:
        return
    literal = unclear[0]
    amount = digits(literal.number.value, 15).replace(",", "")
    raise FormulaError(
        "E017",
        f"`{amount}B` could be bytes or billion here",
        literal.span,
        help=f"write `{amount} B` for bytes, or `{amount} billion`",
    )


def _unwanted(node: Node, found: Dimension, expected: Dimension) -> FormulaError:
    return FormulaError(
        "E012",
        f"this should be {describe(expected)}, but it is {describe(found)}",
        node.span,
        describe(found),
        _missing(node, found, expected),
    )


def _missing(node: Node, found: Dimension, expected: Dimension) -> str | None:
    """Suggest what mends a dimension: a unit behind a bare number, or the factor it lacks."""
    if found == PLAIN and isinstance(node, Number):
        return _unit_missing(expected, node)
    if expected == CONDITION:
        return "compare it with something: `<= 100`"
    if CONDITION in (found, expected):
        return None
    if expected == PLAIN and isinstance(node, Literal):
        return "a plain number has no unit"
    words = {TIME: "a time", DATA: "a size"}
    factor = divide(expected, found)
    if factor in words:
        return f"multiplied by {words[factor]} it would fit"
    inverse = divide(found, expected)
    if inverse in words:
        return f"divided by {words[inverse]} it would fit"
    return None


def mixes_bits_and_bytes(node: Node) -> Span | None:
    """Return where literals in bits and in bytes are added up or compared, if anywhere.

    Both are data, so that it can be computed; but `Gb` where `GB` is meant is a classic slip.
    """
    for part in walk(node):
        sums = isinstance(part, Chain) and part.rest[0][0] in "+-"
        if sums or isinstance(part, Compare | Call | Range):
            units = {
                "bit" if "bit" in unit.name else "byte"
                for child in children(part)
                if isinstance(child, Literal)
                for name, _ in child.units
                if (unit := unit_table().unit(name)) is not None and unit.dimension.data
            }
            if len(units) > 1:
                return part.span
    return None


def _unit_missing(dimension: Dimension, number: Number) -> str:
    """Say what a bare number lacks to be of a dimension."""
    rate = divide(PLAIN, TIME)
    if number.scale == "%" and dimension == rate:  # growth
        share = f"{number.value * 100:.15g}%"
        return f"write `{share}/month`, `{share}/year` or `{share}/day`"
    forms = {
        MONEY: ("${0}",),
        DATA: ("{0} B", "{0} kB"),
        TIME: ("{0} s", "{0} ms", "{0} days"),
        rate: ("{0}/day", "{0}/s"),
        divide(DATA, TIME): ("{0} MB/s", "{0} Gbps"),
    }.get(dimension)
    if forms is None:
        return "write a unit after the number"
    written = (
        f"{_amount(number)}{number.scale}" if number.scale in SCALES else f"{number.value:.15g}"
    )
    return "write " + " or ".join(f"`{form.format(written)}`" for form in forms)


@lru_cache(maxsize=1024)
def _product(units: tuple[tuple[str, float], ...]) -> Dimension:
    """Return the dimension of a literal's units with their exponents."""
    result = PLAIN
    for name, exponent in units:
        result = multiply(result, power(_unit(name), exponent))
    return result


def _unit(name: str) -> Dimension:
    unit = unit_table().unit(name)
    return PLAIN if unit is None else unit.dimension


def _value(node: Node, names: Names) -> Dimension:
    found = infer(node, names)
    if found == CONDITION:
        raise FormulaError(
            "E013", "a comparison is not a number", node.span, help="use it in `if( )`"
        )
    return found


def _condition(node: Node, names: Names) -> None:
    found = infer(node, names)
    if found != CONDITION:
        raise FormulaError(
            "E013",
            f"this should be a comparison, but it is {describe(found)}",
            node.span,
            help="compare it with something: `> 0`",
        )


def _together(nodes: list[Node], names: Names, does: str) -> Dimension:
    """Return the dimension that all have in common."""
    known, first = ANY, nodes[0]
    for node in nodes:
        found = _value(node, names)
        if known == ANY:
            known, first = found, node
        elif not fits(found, known):
            start, end = first.span[0], node.span[1]
            raise FormulaError(
                "E013",
                f"{does} {describe(known)} and {describe(found)}",
                (start, end),
                labels=((first.span, describe(known)), (node.span, describe(found))),
                help=_clash_help(first, known, node, found),
            )
    return known


def _clash_help(first: Node, known: Dimension, node: Node, found: Dimension) -> str | None:
    for side, dimension, other in ((first, known, found), (node, found, known)):
        if dimension == PLAIN and isinstance(side, Number):
            return _unit_missing(other, side)
    if PLAIN not in (known, found) and divide(known, found) in (TIME, divide(PLAIN, TIME)):
        return "one of them lacks a time: `/s`, `* 1 day` or the like"
    return None


def _chain(node: Chain, names: Names) -> Dimension:
    if node.rest[0][0] in "+-":
        verb = "`-` takes" if node.rest[0][0] == "-" else "`+` adds"
        return _together([node.first, *(term for _, term in node.rest)], names, verb)
    # a literal zero fits beside anything it is added to, but multiplies as a plain number
    result = PLAIN if isinstance(node.first, Number) else _value(node.first, names)
    for op, term in node.rest:
        found = PLAIN if isinstance(term, Number) else _value(term, names)
        result = multiply(result, found) if op == "*" else divide(result, found)
    return result


def _power(node: Power, names: Names) -> Dimension:
    exponent = _value(node.exponent, names)
    if not fits(exponent, PLAIN):
        raise FormulaError(
            "E013", f"an exponent is a plain number, not {describe(exponent)}", node.exponent.span
        )
    base = _value(node.base, names)
    if base in (PLAIN, ANY):
        return PLAIN
    constant = constant_exponent(node.exponent)
    if constant is None or abs(constant) > LARGEST_POWER:
        raise FormulaError(
            "E013",
            f"{describe(base)} can be raised only to a small constant power",
            node.exponent.span,
        )
    return power(base, constant)


def _range(node: Range, names: Names) -> Dimension:
    low, high = _value(node.low, names), _value(node.high, names)
    if node.credibility is not None and not fits(_value(node.credibility, names), PLAIN):
        raise FormulaError("E013", "a credibility is a share", node.credibility.span)
    if not fits(low, high) and PLAIN not in (low, high):
        raise FormulaError(
            "E013",
            f"a range from {describe(low)} to {describe(high)}",
            node.span,
            labels=((node.low.span, describe(low)), (node.high.span, describe(high))),
        )
    return high if low in (PLAIN, ANY) else low  # `1.5 to 3 /day`: the unit is for both ends


def check_call(node: Call) -> None:
    """Check that there is such a function, and that it takes so many arguments.

    A pattern among them may stand for any number.

    Raises:
        FormulaError: E026 where it does not.
    """
    function = FUNCTIONS.get(node.function)
    if function is not None:
        if not any(isinstance(a, Name) and a.is_pattern for a in node.arguments):
            _count(node, function)
        return
    shape = DISTRIBUTIONS.get(node.function)
    if shape is None:
        raise FormulaError(
            "E026",
            f"there is no function `{node.function}`",
            node.name_span,
            help=did_you_mean(node.function, [*FUNCTIONS, *DISTRIBUTIONS]),
        )
    least = shape.count(",") + 1 if "..." not in shape else 1
    count = len(node.arguments)
    if count < least or (count > least and "..." not in shape):
        raise FormulaError(
            "E026",
            f"`{node.function}` takes {least} arguments, not {count}",
            node.span,
            help=f"it is called as `{shape}`",
        )


def _call(node: Call, names: Names) -> Dimension:
    if node.function == EMPTY:
        return ANY
    if node.function == WEIGHTED:
        raise FormulaError(
            "E026",
            "a share of something is written with `*`",
            node.span,
            help="`of` is used in `one_of` only, as in `one_of(30% of a, 70% of b)`",
        )
    check_call(node)
    if node.function in DISTRIBUTIONS:
        return _together(_weighed(node, names), names, f"`{node.function}` takes")
    function = FUNCTIONS[node.function]
    known: dict[str, tuple[Dimension, Node]] = {}
    for index, argument in enumerate(node.arguments):
        _argument(function, index, argument, known, names)
    return _result(function, {letter: found for letter, (found, _) in known.items()})


def _weighed(node: Call, names: Names) -> list[Node]:
    """Return the values of a distribution, without their weights, which are plain numbers."""
    values: list[Node] = []
    for argument in node.arguments:
        if (
            isinstance(argument, Call)
            and argument.function == WEIGHTED
            and node.function == "one_of"
        ):
            weight, value = argument.arguments
            if not fits(_value(weight, names), PLAIN):
                raise FormulaError("E013", "a weight is a plain number", weight.span)
            values.append(value)
        else:
            values.append(argument)
    return values


def _count(node: Call, function: Function) -> None:
    if function.accepts(len(node.arguments)):
        return
    least, count = function.least, len(node.arguments)
    plural = "s" if least != 1 else ""
    at_least = "at least " if function.repeats else ""
    expected = f"{at_least}{least} argument{plural}, not {count}"
    if count > least and function.repeats > 1:
        repeated = " and a ".join(name for name, _ in function.parameters[-function.repeats :])
        expected = f"a {repeated} each time, and one is missing"
    raise FormulaError(
        "E026",
        f"`{function.name}` takes {expected}",
        node.span,
        help=f"it is called as `{function.signature}`",
    )


def _argument(
    function: Function,
    index: int,
    argument: Node,
    known: dict[str, tuple[Dimension, Node]],
    names: Names,
) -> None:
    name, kind = function.parameter(index)
    if kind == CONDITION:
        _condition(argument, names)
        return
    found = _value(argument, names)
    if isinstance(kind, Dimension):
        if not fits(found, kind):
            by_unit = "divide it by a unit first" if kind == PLAIN else None
            raise FormulaError(
                "E013",
                f"`{name}` of `{function.name}` is {describe(kind)}, not {describe(found)}",
                argument.span,
                describe(found),
                by_unit,
            )
        return
    before, first = known.get(kind, (ANY, argument))
    if before == ANY:
        known[kind] = (found, argument)
    elif not fits(found, before):
        raise FormulaError(
            "E013",
            f"`{function.name}` takes {describe(before)} and {describe(found)}",
            argument.span,
            labels=((first.span, describe(before)), (argument.span, describe(found))),
            help=_clash_help(first, before, argument, found),
        )


def _result(function: Function, known: dict[str, Dimension]) -> Dimension:
    """Return the dimension of a call; a letter that nothing stands for is a plain number."""
    of = defaultdict(lambda: PLAIN, known)
    match function.result:
        case Dimension():
            return function.result
        case str():
            return of[function.result]
        case _:
            return function.result(of)
