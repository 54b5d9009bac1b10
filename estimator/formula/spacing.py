"""The canonical spacing of a formula: what stands between its tokens.

A number and what belongs to it hold together (`500M`, `40%`, `100:1`, `2/day`, `$0.023/GB/month`),
with a space before the first unit (`200 B`, `10 Gbps`). Operators have spaces around them, but for
`^`, signs, and the `/` between units.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from types import UnionType
from typing import Any

from estimator.formula.tokens import SCALES, WORDS, Token
from estimator.formula.tree import (
    Chain,
    Convert,
    Literal,
    Name,
    Node,
    Number,
    Power,
    Range,
    Span,
    UnitRef,
    walk,
)
from estimator.units import unit_table

_BEFORE_NO_SPACE = frozenset({")", ",", "%", ":", "^"})
_BEHIND_NO_SPACE = frozenset({"(", "$", ":", "^"})
_SIGNS = frozenset({"+", "-"})


def gaps(tokens: Sequence[Token], tree: Node, *, bytes_: bool = False) -> list[str]:
    """Return what stands before each token but the first, the end among them.

    `1B` and `1 B` stay as they are: where nothing says what is wanted, only the second is surely a
    byte. With `bytes_`, where something does, both are `1 B`. `5 GB/user` stays as well, since a
    noun may be a unit in one place and a quantity in another.

    Args:
        tokens: The formula's tokens, with the one at its end.
        tree: What the parser made of them.
        bytes_: Is a number of bytes wanted?
    """
    tight, noted, ranged = _tight_spans(tree), _nouns(tree), _range_units(tree)
    unclear = {n.number.span[1] for n in walk(tree) if isinstance(n, Literal) and n.bare_b}
    found: list[str] = []
    for at in range(1, len(tokens)):
        before, token = tokens[at - 1], tokens[at]
        if token.kind == "end":
            found.append("")
        elif _is(token, "B") and before.span[1] in unclear:
            found.append(" " if token.after_space or bytes_ else "")
        elif "/" in (before.text, token.text):
            slash = at if token.text == "/" else at - 1
            spaced = tokens[slash].after_space or tokens[slash + 1].after_space
            inside = tight if spaced else [*tight, *noted]
            place = tokens[slash].span[0]
            if any(a <= place < b for a, b in ranged):  # for both ends: `1.5 to 3 /day`
                found.append(" " if slash == at and token.after_space else "")
                continue
            found.append("" if any(a <= place < b for a, b in inside) else " ")
        else:
            found.append(_gap(tokens, at))
    return found


def same(one: Node, other: Node, *, bytes_: bool = False) -> bool:
    """Return whether two trees say the same, wherever their parts stand.

    With `bytes_`, `1B` says what `1 B` does.
    """
    return bool(_shape(one, bytes_) == _shape(other, bytes_))


def _shape(part: Any, bytes_: bool) -> Any:
    """Return a node without its places, and without the space before a unit if it says nothing."""
    if not isinstance(part, tuple):
        return part
    fields = getattr(part, "_fields", None)
    if fields is None:
        return tuple(_shape(inner, bytes_) for inner in part)
    left_out = ("span", "name_span", "tight")
    said = [_shape(getattr(part, f), bytes_) for f in fields if f not in left_out]
    return (
        type(part),
        not bytes_ and isinstance(part, Literal) and part.bare_b and part.tight,
        *said,
    )


def _tight_spans(tree: Node) -> list[Span]:
    """Return where a `/` has no spaces: in a number with its units, behind `in`, between units."""
    found: list[Span] = []
    for node in walk(tree):
        if isinstance(node, Convert) and _is_unit(node.unit, UnitRef | Name):
            found.append(node.unit.span)
        elif isinstance(node, Literal) or _is_unit(node, UnitRef):
            found.append(node.span)
    return found


def _range_units(tree: Node) -> list[Span]:
    """Return where a unit stands apart behind a range, as in `1.5 to 3 /day`."""
    ends = [end for n in walk(tree) if isinstance(n, Range) for end in (n.low, n.high)]
    return [
        end.span
        for end in ends
        if isinstance(end, Chain)
        and isinstance(end.first, Number)
        and all(op == "/" and _is_unit(term, UnitRef) for op, term in end.rest)
    ]


def _nouns(tree: Node) -> list[Span]:
    """Return where a number is divided by a noun, as in `$5/user`."""
    found: list[Span] = []
    for node in walk(tree):
        if isinstance(node, Chain):
            terms = [node.first, *(term for _, term in node.rest)]
            for before, term in pairwise(terms):
                noun = isinstance(term, Name) and unit_table().noun(term.path) is not None
                if noun and isinstance(before, Number | Literal):
                    found.append((before.span[1], term.span[0]))
    return found


def _is_unit(node: Node, of: type | UnionType) -> bool:
    """Return whether a node is one of these, or a quotient of nothing else, as `GB/month`."""
    match node:
        case Power():
            return _is_unit(node.base, of)
        case Chain():
            terms = all(op == "/" and _is_unit(term, of) for op, term in node.rest)
            return terms and _is_unit(node.first, of)
    return isinstance(node, of)


def _gap(tokens: Sequence[Token], at: int) -> str:
    before, token = tokens[at - 1], tokens[at]
    if token.text in _BEFORE_NO_SPACE or before.text in _BEHIND_NO_SPACE:
        return ""
    if before.text in _SIGNS and _is_sign(tokens, at - 1):
        return ""
    if token.text == "(" and before.kind == "name" and before.text not in WORDS:
        return ""  # a function
    if before.kind == "number" and token.kind == "name":
        return _gap_behind_number(before, token)
    return " "


def _gap_behind_number(number: Token, name: Token) -> str:
    if name.text == "x" and not name.after_space:
        return ""
    is_scale = name.text == "B" or (name.text in SCALES and len(name.text) <= 2)
    return "" if is_scale and "e" not in number.text.lower() else " "


def _is_sign(tokens: Sequence[Token], at: int) -> bool:
    """Return whether a `-` or `+` belongs to what is behind it, and not between two values."""
    if at == 0:
        return True
    before = tokens[at - 1]
    return before.text in WORDS or (before.kind == "op" and before.text not in (")", "%", "?"))


def _is(token: Token, name: str) -> bool:
    return token.kind == "name" and token.text == name
