"""The scenario five_ranges in squigglepy, as a process: prints what `ranges_by_hand` computes.

    python -m benchmarks.ranges_squigglepy DRAWS

Each range is drawn once and the draws are reckoned with, which is the fastest way: asking
squigglepy for each result by itself would draw the ranges anew for every one of them.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import squigglepy as sq


def main(draws: int) -> None:
    """Print the 5th, 50th and 95th percentile of each result as JSON."""
    sq.set_seed(1)

    def drawn(p5: float, p95: float) -> Any:
        return sq.sample(sq.to(p5, p95), draws)

    users = drawn(400e6, 600e6)
    per_user = drawn(1.5, 3) / 86_400
    payload = drawn(150, 400)
    peak_to_average = drawn(2, 5)
    read_write_ratio = drawn(50, 150)

    writes = users * per_user
    peak_reads = writes * read_write_ratio * peak_to_average
    stored_per_day = writes * 86_400 * payload
    storage_retained = stored_per_day * 365 * 5 * 3
    peak_egress = peak_reads * payload
    results = (writes, peak_reads, stored_per_day, storage_retained, peak_egress)
    told = [sq.get_percentiles(result, percentiles=[5, 50, 95]) for result in results]
    print(json.dumps([[float(value) for value in p.values()] for p in told]))


if __name__ == "__main__":
    main(int(sys.argv[1]))
