"""The totals of a system that people ask for first, in a file that needs nothing else loaded."""

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
