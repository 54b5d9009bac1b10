"""`estimator run` as its users meet it: figures, formats, files, settings, terminals."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asking import ROOT, SHIPPED, Answer, Ask, environment

from estimator.cli.app import run_app
from estimator.cli.terminal import Color, drawn
from estimator.diagnostics import Problems
from estimator.evaluate import evaluate
from estimator.files.project import typed
from estimator.model import build
from estimator.render.page import WIDE
from estimator.render.page_text import page_text
from estimator.render.run import Estimates
from estimator.render.run.table import page
from estimator.scenario.load import load

COLOR = re.compile(r"\x1b\[[\d;]*m")

SHOP = """\
name: Shop
users: 10M
actions:
  order:  {per_user: 2/day, payload: 1 kB}
  browse: {per: {order: 50}, response: 20 kB}
components:
  api:   {kind: service, receives: [order, browse], cpu_time: 5 ms}
  spread:
    kind: fanout
    receives: [order, browse]
    strategy: push
  store: {kind: database, receives: {order: 1, browse: 3}}
derive:
  per_order: 3 GB
variants:
  large: {users: 100M, order.payload: 2 kB}
"""


class Ran(Answer):
    """A call of `estimator run`."""

    @property
    def scenarios(self) -> list[dict[str, Any]]:
        scenarios: list[dict[str, Any]] = json.loads(self.out)["scenarios"]
        return scenarios

    @property
    def rules(self) -> list[str]:
        return [d["rule"] for d in json.loads(self.out)["diagnostics"]]

    def value(self, name: str) -> float:
        return float(self.scenarios[0]["quantities"][name]["value"])

    def text(self, name: str) -> str:
        return str(self.scenarios[0]["quantities"][name]["text"])


Run = Callable[..., Ran]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Ask) -> Run:
    """Runs the command line in a folder that holds `shop.yaml`."""
    (tmp_path / "shop.yaml").write_text(SHOP, "utf-8")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, given: str | None = None) -> Ran:
        return Ran(*ask("run", *arguments, given=given))

    return run


@pytest.fixture
def computed(call: Run) -> Run:
    """Return the same as JSON, of the shop unless a scenario is given on standard input."""

    def run(*arguments: str, given: str | None = None) -> Ran:
        return call("shop.yaml" if given is None else "-", "--format=json", *arguments, given=given)

    return run


def process(
    *arguments: str, cwd: Path = ROOT, **variables: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "estimator", *arguments],
        cwd=cwd,
        env=environment(**variables),
        capture_output=True,
        timeout=60,
        check=False,
    )


# --- the smallest useful scenario -----------------------------------------------------------------

MINIMAL = str(ROOT / "scenarios" / "twitter_minimal.yaml")


def test_the_smallest_scenario_gives_the_figures_of_the_interview(call: Run) -> None:
    ran = call(MINIMAL, "--format", "json")
    assert (ran.code, ran.err) == (0, "")
    figures = {
        "tweet.writes.average": 1e9 / 86400,
        "tweet.reads.average": 1e11 / 86400,
        "tweet.writes.peak": 2e9 / 86400,
        "stored.per_day": 2e11,
        "stored.retained": 2e11 * 365 * 5,
        "storage.retained": 3 * 2e11 * 365 * 5,
        "egress.average": 200 * 1e11 / 86400,
        # at 4 ms a request, on machines of 8 cores that are planned to be 60% busy
        "servers": 1949,
    }
    assert {n: ran.value(n) for n in figures} == {n: pytest.approx(figures[n]) for n in figures}


def test_the_smallest_scenario_is_shown_in_units_that_suit(call: Run) -> None:
    out = call(MINIMAL, "--all").out
    assert re.search(r"^egress +231 MB/s \(1\.85 Gbps\) +463 MB/s \(3\.7 Gbps\)$", out, re.M)
    assert re.search(r"^tweet +average +11\.6k/s +1\.16M/s +2\.31 MB/s +231 MB/s$", out, re.M)
    assert re.search(r"^tweet +600 GB +365 TB", out, re.M)
    assert re.search(r"^tweet, logical +6 TB +73 TB +365 TB$", out, re.M)
    assert re.search(r"^servers +1,949$", out, re.M)


FAILING = ("node", "zone", "region", "change")


def test_every_default_that_was_leaned_on_is_among_the_assumptions(call: Run) -> None:
    ran = call(MINIMAL, "--format", "json")
    listed = {n: a for a in ran.scenarios[0]["assumptions"] for n in a["names"]}
    assert set(listed) == {
        "service",
        "service.like",
        "service.minimum",
        *(f"resilience.{what}_{time}" for what in FAILING for time in ("mtbf", "mttr")),
        "resilience.common_cause",
        "service.node",
        "service.survive",
        "service.zones",
        "service.node.performance",
        "service.queue",
        "service.network_time",
        "service.service_variation",
        "traffic.discount",
        "traffic.internet",
        "service.target_utilization",
        "storage.copies",
        "storage.price",
        "traffic.growth_shape",
        "traffic.peak_to_average",
        "tweet.op",
        "tweet.retention",
    }
    assert all(a["source"] or a["assumption"] for a in listed.values())
    assert listed["service.minimum"]["text"] == "2"
    table = call(MINIMAL, "--all").out.partition("\nAssumptions\n")[2]
    assert all(re.search(rf"^{re.escape(name)} ", table, re.M) for name in listed)


def test_what_is_given_is_no_assumption(call: Run) -> None:
    ran = call(MINIMAL, "--format=json", "--set=tweet.retention=1 year", "--set=service.minimum=3")
    names = {n for a in ran.scenarios[0]["assumptions"] for n in a["names"]}
    assert "service.like" in names
    assert names.isdisjoint({"tweet.retention", "service.minimum"})


def test_an_interview_is_counted_in_round_numbers(call: Run) -> None:
    lines = call(MINIMAL, "--napkin").out.splitlines()
    assert "1B tweets a day, 10k writes/s, 1M reads/s, 200 GB/day" in lines
    ran = call(MINIMAL, "--napkin", "--format", "json")
    assert [ran.value(f"tweet.{n}.average") for n in ("writes", "reads")] == [10_000, 1_000_000]


# --- which scenarios ------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_a_shipped_scenario_meets_its_own_expectations(path: Path, call: Run) -> None:
    ran = call(str(path), "--format", "json")
    assert (ran.code, ran.err) == (0, "")
    assert {e["status"] for e in ran.scenarios[0]["expectations"]} <= {"pass"}


def test_a_name_is_found_in_scenarios_here_and_in_the_folders_above(
    call: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (tmp_path / "shop.yaml").rename(folder / "store.yaml")
    assert call("store").out.startswith("Shop  scenarios/store.yaml\n")
    assert call("store.yaml").code == 0
    (tmp_path / "below" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "below" / "deep")
    assert call("store").out.startswith("Shop  ")


def test_a_file_comes_before_a_name(call: Run, tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "shop.yaml").write_text("name: Other\nusers: 5\n", "utf-8")
    assert call("shop.yaml").out.startswith("Shop  ")
    assert call("shop").out.startswith("Other  ")


def test_a_program_that_calls_the_command_line_goes_on_after_it(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import sys\n"
        "from estimator.__main__ import main\n"
        "sys.argv[1:] = ['calc', '1 + 1']\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as end:\n"
        "    print('ended with', end.code)\n"
        "raise SystemExit(3)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, program], env=env, capture_output=True, text=True, check=False
    )
    assert done.stdout == "2\nended with 0\n"
    assert done.returncode == 3


def test_what_a_process_is_to_do_at_its_end_is_done(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Watch:\n"
        "    def find_spec(name, path=None, target=None):\n"
        "        if name == 'estimator.cli.app':\n"
        "            import atexit\n"
        "            atexit.register(print, 'at the end')\n"
        "sys.meta_path.insert(0, Watch)\n"
    )
    env = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-m", "estimator", "calc", "1 + 1"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "2\nat the end\n"
    assert done.returncode == 0


def test_standard_input_is_a_scenario(call: Run) -> None:
    ran = call("-", "--format", "json", given="users: 1M\n")
    assert ran.code == 0
    assert (ran.scenarios[0]["name"], ran.scenarios[0]["file"]) == ("stdin", "<stdin>")
    assert ran.value("users") == 1_000_000


def test_several_scenarios_are_shown_in_the_order_of_the_call(call: Run, tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("derive: {x: 2 GB}\n", "utf-8")
    ran = call("other.yaml", "shop.yaml", "other.yaml", "--format", "json")
    assert [s["file"] for s in ran.scenarios] == ["other.yaml", "shop.yaml", "other.yaml"]


def test_what_is_right_is_shown_although_something_else_is_wrong(call: Run, tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("derive: {x: 2 GBB}\n", "utf-8")
    ran = call("nothing", "missing.yaml", "wrong.yaml", "shop.yaml")
    assert ran.code == 2
    assert ran.out.startswith("Shop  shop.yaml\n")
    assert "E016" in ran.err
    assert "E001" in ran.err
    as_json = call("nothing", "missing.yaml", "wrong.yaml", "shop.yaml", "--format", "json")
    assert [s["name"] for s in as_json.scenarios] == ["Shop"]
    assert sorted(as_json.rules) == ["E001", "E001", "E016"]


# --- formats --------------------------------------------------------------------------------------


def test_json_is_one_object_of_version_2_with_values_in_base_units(call: Run) -> None:
    ran = call("shop.yaml", "--format", "json")
    found = json.loads(ran.out)
    assert list(found) == ["schema", "scenarios", "diagnostics"]
    assert found["schema"] == 2
    assert found["scenarios"][0]["quantities"]["order.payload"] == {
        "value": 1000,
        "unit": "B",
        "text": "1 kB",
        "origin": "given",
        "formula": "1 kB",
    }
    quantities = found["scenarios"][0]["quantities"]
    units = {"users": "1", "writes.average": "1/s", "egress.peak": "B/s", "cost.per_month": "USD"}
    assert {name: quantities[name]["unit"] for name in units} == units
    origins = {"traffic.peak_to_average": "default", "servers": "derived", "per_order": "own"}
    assert {name: quantities[name]["origin"] for name in origins} == origins


def test_csv_has_a_row_for_each_quantity_with_the_values_of_json(call: Run) -> None:
    ran = call("shop.yaml", "--format", "csv", "--variant", "large")
    rows = list(csv.DictReader(io.StringIO(ran.out, newline="")))
    quantities = call("shop.yaml", "--format", "json", "--variant", "large").scenarios[0][
        "quantities"
    ]
    columns = ["scenario", "file", "variant", "name", "value", "unit", "text", "origin", "formula"]
    assert list(rows[0]) == [*columns, "p5", "p50", "p95"]
    assert [row["name"] for row in rows] == list(quantities)
    assert {(row["scenario"], row["variant"]) for row in rows} == {("Shop", "large")}
    for row in rows:
        wanted = quantities[row["name"]]
        assert float(row["value"]) == wanted["value"]
        assert (row["unit"], row["text"], row["origin"]) == (
            wanted["unit"],
            wanted["text"],
            wanted["origin"],
        )


def test_markdown_tables_have_as_many_cells_in_each_row(call: Run) -> None:
    ran = call("shop.yaml", "--format", "markdown", "--all")
    assert ran.out.startswith("# Shop\n") or ran.out.startswith("## Shop\n")
    tables = re.findall(r"(?:^\|.*\|\n)+", ran.out, re.M)
    assert len(tables) >= 5
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
    assert re.search(r"^\| store \| database \|", ran.out, re.M)


@pytest.mark.parametrize("format_", ["json", "csv", "markdown", "table"])
def test_every_format_ends_with_a_newline_and_has_no_carriage_return(
    format_: str, call: Run
) -> None:
    out = call("shop.yaml", "--format", format_).out
    assert out.endswith("\n")
    assert not out.endswith("\n\n")
    assert "\r" not in out
    assert all(line == line.rstrip() for line in out.splitlines())


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", ["json", "csv", "markdown", "table"])
def test_a_file_holds_what_would_have_been_printed(format_: str, call: Run, tmp_path: Path) -> None:
    shown = call("shop.yaml", "--format", format_).out
    ran = call("shop.yaml", "--format", format_, "--output", "result")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert (tmp_path / "result").read_bytes() == shown.encode()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["result", "shop.yaml"]


@pytest.mark.parametrize(
    ("file", "format_"),
    [
        ("o.json", "json"),
        ("o.csv", "csv"),
        ("o.md", "markdown"),
        ("O.MARKDOWN", "markdown"),
        ("o.txt", "table"),
        ("o", "table"),
    ],
)
def test_the_ending_of_a_file_says_its_format(
    file: str, format_: str, call: Run, tmp_path: Path
) -> None:
    shown = call("shop.yaml", "--format", format_).out
    assert call("shop.yaml", "--output", file).code == 0
    assert (tmp_path / file).read_text("utf-8") == shown


def test_a_format_that_is_named_outweighs_the_ending_of_a_file(call: Run, tmp_path: Path) -> None:
    assert call("shop.yaml", "--format", "json", "--output", "o.html").code == 0
    assert json.loads((tmp_path / "o.html").read_text("utf-8"))["schema"] == 2


@pytest.mark.parametrize(
    ("command", "file", "formats"),
    [
        ("run", "o.html", "table, json, csv, markdown"),
        ("check", "o.csv", "full, concise, json, github, gitlab, junit, markdown, sarif"),
        ("diff", "o.sarif", "table, json, markdown"),
    ],
)
def test_an_ending_of_no_format_is_refused_with_the_formats_that_there_are(
    command: str, file: str, formats: str, call: Run, tmp_path: Path, ask: Ask
) -> None:
    files = ["shop.yaml"] * (2 if command == "diff" else 1)
    ran = ask(command, *files, "--output", file)
    assert (ran.code, ran.out) == (2, "")
    assert f"no format of this command has the ending of `{file}`" in ran.err
    assert ran.err.count("error[") == 1
    assert f"with `--format`: {formats}" in ran.err
    assert not (tmp_path / file).exists()


def test_a_report_of_a_check_follows_the_ending_of_its_file(
    call: Run, tmp_path: Path, ask: Ask
) -> None:
    for file, start in (("o.xml", "<?xml"), ("o.sarif", "{"), ("o.md", "<!--")):
        ask("check", "shop.yaml", "--output", file)
        assert (tmp_path / file).read_text("utf-8").startswith(start)


@pytest.mark.parametrize(
    "words",
    [
        "explain shop.yaml --variant large --variant large",
        "run shop.yaml --format json --format=csv",
        "run shop.yaml --samples 1000 --samples 2000",
        "run shop.yaml --samples 1000 --draws 2000",
        "check shop.yaml --baseline a --baseline b",
        "diff shop.yaml shop.yaml --output a --output b",
        "explain shop.yaml --depth 1 --depth 2",
        "machines shop.yaml --of m7g --of m7i",
        "fmt shop.yaml --color never --color always",
    ],
)
def test_an_option_that_takes_one_value_is_refused_a_second(
    words: str, call: Run, ask: Ask
) -> None:
    option = next(word for word in words.split() if word.startswith("--"))
    ran = ask(*words.split())
    assert (ran.code, ran.out) == (2, "")
    assert f"`{option}` takes one value, but is given 2" in ran.err


def test_options_that_take_several_values_and_flags_may_be_repeated(call: Run) -> None:
    words = ("--set", "users=1M", "--set", "order.payload=2 kB", "--napkin", "--napkin")
    assert call("shop.yaml", *words).code == 0


def test_an_old_result_keeps_its_mode_and_a_new_one_gets_that_of_the_user(
    call: Run, tmp_path: Path
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("something longer than nothing" * 1000, "utf-8")
    old.chmod(0o640)
    before = os.umask(0o027)
    try:
        assert call("shop.yaml", "--output", "old").code == 0
        assert call("shop.yaml", "--output", "new").code == 0
    finally:
        os.umask(before)
    assert [oct(p.stat().st_mode & 0o777) for p in (old, new)] == ["0o640", "0o640"]
    assert old.read_text("utf-8") == new.read_text("utf-8")


def test_a_link_of_the_project_is_not_written_to(call: Run, tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old", "utf-8")
    (tmp_path / "link").symlink_to("real")
    answer = call("shop.yaml", "--output", "link")
    assert answer.code == 2
    assert f"`link` is a link to `{(tmp_path / 'real').resolve()}`" in answer.err
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text("utf-8") == "old"


@pytest.mark.parametrize("target", ["shop.yaml", "./shop.yaml", "link", "hard"])
def test_a_scenario_is_never_overwritten_with_its_result(
    target: str, call: Run, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to("shop.yaml")
    (tmp_path / "hard").hardlink_to(tmp_path / "shop.yaml")
    if target.endswith(".yaml"):  # which is the ending of no format
        assert call("shop.yaml", "--output", target).code == 2
    ran = call("shop.yaml", "--output", target, "--format", "table")
    assert ran.code == 2
    assert "E032" in ran.err
    assert (tmp_path / "shop.yaml").read_text("utf-8") == SHOP


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (".", "is a folder"),
        ("no/such/folder/x", "no such file"),
        ("shop.yaml/x", "not a directory"),
    ],
)
def test_what_cannot_be_written_is_told(target: str, words: str, call: Run, tmp_path: Path) -> None:
    if target.endswith(".yaml"):  # which is the ending of no format
        assert call("shop.yaml", "--output", target).code == 2
    ran = call("shop.yaml", "--output", target, "--format", "table")
    assert ran.code == 2
    assert "E032" in ran.err
    assert words in ran.err
    assert [p.name for p in tmp_path.iterdir()] == ["shop.yaml"]


def test_a_result_may_be_thrown_away(call: Run) -> None:
    ran = call("shop.yaml", "--output", "/dev/null")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert Path("/dev/null").is_char_device()


def test_a_wrong_scenario_leaves_the_old_result_alone(call: Run, tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("derive: {x: 2 GBB}\n", "utf-8")
    (tmp_path / "result").write_text("old", "utf-8")
    assert call("wrong.yaml", "--output", "result").code == 2
    assert (tmp_path / "result").read_text("utf-8") == "old"


# --- settings and variants ------------------------------------------------------------------------


def test_a_setting_replaces_what_the_file_says_and_the_last_one_wins(computed: Run) -> None:
    ran = computed("--set", "order.payload=5 kB", "--set=users=1M", "--set", "order.payload=7 kB")
    assert (ran.code, ran.err) == (0, "")
    assert ran.value("order.payload") == 7000
    assert ran.value("order.ingress.average") == pytest.approx(7000 * 2e6 / 86400)


def test_a_setting_may_use_names_and_spaces(computed: Run) -> None:
    assert computed("--set", " order.payload = browse.response / 4 ").value("order.payload") == 5000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "name", "value"),
    [
        ("order.rate=10k/s", "order.events.average", 10_000),
        ("order.every=10 s", "order.events.average", 100_000),
        ("browse.rate=5/s", "browse.reads.average", 5),
        ("api.nodes=12", "api.nodes", 12),
        ("store.receives.browse=2", "store.reads.average", 2 * 100e7 / 86400),
        ("browse.per.order=10", "browse.reads.average", 10 * 2e7 / 86400),
        ("spread.strategy=pull", "spread.deliveries.writes.average", 0),
        ("api.node=m7g.4xlarge", "api.node.cores", 16),
        ("api.node.cores=3", "api.node.cores", 3),
        ("users=5M", "users", 5_000_000),
        ("users.concurrent=20%", "users.concurrent", 2_000_000),
        ("traffic.peak_to_average=3", "order.writes.peak", 3 * 2e7 / 86400),
        ("order.peak_to_average=4", "order.writes.peak", 4 * 2e7 / 86400),
        ("per_order=9 GB", "per_order", 9e9),
        ("order.writes.average=7/s", "order.writes.average", 7),
        ("servers=99", "servers", 99),
    ],
)
def test_anything_that_a_scenario_could_say_may_be_set(
    setting: str, name: str, value: float, computed: Run
) -> None:
    ran = computed("--set", setting)
    assert ran.code == 0
    assert set(ran.rules) <= {"W101", "W103", "W117"}  # what it may be warned of by then
    assert ran.value(name) == pytest.approx(value)
    assert ran.value(name) != pytest.approx(computed().value(name), abs=1e-12)


def test_a_rate_takes_the_place_of_what_it_is_an_alternative_to(computed: Run) -> None:
    names = computed("--set", "order.rate=10k/s").scenarios[0]["quantities"]
    assert "order.rate" in names
    assert "order.per_user" not in names


@pytest.mark.parametrize(
    ("setting", "hint"),
    [
        ("order.paylod=5 kB", "`order.payload`"),
        ("oder.payload=5 kB", "`order.payload`"),
        ("spread.strategy=pul", "`pull`"),
        ("api.node=m7g.2xlage", "`m7g.2xlarge`"),
        ("per_oder=3 GB", "`per_order`"),
    ],
)
def test_a_setting_of_nothing_known_says_what_is_near(setting: str, hint: str, call: Run) -> None:
    ran = call("shop.yaml", "--set", setting)
    assert (ran.code, ran.out) == (2, "")
    assert f"did you mean {hint}" in ran.err


def test_a_variant_is_a_set_of_settings_and_settings_come_after_it(computed: Run) -> None:
    ran = computed("--variant", "large")
    assert (ran.value("users"), ran.value("order.payload")) == (1e8, 2000)
    assert ran.scenarios[0]["variant"] == "large"
    both = computed("--variant", "large", "--set", "users=3M")
    assert (both.value("users"), both.value("order.payload")) == (3e6, 2000)
    assert computed().scenarios[0]["variant"] is None


# --- pinned nodes ---------------------------------------------------------------------------------


def test_pinned_nodes_show_how_busy_they_are_and_where_they_break(call: Run) -> None:
    ran = call("shop.yaml", "--format", "json", "--set", "api.nodes=100")
    peak = 2 * 51 * 2e7 / 86400
    busy = peak * 0.005 / (100 * 8)
    assert ran.code == 0
    assert ran.rules == []
    assert ran.value("api.utilization") == pytest.approx(busy)
    assert ran.value("api.headroom") == pytest.approx(1 - busy)
    assert ran.value("api.breaking_load") == pytest.approx(100 * 8 / 0.005)
    [neck] = [b for b in ran.scenarios[0]["bottlenecks"] if b["component"] == "api"]
    assert (neck["nodes"], neck["required"], neck["resource"]) == (100, 25, "cpu")
    shown = call("shop.yaml", "--set", "api.nodes=100").out
    assert re.search(r"^api +service +100 \(needs 25\) +cpu +14\.8% ", shown, re.M)
    assert "api (pinned at 100 nodes) saturates at 160k/s, 6.8x its peak" in shown


BUSIER = """\
traffic: {peak_to_average: 1}
actions: {look: {rate: 1M/s, op: read, response: 100 B}}
components:
  keys: {kind: cache, throughput: 100k/s, receives: [look], working_set: 360 GB, hit_ratio: 100%}
