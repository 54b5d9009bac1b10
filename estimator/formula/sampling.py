"""How many draws are taken, and which; apart, so that the command line need not load the rest."""

COUNT = 65_536
"""How many draws are taken unless said otherwise."""
SEED = 1
"""Which draws are taken unless said otherwise."""
FEWEST = 1_000
MOST = 100_000_000
"""How many draws may be asked for."""
