"""How many draws are taken, which, and of how much; apart, as the command line loads no more."""

COUNT = 65_536
"""How many draws are taken unless said otherwise."""
SEED = 1
"""Which draws are taken unless said otherwise."""
FEWEST = 1_000
MOST = 100_000_000
"""How many draws may be asked for."""
MOST_RANGES = 2_000
"""How many ranges a file may have; each part of a `one_of` is one."""
MOST_CORRELATED = 200
"""How many ranges may be correlated, with each other or not."""
MOST_WORK = 1 << 34
"""How many values may be computed for the ranges of a file, with `COUNT` draws: quantities times
draws, where to sort those of one counts as 32."""
MOST_ASKED = 1 << 36
"""How many may be computed where more draws are asked for."""


class TooMuchWorkError(Exception):
    """More would have to be computed for ranges than may be.

    Attributes:
        columns: How many quantities, some of them more than once.
        draws: Of how many draws.
    """

    def __init__(self, columns: int, draws: int) -> None:
        super().__init__(f"{columns} quantities of {draws} draws")
        self.columns, self.draws = columns, draws

    @property
    def most_draws(self) -> int:
        """Of how many draws they could be computed."""
        found = MOST_WORK // self.columns
        return found if found < COUNT else MOST_ASKED // self.columns


def is_too_much(columns: int, draws: int) -> bool:
    """Would it take too long to compute so many quantities of so many draws?"""
    return columns * min(draws, COUNT) > MOST_WORK or columns * draws > MOST_ASKED
