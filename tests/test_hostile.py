"""Input that means harm: it costs little, ends in a plain answer, and obeys nobody's commands."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from asking import one_in
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from estimator.cli.app import run_app
from estimator.diagnostics import Problems, Source
from estimator.diagnostics.diagnostic import InputError
from estimator.diagnostics.rules import rules
from estimator.evaluate import evaluate
from estimator.files import read
from estimator.formula import cursor, tokens
from estimator.formula.emit import constant
from estimator.formula.fault import FormulaError
from estimator.formula.functions import DISTRIBUTIONS, FUNCTIONS
from estimator.model import build
from estimator.scenario import yaml_tree
from estimator.scenario.load import load_source
from estimator.units import Calendar

ROOT = Path(__file__).parent.parent
SECONDS = 30  # far more than any of these takes
MEGABYTES = 200

# A process counts the memory of the one that started it as its own, so that a small one in between
# starts the program, and measures it.
_MEASURE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[2:], timeout=float(sys.argv[1]))
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print("peak", peak // (1024 * 1024 if sys.platform == "darwin" else 1024), file=sys.stderr)
sys.exit(done.returncode)
"""


def run_measured(
    scenario: Path,
    *options: str,
    command: str = "run",
    seconds: int = SECONDS,
    megabytes: int = MEGABYTES,
) -> tuple[int, str, str]:
    """Return the exit code and both outputs of a run that may take only so much time and memory."""
    program = [sys.executable, "-m", "estimator", command, str(scenario), *options]
    done = subprocess.run(
        [sys.executable, "-S", "-c", _MEASURE, str(seconds), *program],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=False,
    )
    told, _, peak = done.stderr.decode("utf-8").rpartition("peak ")
    assert int(peak) < megabytes
    return done.returncode, done.stdout.decode("utf-8"), told


def _aliases(value: str, link: str, levels: int = 20) -> str:
    """Keys that each repeat the one before several times, as in `link`."""
    lines = [f"  k0: &k0 {value}"]
    lines += [f"  k{i}: &k{i} {link.replace('*', f'*k{i - 1}')}" for i in range(1, levels)]
    return "derive:\n" + "\n".join(lines)


def _numbered(count: int, line: str) -> str:
    return "".join(line.format(i, i + 1) for i in range(count))


