"""The numbers of samples that are taken and kept, and what is computed at once."""

BUDGET = 1 << 25
"""The most numbers that are kept at once, of ranges and results: a quarter of a gigabyte."""
CHUNK = 16_384
"""The most samples that are computed at once."""
COSTLY = 1_024
"""The most samples of what takes long to compute, such as waits in queues."""
KEPT = 262_144
"""The most samples of a result that are kept; of more, only those near the percentiles are."""
WIDEST = 64
"""The most ranges that a result is regressed on; of more, on the strongest."""
