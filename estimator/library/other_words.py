"""The words that people write for parameters, choices and quantities, as data."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_HOW_OFTEN = ("per_user|/day", "rate|/s")

ITEMS = ("docs", "documents", "entries", "keys", "objects", "items", "records", "products")
"""Words for how many items a store keeps."""

PARAMETERS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            "size",
            "bytes",
            "item_size",
            "object_size",
            "message_size",
            "row_size",
            "body",
            "body_size",
            "record_size",
            "file_size",
            "length",
        ),
        ("payload", "row", "corpus", "stored.retained"),
    ),
    **dict.fromkeys(
        (
            "qps",
            "rps",
            "tps",
            "requests_per_second",
            "per_second",
            "capacity",
            "qps_per_node",
            "rps_per_node",
            "rps_per_server",
            "max_qps",
            "max_rps",
            "requests_per_node",
        ),
        ("rate|/s", "throughput|/s", "read_throughput|/s"),
    ),
    **dict.fromkeys(
        ("requests", "calls", "events", "count", "frequency", "times", "how_often"),
        (*_HOW_OFTEN, "nodes"),
    ),
    **dict.fromkeys(
        ("per_day", "per_user_per_day", "times_per_day", "daily", "a_day"),
        ("per_user|/day", "daily_active"),
    ),
    **dict.fromkeys(("per_month", "monthly"), ("per_user|/month",)),
    **dict.fromkeys(("per_hour", "hourly"), ("per_user|/h", "volume")),
    **dict.fromkeys(("reads", "read_qps", "read_rate", "read_rps"), ("op=read, rate: {0}|/s",)),
    **dict.fromkeys(
        ("writes", "write_qps", "write_rate", "write_rps"), ("op=write, rate: {0}|/s",)
    ),
    **dict.fromkeys(("interval", "period"), ("every",)),
    "like": ("plan", "class"),
    **dict.fromkeys(("scrape_interval", "resolution", "step"), ("interval",)),
    **dict.fromkeys(("cardinality", "active_series", "timeseries"), ("series",)),
    **dict.fromkeys(("metrics", "datapoints", "values_per_write"), ("values",)),
    **dict.fromkeys(("bytes_per_point", "bytes_per_value", "sample_size"), ("bytes_per_sample",)),
    **dict.fromkeys(("compression_ratio", "compress"), ("compression",)),
    **dict.fromkeys(("bytes_scanned", "scan_size", "query_bytes"), ("scanned",)),
    **dict.fromkeys(("dims", "dim"), ("dimensions",)),
    **dict.fromkeys(("ef", "ef_search", "num_candidates"), ("candidates",)),
    "m": ("links",),
    **dict.fromkeys(
        ("each", "for_each", "after", "follows", "triggered_by", "caused_by"), ("per", "receives")
    ),
    **dict.fromkeys(
        (
            "ttl",
            "keep",
            "kept",
            "lifetime",
            "expiry",
            "expires",
            "keep_for",
            "expiration",
            "expire_after",
            "time_to_live",
            "store_for",
            "retain",
        ),
        ("retention",),
    ),
    **dict.fromkeys(("reads_per_write", "read_ratio", "rw_ratio"), ("read_write_ratio",)),
    **dict.fromkeys(
        ("read_share", "read_percentage", "read_percent", "reads_percent"),
        ("read_write_ratio={0} / (1 - {0})",),
    ),
    **dict.fromkeys(
        ("write_share", "write_ratio", "write_percentage"), ("read_write_ratio=(1 - {0}) / {0}",)
    ),
    **dict.fromkeys(("type", "method", "operation", "verb"), ("op", "node")),
    **dict.fromkeys(("request_size", "upload_size"), ("request", "event_size")),
    **dict.fromkeys(("response_size", "download_size"), ("response",)),
    "cpu": ("#cores", "#node.cores", "%target_utilization", "cpu_time", "service_time"),
    **dict.fromkeys(("cpus", "cores", "vcpu", "vcpus"), ("cores", "node.cores")),
    "workers": ("processes", "node.cores"),
    **dict.fromkeys(("ram", "mem", "memory_size", "max_memory"), ("memory", "node.memory")),
    **dict.fromkeys(("disk", "ssd", "hdd", "disk_size"), ("node.disk",)),
    **dict.fromkeys(("allocated_storage", "volume_size"), ("node.disk|GB",)),
    **dict.fromkeys(("storage", "data", "data_size", "dataset"), ("corpus", "stored.retained")),
    **dict.fromkeys(
        ("cpu_per_request", "processing_time", "duration", "work_time", "job_time", "exec_time"),
        ("cpu_time", "service_time"),
    ),
    **dict.fromkeys(("latency", "response_time"), ("cpu_time", "service_time", "slo.p99", "p99")),
    **dict.fromkeys(("p99", "p99_latency", "max_latency"), ("slo.p99", "p99")),
    **dict.fromkeys(("p90", "p95", "p95_latency"), ("slo.p95", "p95")),
    **dict.fromkeys(("p50", "median", "p50_latency"), ("slo.p50", "p50")),
    **dict.fromkeys(("p999", "p99_9"), ("slo.p99", "p99")),
    **dict.fromkeys(
        ("sla", "slo", "uptime", "availability"),
        ("slo.availability", "target_availability", "availability"),
    ),
    **dict.fromkeys(
        ("errors", "error_rate", "error_budget", "failure_rate"),
        ("slo.availability=1 - {0}", "availability=1 - {0}"),
    ),
    **dict.fromkeys(
        ("replicas", "instances", "servers", "pods", "machines", "brokers", "hosts", "vms"),
        ("nodes",),
    ),
    **dict.fromkeys(
        ("min", "min_nodes", "min_replicas", "min_instances", "at_least"), ("minimum",)
    ),
    **dict.fromkeys(
        ("replication", "replication_factor", "copies", "rf"), ("replicas", "copies", "nodes")
    ),
    "read_replicas": ("replicas=1 + {0}",),
    "memory": ("node.memory",),
    **dict.fromkeys(
        (
            "answer_tokens",
            "completion_tokens",
            "response_tokens",
            "generated_tokens",
            "tokens_out",
            "max_tokens",
        ),
        ("output_tokens",),
    ),
    **dict.fromkeys(("input_tokens", "tokens_in", "question_tokens"), ("prompt_tokens",)),
    **dict.fromkeys(("context", "context_length", "context_window"), ("context_tokens",)),
    "peak": ("peak_to_average",),
    **dict.fromkeys(("cost", "cost_per_month", "monthly_cost"), ("cost.per_month",)),
    **dict.fromkeys(
        (
            "machine",
            "instance",
            "instance_type",
            "machine_type",
            "vm",
            "gpu",
            "node_type",
            "instance_class",
            "instance_size",
            "machine_class",
            "vm_size",
            "flavor",
            "sku",
        ),
        ("node",),
    ),
    **dict.fromkeys(("cloud", "provider"), ("node=cheapest of {0}",)),
    **dict.fromkeys(("az", "azs", "availability_zones", "zone"), ("zones",)),
    **dict.fromkeys(("datacenters", "data_centers", "dcs", "sites"), ("regions",)),
    **dict.fromkeys(
        ("target_cpu", "cpu_utilization", "max_utilization", "target_load"), ("target_utilization",)
    ),
    **dict.fromkeys(("headroom", "buffer", "slack"), ("spare", "target_utilization=1 - {0}")),
    **dict.fromkeys(
        ("price", "cost_per_hour", "hourly_cost", "price_per_hour"), ("price", "node.price|/h")
    ),
    **dict.fromkeys(("hit_rate", "cache_hit_ratio", "cache_hit_rate", "hits"), ("hit_ratio",)),
    **dict.fromkeys(("miss_ratio", "miss_rate", "misses"), ("hit_ratio=1 - {0}",)),
    **dict.fromkeys(
        (
            "input",
            "inputs",
            "from",
            "consumes",
            "takes",
            "upstream",
            "subscribes",
            "behind",
        ),
        ("receives",),
    ),
    **dict.fromkeys(("index", "indexes", "index_share", "index_overhead"), ("overhead",)),
    **dict.fromkeys(("serialization", "codec", "format", "wire_format"), ("encoding",)),
    **dict.fromkeys(("pool_size", "connections_per_process", "max_pool_size"), ("pool",)),
    **dict.fromkeys(("row_count", "initial_rows"), ("rows", "initial")),
    "records": ("rows", "initial", "corpus={0} * 1 kB", "stored.retained={0} * 1 kB"),
    **dict.fromkeys(
        ("initial", "existing", "already_stored", "initial_size", "initial_data", "backlog"),
        ("rows", "initial"),
    ),
    **dict.fromkeys(
        ("peak_load", "peak_factor", "peak_ratio", "peak_multiplier", "burst", "spike"),
        ("peak_to_average",),
    ),
    **dict.fromkeys(("peak_rate", "peak_qps", "peak_rps"), ("peak|/s", "peak_to_average")),
    **dict.fromkeys(
        ("throughput", "data_rate", "bandwidth", "bytes_per_second", "bitrate"), ("volume",)
    ),
    **dict.fromkeys(
        ("bandwidth", "network", "nic", "network_bandwidth"), ("volume", "node.network")
    ),
    **dict.fromkeys(
        ("of", "who", "whose", "user", "users", "population", "actor", "done_by", "user_type"),
        ("@by",),
    ),
    **dict.fromkeys(("fan_out", "fanout", "avg_followers", "recipients"), ("followers",)),
    **dict.fromkeys(
        ITEMS,
        ("corpus={0} * 1 kB", "working_set={0} * 1 kB", "stored.retained={0} * 1 kB"),
    ),
    **dict.fromkeys(("dau", "active", "active_daily"), ("daily_active",)),
    **dict.fromkeys(("mau", "monthly_active", "total", "all"), ("registered",)),
    **dict.fromkeys(("ccu", "online", "simultaneous"), ("concurrent",)),
    **dict.fromkeys(("partitions", "sharding", "shards"), ("partitions", "shards")),
    **dict.fromkeys(("consumer_groups", "groups", "subscribers"), ("consumers", "subscriptions")),
    **dict.fromkeys(("egress", "egress_price"), ("internet",)),
}
"""A word and what it may stand for, the first that the kind has.

