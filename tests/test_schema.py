"""`estimator schema`: what it allows, what it complains of, and that it is current."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from asking import ROOT, SHIPPED, Ask, one_in
from hypothesis import given
from hypothesis import strategies as st
from test_docs import _blocks, _rows
from test_own_kinds import TAPE
from test_published import SCENARIOS as PUBLISHED

from estimator.catalog import catalog, catalogues
from estimator.diagnostics import InputError, Problems, Source, Text
from estimator.editor.schema import scenario_schema, written
from estimator.files.snapshot import Typed
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.formula.tree import Name, walk
from estimator.library.loader import Library, shipped_kind
from estimator.library.names import shipped_kinds
from estimator.model import build
from estimator.model.templates import settable
from estimator.scenario.load import load_source
from estimator.scenario.yaml_tree import Items, Scalar, Tree, read_yaml

COMMITTED = ROOT / "scenarios" / "estimator.schema.json"
MODELINE = f"# yaml-language-server: $schema={COMMITTED.name}"
COMPONENTS = [k for k in shipped_kinds() if shipped_kind(k).used_in == "components"]
_NUMBER = re.compile(r"[-+]?(?:\d+|\.\d+|\d+\.\d*)(?:[eE][-+]?\d+)?")


@cache
def shipped() -> dict[str, Any]:
    return scenario_schema(Library(catalogues()))


@cache
def checker(library: Path | None = None) -> jsonschema.Draft202012Validator:
    known, problems = Library(catalogues()), Problems()
    if library is not None:
        known.add(library, Typed(library), Text.of("library", str(library)).place, problems)
    problems.check()
    return jsonschema.Draft202012Validator(scenario_schema(known))


def as_editors_read(tree: Tree | None) -> Any:
    """Return what YAML 1.2 makes of a file: numbers, truths and nothing, not texts."""
    if isinstance(tree, Items):
        return [as_editors_read(item) for item in tree.items]
    if isinstance(tree, Scalar):
        return _typed(tree.text.value) if tree.plain else tree.text.value
    assert tree is not None
    return {key: as_editors_read(value) for key, (_, value) in tree.entries.items()}


def _typed(value: str) -> Any:
    if value in {"", "~", "null", "Null", "NULL"}:
        return None
    if value.lower() in {"true", "false"}:
        return value.lower() == "true"
    return float(value) if _NUMBER.fullmatch(value) else value


def complaints(text: str, library: Path | None = None) -> list[str]:
    """Return where a scenario is not as the schema has it, and what is said there.

    By the letter of the standard, a key whose value is wrong counts as not evaluated and is
    complained of again; editors' YAML server does not do so.
    """
    content = as_editors_read(read_yaml(Source("scenario.yaml", text)))
    found = list(checker(library).iter_errors(content))
    places = [tuple(e.absolute_path) for e in found]
    found = [e for e in found if e.validator != "unevaluatedProperties" or not _inside(e, places)]
    return sorted(f"{'.'.join(map(str, e.absolute_path))}: {_said(e)}" for e in found)


def _inside(error: jsonschema.ValidationError, places: list[tuple[str | int, ...]]) -> bool:
    """Return whether something else is wrong in what this is about."""
    here = tuple(error.absolute_path)
    return any(place[: len(here)] == here and place != here for place in places)


def _said(error: jsonschema.ValidationError) -> str:
    """Return the message as editors' YAML server takes it from the schema."""
    schema = error.schema if isinstance(error.schema, dict) else {}
    said = schema.get("patternErrorMessage" if error.validator == "pattern" else "errorMessage")
    return str(said or schema.get("errorMessage") or error.message)


def is_accepted(text: str, folder: Path = Path()) -> bool:
    problems = Problems()
    try:
        build(load_source(Source("scenario.yaml", text), folder, "scenario"), problems)
    except InputError:
        return False
    return not problems.errors


# --- the file -------------------------------------------------------------------------------------


def test_the_committed_schema_is_current(update_golden: bool) -> None:
    made = written(shipped())
    if update_golden:
        COMMITTED.write_text(made, "utf-8", newline="\n")
    stale = "stale: run `python3 dev.py test --update-golden`"
    assert COMMITTED.read_text("utf-8") == made, stale


@pytest.mark.slow
def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(shipped())


def test_every_definition_that_is_used_is_there() -> None:
    used = {found.removeprefix("#/$defs/") for found in _refs(shipped())}
    assert used <= shipped()["$defs"].keys()


