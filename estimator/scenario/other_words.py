"""The words that people write for keys of a scenario, as data: the line to write for each."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PROSE = "an estimate does not follow from it; write it as a comment: `# {0}`"

_TOP: Mapping[str, str] = {
    "title": "write `name: {0}`",
    **dict.fromkeys(("description", "summary", "doc", "purpose"), "write `about: {0}`"),
    **dict.fromkeys(("version", "author", "owner", "team", "date", "notes", "comment"), _PROSE),
    **dict.fromkeys(
        (
            "services",
            "service",
            "component",
            "databases",
            "nodes",
            "servers",
            "resources",
            "infrastructure",
            "architecture",
            "system",
        ),
        "write `components:`",
    ),
    **dict.fromkeys(
        (
            "endpoints",
            "endpoint",
            "apis",
            "api",
            "requests",
            "operations",
            "operation",
            "workload",
            "workloads",
            "load",
            "flows",
            "use_cases",
            "action",
        ),
        "write `actions:`",
    ),
    **dict.fromkeys(
        (
            "params",
            "parameters",
            "variables",
            "vars",
            "constants",
            "assumptions",
            "let",
            "given",
            "input",
            "values",
            "data",
        ),
        "write `inputs:`",
    ),
    **dict.fromkeys(
        (
            "calculations",
            "formulas",
            "outputs",
            "output",
            "results",
            "define",
            "compute",
            "computed",
            "metrics",
            "derived",
            "estimates",
        ),
        "write `derive:`",
    ),
    **dict.fromkeys(
        (
            "assert",
            "asserts",
            "assertions",
            "check",
            "checks",
            "test",
            "tests",
            "limits",
            "require",
            "requirements",
            "requires",
            "constraints",
            "expectations",
            "expected",
            "goals",
        ),
        "write `expect:`",
    ),
    **dict.fromkeys(
        (
            "scenario",
            "scenarios",
            "alternatives",
            "options",
            "designs",
            "variant",
            "cases",
            "what_if",
            "profiles",
        ),
        "write `variants:`",
    ),
    **dict.fromkeys(
        ("apiversion", "metadata", "spec", "resource", "variable", "terraform"),
        "leave it out: a scenario has `users:`, `actions:` and `components:` at the left edge",
    ),
    "kind": "each component has a kind: write `components: {{api: {{kind: service}}}}`",
    **dict.fromkeys(("budget", "cost", "max_cost"), "write `expect: [cost.per_month <= {1}]`"),
    **dict.fromkeys(("slos", "objectives", "targets"), "write `slo:`"),
    **dict.fromkeys(("availability", "uptime"), "write `slo: {{availability: {0}}}`"),
    **dict.fromkeys(("latency", "p99", "response_time"), "write `slo: {{p99: {0}}}`"),
    "durability": "write `slo: {{durability: {0}}}`",
    **dict.fromkeys(
        ("peak", "peak_to_average", "peak_factor", "peak_ratio"),
        "write `traffic: {{peak_to_average: {0}}}`",
    ),
    **dict.fromkeys(
        ("copies", "replication", "replication_factor", "replicas"),
        "write `storage: {{copies: {0}}}`",
    ),
    **{
        word: f"write `conventions: {{{{{word}: {{0}}}}}}`"
        for word in ("day", "month", "year", "round", "units", "credibility")
    },
    **dict.fromkeys(
        ("include", "includes", "import", "imports", "depends", "extends"),
        "write `uses: {{other: {0}}}`, or `library: {0}` for kinds",
    ),
    **dict.fromkeys(("kinds", "library_path", "plugins"), "write `library: {0}`"),
    **dict.fromkeys(
        ("region", "regions"), "a component has its own, as `api: {{kind: service, regions: 2}}`"
    ),
    **dict.fromkeys(
        ("cloud", "provider"),
        "a component has its own, as `api: {{kind: service, node: cheapest of {0}}}`",
    ),
    "currency": "money is in USD; name a rate under `inputs`, such as `eur: $1.10`",
}
OF_USERS: Mapping[str, str] = {
    **dict.fromkeys(("dau", "active_users", "daily_users", "daily_active"), "daily_active"),
    **dict.fromkeys(("mau", "registered_users", "total_users", "registered"), "registered"),
    **dict.fromkeys(("ccu", "concurrent_users", "online_users", "concurrent"), "concurrent"),
}
"""Words for a part of `users` that stand at the left edge."""

_POPULATIONS = """
user customers population people members accounts clients devices sensors meters cameras phones
vehicles cars drivers riders passengers couriers players gamers subscribers followers viewers
listeners visitors readers writers creators authors publishers advertisers tenants merchants sellers
buyers shoppers vendors partners developers engineers employees staff agents students teachers
patients doctors guests customer client device player tenant citizens voters households companies
organizations organisations businesses teams traders donors streamers participants callers
"""
POPULATIONS = frozenset(_POPULATIONS.split())
"""Words for those who use a system, or for things that do."""

OF_ACTIONS: Mapping[str, str] = {
    **dict.fromkeys(
        ("payload", "size", "bytes", "row_size", "record_size", "message_size", "item_size"),
        "payload|B",
    ),
    **dict.fromkeys(("qps", "rps", "tps", "rate", "requests_per_second"), "rate|/s"),
    **dict.fromkeys(("per_user", "requests_per_user"), "per_user|/day"),
    **dict.fromkeys(("read_write_ratio", "rw_ratio", "reads_per_write"), "read_write_ratio"),
    **dict.fromkeys(("retention", "ttl", "keep"), "retention"),
    **{key: key for key in ("every", "volume", "request", "response", "stored", "op")},
}
"""Words of an action that stand at the left edge; behind `|` is the unit of a plain number."""

COMPONENTS: Mapping[str, str] = {
    **dict.fromkeys(("db", "database", "datastore"), "database"),
    **dict.fromkeys(("cache", "caching"), "cache"),
    **dict.fromkeys(("lb", "load_balancer", "gateway", "proxy"), "load_balancer"),
    **dict.fromkeys(("queue", "message_queue", "mq", "broker"), "queue"),
    **dict.fromkeys(("blob_storage", "object_store", "object_storage", "media"), "object_store"),
    **dict.fromkeys(("server", "backend", "web", "frontend", "compute"), "service"),
    **dict.fromkeys(("search", "index", "search_engine"), "search_index"),
    **dict.fromkeys(("stream", "streaming", "kafka"), "kafka"),
    "cdn": "cdn",
}
"""Words for a component that stand at the left edge, and its kind."""

SINGLE_VALUED = ("users", "name", "about", "library", "as_of")
"""The sections that a single value may stand behind, and so be a misspelling of."""

RESULTS: Mapping[str, str] = {"servers": "hosts", "requests": "calls", "writes": "written"}
"""Names of results that people give to inputs of theirs, and names that are free."""

_EXPECTATION: Mapping[str, str] = {
    **dict.fromkeys(
        ("condition", "expr", "expression", "expect", "assert", "test", "rule", "that"),
        "write `check: {0}`",
    ),
    **dict.fromkeys(("level", "type", "on_fail"), "write `severity: {0}`"),
    **dict.fromkeys(
        ("message", "because", "why", "description", "note", "comment", "name", "msg"),
        "write `reason: {0}`",
    ),
    **dict.fromkeys(("by", "team", "contact"), "write `owner: {0}`"),
    **dict.fromkeys(("expires", "deadline", "due", "waived_until"), "write `until: {0}`"),
    **dict.fromkeys(("variants", "design", "scenario"), "write `variant: {0}`"),
    **dict.fromkeys(("probability", "chance", "percentile"), "write `confidence: {0}`"),
    **dict.fromkeys(("tolerance", "within"), "write `check: NAME ~ VALUE within {0}`"),
}
_CONVENTIONS: Mapping[str, str] = {
    **dict.fromkeys(
        ("precision", "digits", "significant", "significant_digits", "rounding"),
        "write `round: {0}`",
    ),
    **dict.fromkeys(("confidence", "interval", "confidence_interval"), "write `credibility: {0}`"),
    **dict.fromkeys(("prefixes", "base", "bytes"), "write `units: binary`"),
    **dict.fromkeys(("seconds_per_day", "day_length"), "write `day: {0} s`"),
    **dict.fromkeys(("days_per_month",), "write `month: {0} days`"),
    **dict.fromkeys(("days_per_year",), "write `year: {0} days`"),
    "currency": _TOP["currency"],
}
_INPUT: Mapping[str, str] = {
    **dict.fromkeys(("amount", "default", "number"), "write `value: {0}`"),
    **dict.fromkeys(
        ("min", "max", "low", "high", "lower", "upper", "p5", "p95"),
        "a range is one value: write `value: 5 ms to 10 ms`, with its two ends",
    ),
    **dict.fromkeys(("unit", "units"), "a value has its unit behind it, as `value: 3 ms`"),
    **dict.fromkeys(("from", "origin", "reference", "ref", "url", "link"), "write `source: {0}`"),
    **dict.fromkeys(("kind", "type", "quality", "confidence"), "write `status: measured`"),
    **dict.fromkeys(("expires", "valid_until", "review"), "write `until: {0}`"),
    **dict.fromkeys(("description", "note", "comment", "about"), "write `source: {0}`"),
}
_DAYS = dict.fromkeys(("date", "day", "at", "when", "from", "start", "starts", "begins"), "on")
_EVENT: Mapping[str, str] = {
    **{word: f"write `{key}: {{0}}`" for word, key in _DAYS.items()},
    **dict.fromkeys(("duration", "lasts", "length", "days", "period"), "write `for: {0}`"),
    **dict.fromkeys(
        ("factor", "multiplier", "multiple", "times", "traffic", "peak", "growth"),
        "write `load: {0}`",
    ),
    **dict.fromkeys(("end", "ends", "until", "to"), "say how long it lasts: `for: 4 days`"),
    **dict.fromkeys(("action", "of", "only"), "write `actions: [{0}]`"),
}
_ORDER: Mapping[str, str] = {
    **{word: f"write `{key}: {{0}}`" for word, key in _DAYS.items()},
    **dict.fromkeys(("component", "what", "quantity"), "write `of: {0}.nodes`"),
    **dict.fromkeys(("value", "becomes", "set", "amount"), "write `to: {0}`"),
    "nodes": "write `of: api.nodes` and `to: {0}`",
}
KEYS: Mapping[str, Mapping[str, str]] = {
    "ScenarioFile": _TOP,
    "Expectation": _EXPECTATION,
    "Conventions": _CONVENTIONS,
    "Input": _INPUT,
    "Event": _EVENT,
    "Order": _ORDER,
}
"""Words for keys, by the model that has the keys; `{0}` is the value."""

SINGLE: Mapping[str, str] = {
    **dict.fromkeys(("slo", "sla"), "write `{1}: {{availability: {0}}}`"),
    "traffic": "write `traffic: {{peak_to_average: {0}}}`",
    "growth": "write `traffic: {{growth: {0}}}`",
    "storage": "write `storage: {{copies: 3}}`; what is there from the start is `initial: {0}`",
    **dict.fromkeys(("uses", "used_by"), "write `{1}: {{other: {0}}}`"),
    "inputs": "write `inputs: {{limit: {0}}}`",
    "derive": "write `derive: {{total: {0}}}`",
    "actions": "write `actions: {{{0}: {{per_user: 2/day}}}}`",
    "components": "write `components: {{{0}: {{kind: service}}}}`",
    "variants": "write `variants: {{{0}: {{users: 1M}}}}`",
    "conventions": "write `conventions: {{day: 100k s}}`",
}
"""What to write for a section that has a single value; `{0}` is the value, `{1}` the section."""


_ITEMS: Mapping[str, str] = {
    "actions": "write `{1}: {{per_user: {0}}}`",
    "components": "write `{1}: {{kind: {0}}}`",
}
_EXAMPLES: Mapping[str, str] = {"actions": "2/day", "components": "service"}


def item_meant(section: str, name: str, value: str) -> str | None:
    """Return the line to write for an action or a component that has a single value, or none."""
    if assigned := assignment_meant(value):
        return f"write `{name}: {{{assigned}}}`"
    line = _ITEMS.get(section)
    if line is None:
        return None
    if section == "actions" and value.endswith("/s"):
        line = line.replace("per_user", "rate")
    return line.format(value or _EXAMPLES[section], name)


def assignment_meant(text: str) -> str | None:
    """Return `users = 10M` as `users: 10M`, or None for what is no assignment."""
    found = re.fullmatch(r"([A-Za-z_][\w.]*) *:?= *([^=\n]+)", text)
    return f"{found[1]}: {found[2]}" if found is not None else None


def key_meant(model: str, word: str, value: str | None) -> str | None:
    """Return the line to write for a key that goes by another word.

    Args:
        model: The model that has the keys.
        word: The key.
        value: The single value behind it, if it has one.
    """
    line = KEYS.get(model, {}).get(word.lower())
    a_month = re.sub(r"(/ *|\b(per|a) )month$", "", value or "").rstrip()
    return line.format(value or "...", a_month or "...") if line is not None else None


def section_meant(section: str, value: str) -> str | None:
    """Return the line to write for a section that has a single value."""
    line = SINGLE.get(section)
    if section == "storage" and value[:1].isalpha():
        return "a store is a component: write `components: {blobs: {kind: object_store}}`"
    if section in ("derive", "inputs") and (assigned := assignment_meant(value)):
        return f"write `{section}: {{{assigned}}}`"
    return line.format(value, section) if line is not None else None
