"""The words that people write for parameters, as data."""

from __future__ import annotations

from collections.abc import Collection, Mapping

PARAMETERS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("size", "bytes", "item_size", "object_size", "message_size", "row_size"),
        ("payload", "row"),
    ),
    **dict.fromkeys(("qps", "rps", "tps", "requests_per_second", "per_second"), ("rate",)),
    **dict.fromkeys(
        ("per_day", "per_user_per_day", "times_per_day", "frequency", "times"),
        ("per_user",),
    ),
    **dict.fromkeys(("interval", "period"), ("every",)),
    **dict.fromkeys(("ttl", "keep", "kept", "lifetime", "expiry", "expires"), ("retention",)),
    **dict.fromkeys(("reads_per_write", "read_ratio", "rw_ratio"), ("read_write_ratio",)),
    **dict.fromkeys(
        ("cpu", "cpu_per_request", "processing_time", "latency", "duration", "response_time"),
        ("cpu_time", "service_time"),
    ),
    **dict.fromkeys(
        ("replicas", "instances", "count", "servers", "pods", "machines", "brokers"), ("nodes",)
    ),
    **dict.fromkeys(("replication", "replication_factor", "copies", "rf"), ("replicas",)),
    **dict.fromkeys(
        ("machine", "instance", "instance_type", "machine_type", "vm", "gpu"), ("node",)
    ),
    **dict.fromkeys(("hit_rate", "cache_hit_ratio", "cache_hit_rate", "hits"), ("hit_ratio",)),
    **dict.fromkeys(("input", "inputs", "from", "consumes", "takes", "calls"), ("receives",)),
    **dict.fromkeys(("index", "indexes", "index_share", "index_overhead"), ("overhead",)),
    **dict.fromkeys(("serialization", "codec", "format", "wire_format"), ("encoding",)),
    **dict.fromkeys(("pool_size", "connections_per_process", "max_pool_size"), ("pool",)),
    **dict.fromkeys(("records", "row_count", "initial_rows"), ("rows", "initial")),
    **dict.fromkeys(
        ("initial", "existing", "already_stored", "initial_size", "initial_data", "backlog"),
        ("rows", "initial"),
    ),
    **dict.fromkeys(("peak", "peak_factor", "peak_ratio"), ("peak_to_average",)),
    **dict.fromkeys(("peak_rate", "peak_qps", "peak_rps"), ("peak", "peak_to_average")),
    **dict.fromkeys(
        ("throughput", "data_rate", "bandwidth", "bytes_per_second", "per_hour"), ("volume",)
    ),
    **dict.fromkeys(("dau", "daily", "active", "active_daily"), ("daily_active",)),
    **dict.fromkeys(("mau", "total", "all"), ("registered",)),
    **dict.fromkeys(("ccu", "online", "simultaneous"), ("concurrent",)),
}
"""A word and what it may stand for, the first that the kind has."""


def parameter_meant(word: str, known: Collection[str]) -> str | None:
    """Return the parameter that goes by another word, or None."""
    return next((name for name in PARAMETERS.get(word.lower(), ()) if name in known), None)
