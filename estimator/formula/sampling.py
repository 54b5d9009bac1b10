"""The limits of sampling: apart from what samples, as the command line loads no more of it."""

from estimator.diagnostics import Place

COUNT = 65_536
"""The number of samples, unless said otherwise."""
SEED = 1
"""The seed of the samples unless said otherwise."""
FEWEST = 1_000
MOST = 100_000_000
"""The most samples that may be asked for."""
MOST_RANGES = 2_000
"""The most ranges of a file; each part of a `one_of` is one."""
MOST_CORRELATED = 200
"""The most ranges that may be correlated, with each other or not."""
MOST_WORK = 1 << 34
"""The most values that may be computed for the ranges of a file with `COUNT` samples: quantities
times samples, where to sort those of one counts as 32."""
MOST_ASKED = 1 << 36
"""The most that may be computed where more samples are asked for."""


MICROSECOND = 150
"""The values of arrays of samples that are computed while one microsecond passes."""
MOST_ROUNDS = 100
"""The most percentiles and the like that may each follow from the one before."""


class TooMuchWorkError(Exception):
    """More would have to be computed for ranges than may be.

    Attributes:
        columns: How many quantities, some of them more than once, and slow ones many times.
        draws: Of how many samples.
        slowest: The quantity that takes longest, if that is what takes long.
    """

    def __init__(self, columns: int, draws: int, slowest: str = "") -> None:
        super().__init__(f"{columns} quantities of {draws} samples")
        self.columns, self.draws, self.slowest = columns, draws, slowest

    @property
    def most_draws(self) -> int:
        """Of how many samples they could be computed."""
        found = MOST_WORK // self.columns
        return found if found < COUNT else MOST_ASKED // self.columns


class TooManyRoundsError(Exception):
    """Percentiles follow from each other, too many one after the other.

    Attributes:
        place: Where the next one is.
    """

    def __init__(self, place: Place) -> None:
        super().__init__("too many rounds")
        self.place = place


class Work:
    """The values of samples that have been computed so far, one estimate after the other.

    Attributes:
        values: How many values of samples.
    """

    def __init__(self) -> None:
        self.values = 0

    def add(self, columns: int, draws: int) -> None:
        """Add what is computed now."""
        self.values += columns * draws

    def before(self, draws: int) -> int:
        """Return how many columns of so many samples it is."""
        return self.values // draws


def is_too_much(columns: int, draws: int) -> bool:
    """Return whether so many quantities of so many samples take too long."""
    return columns * min(draws, COUNT) > MOST_WORK or columns * draws > MOST_ASKED
