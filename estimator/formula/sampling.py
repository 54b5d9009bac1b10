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
"""How many values may be computed for the ranges of a file: quantities times draws."""


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
        return MOST_WORK // self.columns