"""


def test_the_utilization_of_a_bottleneck_is_its_own_and_not_that_of_another_resource(
    call: Run,
) -> None:
    ran = call("-", "--format=json", given=BUSIER)
    (bottleneck,) = ran.scenarios[0]["bottlenecks"]
    own, other = (ran.value(f"keys.utilization.{name}") for name in ("throughput", "memory"))
    assert bottleneck["resource"] == "throughput"
    assert own < other == ran.value("keys.utilization")  # which may be filled further
    assert bottleneck["utilization"] == own
    shown = re.search(r"^keys +cache +\d+ +throughput +(\S+)", call("-", given=BUSIER).out, re.M)
    assert shown is not None
    assert float(shown[1].rstrip("%")) == pytest.approx(100 * own, abs=0.05)


def test_too_few_pinned_nodes_are_a_warning_and_no_failure(call: Run) -> None:
    ran = call("shop.yaml", "--set", "api.nodes=12")
    assert ran.code == 0
    assert "warning[W101]: `api` has 12 nodes, but cpu needs 25" in ran.err
    assert re.search(r"^api +service +12 \(needs 25\) +cpu +123% ", ran.out, re.M)
    assert "W101" not in call("shop.yaml", "--set", "api.nodes=25").err


# --- expectations and exit codes ------------------------------------------------------------------


def expecting(*lines: str) -> str:
    return "derive: {x: 5 GB}\nexpect:\n" + "".join(f"  - {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("line", "code", "status"),
    [
        ("x == 5 GB", 0, "pass"),
        ("x < 5 GB", 1, "fail"),
        ("{check: x < 5 GB}", 1, "fail"),
        ("{check: x < 5 GB, severity: error}", 1, "fail"),
        ("{check: x < 5 GB, severity: warn}", 0, "warn"),
        ("{check: x < 5 GB, until: 2999-12-31}", 0, "waived"),
        ("{check: x < 5 GB, until: 2001-01-01}", 1, "fail"),
        ("{check: x > 1 GB, until: 2001-01-01, severity: warn}", 0, "pass"),
        ("x > 1 GB and x < 2 GB", 1, "fail"),
    ],
)
def test_an_expectation_decides_about_the_exit_code(
    line: str, code: int, status: str, computed: Run
) -> None:
    ran = computed(given=expecting(line))
    assert ran.code == code
    assert [e["status"] for e in ran.scenarios[0]["expectations"]] == [status]


def test_one_failing_expectation_among_others_is_a_failure(call: Run) -> None:
    assert call("-", given=expecting("x == 5 GB", "x < 5 GB", "x > 1 GB")).code == 1


def test_wrong_input_outweighs_a_failing_expectation(call: Run) -> None:
    assert call("-", "missing.yaml", given=expecting("x < 5 GB")).code == 2


def test_a_failing_expectation_says_what_was_found_and_why_it_matters(call: Run) -> None:
    line = "{check: x <= 2 GB, reason: Q3 budget, owner: platform team, until: 2001-01-01}"
    ran = call("-", given=expecting(line, "{check: x > 9 GB, severity: warn}"))
    wanted = (
        "✗ fails x <= 2 GB: 5 GB (2.5x the limit of 2 GB); Q3 budget; platform team;"
        " until 2001-01-01"
    )
    shown = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert " ".join(wanted.split()) in shown
    assert "✗ warns x > 9 GB: 5 GB (0.556x the limit of 9 GB)" in shown


# --- streams, colours and terminals ---------------------------------------------------------------


def test_results_go_to_standard_output_and_everything_else_to_standard_error(call: Run) -> None:
    ran = call("shop.yaml", "--set", "api.nodes=12", "--format", "csv")
    assert "warning" not in ran.out
    assert ran.out.startswith("scenario,")
    assert ran.err.startswith("warning[W101]")
    assert call("missing.yaml").out == ""


LONG = "a_name_that_is_as_long_as_names_may_be_in_a_scenario_" * 4


def test_nothing_is_coloured_cut_or_broken_in_a_pipe(call: Run) -> None:
    formula = " + ".join(["1 GB"] * 100)
    name = LONG[:90]
    ran = call("-", given=f"derive:\n  {name}: {formula}\n")
    [line] = [line for line in ran.out.splitlines() if line.endswith(formula)]
    assert line.split(maxsplit=3) == [name, "100", "GB", formula]
    assert "\x1b" not in ran.out


@pytest.mark.parametrize(
    ("color", "no_color", "colored"),
    [
        ("auto", "", False),
        ("always", "", True),
        ("never", "", False),
        ("auto", "1", False),
        ("always", "1", True),
    ],
)
def test_what_is_no_terminal_is_coloured_only_when_asked(
    color: str, no_color: str, colored: bool, call: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    ran = call("shop.yaml", "missing.yaml", "--color", color)
    assert ("\x1b[" in ran.out, "\x1b[" in ran.err) == (colored, colored)
    plain = [line.rstrip() for line in COLOR.sub("", ran.out).splitlines()]
    assert plain == call("shop.yaml", "--color", "never").out.splitlines()


@pytest.mark.parametrize("format_", ["json", "csv", "markdown"])
def test_formats_for_machines_are_never_coloured(format_: str, call: Run) -> None:
    assert "\x1b" not in call("shop.yaml", "--format", format_, "--color", "always").out


def on_terminal(columns: int, *arguments: str, **variables: str) -> str:
    """Return what a terminal of so many columns is sent."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    child = subprocess.Popen(
        [sys.executable, "-m", "estimator", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        env=environment(**variables),
    )
    os.close(theirs)
    sent = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        sent += part
    os.close(ours)
    assert child.wait(timeout=60) == 0
    return sent.decode("utf-8").replace("\r\n", "\n")


