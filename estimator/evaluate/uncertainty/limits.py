"""How many samples are taken and kept, of which most of the others follow."""

BUDGET = 1 << 25
"""How many numbers are kept at once of the samples of ranges and results: a quarter of a
gigabyte."""
CHUNK = 16_384
"""How many samples are computed at once, at most."""
COSTLY = 1_024
"""How many samples are taken of what is computed sample by sample, such as waits in queues."""
KEPT = 262_144
"""How many samples of each result are kept; of more, only those near the percentiles are."""
WIDEST = 64
"""How many ranges a result is regressed on; of those that follow from more, on the strongest."""
