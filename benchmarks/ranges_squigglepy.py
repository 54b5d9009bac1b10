"""The scenario five_ranges in squigglepy, as a process: prints what `ranges_by_hand` computes.

    python -m benchmarks.ranges_squigglepy DRAWS
    python -m benchmarks.ranges_squigglepy DRAWS once

The first way is that of its README: distributions are reckoned with, and each result is drawn by
`@`, with its ranges anew. With `once`, each range is drawn once and NumPy reckons with the draws,
which is the fastest way.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import squigglepy as sq


def main(draws: int, *, once: bool) -> None:
    """Print the 5th, 50th and 95th percentile of each result as JSON."""
    sq.set_seed(1)

    def drawn(p5: float, p95: float) -> Any:
        return sq.sample(sq.to(p5, p95), draws) if once else sq.to(p5, p95)

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
    samples = results if once else [result @ draws for result in results]
    told = [sq.get_percentiles(sample, percentiles=[5, 50, 95]) for sample in samples]
    print(json.dumps([[float(value) for value in p.values()] for p in told]))


if __name__ == "__main__":
    main(int(sys.argv[1]), once="once" in sys.argv[2:])