Behind `|` is the unit of a plain number, behind `=` what takes the value's place, which is `{0}`
there. What begins with `#` stands for a plain number alone, what begins with `%` for a share, and
what begins with `@` for a name.
"""

UNITS: Mapping[str, str] = {
    **dict.fromkeys(("ns", "us", "ms", "min"), ""),
    **dict.fromkeys(("sec", "secs", "seconds", "s"), "s"),
    **dict.fromkeys(("minutes", "mins"), "min"),
    **dict.fromkeys(("hours", "hrs"), "h"),
    **dict.fromkeys(("days", "weeks", "months", "years"), ""),
    **dict.fromkeys(("bytes", "b"), "B"),
    **dict.fromkeys(("kb", "kilobytes"), "kB"),
    **dict.fromkeys(("mb", "megabytes"), "MB"),
    **dict.fromkeys(("gb", "gigabytes"), "GB"),
    **dict.fromkeys(("tb", "terabytes"), "TB"),
    **dict.fromkeys(("kib",), "KiB"),
    **dict.fromkeys(("mib",), "MiB"),
    **dict.fromkeys(("gib",), "GiB"),
    **dict.fromkeys(("percent", "pct"), "%"),
    **dict.fromkeys(("per_second",), "/s"),
    **dict.fromkeys(("per_day",), "/day"),
    **dict.fromkeys(("per_hour",), "/h"),
    **dict.fromkeys(("usd", "dollars"), "USD"),
}
"""Units at the end of a name, and how they are written behind the number; the same where empty."""

_PROSE = "an estimate does not follow from it; write it as a comment: `# ...`"
_FOLLOWS = "nodes follow from the load; `nodes: 4` fixes them, and `minimum: 2` is the least"
_SENDS = "a component says what it receives: write `receives: [{0}]` below what `{0}` calls"

_OF_TIME = (
    "`{}` is a section of the file by itself, at the left edge, as `users` and `components` are"
)

AT_ONCE = (
    "concurrency",
    "concurrent_requests",
    "max_concurrency",
    "max_connections",
    "in_flight",
    "threads",
    "max_threads",
    "thread_pool",
)
"""Words for what a node does at once."""

REMARKS: Mapping[str, str] = {
    **{word: _OF_TIME.replace("{}", word) for word in ("events", "orders", "as_of")},
    **dict.fromkeys(
        (
            "name",
            "description",
            "note",
            "notes",
            "comment",
            "doc",
            "label",
            "title",
            "image",
            "ports",
            "port",
            "environment",
            "env",
            "command",
            "labels",
            "tags",
            "engine",
            "version",
            "owner",
            "team",
            "url",
            "language",
            "framework",
            "acks",
            "timeout",
            "retries",
            "policy",
            "eviction",
            "consistency",
        ),
        _PROSE,
    ),
    **dict.fromkeys(
        (
            "autoscaling",
            "autoscale",
            "auto_scaling",
            "max",
            "max_nodes",
            "max_replicas",
            "max_instances",
            "scaling",
        ),
        _FOLLOWS,
    ),
    **dict.fromkeys(("multi_az", "ha", "failover", "high_availability"), "write `zones: 3`"),
    "like": "all products have the same figures here; leave `like` out, and give what you know",
    **dict.fromkeys(("region", "location"), "how many there are counts: write `regions: 1`"),
    **dict.fromkeys(
        (
            "depends_on",
            "downstream",
            "uses",
            "connects_to",
            "sends",
            "sends_to",
            "to",
            "targets",
            "next",
            "backend",
            "backends",
            "outputs",
            "output",
            "writes_to",
            "reads_from",
            "calls",
        ),
        _SENDS,
    ),
    **dict.fromkeys(
        ("resources", "requests", "limits"),
        "the machine says so: `node: m7g.large`, or `node.cores: 2` and `node.memory: 4 GiB`",
    ),
    **dict.fromkeys(
        AT_ONCE,
        "what a node does at once, divided by how long each takes, is its throughput:"
        " `throughput: 100 / (50 ms)`",
    ),
    "partitions": "a `kind: kafka` has partitions",
    **dict.fromkeys(
        ("fan_out", "fanout", "recipients", "copies_per_event", "followers"),
        "what follows from each is an action of its own: `deliver: {{per: {{{0}: 3}}}}`",
    ),
    **dict.fromkeys(
        ("users", "user", "population"), "users are a section of the file: `users: 5M`"
    ),
    **dict.fromkeys(
        ("compression", "compressed", "compression_ratio"),
        "give the size as it is sent or kept, such as `payload: 200 B / 3`",
    ),
    **dict.fromkeys(
        ("replication", "replicas", "copies"),
        "a component keeps copies, as `db: {{kind: database, replicas: 3}}`",
    ),
    "growth": "the traffic grows: write `traffic: {{growth: 10%/month}}`",
    "topics": "each topic is a component that the cluster receives: `clicks: {{kind: topic}}`",
    **dict.fromkeys(
        ("tables", "rows", "schema"),
        "each table is a component that the database receives: `orders: {{kind: table, rows: 1M}}`",
    ),
    **dict.fromkeys(
        ("payload", "size", "message_size", "row_size", "record_size", "item_size", "object_size"),
        "how large an item is, its action says: `payload: 1 kB`",
    ),
    **dict.fromkeys(
        ("ttl", "keep", "kept", "retention"), "an action says so: `retention: 30 days`"
    ),
    **dict.fromkeys(
        ("rate", "qps", "rps"),
        "an action says how often it happens: `per_user: 2/day`, `rate: 5/s`",
    ),
    **dict.fromkeys(("rpo", "rto"), "there are `availability`, `durability` and percentiles"),
    **dict.fromkeys(
        ("backup", "backups", "backup_retention"),
        "backups are kept by a component: `backups: {{kind: object_store, stored.retained: 1 TB}}`",
    ),
    **dict.fromkeys(
        ("cache", "caching"), "a cache is a component: `hot: {{kind: cache, receives: [get]}}`"
    ),
}
"""What to say of a word that no parameter goes by; `{0}` is the component."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("get", "head", "select", "query", "fetch", "view", "list", "download", "search", "r"),
        ("read",),
    ),
    **dict.fromkeys(
        ("post", "put", "patch", "insert", "update", "delete", "create", "upsert", "upload", "w"),
        ("write",),
    ),
    **dict.fromkeys(("1", "y", "t", "enabled", "always"), ("yes", "true")),
    **dict.fromkeys(("0", "n", "f", "disabled", "never", "none"), ("no", "false")),
    **dict.fromkeys(("warning", "info", "notice", "soft", "low"), ("warn",)),
    **dict.fromkeys(("fail", "critical", "fatal", "hard", "high"), ("error",)),
    **dict.fromkeys(("hybrid_push", "mixed", "both"), ("hybrid",)),
    **dict.fromkeys(("fan_out_on_write", "write"), ("push", "write")),
    **dict.fromkeys(("fan_out_on_read", "read"), ("pull", "read")),
    **dict.fromkeys(("concurrent", "async", "asynchronous", "at_once"), ("parallel",)),
    **dict.fromkeys(("sequential", "sync", "one_by_one", "in_turn"), ("serial",)),
    **dict.fromkeys(("estimate", "guess", "assumption", "assumed", "expert"), ("judgement",)),
    **dict.fromkeys(("benchmark", "test", "production", "load_test"), ("measured",)),
    **dict.fromkeys(("docs", "datasheet", "list_price", "spec"), ("vendor",)),
}
"""Words for choices, and what they may stand for, the first that there is."""

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

