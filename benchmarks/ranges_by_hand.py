"""The scenario five_ranges as an engineer would write it in NumPy: bytes and seconds.

`benchmarks.ranges` compares every percentile with the estimator's before it times anything.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

NAMES = (
    "writes.average",
    "reads.peak",
    "stored.per_day",
    "storage.retained",
    "egress.peak",
)
"""What is asked about, as the estimator names it."""

_Z95 = 1.6448536269514722  # the score of the 95th percentile


def five_ranges(draws: int, seed: int = 1) -> list[Any]:
    """Return the 5th, 50th and 95th percentile of each of `NAMES`."""
    stream = np.random.default_rng(seed)

    def lognormal(p5: float, p95: float) -> Any:
        low, high = math.log(p5), math.log(p95)
        return stream.lognormal((low + high) / 2, (high - low) / 2 / _Z95, draws)

    users = lognormal(400e6, 600e6)
    per_user = lognormal(1.5, 3) / 86_400
    payload = lognormal(150, 400)
    peak_to_average = lognormal(2, 5)
    read_write_ratio = lognormal(50, 150)

    writes = users * per_user
    peak_reads = writes * read_write_ratio * peak_to_average
    stored_per_day = writes * 86_400 * payload
    storage_retained = stored_per_day * 365 * 5 * 3
    peak_egress = peak_reads * payload
    results = (writes, peak_reads, stored_per_day, storage_retained, peak_egress)
    return [np.percentile(result, [5, 50, 95]) for result in results]