def _refs(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for part in schema:
            yield from _refs(part)
    elif isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for part in schema.values():
            yield from _refs(part)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda f: f.stem)
def test_a_shipped_scenario_names_the_schema_in_its_first_line(file: Path) -> None:
    assert file.read_text("utf-8").splitlines()[0] == MODELINE


# --- it is no stricter than the program -----------------------------------------------------------


@pytest.mark.parametrize("file", [*SHIPPED, *PUBLISHED.values()], ids=lambda f: f.stem)
def test_a_shipped_or_published_scenario_is_valid(file: Path) -> None:
    assert complaints(file.read_text("utf-8")) == []


@pytest.mark.parametrize("block", one_in(3, _blocks("yaml")), ids=str)
def test_a_scenario_of_the_docs_is_valid(block: Any) -> None:
    if {"fragment", "fails", "workflow"} & block.marks.keys():
        return
    tree = read_yaml(Source("block.yaml", block.text))
    is_kind = not isinstance(tree, Items | Scalar) and tree is not None and tree.get("kind")
    if not is_kind:
        assert complaints(block.text) == []


BROKEN = sorted((ROOT / "tests" / "broken").glob("*.yaml"))


def test_what_the_program_accepts_among_broken_files_is_valid() -> None:
    seen = 0
    for file in BROKEN:
        text = file.read_bytes().decode("utf-8", "replace")
        if is_accepted(text, file.parent):
            seen += 1
            assert complaints(text) == [], file.name
    assert seen


@pytest.mark.parametrize("name", one_in(6, COMPONENTS))
def test_every_key_of_a_kind_is_known_whole_and_in_parts(name: str) -> None:
    kind = shipped_kind(name)
    if kind.abstract is not None:
        return
    keys = sorted({*settable(kind), *kind.pinnable})
    needed = [f"{n}: 1" for n, p in kind.parameters.items() if p.required and not p.default]
    for key in keys:
        parameter = kind.parameters.get(key)
        if parameter is not None and (parameter.choices or parameter.catalog or parameter.flows):
            continue
        nested = "5"
        for part in reversed(key.split(".")):
            nested = f"{{{part}: {nested}}}"
        others = "".join(f", {line}" for line in needed if not line.startswith(f"{key}:"))
        assert complaints(f"components: {{c: {{kind: {name}, {key}: 5{others}}}}}") == [], key
        assert complaints(f"components: {{c: {{kind: {name}, {nested[1:-1]}{others}}}}}") == [], key


def test_every_key_of_an_action_is_known() -> None:
    kind = shipped_kind("action")
    kinds_of_keys = ("visits.api.reads", "branch.api_misses.calls.store", "residence.api")
    for key in {*kind.pinnable, *kinds_of_keys}:
        assert complaints(f"actions: {{a: {{rate: 1/s, {key}: 5}}}}") == [], key
    parts = "visits: {api: {reads: 3}, store.writes: 1}, branch.b: {chance: 1%}"
    assert complaints(f"actions: {{a: {{rate: 1/s, {parts}}}}}") == []


@pytest.mark.parametrize("name", [c for c in catalogues() if c != "base"])
def test_every_entry_of_a_catalogue_is_known(name: str) -> None:
    takers = [
        (kind, parameter)
        for kind in shipped_kinds()
        for parameter, said in shipped_kind(kind).parameters.items()
        if said.catalog is not None and said.catalog.value == name
    ]
    kind, parameter = next((k, p) for k, p in takers if shipped_kind(k).abstract is None)
    words = catalog(name).names()
    if catalog(name).is_priced:
        words += ["cheapest", "'  cheapest  of   aws'"]
        words += [f"cheapest of {scope}" for scope in catalog(name).scopes()]
    for word in words:
        text = f"components: {{c: {{kind: {kind}, {parameter}: {word}}}}}"
        if kind == "traffic":
            text = f"traffic: {{{parameter}: {word}}}"
        if kind == "action":
            text = f"actions: {{a: {{rate: 1/s, {parameter}: {word}}}}}"
        told = [c for c in complaints(text) if "is missing" not in c]
        assert told == [], word


