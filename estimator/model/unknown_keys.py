"""Say what to write for a key that no parameter of an action or a component goes by."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from estimator.diagnostics import Place, Problems, Text, did_you_mean, misspelled, short
from estimator.formula.dimensions import infer, no_names, read_billions
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.library.other_words import (
    AT_ONCE,
    ITEMS,
    PARAMETERS,
    line_meant,
    parameter_meant,
    remark,
)
from estimator.library.verbs import reads_by_name, writes_by_name
from estimator.model.instance import Instance
from estimator.model.template import KindTemplate
from estimator.model.templates import Templates
from estimator.scenario.yaml_tree import Mapping, Scalar
from estimator.units import DATA, PLAIN, TIME, Dimension, divide

_RATE, _DATA_RATE = divide(PLAIN, TIME), divide(DATA, TIME)
_EACH = re.compile(r"per_(\w+)|\w+_per_(\w+)")
_PER_NODE = re.compile(r"(\w+_per_)(?:server|instance|machine|host|pod|broker|box|vm|replica)")
_WORK = re.compile(r"(?:time|seconds|ms|cpu)_per_\w+|\w+_(?:time|duration|latency)")
_BILLIONS = re.compile(r"[\d.]+ ?B/\w+")
_FEW = 12
"""How many parameters are listed where one is unknown."""


class Said(NamedTuple):
    """A key with what stands behind it."""

    key: str
    value: Any
    place: Place


class Beside(NamedTuple):
    """What stands around a key.

    Attributes:
        keys: All that is said of the same action or component.
        tree: The whole file.
    """

    keys: dict[str, Any]
    tree: Mapping


def _objective(said: Said, kind: KindTemplate) -> str | None:
    """Return the line for an objective that stands where its estimate would be pinned."""
    name = said.key.rpartition(".")[2]
    level = f"slo.{name}"
    if said.key not in (name, f"latency.{name}") or level not in kind.settable:
        return None
    return f"write `{level}: {_as_text(said.value)}`" if kind.derives(said.key) else None


def add_unknown(
    instance: Instance, said: Said, beside: Beside, problems: Problems, strip: str
) -> None:
    """Report a key that no parameter goes by (E007), with the line to write."""
    parameters = [p.removeprefix(strip) for p in instance.kind.settable if p.startswith(strip)]
    words = [p for p in parameters if p != "self"]
    what = f"`{instance.path}`" if instance.path else "this section"
    kind = instance.kind.name
    of = f" (kind {kind})" if kind not in (instance.path, "system", "action") else ""
    if line := _objective(said, instance.kind):
        message = f"`{instance.path}.{said.key}` is what is estimated, and no objective"
        problems.add("E007", message, said.place, help=line)
        return
    problems.add(
        "E007",
        f"{what}{of} has no parameter `{short(said.key)}`",
        said.place,
        help=_help(instance, said, beside, words) or _parameters(words, kind),
    )


def _help(instance: Instance, said: Said, beside: Beside, words: list[str]) -> str | None:
    known = [*words, *sorted(instance.kind.pinnable)]
    value = _as_text(said.value)
    if instance.kind.name == "system" and (product := _product(said, value)):
        return product
    return (
        _as_list(instance, said)
        or _of_two(instance, said, beside)
        or _how_often(instance, said, beside)
        or _meant(instance, said.key, value, known)
        or _of_store(instance, said, beside, known)
        or (misspelled(said.key, known) if remark(said.key, "") is None else None)
        or (remark(said.key, instance.path) if instance.kind.name != "action" else None)
        or _elsewhere(instance, said, beside)
        or _by_dimension(instance, said, beside)
        or remark(said.key, instance.path)
        or did_you_mean(said.key, known)
    )


def _meant(instance: Instance, word: str, value: str, known: list[str]) -> str | None:
    """Return the line for a word that is known, also where it says `server` for a node."""
    per_node = _PER_NODE.fullmatch(word)
    if per_node and f"{per_node[1]}node" in known:
        return f"write `{per_node[1]}node: {value}`"
    if _WORK.fullmatch(word) and _dimension(value) == TIME:
        word = "processing_time"
    line = line_meant(word, value, known)
    if instance.kind.name == "action" and line and parameter_meant(word, known) == "payload":
        return line.replace("payload", _size(instance))
    if line and line.startswith("write `cpu_time: ") and "cpu" not in word:
        waiting = f"`throughput: 100 / ({value})` for a node that works on 100 at once"
        return f"{line} if that keeps a core busy, or, where it mostly waits, {waiting}"
    return line or (per_node and line_meant(f"{per_node[1]}node", value, known)) or None


def _size(instance: Instance) -> str:
    """Return the parameter for the size of what an action writes, or of what it reads."""
    return "response" if reads_by_name(instance.path) else "payload"


# --- two keys that are one parameter --------------------------------------------------------------


def _of_two(instance: Instance, said: Said, beside: Beside) -> str | None:
    """Return the line for two keys that are one parameter here, such as `docs` and `doc_size`."""
    known = (*instance.kind.settable, *instance.kind.pinnable)
    settable = instance.kind.settable
    unknown = {key: _as_text(value) for key, value in beside.keys.items() if key not in settable}
    first, second, line = "", "", ""
    if instance.kind.name == "action":
        first, second = _of(unknown, _DATA_RATE), _of(unknown, TIME)
        size = "payload" if writes_by_name(instance.path) else "response"
        line = f"{size}: {unknown.get(first)} * {unknown.get(second)}"
    elif "throughput" in known and (first := _among(unknown, AT_ONCE)):
        second = _of(unknown, TIME)
        line = f"throughput: {unknown[first]} / ({unknown.get(second)})"
    elif first := _among(unknown, ITEMS):
        second = next((key for key in unknown if key.endswith("_size")), "")
        kept = next(
            (name for name in ("corpus", "working_set", "stored.retained") if name in known), ""
        )
        line = f"{kept}: {unknown[first]} * {unknown.get(second)}" if kept else ""
    return f"write `{line}`" if line and first and second and said.key in (first, second) else None


def _of(unknown: dict[str, str], dimension: Dimension) -> str:
    return next((key for key, text in unknown.items() if _dimension(text) == dimension), "")


def _among(unknown: dict[str, str], words: Collection[str]) -> str:
    return next((key for key in unknown if key.lower() in words), "")


def _dimension(text: str) -> Dimension | None:
    """Return the dimension of a value without names in it, or None."""
    try:
        tree = parse(text) if text else None
        if tree is not None and _BILLIONS.fullmatch(text):  # 1 B a month is no rate of bytes
            tree = read_billions(tree)
        return None if tree is None else infer(tree, no_names)
    except FormulaError:
        return None


# --- what a value can be --------------------------------------------------------------------------


def _how_often(instance: Instance, said: Said, beside: Beside) -> str | None:
    """Return the line for `per_device` or `requests_per_user`, however those are called."""
    each, value = _EACH.fullmatch(said.key), _as_text(said.value)
    if instance.kind.name != "action" or each is None:
        return None
    whose, dimension = each[1] or each[2], _dimension(value)
    if dimension == PLAIN and whose in _names(beside.tree, "actions"):
        return f"write `per: {{{whose}: {value}}}`"
    if whose in ("second", "minute", "hour", "day", "week", "month", "year"):
        return None
    if dimension == PLAIN and each[1]:
        return f"write `per_user: {value}/day`"
    return f"write `per_user: {value}`" if dimension == _RATE else None


def _by_dimension(instance: Instance, said: Said, beside: Beside) -> str | None:
    """Return the line for a key of an action that its value tells the meaning of."""
    value = _as_text(said.value)
    dimension = _dimension(value)
    if instance.kind.name != "action" or dimension is None:
        return None
    known = (*instance.kind.settable, *instance.kind.pinnable)
    given = {parameter_meant(key, known) or key: _as_text(one) for key, one in beside.keys.items()}
    often = given.keys() & set(instance.kind.one_of)
    if dimension == DATA and said.key.lower() not in PARAMETERS:
        size = _size(instance)
        return f"write `{size}: {f'{given[size]} + ' if size in given else ''}{value}`"
    if dimension == _RATE and not often:
        return f"write `rate: {value}`"
    if dimension == _DATA_RATE:
        size = "payload" if writes_by_name(instance.path) else "response"
        return (
            f"write `{size}: {value} * 10 min`, with how long one takes"
            if often
            else f"write `volume: {value}`"
        )
    return None


def _of_store(instance: Instance, said: Said, beside: Beside, known: list[str]) -> str | None:
    """Return the line for how long one store of several keeps what an action writes."""
    value, actions = _as_text(said.value), [*_names(beside.tree, "actions")]
    if "stored.retained" not in known or not value or not actions:
        return None
    if parameter_meant(said.key, ("retention",)) is None and said.key != "retention":
        return None
    received = [flow.partition(".")[0] for flow in instance.flows.get("receives", ())]
    action = next((one for one in (*received, *actions) if one in actions), actions[0])
    return (
        f"write `stored.retained: {action}.stored.per_day * ({value}) / (1 day)`, or for all stores"
        f" `retention: {value}` below `{action}:`"
    )


def _elsewhere(instance: Instance, said: Said, beside: Beside) -> str | None:
    """Return the line for what another component of the file says."""
    value, templates = _as_text(said.value), Templates()
    for name, kind in _components(beside.tree, templates):
        template = templates.get(kind)
        if name == instance.path or template is None or not value:
            continue
        has_it = said.key in template.settable or said.key in template.pinnable
        line = f"write `{said.key}: {value}`" if has_it else None
        if line := line or line_meant(said.key, value, template.settable):
            return f"`{name}` has it: below `{name}:`, {line}"
    return None


def _product(said: Said, value: str) -> str | None:
    """Return the line for a store that is named where it is said how stores keep data."""
    meant = Templates().library.meant(value) if value[:1].isalpha() else []
    if not meant:
        return None
    return f"a store is a component: write `components: {{{said.key}: {{kind: {meant[0]}}}}}`"


def _components(tree: Mapping, templates: Templates) -> Iterator[tuple[str, str]]:
    """Yield the name and the kind of each component, or the kind that is meant."""
    for name, node in _names(tree, "components").items():
        kind = node.get("kind") if isinstance(node, Mapping) else None
        if isinstance(kind, Scalar):
            meant = templates.library.meant(kind.text.value)
            yield name, (meant or [kind.text.value])[0]


def _names(tree: Mapping, section: str) -> dict[str, Any]:
    found = tree.get(section)
    return {k: v for k, (_, v) in found.entries.items()} if isinstance(found, Mapping) else {}


def _as_list(instance: Instance, said: Said) -> str | None:
    """Return how `receives: a, b` within braces is written: without brackets, `b` is a key."""
    flows = instance.flows.get("receives")
    if flows is None or not isinstance(said.value, Text) or said.value.value:
        return None
    return f"write `receives: [{', '.join([*flows, said.key])}]`"


def _as_text(value: Any) -> str:
    """Return a value as it is written in one line; empty for what has more."""
    if isinstance(value, list) and value and all(isinstance(one, Text) for one in value):
        return f"[{', '.join(one.value for one in value)}]"
    return value.value if isinstance(value, Text) else ""


def _parameters(words: list[str], kind: str) -> str:
    """Return the parameters that there are, or what lists them."""
    if len(words) <= _FEW:
        return "the parameters are " + ", ".join(words)
    return f"`estimator kinds {kind}` lists the parameters"