NO_KIND: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "user",
            "users",
            "client",
            "clients",
            "browser",
            "mobile",
            "web",
            "device",
            "devices",
            "iot",
            "sensor",
            "sensors",
        ),
        "what people and devices do is an action: `actions: {post: {per_user: 2/day}}`",
    ),
    **dict.fromkeys(
        ("dns", "route53", "firewall", "waf", "vpc", "vpn", "network", "subnet", "switch"),
        "nothing is sized for it here; leave it out",
    ),
    **dict.fromkeys(
        (
            "email",
            "smtp",
            "sendgrid",
            "twilio",
            "sms",
            "stripe",
            "datadog",
            "newrelic",
            "saas",
            "external",
            "third_party",
        ),
        "what others run is not sized; its bill is a formula: `derive: {bill: $0.01 * 1M}`",
    ),
    **dict.fromkeys(
        ("snowflake", "bigquery", "big_query", "athena", "databricks", "synapse"),
        "a warehouse that is billed for its queries is not sized; its bill is a formula,"
        " `derive: {bill: $0.01 * 1M}`, or write `kind: column_store` for one that you run",
    ),
}
"""What to say of a word that is no kind's."""

_PLAIN = re.compile(r"\$?[\d._]+(?:[kKMBT]|e\d+)?")
_CORES = re.compile(rf"(?:{_PLAIN.pattern})(?: ?(?i:v?cpus?|cores?))?")
_NAME = re.compile(r"[A-Za-z_]\w*")


