"""Results of samples: how far quantities spread, and what their spreads come from."""

# Without postponed annotations: typing compiles each of them that is a text, as a run begins.
import math
from collections.abc import Mapping
from typing import NamedTuple

from estimator.diagnostics import Place


class Spread(NamedTuple):
    """How far a quantity spreads.

    Attributes:
        p5: The value that it stays below in 5% of cases, in base units.
        p50: The median.
        p95: The value that it stays below in 95% of cases.
        errors: The standard errors of these three.
        mean: The mean of the draws.
        mean_error: Its standard error; without end where a few draws make most of it, as in tails
            that are too heavy for draws to give a mean.
        bins: How many draws fall between edges at even distance, for a small histogram.
        edges: The first and the last of these edges.
        is_log: Whether the edges are at even distances on the logarithm.
        impossible: The share of draws in which it cannot be computed.
        draws: How many draws were taken of it.
    """

    p5: float
    p50: float
    p95: float
    errors: tuple[float, float, float]
    mean: float
    mean_error: float
    bins: tuple[int, ...]
    edges: tuple[float, float]
    is_log: bool
    impossible: float
    draws: int

    @property
    def percentiles(self) -> tuple[float, float, float]:
        """The 5th, the 50th and the 95th."""
        return self.p5, self.p50, self.p95

    def scaled(self, factor: float) -> "Spread":
        """Return the spread of so many times the quantity; the factor is above 0."""
        a, b, c = self.errors
        return self._replace(
            p5=self.p5 * factor,
            p50=self.p50 * factor,
            p95=self.p95 * factor,
            errors=(a * factor, b * factor, c * factor),
            mean=self.mean * factor,
            mean_error=self.mean_error * factor,
            edges=(self.edges[0] * factor, self.edges[1] * factor),
        )


class Sources(NamedTuple):
    """What the variance of a quantity comes from.

    Attributes:
        shares: The share of each range by itself: its first-order Sobol index. Of ranges that are
            correlated, how each goes with all that is explained.
        directions: How far more of each range is more, from -1 to 1.
        together: The shares of pairs beyond what each does by itself, the largest first, where
            ranges by themselves leave much unexplained.
        is_log: Whether it is the variance of the logarithm, as of what is positive in all draws.
        is_steady: Do draws tell the shares? Not where a few of them make most of the variance.
        left_out: How many ranges were not looked at, each of which explains less.
    """

    shares: Mapping[str, float]
    directions: Mapping[str, float]
    together: Mapping[tuple[str, str], float]
    is_log: bool
    is_steady: bool = True
    left_out: int = 0


class Sampled(NamedTuple):
    """What many draws came to.

    Attributes:
        spreads: By name.
        sources: What the variance comes from, of those that vary and are in `driven`.
        chances: For each condition that is counted, the share of draws in which it holds.
        draws: How many draws were taken.
        seed: Which.
    """

    spreads: Mapping[str, Spread]
    sources: Mapping[str, Sources]
    chances: tuple[float, ...]
    draws: int
    seed: int


class Driver(NamedTuple):
    """What a range does to a quantity.

    Attributes:
        name: The range.
        share: The part of the quantity's variance that comes from it by itself (first-order Sobol
            index), on the logarithm where the quantity is positive.
        direction: 1 where more of it means more of the quantity, -1 where it means less, 0 where
            that turns.
        narrowed: How many times the 5th percentile the 95th would be, were the range known to be
            its median; None where that was not computed.
    """

    name: str
    share: float
    direction: int
    narrowed: float | None = None


class Mean(NamedTuple):
    """The mean of a formula with ranges.

    Attributes:
        formula: As it was written.
        value: In base units.
        error: Its standard error: 0 where it is exact, without end where draws cannot tell it.
        texts: Both for people.
        draws: From how many draws it is; 0 where it is exact.
        place: Where the formula stands that asks for it.
    """

    formula: str
    value: float
    error: float
    texts: tuple[str, str]
    draws: int
    place: Place | None


class Swing(NamedTuple):
    """What one range moves, while all others stay at their medians.

    Attributes:
        name: The range.
        low: The quantity with the range at its 5th percentile; None where it has no value.
        high: The quantity with the range at its 95th percentile; None where it has no value.
        texts: Both, and how far they are apart, for people.
    """

    name: str
    low: float | None
    high: float | None
    texts: tuple[str, str, str]

    @property
    def size(self) -> float:
        """Return the distance between its ends; infinite where one has no value."""
        if self.low is None or self.high is None:
            return math.inf
        return 0.0 if self.low == self.high else abs(self.high - self.low)


class Tornado(NamedTuple):
    """How far each range alone moves a quantity.

    Attributes:
        name: The quantity.
        value: Its value with each range at its median.
        swings: By range, the largest first.
    """

    name: str
    value: float
    swings: tuple[Swing, ...]


class SobolIndex(NamedTuple):
    """The part of a quantity's variance that is due to a range.

    Attributes:
        names: The range; several where they are correlated, whose effects cannot be separated.
        first: The part that is due to it alone (first order).
        total: The part that it has a hand in, also together with others (total effect).
        error: The larger standard error of the two.
    """

    names: tuple[str, ...]
    first: float
    total: float
    error: float


class SobolIndices(NamedTuple):
    """The parts of a quantity's variance, by Sobol.

    Attributes:
        name: The quantity.
        indices: By range, the largest total first.
        is_log: Whether they are parts of the logarithm's variance, as of what is always positive.
        draws: How many pairs of draws were used; each is run once more for every range.
    """

    name: str
    indices: tuple[SobolIndex, ...]
    is_log: bool
    draws: int


class Uncertainty(NamedTuple):
    """The spreads that the ranges of a scenario give, over many draws.

    Attributes:
        draws: How many draws were taken.
        seed: Which draws.
        ranges: Each range with the name of its distribution.
        spreads: How far quantities spread, by name.
        texts: Their three percentiles for people, in as many digits as the draws support.
        headlines: The names that people ask for first.
        drivers: For some quantities, what their spread comes from, the most important first.
        sources: For the same quantities, all of what their variance comes from.
        means: The means that formulas ask for.
        binds: For each component, the share of draws in which each resource decides the nodes.
        suffices: For each pinned fleet, the share of draws in which it is enough.
        tornadoes: What each range alone moves, for the quantities that were chosen.
        sobol: Sobol indices, for the quantities that were chosen.
    """

    draws: int
    seed: int
    ranges: Mapping[str, str]
    spreads: Mapping[str, Spread]
    texts: Mapping[str, tuple[str, str, str]]
    headlines: tuple[str, ...]
    drivers: Mapping[str, tuple[Driver, ...]]
    sources: Mapping[str, Sources]
    means: tuple[Mean, ...]
    binds: Mapping[str, Mapping[str, float]]
    suffices: Mapping[str, float]
    tornadoes: tuple[Tornado, ...] = ()
    sobol: tuple[SobolIndices, ...] = ()
