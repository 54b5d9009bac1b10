"""The words that people write for quantities, the titles of columns among them, as data."""

from __future__ import annotations

from collections.abc import Collection, Mapping

QUANTITIES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("qps", "rps", "tps", "requests_per_second", "throughput", "rate"),
        ("requests.peak", "events.peak", "reads.peak"),
    ),
    **dict.fromkeys(("read_qps", "reads_per_second"), ("reads.peak",)),
    **dict.fromkeys(("write_qps", "writes_per_second"), ("writes.peak",)),
    **dict.fromkeys(("dau", "active_users", "active"), ("users.daily_active", "daily_active")),
    **dict.fromkeys(("mau", "total_users", "total"), ("users.registered", "registered")),
    **dict.fromkeys(("ccu", "concurrent_users"), ("users.concurrent", "concurrent")),
    **dict.fromkeys(("bandwidth", "network", "traffic"), ("egress.peak", "ingress.peak")),
    **dict.fromkeys(("nodes", "instances", "machines", "hosts", "pods"), ("servers",)),
    **dict.fromkeys(
        ("size", "data", "disk_usage"),
        ("payload", "storage.retained", "stored.retained", "stored"),
    ),
    "storage": ("storage.retained", "stored.retained"),
    **dict.fromkeys(("uptime", "sla"), ("availability",)),
    **dict.fromkeys(
        ("price", "bill", "monthly_cost", "cost_per_month", "budget"),
        ("cost.per_month",),
    ),
    **dict.fromkeys(("cpu", "busy"), ("utilization",)),
    "downtime": ("slo.downtime.per_month",),
    **dict.fromkeys(("peak", "load", "requests"), ("requests.peak", "events.peak")),
    **dict.fromkeys(("avg", "average", "mean"), ("requests.average", "events.average")),
    **dict.fromkeys(("in", "inbound", "incoming"), ("ingress.peak",)),
    **dict.fromkeys(("out", "outbound", "outgoing"), ("egress.peak",)),
    **{level: (f"latency.{level}",) for level in ("p50", "p95", "p99")},
    "objective": ("slo.p99", "slo.availability", "slo.p95"),
    "logical": ("stored.retained",),
    **dict.fromkeys(("provisioned", "full"), ("storage.retained", "stored.retained")),
    **dict.fromkeys(("new", "per_day", "new_per_day"), ("storage.per_day", "stored.per_day")),
    **dict.fromkeys(("cost", "costs", "month"), ("cost.per_month",)),
    "servers": ("nodes", "required_nodes"),
    **dict.fromkeys(("limit", "saturates", "capacity"), ("breaking_load",)),
    "bottleneck": ("utilization",),
}
"""Words for quantities, and the ends of the names that they may stand for."""


def quantity_meant(path: str, known: Collection[str]) -> str | None:
    """Return the quantity that goes by another word, such as `post.qps`, or None."""
    owner, _, word = path.rpartition(".")
    names = [f"{owner}.{end}" if owner else end for end in QUANTITIES.get(word.lower(), ())]
    return next((name for name in names if name in known), None)


def load_meant(name: str, known: Collection[str]) -> str | None:
    """Say what drives a system that has no users, where users are named."""
    rate = next((one for one in known if one.endswith(".rate")), None)
    if name.partition(".")[0] != "users" or rate is None:
        return None
    return f"no users drive this system: write `{rate}`"