TABLES = "cost,growth,latency,slo,derived,expectations,assumptions"


@pytest.mark.parametrize("columns", [80, 200])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_left_out(
    columns: int, call: Run
) -> None:
    sent = on_terminal(columns, "run", "twitter", "--show", TABLES)
    shown = COLOR.sub("", sent)
    assert sent != shown
    assert max(map(len, shown.splitlines())) <= columns
    assert "…" not in shown
    wanted = call(str(ROOT / "scenarios" / "twitter.yaml"), "--show", TABLES).out
    narrower = {"cost/month", "$/month"}  # cells that may be written shorter

    def words(text: str) -> set[str]:
        found = {w for w in re.split(r"[\s─]+", text) if w and not w.startswith("$")}
        return {w for w in found - narrower if len(w) <= 24}  # longer ones may be broken

    assert words(wanted.split("\n", 1)[1]) <= words(shown)


def test_a_name_that_is_wider_than_the_terminal_is_broken_and_not_cut(tmp_path: Path) -> None:
    file = tmp_path / "long.yaml"
    file.write_text(f"derive:\n  {LONG[:90]}: 5 GB\n", "utf-8")
    shown = COLOR.sub("", on_terminal(60, "run", str(file)))
    assert max(map(len, shown.splitlines())) <= 60
    assert LONG[:90] in re.sub(r"\s", "", shown.replace("5 GB", "")).replace("5GB", "")


