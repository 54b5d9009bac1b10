"""Formulas and plain scenarios, held against an evaluator on pint that shares no code."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from random import Random

from estimator.analyse import estimated
from estimator.analyse.calculate import Calculator
from estimator.diagnostics import InputError, Problems, Source, Text
from estimator.scenario.load import load_source
from fuzz import reference
from fuzz.command import rules
from fuzz.fault import Fault
from fuzz.scratch import scratch
from fuzz.target import Target

CLOSE = 1e-9
"""How far, as a share, two values may be apart."""
_MAY_REFUSE = frozenset({"E017", "E022", "E024", "E025", "E027"})
"""What the program may find ambiguous, too deep or out of bounds, where arithmetic has a value."""

Dimension = tuple[int, int, int]
_PLAIN: Dimension = (0, 0, 0)
_DIMENSIONS: tuple[Dimension, ...] = (
    *((0, 0, 0), (0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)),
    *((-1, 0, 0), (-1, 1, 0), (-1, 0, 1), (0, -1, 1), (-1, -1, 1)),
)


def run(data: bytes) -> Hashable:
    """Compute a formula or a scenario in both ways."""
    text = data.decode("utf-8", "replace")
    return _of_scenario(text) if "actions:" in text else _of_formula(text)


def _of_formula(text: str) -> Hashable:
    calculator = Calculator()
    codes: frozenset[str] = frozenset()
    try:
        calculator.answer(Text.of("formula", f"result = {text}"))
    except InputError as error:
        codes = rules(error.diagnostics)
    try:
        wanted = reference.evaluate(text)
    except reference.Outside as reason:
        return "outside", str(reason)[:12], codes
    except reference.Refused as reason:
        if "result" in calculator.values:
            raise Fault("mismatch", f"{text!r} has a value; by pint: {reason}") from None
        return "refused", codes
    if codes:
        if not codes <= _MAY_REFUSE:
            raise Fault("mismatch", f"{text!r} is refused by {sorted(codes)}; by pint: {wanted}")
        return "by rule", codes
    value, found = calculator.values["result"], calculator.dimensions["result"]
    if not found.mark:
        _compare(text, value, (found.time, found.data, found.money), wanted)
    return wanted.dimension


def _of_scenario(text: str) -> Hashable:
    problems = Problems()
    try:
        loaded = load_source(Source("input.yaml", text), scratch(), "input")
        found = estimated(loaded, problems)
        report = found.report if found else None
        codes = rules(problems.errors)
    except InputError as error:
        report, codes = None, rules(error.diagnostics)
    try:
        wanted = reference.scenario(text)
    except reference.Outside as reason:
        return "outside", str(reason)[:12], codes
    except reference.Refused as reason:
        if report is not None:
            raise Fault("mismatch", f"{text!r} has values; by pint: {reason}") from None
        return "refused", codes
    if report is None:
        if not codes <= _MAY_REFUSE | {"E014", "E015", "E018", "E028"}:
            raise Fault("mismatch", f"{text!r} is refused by {sorted(codes)}")
        return "by rule", codes
    for name, answer in wanted.items():
        if name not in report.values:
            raise Fault("mismatch", f"{text!r} has no {name}")
        value = report.values[name]
        dimension = value.dimension
        _compare(name, value.value, (dimension.time, dimension.data, dimension.money), answer)
    return "scenario", len(wanted)


def _compare(
    what: str, value: float, dimension: tuple[float, float, float], wanted: reference.Answer
) -> None:
    if not all(
        math.isclose(*pair, abs_tol=1e-9) for pair in zip(dimension, wanted[1], strict=True)
    ):
        raise Fault("mismatch", f"{what!r} measures {dimension}; by pint {wanted.dimension}")
    if not math.isclose(value, wanted.value, rel_tol=CLOSE, abs_tol=1e-300):
        raise Fault("mismatch", f"{what!r} is {value!r}; by pint {wanted.value!r}")


# --- texts ----------------------------------------------------------------------------------------

_BY_DIMENSION: Mapping[Dimension, Sequence[str]] = {
    dimension: [
        unit for unit in reference.UNITS if reference.evaluate(f"1 {unit}").dimension == dimension
    ]
    for dimension in ((1, 0, 0), (0, 1, 0), (0, 0, 1), (-1, 0, 0), (-1, 1, 0))
}


def mutate(data: bytes, random: Random, corpus: Sequence[bytes]) -> bytes:
    """Write a formula or a scenario, or exchange a part of one for another of its dimension."""
    if random.random() < 0.03:
        return _scenario(random).encode()
    return _formula(random, random.choice(_DIMENSIONS), 0).encode()


def _number(random: Random) -> str:
    way = random.randrange(6)
    if way == 0:
        return str(random.choice((0, 1, 1, 2, 3, 10, 24, 60, 100, 1000, 1024)))
    if way == 1:
        return f"{random.randrange(1, 10**6):_}"
    if way == 2:
        return f"{random.uniform(0, 1000):.{random.randrange(1, 9)}f}"
    if way == 3:
        return f"{random.randrange(1, 100)}e{random.randrange(-6, 9)}"
    return str(random.randrange(1, 200))


def _literal(random: Random, dimension: Dimension) -> str:
    if dimension == _PLAIN:
        ends = ("", "", "", "%", "k", "M", "T", " million", " billion", " thousand", "bn")
        return _number(random) + random.choice(ends)
    scale = random.choice(("", "", "k", "M"))
    if dimension == (0, 0, 1) and random.random() < 0.6:
        return f"${_number(random)}{scale}"
    if dimension in _BY_DIMENSION and random.random() < 0.7:
        return f"{_number(random)}{scale} {random.choice(_BY_DIMENSION[dimension])}"
    above = {(0, 1, 0): dimension[1] > 0, (0, 0, 1): dimension[2] > 0, (1, 0, 0): dimension[0] > 0}
    text = _number(random) + scale
    for one, is_above in above.items():
        if is_above:
            text = f"${text}" if one == (0, 0, 1) else f"{text} {random.choice(_BY_DIMENSION[one])}"
    for at, one in ((1, (0, 1, 0)), (0, (1, 0, 0)), (2, (0, 0, 1))):
        if dimension[at] < 0:
            text += f"/{random.choice(_BY_DIMENSION[one])}"
    return text


def _formula(random: Random, dimension: Dimension, depth: int) -> str:
    """Write a formula of a dimension, or now and then of another."""
    if random.random() < 0.01:
        dimension = random.choice(_DIMENSIONS)
    if depth > 3 or random.random() < 0.15 + 0.15 * depth:
        return (
            _literal(random, dimension)
            if max(map(abs, dimension)) < 2
            else _made(random, dimension)
        )
    way = random.randrange(12)
    below = depth + 1
    if way < 3:
        sign = random.choice(("+", "-"))
        right = _formula(random, dimension, below)
        if sign == "-" and random.random() < 0.3:
            right = f"({right})"
        return f"{_formula(random, dimension, below)} {sign} {right}"
    if way < 6:
        return _made(random, dimension, below)
    if way == 6:
        return f"({_formula(random, dimension, below)})"
    if way == 7:
        return f"-({_formula(random, dimension, below)})"
    if way == 8 and dimension == _PLAIN:
        base = random.choice((_number(random), f"({_formula(random, _PLAIN, below)})"))
        sign = random.choice(("^", "**", " ^ "))
        return f"{base}{sign}{random.choice(('2', '3', '0.5', '(1 / 3)', '2^2', '-1'))}"
    if way == 9:
        condition = _condition(random, below)
        one, other = (_formula(random, dimension, below) for _ in range(2))
        return f"if({condition}, {one}, {other})"
    return _call(random, dimension, below)


def _made(random: Random, dimension: Dimension, depth: int = 9) -> str:
    """Write a product or a quotient of a dimension."""
    other = random.choice(_DIMENSIONS)
    if random.random() < 0.5:
        rest = tuple(a - b for a, b in zip(dimension, other, strict=True))
        first, second = _formula(random, other, depth), _formula(random, _three(rest), depth)
        return f"({first}) * ({second})"
    rest = tuple(a + b for a, b in zip(dimension, other, strict=True))
    if max(map(abs, rest)) > 3:
        return _literal(random, dimension)
    return f"({_formula(random, _three(rest), depth)}) / ({_formula(random, other, depth)})"


def _three(values: Sequence[int]) -> Dimension:
    return values[0], values[1], values[2]


def _condition(random: Random, depth: int) -> str:
    if depth < 4 and random.random() < 0.3:
        word = random.choice((" and ", " or "))
        inside = f"{_condition(random, depth + 1)}{word}{_condition(random, depth + 1)}"
        return inside if random.random() < 0.5 else f"not ({inside})"
    dimension = random.choice(_DIMENSIONS)
    sign = random.choice((" < ", " <= ", " > ", " >= ", " == ", " != "))
    left, right = (_formula(random, dimension, depth + 1) for _ in range(2))
    return f"{left}{sign}{left if random.random() < 0.15 else right}"  # both sides alike, too


def _call(random: Random, dimension: Dimension, depth: int) -> str:
    """Write a call of a function that gives the dimension."""

    def some(of: Dimension, count: int) -> str:
        return ", ".join(_formula(random, of, depth) for _ in range(count))

    several = random.choice(("min", "max", "sum", "hypot"))
    calls: list[Callable[[], str]] = [
        lambda: f"{several}({some(dimension, random.randint(1, 4))})",
        lambda: f"abs({some(dimension, 1)})",
        lambda: f"clamp({some(dimension, 3)})",
        lambda: f"step_up({some(dimension, random.randint(2, 4))})",
    ]
    if all(part % 2 == 0 for part in dimension):
        half = _three([part // 2 for part in dimension])
        calls.append(lambda: f"sqrt(({some(half, 1)}) ^ 2)")
    if dimension == (0, 0, 1):
        price = _literal(random, (0, -1, 1))
        calls.append(lambda: f"tiers({some((0, 1, 0), 1)}, $0.02/GB, 10 TB, {price})")
    if dimension == (1, 0, 0):
        servers, load = _servers(random)
        calls.append(lambda: f"erlang_c_wait({servers}, {load}, {_literal(random, (1, 0, 0))})")
    if dimension == _PLAIN:
        calls.append(lambda: _plain_call(random, some))
        calls *= 2
    return random.choice(calls)()


def _servers(random: Random) -> tuple[int, str]:
    """Make up servers and a load that they can do."""
    servers = random.randint(1, 60)
    return servers, f"{random.uniform(0.05, 0.99) * servers:.4f}"


def _plain_call(random: Random, some: Callable[[Dimension, int], str]) -> str:
    """Write a call of a function of numbers."""
    servers, load = _servers(random)
    share = f"{random.uniform(0, 100):.3f}%"
    rounding = random.choice(("ceil", "floor", "round"))
    way = random.randrange(13)
    if way < 3:
        x = f"{random.randint(0, 10**9)}.{random.randint(0, 99)}" if way else some(_PLAIN, 1)
        return f"{rounding}({x})"
    if way == 3:
        return f"significant({some(_PLAIN, 1)}, {random.randint(1, 6)})"
    if way == 4:
        return f"{random.choice(('log', 'log2', 'log10'))}({some(_PLAIN, 1)})"
    if way == 5:
        return f"proportion({some(random.choice(_DIMENSIONS), 2)})"
    if way == 6:
        return f"product({some(_PLAIN, random.randint(1, 3))})"
    return (
        f"exp({random.uniform(-20, 20):.4f})",
        f"erlang_b({servers}, {load})",
        f"erlang_c({servers}, {load})",
        f"k_of_n({random.randint(0, servers)}, {servers}, {share})",
        f"parallel({share}, {random.uniform(0, 100):.2f}%)",
        f"usl({servers}, {random.uniform(0, 9):.2f}%, {random.uniform(0, 1):.4f}%)",
    )[way - 7]


def _scenario(random: Random) -> str:
    """Write a scenario of users and actions."""
    people = f"{random.randint(1, 999)}{random.choice(('', 'k', 'M'))}"
    lines = [
        random.choice(
            (
                f"users: {people}",
                f"users: {{registered: {people}M, daily_active: {random.randint(1, 100)}%}}",
                f"users: {{registered: {people}M, daily_active: 40%, concurrent: 10%}}",
                f"users: {{daily_active: {people}M, concurrent: {random.randint(1, 100)}%}}",
            )
        )
    ]
    if random.random() < 0.5:
        lines.append(f"traffic: {{peak_to_average: {random.randint(1, 9)}}}")
    lines.append("actions:")
    names: list[str] = []
    for name in random.sample(
        ("post", "look", "search_all", "upload", "ping"), random.randint(1, 5)
    ):
        lines.append(f"  {name}: {{{', '.join(_parameters(random, names))}}}")
        names.append(name)
    return "\n".join(lines) + "\n"


def _parameters(random: Random, names: Sequence[str]) -> list[str]:
    often = [
        f"per_user: {_literal(random, (-1, 0, 0))}",
        f"rate: {_literal(random, (-1, 0, 0))}",
        f"every: {_literal(random, (1, 0, 0))}",
    ]
    if names:
        often.append(f"per: {{{random.choice(names)}: {random.randint(1, 200)}}}")
    made = [random.choice(often)]
    for size in ("payload", "request", "response"):
        if random.random() < 0.4:
            made.append(f"{size}: {_literal(random, (0, 1, 0))}")
    if random.random() < 0.3:
        made.append(f"op: {random.choice(('read', 'write'))}")
    if random.random() < 0.3:
        made.append(f"read_write_ratio: {random.choice(('100:1', '4', '0.5', '10'))}")
    if random.random() < 0.5:
        made.append(f"retention: {_literal(random, (1, 0, 0))}")
    return made


TARGET = Target(
    "differential",
    "formulas and plain scenarios, against an evaluator on pint that shares no code",
    run,
    mutate,
    (
        *(
            "formula/tokens.py",
            "formula/parse.py",
            "formula/literals.py",
            "formula/dimensions.py",
            "formula/emit.py",
        ),
        *("formula/mathematics.py", "units/table.py", "units/dimension.py"),
    ),
)
