"""The totals of a system that people ask for first, in a file that needs nothing else loaded."""

from collections.abc import Container, Sequence

TOTALS = (
    "requests.average",
    "requests.peak",
    "ingress.peak",
    "egress.peak",
    "storage.per_day",
    "storage.retained",
    "servers",
    "cost.per_month",
)
"""How much of everything."""

SERVICE = ("availability", "latency.p99")
"""How well it serves."""


def headlines_of(names: Sequence[str], known: Container[str]) -> list[str]:
    """Return headlines; of those that have an objective the estimate of what it covers.

    Args:
        names: The headlines, such as `latency.p99`.
        known: The quantities that there are.
    """
    covered = ((name, f"slo.estimate.{name.removeprefix('latency.')}") for name in names)
    return [estimate if estimate in known else name for name, estimate in covered]