# Each with the rules that may be reported; none where the text is a scenario after all.
HOSTILE: dict[str, tuple[Callable[[], str], set[str]]] = {
    "nested lists": (lambda: "[" * 50_000, {"E004"}),
    "nested lists, closed": (lambda: "derive: " + "[" * 50_000 + "]" * 50_000, {"E004"}),
    "nested mappings": (lambda: "{a: " * 50_000, {"E004"}),
    "nested mappings, closed": (lambda: "{a: " * 50_000 + "5" + "}" * 50_000, {"E004"}),
    "nested dashes": (lambda: "- " * 50_000, {"E004"}),
    "nested keys": (lambda: "? " * 50_000, {"E003", "E004"}),
    "an alias bomb of lists": (
        lambda: _aliases("[x, x, x]", "[*, *, *, *, *, *, *, *, *]"),
        {"E004"},
    ),
    "an alias bomb of mappings": (
        lambda: _aliases("{x: 1}", "{a: *, b: *, c: *, d: *, e: *, f: *, g: *}"),
        {"E004"},
    ),
    "a bomb of merge keys": (
        lambda: _aliases(
            "{" + _numbered(100, "x{}: 1, ") + "y: 1}", "{<<: [" + "*, " * 100 + "*]}"
        ),
        {"E004"},
    ),
    "a file of 100 MB": (lambda: "# a comment\n" * (100 * 1024 * 1024 // 12), {"E004"}),
    "a formula 100,000 deep": (
        lambda: "derive:\n  x1: " + "(" * 100_000 + "1" + ")" * 100_000,
        {"E027"},
    ),
    "parentheses": (lambda: "derive:\n  x1: " + "(" * 1_900 + "1" + ")" * 1_900, {"E027"}),
    "minus signs": (lambda: "derive:\n  x1: '" + "-" * 3_900 + "1'", {"E027"}),
    "powers": (lambda: "derive:\n  x1: " + "1^" * 1_900 + "1", {"E011", "E027"}),
    "negations": (lambda: "derive:\n  x1: " + "not " * 900 + "1", {"E027"}),
    "conditions": (
        lambda: "derive:\n  x1: " + "if(1<2 or 1<2 and 1+1*" * 50 + "1" + "<3,1,2)" * 50,
        {"E027"},
    ),
    "ratios": (lambda: "derive:\n  x1: 1" + ":1" * 1_900, {"E011", "E027"}),
    "units": (lambda: "derive:\n  x1: 5 B" + "/s" * 1_900, set()),
    "a tower of powers": (lambda: "derive:\n  x1: 9^9^9^9", {"E011", "E023"}),
    "an endless unit": (lambda: "derive:\n  x1: 5 TB^999999999", {"E011", "E013", "E027"}),
    "a long number": (lambda: "derive:\n  x1: " + "9" * 3_900, {"E027"}),
    "a long sum": (lambda: "derive:\n  x1: 1" + "+1" * 1_900, set()),
    "many arguments": (lambda: "derive:\n  x1: max(1" + ",1" * 1_900 + ")", set()),
    "a key of a megabyte": (lambda: "derive:\n  ? " + "k" * 1_000_000 + "\n  : 5", {"E009"}),
    "a value of a megabyte": (lambda: "derive:\n  x1: 1" + "+1" * 500_000, {"E027"}),
    "a name of a megabyte": (lambda: "name: " + "n" * 1_000_000 + "\nderive: {x1: 5}", set()),
    "100,000 keys": (lambda: "".join(f"k{i}: 1\n" for i in range(100_000)), {"E004", "E007"}),
    "the same key again and again": (lambda: "derive:\n" + " k1: 1\n" * 100_000, {"E004", "E006"}),
    "many names, each after the next": (
        lambda: "derive:\n" + _numbered(40_000, " k{0}: k{1}\n") + " k40000: 1\n",
        {"E004"},
    ),
    "many names that nobody knows": (
        lambda: "derive:\n" + _numbered(40_000, " k{0}: z{0}\n"),
        {"E004", "E014"},
    ),
    "many cycles": (
        lambda: "derive:\n" + _numbered(9_000, " k{0}: l{0}\n l{0}: k{0}\n"),
        {"E004", "E018"},
    ),
    "a long cycle": (
        lambda: "derive:\n" + _numbered(18_000, " k{0}: k{1}\n") + " k18000: k0\n",
        {"E004", "E018"},
    ),
    "many components": (
        lambda: (
            "actions: {post: {rate: 1/s}}\ncomponents:\n"
            + _numbered(4_000, " k{0}: {{kind: service}}\n")
        ),
        {"E004"},
    ),
}


@pytest.mark.parametrize("what", one_in(8, HOSTILE))
def test_hostile_input_takes_little_and_ends_in_words(what: str, tmp_path: Path) -> None:
    text, rules = HOSTILE[what]
    scenario = tmp_path / "hostile.yaml"
    scenario.write_text(text(), "utf-8", newline="")
    code, _, told = run_measured(scenario)
    assert "Traceback" not in told
    assert code == (2 if rules else 0)
    assert set(re.findall(r"^error\[(\w+)\]", told, re.MULTILINE)) <= rules
    assert len(told) < 100_000
    assert max((len(line) for line in told.splitlines()), default=0) < 1_000


# --- ranges ---------------------------------------------------------------------------------------


def _ranges(count: int) -> str:
    return "derive:\n" + "".join(f"  r{i}: {i % 7 + 1} to {i % 7 + 9}\n" for i in range(count))


def _summed(count: int) -> str:
    """Ranges, and sums of them in steps, since a formula has no room for all."""
    parts = range(0, count, 400)
    sums = [" + ".join(f"r{i}" for i in range(at, min(at + 400, count))) for at in parts]
    return (
        _ranges(count)
        + "".join(f"  s{at}: {sum_}\n" for at, sum_ in enumerate(sums))
        + f"  total: {' + '.join(f's{at}' for at in range(len(sums)))}\n"
        + "  root: sqrt(total)\nexpect:\n  - total <= 1M\n  - p95(root) <= 1k\n"
    )


RANGES: dict[str, tuple[Callable[[], str], set[str]]] = {
    "one range too many": (lambda: _ranges(2_001), {"E050"}),
    "20,000 ranges": (lambda: _ranges(20_000), {"E050"}),
    "mixtures of many parts": (
        lambda: (
            "derive:\n"
            + "".join(f"  x{k}1: one_of({', '.join(map(str, range(500)))})\n" for k in range(5))
        ),
        {"E050"},
    ),
    "many correlated ranges": (
        lambda: (
            _ranges(300)
            + f"correlate:\n  - {{of: [{', '.join(f'r{i}' for i in range(300))}], rank: 0.1}}\n"
        ),
        {"E050"},
    ),
}


@pytest.mark.parametrize("what", one_in(4, RANGES))
def test_too_many_ranges_are_refused_at_once(what: str, tmp_path: Path) -> None:
    text, rules = RANGES[what]
    scenario = tmp_path / "hostile.yaml"
    scenario.write_text(text(), "utf-8")
    code, _, told = run_measured(scenario)
    assert code == 2
    assert set(re.findall(r"^error\[(\w+)\]", told, re.MULTILINE)) == rules


@pytest.mark.parametrize(
    ("formula", "draws", "help_"),
    [
        ("2 * {}", "100000000", "--samples"),
        pytest.param("{} * 1.0001 + 1", "65536", "--samples", marks=pytest.mark.slow),
    ],
)
def test_what_would_take_hours_to_sample_is_refused_at_once(
    formula: str, draws: str, help_: str, tmp_path: Path
) -> None:
    count = 400 if draws == "100000000" else 12_000
    scenario = tmp_path / "hostile.yaml"
    lines = (f"  k{i}: {formula.format(f'k{i - 1}')}\n" for i in range(1, count))
    scenario.write_text("derive:\n  k0: 1 to 9\n" + "".join(lines), "utf-8")
    code, _, told = run_measured(scenario, "--samples", draws)
    assert code == 2
    assert "error[E051]" in told
    assert "hostile.yaml:2:7" in told
    assert help_ in told


def _path(first: str, branches: int) -> str:
    also = (f", 1, {30 + i}%, {i} ms, {20 + i} ms, 20 ms, {10 + i} ms" for i in range(branches))
    return f"path_quantile(99%, 0, 1, 10 ms, 20 ms, 20 ms, {first}{''.join(also)})"


def _derived(formulas: list[str]) -> str:
    return "derive:\n" + "".join(f"  x{i}1: {formula}\n" for i, formula in enumerate(formulas))


_RR = "100k to 5M"

SLOW: dict[str, tuple[Callable[[], str], str]] = {
    "nodes in zones, of a range": (
        lambda: _derived(
            [_RR, "k_of_n_zones(round(x01 / 4), round(x01), 100, 99%, 99.9%)"],
        ),
        "",
    ),
    "a number of nodes, of a range": (
        lambda: _derived([_RR, "nodes_for(round(x01), 100, 99%, 99.9%, 99.99%)"]),
        "",
    ),
    "copies of a share near a half": (
        lambda: _derived(["0.501 to 0.502", "copies_for(x01, 99.999%)"]),
        "",
    ),
    "parts of a range, a hundred times": (
        lambda: _derived(
            [_RR, *(f"k_of_n(round(x01 / 2 + {i}), round(x01), 50%)" for i in range(100))]
        ),
        "",
    ),
    "a path of a range with thousands of ways": (
        lambda: _derived(["10 ms to 20 ms", _path("x01", 12)]),
        "E051",
    ),
    "parts of a range, ten thousand times": (
        lambda: _derived(
            [_RR, *(f"k_of_n(round(x01 / 2 + {i}), round(x01), 50%)" for i in range(10_000))]
        ),
        "E051",
    ),
    "percentiles of percentiles": (
        lambda: _derived(["1 to 2", *(f"p95(x{i}1 + x01)" for i in range(120))]),
        "E051",
    ),
    "many paths with thousands of ways": (
        lambda: _derived([_path(f"{i + 1} ms", 12) for i in range(100)]),
        "E056",
    ),
    "as many numbers of nodes as a file holds": (
        lambda: _derived(
            [f"nodes_for({i} + 1000, 100, 99%, 99.9%, 99.99%)" for i in range(17_000)]
        ),
        "E056",
    ),
    "as many numbers of parts as a file holds": (
        lambda: _derived([f"k_of_n({i} + 500k, 1M, 50%)" for i in range(17_000)]),
        "",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", SLOW)
def test_slow_functions_take_seconds_or_are_refused(what: str, tmp_path: Path) -> None:
    text, rule = SLOW[what]
    scenario = tmp_path / "hostile.yaml"
    scenario.write_text(text(), "utf-8")
    code, _, told = run_measured(scenario, seconds=60)
    assert re.findall(r"^error\[(\w+)\]", told, re.MULTILINE) == [rule] * bool(rule)
    assert code == (2 if rule else 0), told


def test_slow_functions_that_would_take_minutes_are_refused_before_they_are_computed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert answer(_derived(["10 ms to 20 ms", _path("x01", 12)])) == {"E051"}
    module = sys.modules["estimator.evaluate.failures"]
    monkeypatch.setattr(module, "MOST_MICROSECONDS", 1e6)
    assert answer(_derived([_path(f"{i + 1} ms", 12) for i in range(5)])) == {"E056"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("run", ()),
        ("run", ("--format", "json")),
        ("run", ("--drivers", "total")),
        ("run", ("--tornado", "total")),
        ("run", ("--sobol", "total", "--samples", "1000")),
        ("run", ("--samples", "300000")),
        ("check", ("--no-cache",)),
    ],
)
def test_two_thousand_ranges_and_their_sum_take_less_than_500_megabytes(
    command: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    scenario = tmp_path / "ranges.yaml"
    scenario.write_text(_summed(2_000), "utf-8")
    code, _, told = run_measured(scenario, *options, command=command, seconds=120, megabytes=500)
    assert code == 0, told
    assert "Warning" not in told


@pytest.mark.slow
@pytest.mark.parametrize(
    "condition", ["yy <= {}", "p95(yy) <= {}", "probability(yy > {}) <= 50%", "p95(yy + {}) <= 9k"]
)
def test_five_thousand_expectations_on_a_range_are_checked(condition: str, tmp_path: Path) -> None:
    scenario = tmp_path / "expect.yaml"
    lines = "".join(f"  - {condition.format(i + 100)}\n" for i in range(5_000))
    scenario.write_text(f"derive:\n  xx: 1 to 9\n  yy: 2 * xx\nexpect:\n{lines}", "utf-8")
    code, _, told = run_measured(
        scenario, "--no-cache", command="check", seconds=120, megabytes=500
    )
    assert code == 0, told


# --- what users write is shown and never obeyed ---------------------------------------------------

EVIL = {
    "an escape code": "\x1b[31mred\x1b[0m",
    "a link": "\x1b]8;;https://example.org\x07here\x1b]8;;\x07",
    "an eight-bit escape code": "\x9b31mred",
    "a delete": "a\x7fb",
    "a bell": "a\x07b",
    "a reversal": "gpj.\u202eexe",
    "an isolate": "a\u2066b\u2069",
    "nothing visible": "a\u200b\u2060\ufeffb",
    "a command of GitHub": "::error file=x::boo",
    "a command of GitHub behind spaces": "  ::error file=x::boo",
    "a command of GitHub on a new line": "a\n::error file=x::boo",
    "a command of GitHub behind a return": "a\r::error file=x::boo",
    "a command of GitHub behind another line end": "a\u2028::error::b\x85::error::c\x0b::error::d",
    "a command of Azure": "##[error]x",
    "a command of Azure on a new line": "a\n##[error]x",
    "a command that is cut in two": "###[#[error]x",
    "markup": "[red]x[/red][link=https://example.org]y[/link]",
    "markup that is not closed": "[/red] [bold",
    "an emoji code": ":warning:",
}
_RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
FORMATS = ("table", "json", "csv", "markdown")


def _quoted(text: str) -> str:
    """As a value in YAML: JSON's quotes are YAML's, too."""
    return json.dumps(text).replace("\x7f", "\\x7f")


def _scenarios(text: str) -> dict[str, str]:
    """Return a text in every place of a scenario where users may write what they like."""
    said = _quoted(text)
    start = "actions: {post: {rate: 5/s}}\n"
    return {
        "right": f"name: {said}\nabout: {said}\nderive: {{x1: 5}}\nexpect:\n"
        f"- {{check: x1 <= 3, severity: warn, reason: {said}, owner: {said}}}\n"
        f"variants: {{{said}: {{x1: 6}}}}\n",
        "key": f"{said}: 5\n",
        "key twice": f"derive: {{{said}: 5, {said}: 6}}\n",
        "name": f"derive: {{{said}: 5}}\n",
        "action": f"actions: {{{said}: {{rate: 5/s}}}}\n",
        "parameter": f"actions: {{post: {{rate: 5/s, {said}: 5}}}}\n",
        "formula": f"derive: {{x1: {said}}}\n",
        "choice": f"actions: {{post: {{rate: 5/s, op: {said}}}}}\n",
        "kind": start + f"components: {{hot: {{kind: {said}}}}}\n",
        "flow": start + f"components: {{hot: {{kind: cache, receives: [{said}]}}}}\n",
        "calls": start + f"components: {{hot: {{kind: cache, receives: {{{said}: 5}}}}}}\n",
        "machine": start + f"components: {{hot: {{kind: cache, node: {said}}}}}\n",
        "expectation": f"derive: {{x1: 5}}\nexpect: [{said}]\n",
        "severity": f"derive: {{x1: 5}}\nexpect: [{{check: x1 < 9, severity: {said}}}]\n",
        "date": f"derive: {{x1: 5}}\nexpect: [{{check: x1 < 9, until: {said}}}]\n",
        "variant": f"derive: {{x1: 5}}\nvariants: {{{said}: {{{said}: 5}}}}\n",
        "library": f"library: {said}\n",
        "document": f"{said}\n",
        "plain": f"derive: {{x1: {text}}}\n",
        "anchor": f"derive: {{x1: *{text}}}\n",
        "tag": f"derive: {{x1: !<{text}> 5}}\n",
        "comment": f"derive: {{x1: 5 *}} # {text}\n",
    }


def assert_harmless(printed: str) -> None:
    """Nothing that a terminal or a log obeys, and no fault of the program's own (E099)."""
    assert "E099" not in printed
    assert not _RAW.search(printed)
    assert "##[" not in printed
    assert not [line for line in printed.split("\n") if line.strip().startswith("::")]


@pytest.fixture
def shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Callable[..., str]:
    """Runs the program in an empty folder, and gives all that it prints, in every format."""
    monkeypatch.chdir(tmp_path)

    def printed(*arguments: str) -> str:
        for name in FORMATS:
            assert run_app(["run", *arguments, "--format", name]) in (0, 1, 2)
        captured = capfdbinary.readouterr()
        return (captured.out + captured.err).decode("utf-8")

    return printed


@pytest.mark.slow
@pytest.mark.parametrize("what", one_in(8, EVIL))
def test_nothing_printed_commands_a_terminal_or_a_log(what: str, shown: Callable[..., str]) -> None:
    for text in _scenarios(EVIL[what]).values():
        Path("scenario.yaml").write_text(text, "utf-8", newline="")
        assert_harmless(shown("scenario.yaml"))


@pytest.mark.slow
@pytest.mark.parametrize("what", one_in(3, EVIL))
def test_neither_file_names_nor_options_command_a_terminal_or_a_log(
    what: str, shown: Callable[..., str]
) -> None:
    text = EVIL[what]
    assert_harmless(shown(text))
    Path("scenario.yaml").write_text("derive: {x1: 5}\n", "utf-8")
    assert_harmless(shown("scenario.yaml", "--set", f"{text}=5"))
    assert_harmless(shown("scenario.yaml", "--set", f"x1={text}"))
    assert_harmless(shown("scenario.yaml", "--set", text.replace("=", "")))
    assert_harmless(shown("scenario.yaml", "--variant", text))
    name = text.replace("/", "_") + ".yaml"
    for content in ("derive: {x1: 5}\n", "derive: {x1: 5 *}\n", "5\n"):
        Path(name).write_text(content, "utf-8")
        assert_harmless(shown(f"./{name}"))
        assert_harmless(shown(name))


@pytest.mark.parametrize("what", one_in(3, EVIL))
def test_no_wrong_call_commands_a_terminal_or_a_log(
    what: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    text = EVIL[what]
    for call in ([text], ["explain", text], ["run", f"--{text}"], ["run", "x", "--format", text]):
        assert run_app(call) == 2
    captured = capfdbinary.readouterr()
    assert_harmless((captured.out + captured.err).decode("utf-8"))


@pytest.mark.parametrize("what", ["markup", "markup that is not closed", "an emoji code"])
def test_markup_is_shown_as_it_was_written(what: str, shown: Callable[..., str]) -> None:
    Path("scenario.yaml").write_text(_scenarios(EVIL[what])["right"], "utf-8")
    assert shown("scenario.yaml").startswith(EVIL[what])


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " ="])
def test_no_cell_of_csv_is_a_formula(start: str, shown: Callable[..., str]) -> None:
    text = f"{start}cmd|' /C calc'!A0"
    scenario = (
        f"name: {_quoted(text)}\nderive: {{x1: -5 * 2}}\nvariants: {{{_quoted(text)}: {{x1: 6}}}}"
    )
    Path("scenario.yaml").write_text(scenario, "utf-8")
    assert run_app(["run", "scenario.yaml", "--format", "csv", "--output", "out.csv"]) == 0
    variant = ["--variant", text, "--set", "x1= -5", "--format", "csv", "--output", "variant.csv"]
    assert run_app(["run", "scenario.yaml", *variant]) == 0
    for name in ("out.csv", "variant.csv"):
        header, *rows = csv.reader(io.StringIO(Path(name).read_text("utf-8"), newline=""))
        assert header[0] == "scenario"
        assert rows
        for row in rows:
            assert len(row) == len(header)
            for cell in row:
                number = re.fullmatch(r"-[\d.,e+-]+", cell)
                assert number or not cell.lstrip().startswith(("=", "+", "-", "@"))
            assert "cmd" in row[0]


MARKDOWN = [
    *("a|b", "a\\|b", "<script>alert(1)</script>", "a\n\n# b", "a`b", "![x](y)", "a\\", "<!-- a"),
    *("@team", "owner GH-1", "#1", "org/repo#1", "!12", "$12x", "8f3d0a1b2c", "https://a.example"),
    *(
        "www.a.example",
        "a@b.example",
        "```",
        "- a",
        "===",
        "/close",
        "$`a`$",
        "[x]: https://a.example",
    ),
]


@pytest.mark.parametrize("text", MARKDOWN)
def test_markdown_makes_nothing_of_a_users_text(text: str, shown: Callable[..., str]) -> None:
    tags = {"h1", "h2", "h3", "p", "code", "table", "thead", "tbody", "tr", "th", "td"}
    said = _quoted(text)
    scenario = (
        f"name: {said}\nabout: {said}\nderive: {{x1: 5}}\n"
        f"expect: [{{check: x1 <= 3, severity: warn, reason: {said}, owner: {said}}}]\n"
    )
    Path("scenario.yaml").write_text(scenario, "utf-8")
    for call in ("run scenario.yaml", "check scenario.yaml --isolated --no-cache"):
        assert run_app([*call.split(), "--format", "markdown", "--output", "out.md"]) == 0
        written = Path("out.md").read_text("utf-8")
        page = MarkdownIt("gfm-like", {"html": True, "linkify": True}).render(written)
        found = re.findall(r"<(?!!-- estimator -->|/|br>)(\w*|!)([^>]*)>", page)
        assert {tag for tag, _ in found} <= tags
        assert {rest for _, rest in found} <= {"", ' style="text-align:right"'}
        assert page.count("<h1>") + page.count("## Estimates") <= 1
        outside = unescape(re.sub(r"<code>.*?</code>|<[^>]*>", " ", page))
        assert not re.search(r"[@#!]\w|\$\w+[^\s\w,./]|\$12x|\w-\d|8f3d|://|www|^/", outside)


# --- whatever the text ----------------------------------------------------------------------------

FUZZ = settings(
    max_examples=300,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
SHIPPED = [path.read_text("utf-8") for path in sorted((ROOT / "scenarios").glob("*.yaml"))]
_WORDS = """
users actions components derive expect kind cache service receives per_user rate payload post
5 1M 2/day 40% $3 B if( max( ( ) [ ] { } , : - &a *a << ! ' " | > # + * / ^ <= == to in
"""
PIECES = st.sampled_from(
    [*_WORDS.split(), ": ", "- ", " ", "  ", "\n", "\n  ", "\n    ", "\t", "\0"]
)

_OPERATORS = ["+", "-", "*", "/", "^", "<=", "==", "and", "or", "to", "in"]
_VALUES = """
0 1 5 -1 1e300 40% 100:1 1B $5 2/day users post.rate post.writes post.op day B user xyzzy
"""
FORMULAS = st.recursive(
    st.sampled_from([*_VALUES.split(), "2 GB", "3 s", "not 1", "actions.*.writes.peak"]),
    lambda inner: st.one_of(
        st.builds("{} {} {}".format, inner, st.sampled_from(_OPERATORS), inner),
        st.builds("({})".format, inner),
        st.builds(
            "{}({})".format,
            st.sampled_from([*FUNCTIONS, *DISTRIBUTIONS, "given", "visits", "any"]),
            st.lists(inner, max_size=4).map(", ".join),
        ),
    ),
    max_leaves=6,
)


def answer(text: str) -> set[str]:
    """Return the rules that a text breaks, without files or streams."""
    problems = Problems()
    try:
        loaded = load_source(Source("fuzz.yaml", text), Path(), "fuzz")
    except InputError as error:
        return {d.rule for d in error.diagnostics}
    model = build(loaded, problems)
    report = None if model is None else evaluate(model, problems)
    assert (report is None) == bool(problems.errors)
    return {d.rule for d in problems.found}


@FUZZ
@given(st.text(max_size=200))
def test_any_text_has_an_answer(text: str) -> None:
    answer(text)


@FUZZ
@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_row_of_words_has_an_answer(text: str) -> None:
    answer(text)


@pytest.mark.slow
@FUZZ
@given(FORMULAS)
def test_any_formula_has_an_answer(formula: str) -> None:
    answer(f"users: 5\nactions: {{post: {{rate: 5/s}}}}\nderive: {{x1: {json.dumps(formula)}}}")


@pytest.mark.slow
@FUZZ
@given(st.data())
def test_a_shipped_scenario_with_slips_in_it_has_an_answer(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(SHIPPED))
    for _ in range(data.draw(st.integers(1, 4))):
        by_line = data.draw(st.booleans())
        parts = text.splitlines(keepends=True) if by_line else list(text)
        if not parts:
            break
        here = data.draw(st.integers(0, len(parts) - 1))
        there = data.draw(st.integers(0, len(parts) - 1))
        match data.draw(st.sampled_from(["delete", "duplicate", "swap", "insert"])):
            case "delete":
                del parts[here]
            case "duplicate":
                parts.insert(there, parts[here])
            case "swap":
                parts[here], parts[there] = parts[there], parts[here]
            case _:
                parts.insert(here, data.draw(PIECES))
        text = "".join(parts)
    answer(text)


# --- limits that are stated -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [("(", ")"), ("-", ""), ("1 ^ ", ""), ("sqrt(", ")"), ("if(1 > 0, ", ", 2)"), ("max(1, ", ")")],
)
def test_formulas_nest_as_deep_as_the_page_of_limits_says(before: str, after: str) -> None:
    def deep(levels: int) -> float:
        return constant(before * levels + "1" + after * levels, Calendar())

    assert deep(cursor.DEEPEST) > -2
    with pytest.raises(FormulaError, match=f"deeper than {cursor.DEEPEST} levels"):
        deep(cursor.DEEPEST + 1)


def test_the_rules_state_the_limits_that_hold() -> None:
    formula, file = (" ".join(rules()[code].about.split()) for code in ("E027", "E004"))
    assert f"at most {tokens.LONGEST:,} characters and {cursor.DEEPEST} levels" in formula
    assert f"{read.LARGEST // 2**20} MiB, {yaml_tree.DEEPEST} levels and {yaml_tree.MOST:,}" in file