def test_a_terminal_gets_no_colour_when_that_is_the_users_wish() -> None:
    assert "\x1b[" in on_terminal(80, "run", "twitter_minimal")
    assert "\x1b[" not in on_terminal(80, "run", "twitter_minimal", NO_COLOR="1")
    assert "\x1b[" in on_terminal(80, "run", "twitter_minimal", "--color=always", NO_COLOR="1")


def test_a_stream_that_takes_only_ascii_gets_only_ascii(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(SHOP + "expect: [users < 1]\n", "utf-8")
    ran = process("run", "s.yaml", "none.yaml", "--all", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert ran.returncode == 2
    assert ran.stdout.isascii()
    assert ran.stderr.isascii()
    assert b"users < 1" in ran.stdout
    assert b"----" in ran.stdout
    assert "────".encode() in process("run", "s.yaml", "--all", cwd=tmp_path).stdout


# --- as a process ---------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", ["table", "csv"])
def test_a_reader_who_has_seen_enough_is_no_failure(format_: str) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "estimator", "run", "twitter", "--format", format_],
            cwd=ROOT,
            env=environment(),
            stdout=writes,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writes)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_run_of_a_plain_scenario_does_not_import_numpy() -> None:
    told = (
        "import sys; from estimator.cli.app import run_app;"
        "code = run_app(['run', 'twitter', '--format', 'json', '--output', '/dev/null']);"
        "print(code, sorted({'numpy', 'pandas', 'scipy', 'pint'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", told], cwd=ROOT, env=environment(), capture_output=True, check=False
    )
    assert (done.stdout, done.stderr) == (b"0 []\n", b"")