@pytest.mark.parametrize(
    "text",
    [
        "name: null\nabout:\nderive: {a: 5}\n",
        "name: yes\nabout: 5\nderive: {a: 010}\n",
        "users: 1_000\n",
        "expect: 1 < 2\n",
        "expect: ['1 < 2', {check: 1 < 2, until: 2027-03-31}]\n",
        "expect: [{check: 1 < 2, until: 20270331}, {check: 1 < 2, until: 2027-W13-3}]\n",
        "expect: [{check: 1 < 2, reason: true, owner: ~, severity: warn}]\n",
        "derive: {a.b: 5, c: 'max(1,2)'}\n",
        "users: 5\nactions: {a: {per_user: 2/day}}\nvariants: {v: {a: {per_user: 3/day}}}\n",
        "actions: {a: {rate: 1/s}, see: {per: a}, buy: {per: [a, see]}, pay: {per: {a: 3}}}\n",
        "actions: {a: {rate: 1/s}}\nstorage: {copies: 2, per_day: 3 GB}\n",
        "actions: {a: &x {rate: 1/s}, see: *x, buy: {<<: *x, payload: 5 kB}}\n",
        "actions: {a: {rate: 1/s}}\nslo: {for: a, p99: 1 s}\n",
        "conventions: {}\ntraffic: {}\nactions: {}\ncomponents: {}\n",
    ],
)
def test_unusual_scenarios_that_the_program_accepts_are_valid(text: str) -> None:
    assert is_accepted(text)
    assert complaints(text) == []


_PIECES = [
    "5",
    "1,000",
    ".5",
    "max(",
    ")",
    ",",
    " ",
    "\t",
    "500M",
    "/day",
    "tweet.payload",
    "*",
    "+",
]
_PIECES += ["(", "$", "€", "2", "^", "to", "in", "GB", "[", "'", "≤", "µs", "%", ":", "~", "\n"]


@given(st.one_of(st.lists(st.sampled_from(_PIECES)).map("".join), st.text(max_size=20)))
def test_no_formula_that_the_program_reads_is_complained_of(formula: str) -> None:
    try:
        parse(formula)
    except FormulaError:
        return
    assert checker().evolve(schema=_definition("formula")).is_valid(formula)


@pytest.mark.parametrize(
    "formula", [f for [cell] in _rows(ROOT / "docs/language.md", "written") for f in
                re.findall(r"`([^`]+)`", cell)]
)  # fmt: skip
def test_what_the_language_page_writes_is_valid(formula: str) -> None:
    assert checker().evolve(schema=_definition("formula")).is_valid(formula)


SCENARIO = """\
name: Feed
users: {registered: 500M, daily_active: 40%}
traffic: {peak_to_average: 3}
actions:
  tweet: {per_user: 2/day, payload: 200 B}
  look: {per: {tweet: 100}, op: read, response: 4 kB}
components:
  api: {kind: service, cpu_time: 5 ms, node: m7g.2xlarge}
  feeds: {kind: cache, receives: [look], hit_ratio: 99%}
  store: {kind: database, receives: {tweet: 1, feeds.misses: 20}, nodes: 48}
slo: {for: [look], availability: 99.9%}
derive: {traffic_out: look.egress.average in TB/day}
expect: [store.utilization <= 80%, {check: cost.per_month <= $3M, severity: warn}]
variants: {small: {users.registered: 1M}}
"""
_VALUE = re.compile(r"(?<=: )[^{}\[\],\n]+(?=[,}\]\n])|\{[^{}]*\}|\[[^\[\]]*\]")
_KEY = re.compile(r"[\w.]+(?=:)")
_VALUES = ["5", "3/s", "''", "", "~", "true", "look", "[look]", "{look: 2}", "{}", "[]", "cheapest"]
_VALUES += ["1 kB", "{cores: 4}", "{check: 1 < 2}", "warn", "2027-03-31", "cache", "users * 2"]
_KEYS = ["nodes", "rate", "node.cores", "users", "kind", "minimum", "reason", "p99", "utilization"]
_CHANGES = [(m.span(), v) for m in _VALUE.finditer(SCENARIO) for v in _VALUES]
_CHANGES += [(m.span(), v) for m in _KEY.finditer(SCENARIO) for v in _KEYS]


@pytest.mark.slow
def test_whatever_changes_in_a_scenario_the_program_accepts_nothing_that_is_not_valid() -> None:
    accepted = 0
    for (start, end), value in _CHANGES[::3]:  # all of them take half a minute
        text = SCENARIO[:start] + value + SCENARIO[end:]
        if is_accepted(text):
            accepted += 1
            assert complaints(text) == [], text
    assert accepted > len(_CHANGES) / 60


