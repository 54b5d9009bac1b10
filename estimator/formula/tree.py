"""The tree of a formula. Every node knows its span in the text that it was read from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

Span: TypeAlias = tuple[int, int]


class Number(NamedTuple):
    """A plain number, with `M`, `%` and the like multiplied in, and the scale as it was written."""

    value: float
    span: Span
    scale: str = ""


class Unknown(NamedTuple):
    """`?`: a value that nobody knows yet."""

    span: Span


class UnitRef(NamedTuple):
    """A unit by name, worth one of it."""

    name: str
    span: Span


class Literal(NamedTuple):
    """A number with a unit written behind it: `200 B`, `5 years`, `2/day`, `1B`."""

    number: Number
    units: tuple[tuple[str, float], ...]  # name and exponent
    span: Span
    tight: bool = False  # no space before the first unit: `1B`, not `1 B`

    @property
    def bare_b(self) -> bool:
        """Whether the first unit is `B`, which could be read as billion."""
        return self.units[0] == ("B", 1.0)


class Name(NamedTuple):
    """A quantity by name; `absolute` if it is whole already, whatever the scope."""

    path: str
    span: Span
    absolute: bool = False

    @property
    def is_pattern(self) -> bool:
        """Whether it stands for several names, as `actions.*.writes.average` does."""
        return "*" in self.path


class Negative(NamedTuple):
    """A minus sign before something."""

    operand: Node
    span: Span


class Chain(NamedTuple):
    """Operations of one rank from left to right: `a + b - c`, or `a * b / c`."""

    first: Node
    rest: tuple[tuple[str, Node], ...]
    span: Span


class Power(NamedTuple):
    """`base ^ exponent`."""

    base: Node
    exponent: Node
    span: Span


class Compare(NamedTuple):
    """A comparison: `<=`, `>=`, `<`, `>`, `==`, `!=` or `~`.

    Attributes:
        op: Its sign.
        left: Its left side.
        right: Its right side.
        span: Where it stands.
        reach: Of `~`, how far apart the sides may be.
    """

    op: str
    left: Node
    right: Node
    span: Span
    reach: Node | None = None

    @property
    def is_ordered(self) -> bool:
        """Whether it says which side is the larger."""
        return self.op not in ("==", "!=", "~")


class Logic(NamedTuple):
    """`and` or `or` between conditions."""

    op: str
    operands: tuple[Node, ...]
    span: Span


class Not(NamedTuple):
    """`not` before a condition."""

    operand: Node
    span: Span


class Call(NamedTuple):
    """A function with its arguments."""

    function: str
    arguments: tuple[Node, ...]
    span: Span
    name_span: Span


class Range(NamedTuple):
    """`low to high`: the 5th and the 95th percentile, or others by `at` and a share."""

    low: Node
    high: Node
    span: Span
    credibility: Node | None = None
    symmetric: bool = False  # by `±`: its median is half way


class Convert(NamedTuple):
    """`value in unit`: the same value, shown in another unit."""

    operand: Node
    unit: Node
    span: Span


Node: TypeAlias = (
    Number
    | Unknown
    | UnitRef
    | Literal
    | Name
    | Negative
    | Chain
    | Power
    | Compare
    | Logic
    | Not
    | Call
    | Range
    | Convert
)


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes right below a node, from left to right."""
    match node:
        case Name() | Number() | Literal() | UnitRef() | Unknown():
            return ()
        case Call():
            return node.arguments
        case Chain():
            return (node.first, *[term for _, term in node.rest])
        case Negative() | Not():
            return (node.operand,)
        case Power():
            return (node.base, node.exponent)
        case Compare():
            return (node.left, node.right, *([node.reach] if node.reach else []))
        case Logic():
            return node.operands
        case Range():
            return (node.low, node.high, *([node.credibility] if node.credibility else []))
        case Convert():
            return (node.operand, node.unit)


def walk(node: Node) -> Iterator[Node]:
    """Return the node and everything below it, each before what is below it."""
    pending = [node]
    while pending:
        found = pending.pop()
        yield found
        pending += children(found)[::-1]


def rebuilt(node: Node, of: Callable[[Node], Node]) -> Node:
    """Return the same node on top of what a function makes of each node right below it."""
    match node:
        case Number() | UnitRef() | Literal() | Name() | Unknown():
            return node
        case Negative() | Not():
            return node._replace(operand=of(node.operand))
        case Chain():
            rest = tuple((op, of(term)) for op, term in node.rest)
            return node._replace(first=of(node.first), rest=rest)
        case Power():
            return node._replace(base=of(node.base), exponent=of(node.exponent))
        case Compare():
            reach = node.reach and of(node.reach)
            return node._replace(left=of(node.left), right=of(node.right), reach=reach)
        case Logic():
            return node._replace(operands=tuple(map(of, node.operands)))
        case Call():
            arguments = tuple(map(of, node.arguments))
            return Call(node.function, arguments, node.span, node.name_span)
        case Range():
            credibility = node.credibility and of(node.credibility)
            return node._replace(low=of(node.low), high=of(node.high), credibility=credibility)
        case Convert():
            return node._replace(operand=of(node.operand), unit=of(node.unit))


def shifted(node: Node, by: int) -> Node:
    """Return the same tree, read from a text that begins so many characters earlier."""

    def moved(span: Span) -> Span:
        return span[0] + by, span[1] + by

    made = rebuilt(node, lambda part: shifted(part, by))
    if isinstance(made, Literal):
        made = made._replace(number=made.number._replace(span=moved(made.number.span)))
    if isinstance(made, Call):
        made = made._replace(name_span=moved(made.name_span))
    return made._replace(span=moved(made.span))


def names_in(node: Node) -> list[str]:
    """Return the names in a tree, from left to right, as often as they stand there."""
    return [part.path for part in walk(node) if type(part) is Name]