def test_the_program_can_be_run_as_a_module() -> None:
    done = process("run", "twitter_minimal", "--format", "json")
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["scenarios"][0]["name"] == "Twitter"


def test_the_exit_code_is_that_of_the_process(tmp_path: Path) -> None:
    (tmp_path / "fails.yaml").write_text(expecting("x < 5 GB"), "utf-8")
    assert process("run", "fails.yaml", cwd=tmp_path).returncode == 1
    assert process("run", "none.yaml", cwd=tmp_path).returncode == 2


# --- explain --------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["E012", "e012"])
def test_a_code_is_explained_with_a_wrong_and_a_right_example(
    code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_app(["explain", code]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("E012: A value has the wrong dimension\n")
    assert "payload: 200}" in out.partition("Wrong:")[2]
    assert "payload: 200 B}" in out.partition("Right:")[2]


def test_a_code_that_does_not_exist_is_told_with_one_that_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_app(["explain", "E912"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "there is no rule `E912`" in err


@pytest.mark.parametrize(
    "scenario", sorted((ROOT / "scenarios").glob("*.yaml")), ids=lambda f: f.stem
)
def test_a_pipe_shows_what_rich_would_draw_on_a_very_wide_terminal(scenario: Path) -> None:
    problems = Problems()
    model = build(load(typed(str(scenario))), problems)
    assert model is not None
    report = evaluate(model, problems)
    assert report is not None
    shown = list(page(Estimates([report, report]), WIDE))
    assert page_text(shown) == drawn(shown, Color.never)


@pytest.mark.slow
def test_thousands_of_actions_are_shown_in_the_time_that_they_are_checked_in(ask: Ask) -> None:
    actions = "".join(f"  act{i}: {{per_user: 1/day, payload: 1 kB}}\n" for i in range(3_000))
    parts = "components:\n  api: {kind: service}\n  store: {kind: database}\n"
    start = time.monotonic()
    answer = ask("run", "-", "--show=requirements", given=f"users: 1M\nactions:\n{actions}{parts}")
    assert answer.code == 0
    assert "act2999" in answer.out
    assert time.monotonic() - start < 75  # it took minutes, by the square of the actions


def test_lines_of_words_are_broken_between_words() -> None:
    shown = COLOR.sub("", on_terminal(60, "forecast", "twitter")).splitlines()
    at = next(i for i, line in enumerate(shown) if line.startswith("Data is assumed to accumulate"))
    assert max(map(len, shown[at:])) <= 60
    assert "`storage: {age: 2 years}`" in " ".join(shown[at:])