def parameter_meant(word: str, known: Collection[str]) -> str | None:
    """Return the parameter that goes by another word, or None."""
    found = _parsed(word, known, "")
    return found[0] if found else None


def line_meant(word: str, value: str, known: Collection[str]) -> str | None:
    """Return the line to write for a parameter that goes by another word, or None.

    Args:
        word: The word.
        value: What stands behind it, empty where that is no single value.
        known: The parameters.
    """
    owner, _, word = word.rpartition(".")  # `latency` below `slo:`
    whole = known
    if owner and "for" in known and word in known and value:  # objectives by action
        return f"write `for: [{owner}], {word}: {value}`"
    if owner:
        known = [name.removeprefix(f"{owner}.") for name in known if name.startswith(f"{owner}.")]
    found = _parsed(word, known, value)
    if found is None and owner and not known:  # `each: {post: 5}`
        above = _parsed(owner, whole, "")
        return f"write `{above[0]}: {{{word}: {value}}}`" if above and value else None
    if found is None:
        return None
    name, unit, way = found
    if not value:
        return f"did you mean `{name}`?"
    if unit and _PLAIN.fullmatch(value):
        value += unit if unit[0] in "/%" else f" {unit}"
    return f"write `{name}: {(way or '{0}').format(value)}`"


def _parsed(word: str, known: Collection[str], value: str) -> tuple[str, str, str] | None:
    """Return the parameter that is meant, the unit of a plain number, and what takes its place."""
    alone = {
        "#": bool(_CORES.fullmatch(value)),
        "%": value.endswith("%"),
        "@": bool(_NAME.fullmatch(value)),
    }
    for one in PARAMETERS.get(_in_lower_case(word), ()):
        whole, _, unit = one.lstrip("#%@").partition("|")
        name, _, way = whole.partition("=")
        if name in known and alone.get(one[0], True):
            return name, unit, way
    stem, _, end = word.rpartition("_")
    if end in ("second", "day", "hour") and stem.endswith("_per"):
        stem, end = stem.removesuffix("_per"), f"per_{end}"
    if stem and end.lower() in UNITS:
        meant = stem if stem in known else parameter_meant(stem, known)
        return (meant, UNITS[end.lower()] or end, "") if meant else None
    return None


def _in_lower_case(word: str) -> str:
    """Return `maxReplicas` as `max_replicas`."""
    return re.sub(r"(?<=[a-z\d])(?=[A-Z])", "_", word).lower()


def remark(word: str, owner: str) -> str | None:
    """Return what to say of a word that no parameter of a component goes by."""
    found = REMARKS.get(_in_lower_case(word.partition(".")[0]))
    return found.format(owner) if found is not None else None


def choice_meant(word: str, known: Collection[str]) -> str | None:
    """Return the choice that goes by another word, or None."""
    names = CHOICES.get(re.sub(r"\W+", "_", word.lower()), ())
    return next((name for name in names if name in known), None)


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