def _definition(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}", "$defs": shipped()["$defs"]}


# --- what it complains of -------------------------------------------------------------------------

SERVICE = "components: {a: {kind: service"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("userz: 5M", "'userz' was unexpected"),
        ("users:", "users: This key has no value."),
        ("users: ''", "users: This is empty"),
        ("users: [5]", "users: A single value belongs here"),
        ("users: {registered: 5M, daily: 2M}", "'daily' was unexpected"),
        ("users: {riders: {registred: 5M}}", "'registred' was unexpected"),
        ("users: 1,000", "users: A comma separates the values of a function"),
        ("users: 5\ntraffic: 3", "traffic: `key: value` lines belong here."),
        ("derive: {a: €5}", "derive.a: Amounts are in USD"),
        ("derive: {a: '[5]'}", "derive.a: A formula has numbers with units"),
        ("conventions: {days: 5}", "'days' was unexpected"),
        ("actions: [a]", "actions: `key: value` lines belong here."),
        ("actions: {a: }", "actions.a: `key: value` lines belong here."),
        ("actions: {a: {payload: 5 B}}", "actions.a: Give one of `per_user`, `every`"),
        (
            "actions: {a: {per_user: 3/day, rate: 2/s}}",
            "actions.a: False schema does not allow '2/s'",
        ),
        ("actions: {a: {rate: 3/s, paylod: 5 B}}", "'paylod' was unexpected"),
        ("actions: {a: {rate: 3/s, op: reed}}", "actions.a.op: This is one of write, read."),
        ("actions: {a: {per: }}", "actions.a.per: What belongs here is a list, or"),
        ("components: {a: {cpu_time: 5 ms}}", "components.a: A component has a `kind`."),
        ("components: {a: {kind: servise}}", "components.a.kind: There is no kind of this name"),
        ("components: {a: {kind: fleet}}", "components.a.kind: There is no kind of this name"),
        (f"{SERVICE}, cpu_tme: 5 ms}}}}", "'cpu_tme' was unexpected"),
        (f"{SERVICE}, node: m7g.lrge}}}}", "components.a.node: This is not in the catalog"),
        (
            f"{SERVICE}, node: cheapest of ibm}}}}",
            "components.a.node: This is not in the catalog",
        ),
        (f"{SERVICE}, node: {{core: 3}}}}}}", "'core' was unexpected"),
        (f"{SERVICE}, nodes: {{cpus: 3}}}}}}", "'cpus' was unexpected"),
        (f"{SERVICE}, queue: shard}}}}", "This is one of shared, per_node, least_requests."),
        ("components: {a: {kind: vector_index}}", "components.a: `vectors` is missing"),
        ("expect: {a: 3}", "expect: What belongs here is a list"),
        ("expect: [{severity: warn}]", "expect.0: The `check` is missing."),
        ("expect: [{check: 1 < 2, severity: eror}]", "severity: `severity` is `error` or `warn`."),
        ("expect: [{check: 1 < 2, until: 2027-3-1}]", "until: This is not a date"),
        ("variants: {v: {a: [[3]]}}", "variants.v.a.0: A single value belongs here"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(text: str, wanted: str) -> None:
    assert not is_accepted(text)
    told = complaints(text)
    assert len(told) == 1, told
    assert wanted in told[0]


# --- a team's own kinds ---------------------------------------------------------------------------


def test_where_a_scenario_has_a_library_any_kind_and_parameter_may_be_there() -> None:
    own = "components: {a: {kind: tape, slots: 3}, b: {kind: cache, shelf: 3}}"
    assert complaints(f"library: kinds/\n{own}") == []
    assert len(complaints(own)) == 2
    assert complaints("library: kinds/\nactions: {a: }") != []


def test_with_a_library_its_kinds_are_known(tmp_path: Path) -> None:
    (tmp_path / "tape.yaml").write_text(TAPE, "utf-8")
    head = "library: kinds/\n"
    right = head + "components: {a: {kind: tape, slots: 3, mode: archive, nodes: 2}}"
    assert complaints(right, tmp_path) == []
    wrong = head + "components: {a: {kind: tape, slots: 3, moode: archive}, b: {kind: tpae}}"
    told = complaints(wrong, tmp_path)
    assert len(told) == 2
    assert "'moode' was unexpected" in told[0]
    assert "There is no kind of this name" in told[1]
    assert "`slots` is missing" in complaints(head + "components: {a: {kind: tape}}", tmp_path)[0]


def test_a_kind_that_takes_the_name_of_a_shipped_one_takes_its_place(tmp_path: Path) -> None:
    own = "kind: cache\nabout: Ours.\nextends: cache\nparameters:\n"
    own += "  shelf: {dimension: count, default: 3, about: Where it stands.}\n"
    (tmp_path / "cache.yaml").write_text(own, "utf-8")
    scenario = "components: {a: {kind: cache, shelf: 3, hit_ratio: 80%, zones: 2}}"
    assert complaints(scenario, tmp_path) == []
    assert complaints(scenario) != []


# --- what editors are told ------------------------------------------------------------------------


def test_a_key_that_editors_suggest_has_a_value_to_begin_with() -> None:
    """Without one, or a type, the YAML server would write the key without its colon."""
    starts = {"default", "examples", "enum", "type", "properties", "defaultSnippets"}
    for name, schema in shipped()["$defs"].items():
        for key, ref in schema.get("properties", {}).items():
            whole = (
                shipped()["$defs"][ref["$ref"].removeprefix("#/$defs/")] if "$ref" in ref else ref
            )
            assert "doNotSuggest" in whole or starts & whole.keys(), f"{name}.{key}"


def test_a_default_or_an_example_can_be_written_into_a_scenario() -> None:
    """What a kind's formula calls by its own names means nothing in a scenario."""
    for name, schema in shipped()["$defs"].items():
        if schema.get("$ref") != "#/$defs/formula":
            continue
        values = [
            *schema.get("examples", []),
            *([schema["default"]] if "default" in schema else []),
        ]
        for value in values:
            names = [n for n in walk(parse(str(value))) if isinstance(n, Name)]
            assert not names, f"{name}: {value}"


def test_where_a_default_depends_on_others_its_usual_value_is_the_example() -> None:
    assert shipped()["$defs"]["action.retention"]["examples"] == ["5 years"]


def test_a_parameter_is_described_with_its_default_and_where_that_comes_from() -> None:
    said = shipped()["$defs"]["cache.memory_limit"]
    assert said["default"] == "80%"
    for words in ("How much of a node's memory holds data.", "80%", "Redis documentation"):
        assert words in said["description"]


def test_what_kinds_share_is_said_once() -> None:
    kinds = shipped()["$defs"]
    assert kinds["kind.cache"]["properties"]["zones"] == {"$ref": "#/$defs/fleet.zones"}
    assert kinds["kind.service"]["properties"]["zones"] == {"$ref": "#/$defs/fleet.zones"}


# --- the command ----------------------------------------------------------------------------------


def test_the_command_prints_the_schema(ask: Ask) -> None:
    answer = ask("schema")
    assert answer.code == 0
    assert answer.err == ""
    assert json.loads(answer.out) == json.loads(written(shipped()))


def test_the_command_writes_a_file_and_knows_a_teams_kinds(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "tape.yaml").write_text(TAPE, "utf-8")
    file = tmp_path / "schema.json"
    answer = ask("schema", "--library", str(tmp_path / "tape.yaml"), "--output", str(file))
    assert (answer.code, answer.out, answer.err) == (0, "", "")
    assert "kind.tape" in json.loads(file.read_text("utf-8"))["$defs"]
    assert ask("schema", "--output", str(file)).code == 0  # a schema may be written over
    assert "kind.tape" not in json.loads(file.read_text("utf-8"))["$defs"]


def test_a_file_that_is_no_schema_is_not_written_over(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "tape.yaml"
    file.write_text(TAPE, "utf-8")
    answer = ask("schema", "--output", str(file))
    assert (answer.code, "E032" in answer.err) == (2, True)
    assert file.read_text("utf-8") == TAPE


def test_a_library_that_is_wrong_or_a_file_that_cannot_be_written_is_told(
    ask: Ask, tmp_path: Path
) -> None:
    (tmp_path / "bad.yaml").write_text("kind: bad\nabot: Nothing.\n", "utf-8")
    answer = ask("schema", "--library", str(tmp_path / "bad.yaml"))
    assert (answer.code, answer.out) == (2, "")
    assert "E007" in answer.err
    answer = ask("schema", "--output", str(tmp_path))
    assert (answer.code, answer.out) == (2, "")
    assert "E032" in answer.err
