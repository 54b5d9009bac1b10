"""The functions of the language: a line each says what they take, give and mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from estimator.formula import caches, gamma, numeric, paths, queueing, reliability, scaling
from estimator.formula.tree import Call, Node, walk

Kind: TypeAlias = str
"""A letter stands for any dimension, the same wherever it stands again; `1` is a plain number,
`time` a time, `?` a condition, `a*b` a product and `a^1/2` a root."""


class Function(NamedTuple):
    """A function of the language.

    Attributes:
        name: As written in formulas.
        parameters: Each with its kind.
        result: Its kind.
        about: One line for the reference.
        python: What computes it, on floats.
        repeats: How many of the last parameters may be written again and again.
        code: Turns the arguments' code into its own; a call of `python` unless given.
    """

    name: str
    parameters: tuple[tuple[str, Kind], ...]
    result: Kind
    about: str
    python: Callable[..., Any] | None = None
    repeats: int = 0
    code: Callable[[Sequence[str]], str] | None = None

    @property
    def signature(self) -> str:
        """How it is called, such as `clamp(x, low, high)`."""
        names = [name for name, _ in self.parameters]
        return f"{self.name}({', '.join(names)}{', ...' if self.repeats else ''})"

    def kind_of(self, index: int) -> tuple[str, Kind]:
        """The name and the kind of the argument at an index, counted from 0."""
        if index < len(self.parameters):
            return self.parameters[index]
        over = (index - len(self.parameters)) % self.repeats
        return self.parameters[len(self.parameters) - self.repeats + over]


def _same(arguments: Sequence[str]) -> str:
    return arguments[0]


def _sum(arguments: Sequence[str]) -> str:
    return f"sum(({', '.join(arguments)},))" if len(arguments) > 1 else arguments[0]


def _product(arguments: Sequence[str]) -> str:
    return (
        f"({' * '.join(arguments)})" if len(arguments) < 40 else f"prod(({', '.join(arguments)}))"
    )


def _extreme(name: str) -> Callable[[Sequence[str]], str]:
    return lambda a: f"{name}({', '.join(a)})" if len(a) > 1 else a[0]


def _if(arguments: Sequence[str]) -> str:
    condition, then, otherwise = arguments
    return f"({then} if {condition} else {otherwise})"


def _probability(arguments: Sequence[str]) -> str:
    return f"(1.0 if {arguments[0]} else 0.0)"


_X = (("x", "a"),)
_X1 = (("x", "1"),)
_LOAD = (("servers", "1"), ("load", "1"))
_SERVICE = (("service_time", "time"), ("variation", "1"))
_TARGET = (("target", "time"), ("share", "1"))
_CALLS = (("calls", "1"), ("variance", "1"))
_BRANCH = (
    ("parent", "1"),
    ("chance", "1"),
    ("fixed", "time"),
    ("mean", "time"),
    ("sd", "time"),
    ("scale", "time"),
)
_ZONES = (("zones", "1"), ("availability", "1"), ("zone_availability", "1"))

FUNCTIONS: dict[str, Function] = {
    f.name: f
    for f in (
        Function("min", _X, "a", "The smallest of its values.", min, 1, _extreme("min")),
        Function("max", _X, "a", "The largest of its values.", max, 1, _extreme("max")),
        Function("sum", _X, "a", "All its values together.", None, 1, _sum),
        Function("product", (("x", "1"),), "1", "Its values multiplied.", None, 1, _product),
        Function("ceil", _X1, "1", "Rounded up to a whole number.", numeric.ceil_),
        Function("floor", _X1, "1", "Rounded down to a whole number.", numeric.floor_),
        Function("round", _X1, "1", "Rounded to the nearest whole number.", numeric.round_),
        Function(
            "significant",
            (("x", "a"), ("digits", "1")),
            "a",
            "Rounded to so many significant digits.",
            numeric.significant,
        ),
        Function("abs", _X, "a", "x without its sign.", abs),
        Function("sqrt", _X, "a^1/2", "The square root.", math.sqrt),
        Function(
            "hypot",
            _X,
            "a",
            "The root of the sum of squares: how independent standard deviations add up.",
            math.hypot,
            1,
        ),
        Function("exp", _X1, "1", "e to the power of x.", math.exp),
        Function("log", _X1, "1", "The natural logarithm.", math.log),
        Function("log2", _X1, "1", "The logarithm to base 2.", math.log2),
        Function("log10", _X1, "1", "The logarithm to base 10.", math.log10),
        Function(
            "clamp",
            (("x", "a"), ("low", "a"), ("high", "a")),
            "a",
            "x, but no less than low and no more than high.",
            numeric.clamp,
        ),
        Function(
            "if",
            (("condition", "?"), ("then", "a"), ("otherwise", "a")),
            "a",
            "The second value where the condition holds, the third where it does not.",
            None,
            0,
            _if,
        ),
        Function(
            "step_up",
            (("x", "a"), ("size", "a")),
            "a",
            "The smallest of the sizes that is at least x: the next size sold.",
            numeric.step_up,
            1,
        ),
        Function(
            "proportion",
            (("part", "a"), ("whole", "a")),
            "1",
            "A part as a share of the whole; 0 where there is nothing.",
            numeric.proportion,
        ),
        Function(
            "tiers",
            (("x", "a"), ("price", "b"), ("limit", "a"), ("price", "b")),
            "a*b",
            "A tiered price: x up to the first limit at the first price, and so on.",
            numeric.tiers,
            2,
        ),
        Function(
            "erlang_b",
            _LOAD,
            "1",
            "The share of calls that find all servers busy and are lost; load in erlangs.",
            queueing.erlang_b,
        ),
        Function(
            "erlang_c",
            _LOAD,
            "1",
            "The share of calls that have to wait for a server; load in erlangs.",
            queueing.erlang_c,
        ),
        Function(
            "erlang_b_servers",
            (("load", "1"), ("blocking", "1")),
            "1",
            "The fewest servers that lose at most that share of calls.",
            queueing.erlang_b_servers,
        ),
        Function(
            "erlang_c_servers",
            (("load", "1"), ("waiting", "1")),
            "1",
            "The fewest servers with at most that share of calls waiting.",
            queueing.erlang_c_servers,
        ),
        Function(
            "erlang_c_wait",
            (*_LOAD, ("service_time", "time")),
            "time",
            "The mean time that a call waits for a server.",
            queueing.erlang_c_wait,
        ),
        Function(
            "erlang_c_within",
            (*_LOAD, ("service_time", "time"), ("target", "time")),
            "1",
            "The share of calls that wait no longer than the target.",
            queueing.erlang_c_within,
        ),
        Function(
            "queue_wait",
            (*_LOAD, *_SERVICE),
            "time",
            "The mean wait where service times vary so much (0 not at all, 1 exponentially).",
            queueing.queue_wait,
        ),
        Function(
            "queue_wait_sd",
            (*_LOAD, *_SERVICE),
            "time",
            "The standard deviation of that wait.",
            queueing.queue_wait_sd,
        ),
        Function(
            "wait_servers",
            (("load", "1"), *_SERVICE, *_TARGET),
            "1",
            "The fewest servers of one queue that let at most that share wait beyond the target.",
            queueing.wait_servers,
        ),
        Function(
            "wait_nodes",
            (("load", "1"), ("slots", "1"), *_SERVICE, *_TARGET),
            "1",
            "The same in nodes of so many slots, each with a queue of its own.",
            queueing.wait_nodes,
        ),
        Function(
            "sqrt_servers",
            (("load", "1"), ("beta", "1")),
            "1",
            "Square-root staffing: load + beta × sqrt(load), rounded up.",
            queueing.sqrt_servers,
        ),
        Function(
            "halfin_whitt",
            (("beta", "1"),),
            "1",
            "The share that waits in a large fleet staffed by sqrt_servers with this beta.",
            queueing.halfin_whitt,
        ),
        Function(
            "calls_time",
            (("calls", "1"), ("mean", "time")),
            "time",
            "The mean time of so many calls, one after the other.",
            queueing.calls_time,
        ),
        Function(
            "calls_fixed",
            (*_CALLS, ("fixed", "time")),
            "time",
            "What calls, whose number varies so much, surely take, at a fixed time each.",
            paths.calls_fixed,
        ),
        Function(
            "calls_rest",
            (*_CALLS, ("fixed", "time"), ("mean", "time")),
            "time",
            "The mean of what they take on top of that.",
            paths.calls_rest,
        ),
        Function(
            "calls_sd",
            (*_CALLS, ("mean", "time"), ("sd", "time")),
            "time",
            "The standard deviation of the time of these calls.",
            paths.calls_sd,
        ),
        Function(
            "calls_scale",
            (*_CALLS, ("fixed", "time"), ("mean", "time"), ("sd", "time")),
            "time",
            "The scale of the tail of that time, over calls to several components.",
            paths.calls_scale,
            5,
        ),
        Function(
            "visits_variance",
            (("visits", "1"), ("variance", "1"), ("ratio", "1"), ("calls", "1")),
            "1",
            "The variance of the calls of visits that are passed on so often, so many each time.",
            queueing.visits_variance,
        ),
        Function(
            "usl",
            (("n", "1"), ("contention", "1"), ("coherency", "1")),
            "1",
            "The capacity of n nodes, in nodes, by the Universal Scalability Law.",
            scaling.usl,
        ),
        Function(
            "usl_peak",
            (("contention", "1"), ("coherency", "1")),
            "1",
            "The count of nodes past which more of them hurt.",
            scaling.usl_peak,
        ),
        Function(
            "usl_nodes",
            (("capacity", "1"), ("contention", "1"), ("coherency", "1")),
            "1",
            "The fewest nodes of that capacity, by the Universal Scalability Law.",
            scaling.usl_nodes,
        ),
        Function(
            "k_of_n",
            (("k", "1"), ("n", "1"), ("availability", "1")),
            "1",
            "The chance that at least k of n parts are up.",
            reliability.k_of_n,
        ),
        Function(
            "k_of_n_zones",
            (("k", "1"), ("n", "1"), *_ZONES),
            "1",
            "The chance that at least k of n nodes are up, spread over zones that can fail.",
            reliability.k_of_n_zones,
        ),
        Function(
            "nodes_for",
            (("k", "1"), *_ZONES, ("target", "1")),
            "1",
            "The fewest nodes, spread over zones, of which k are up with that chance.",
            reliability.nodes_for,
        ),
        Function(
            "copies_for",
            (("availability", "1"), ("target", "1")),
            "1",
            "The fewest copies, an odd number, of which a majority is up with that chance.",
            reliability.copies_for,
        ),
        Function(
            "copies_for_zones",
            (
                ("zones", "1"),
                ("availability", "1"),
                ("zone_availability", "1"),
                ("target", "1"),
            ),
            "1",
            "The same for copies that are spread over zones which can fail.",
            reliability.copies_for_zones,
        ),
        Function(
            "parallel",
            (("availability", "1"),),
            "1",
            "The chance that at least one of several is up.",
            reliability.parallel,
            1,
        ),
        Function(
            "zipf_hit_ratio",
            (("cached", "1"), ("items", "1"), ("exponent", "1")),
            "1",
            "The share of requests to the most popular items, under Zipf's law.",
            caches.zipf_hit_ratio,
        ),
        Function(
            "bloom_bits",
            (("error", "1"),),
            "1",
            "The bits an item takes in a Bloom filter of that error rate.",
            caches.bloom_bits,
        ),
        Function(
            "bloom_hashes",
            (("error", "1"),),
            "1",
            "The hash functions of a Bloom filter of that error rate.",
            caches.bloom_hashes,
        ),
        Function(
            "gamma_quantile",
            (("share", "1"), ("mean", "a"), ("sd", "a")),
            "a",
            "The value that so large a share of a gamma distribution stays below.",
            gamma.gamma_quantile,
        ),
        Function(
            "path_quantile",
            (("share", "1"), *_BRANCH),
            "time",
            "The time that so large a share of requests stays below, over branches of their path.",
            paths.path_quantile,
            len(_BRANCH),
        ),
        Function(
            "path_sd",
            _BRANCH,
            "time",
            "The standard deviation of the time, over branches of a path.",
            paths.path_sd,
            len(_BRANCH),
        ),
        Function("p5", _X, "a", "The 5th percentile.", None, 0, _same),
        Function("p50", _X, "a", "The median.", None, 0, _same),
        Function("p95", _X, "a", "The 95th percentile.", None, 0, _same),
        Function("mean", _X, "a", "The mean.", None, 0, _same),
        Function(
            "probability",
            (("condition", "?"),),
            "1",
            "The chance that a condition holds.",
            None,
            0,
            _probability,
        ),
    )
}

DISTRIBUTIONS: dict[str, str] = {
    "uniform": "uniform(low, high)",
    "normal": "normal(mean, sd)",
    "lognormal": "lognormal(p5, p95)",
    "triangular": "triangular(low, mode, high)",
    "one_of": "one_of(a, b, ...)",
    "truncated": "truncated(range, low, high)",
}
"""How each distribution is written; `one_of` may have weights: `one_of(30% of a, 70% of b)`."""

WEIGHTED = "of"
"""The function of `30% of x` among the values of `one_of`."""

EMPTY = ""
"""The function of an empty sum: zero of any dimension. It has no name that could be written."""

ENDLESS = frozenset({"queue_wait", "queue_wait_sd"})
"""What may come out at infinity, which is then no error: a queue that grows for ever."""

MOST_MICROSECONDS = 20e6
"""How long the slow functions of a scenario may take, by `SLOW`."""
_MOST_ZONES = 100.0
_MOST_PATHS = 4096.0


_Known: TypeAlias = Callable[[Node], float]


def _always(microseconds: float) -> Callable[[Sequence[Node], _Known], float]:
    return lambda arguments, known: microseconds


def _by_zones(
    at: int, microseconds: float, each: float
) -> Callable[[Sequence[Node], _Known], float]:
    """By the number of zones, an argument; of more than there may be, none takes longer."""
    return lambda arguments, known: (
        microseconds + each * min(max(known(arguments[at]), 1.0), _MOST_ZONES)
    )


def _by_branches(arguments: Sequence[Node], _: _Known) -> float:
    """Any of the branches may be met together; the share comes before them."""
    return 60.0 * min(2.0 ** (len(arguments) // len(_BRANCH) - 1), _MOST_PATHS)


SLOW: dict[str, Callable[[Sequence[Node], _Known], float]] = {
    "copies_for": _always(400.0),
    "copies_for_zones": _by_zones(0, 1_000.0, 100.0),
    "erlang_b": _always(10.0),
    "erlang_b_servers": _always(100.0),
    "erlang_c": _always(10.0),
    "erlang_c_servers": _always(100.0),
    "erlang_c_wait": _always(10.0),
    "erlang_c_within": _always(10.0),
    "gamma_quantile": _always(50.0),
    "k_of_n": _always(80.0),
    "k_of_n_zones": _by_zones(2, 100.0, 20.0),
    "nodes_for": _by_zones(1, 1_000.0, 60.0),
    "path_quantile": _by_branches,
    "queue_wait": _always(30.0),
    "queue_wait_sd": _always(30.0),
    "usl_nodes": _always(50.0),
    "wait_nodes": _always(200.0),
    "wait_servers": _always(100.0),
    "zipf_hit_ratio": _always(30.0),
}
"""What searches or adds up, and takes hundreds of times as long as arithmetic: about how many
microseconds a call takes, by its arguments and by what gives the value of one."""


def microseconds(tree: Node, known: _Known) -> float:
    """About how long the slow functions in a tree take.

    Args:
        tree: A settled tree.
        known: Gives the value of an argument, infinity where it is not known.
    """
    return sum(
        SLOW[n.function](n.arguments, known)
        for n in walk(tree)
        if isinstance(n, Call) and n.function in SLOW
    )


NAMESPACE: dict[str, Any] = {f.name: f.python for f in FUNCTIONS.values() if f.python}
"""What computes each function that compiled formulas call."""
