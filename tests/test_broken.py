"""What users see of wrong input: each scenario in `broken/` beside the text printed for it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from asking import one_in

from estimator.analyse.revise import analysed
from estimator.checks.checked import CheckOptions
from estimator.checks.scenario import check_text
from estimator.cli.app import run_app
from estimator.diagnostics import InputError, Source
from estimator.files.project import typed
from estimator.render.diagnostics import diagnostic_lines
from estimator.scenario import yaml_tree
from estimator.scenario.load import load

BROKEN = Path(__file__).with_name("broken")
SCENARIOS = sorted(path.stem for path in BROKEN.glob("*.yaml"))
WARNS_ONLY = {
    "formula_impossible_in_some_draws",
    "gigabytes_against_gigabits",
    "pinned_too_few_nodes",
}
OWN_FAULT = "E099"  # how the program says that it is wrong itself


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Return the exit code and what is printed on standard error."""
    code = run_app(["run", *arguments])
    told = capsys.readouterr().err
    assert OWN_FAULT not in told
    return code, told


def test_there_are_at_least_eighty_broken_scenarios() -> None:
    assert len(SCENARIOS) >= 80


def test_every_golden_has_its_scenario() -> None:
    assert {path.stem for path in BROKEN.glob("*.txt")} <= set(SCENARIOS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_broken_scenario_is_told_as_its_golden_says(
    name: str,
    update_golden: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(BROKEN)
    code, told = run(f"{name}.yaml", capsys=capsys)
    assert code == (0 if name in WARNS_ONLY else 2)
    golden = BROKEN / f"{name}.txt"
    if update_golden:
        golden.write_text(told, "utf-8", newline="")
    assert golden.is_file(), "write it by `python3 dev.py test --update-golden`"
    assert told == golden.read_bytes().decode("utf-8")
    blocks = told.split("\n\n")[:-1]
    assert len(blocks) == len(set(blocks)), "a problem is told twice"


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_golden_points_into_a_shipped_kind_first(name: str) -> None:
    """The place that is named first is one that the user can mend."""
    told = (BROKEN / f"{name}.txt").read_text("utf-8")
    heads = [line for line in told.splitlines() if line.lstrip().startswith("--> ")]
    assert heads
    assert not [head for head in heads if "estimator/" in head]


# What is no YAML, and how many characters stand before the place that is shown.
NO_YAML = {
    "a:\n  - b\n c: 1\n": ("this line does not line up with those above it", 10),
    "- a\nb: 1\n": ("this line does not line up with the list above it", 4),
    "a: - b\n": ("a list begins on a line of its own", 3),
    "a: ? b\n": ("a key cannot begin with `?` here", 3),
    "a: *\n": ("a value that begins with `*` needs quotes", 4),
    "a: @b\n": ("a value cannot begin with `@` in YAML", 3),
    "a: \x01\n": ("a control character does not belong in a text file", 3),
    'a: "\\xZZ"\n': ('an incomplete escape in a text in " "', 6),
    "a: |b\n  c\n": ("a text after `|` or `>` begins on the next line", 4),
    "a: !<b\n": ("YAML tags such as `!name` are not used here", 6),
    "a: !b!c d\n": ("YAML tags such as `!name` are not used here", 3),
    "%YAML 3.0\n---\na: 1\n": ("YAML directives such as `%YAML` are not used here", 0),
    "a: ]\n": ("a value is missing before `]`", 3),
    "a: [b,,c]\n": ("a value is missing before `,`", 6),
    "[a, b]]\n": ("the value of the whole file has ended before this", 6),
    "a: [1, 2": ("this `[` is never closed, or a `,` is missing in it", 3),
    "a: 'b": ("this `'` is never closed", 3),
    "a: [" + "[" * 2_000: ("lists and mappings nest deeper than 32 levels", 34),
}


@pytest.mark.parametrize("parser", ["CSafeLoader", "SafeLoader"])
@pytest.mark.parametrize("text", NO_YAML, ids=lambda text: text[:12])
def test_what_is_no_yaml_is_told_in_the_same_words_by_every_parser(
    text: str, parser: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyYAML has libyaml where there is a wheel, and a parser of its own elsewhere."""
    monkeypatch.setattr(yaml_tree, "_Loader", getattr(yaml, parser))
    with pytest.raises(InputError) as refused:
        yaml_tree.read_yaml(Source("broken.yaml", text))
    [problem] = refused.value.diagnostics
    assert problem.place
    assert (problem.message, problem.place.start) == NO_YAML[text]


def test_a_failing_expectation_is_no_diagnostic(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("derive: {size: 5 GB}\nexpect: [size <= 3 GB]\n", "utf-8")
    assert run(str(scenario), capsys=capsys) == (1, "1 of 1 expectations fail.\n")


# --- what is no text, or no file at all -----------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "rule", "words"),
    [
        pytest.param(b"", "E005", "is empty", id="empty"),
        pytest.param(b"# nothing yet\n\n", "E005", "is empty", id="only comments"),
        pytest.param(b"---\n", "E005", "a single value", id="only a marker"),
        pytest.param(b"- 5\n- 6\n", "E005", "but this is a list", id="a list"),
        pytest.param(b"5 GB\n", "E005", "but this is a single value", id="a scalar"),
        pytest.param(bytes(range(256)), "E002", "not a text file", id="binary"),
        pytest.param(
            b"\x7fELF\x02\x01\x01\xff\xfe", "E002", "not UTF-8", id="binary without zeros"
        ),
        pytest.param("users: 5".encode("utf-16"), "E002", "UTF-16", id="UTF-16"),
        pytest.param("users: 5".encode("utf-16-le"), "E002", "UTF-16", id="UTF-16-LE without BOM"),
        pytest.param("users: 5".encode("utf-16-be"), "E002", "UTF-16", id="UTF-16-BE without BOM"),
        pytest.param("name: Café\n".encode("latin-1"), "E002", "0xe9", id="latin-1"),
        pytest.param(b"name: a\x00b\n", "E002", "zero bytes", id="a zero byte"),
    ],
)
def test_what_is_no_scenario_is_told_in_words(
    content: bytes,
    rule: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("scenario.yaml").write_bytes(content)
    code, told = run("scenario.yaml", capsys=capsys)
    assert code == 2
    assert told.startswith(f"error[{rule}]: ")
    assert words in told.splitlines()[0]


def test_the_byte_that_is_not_utf_8_is_pointed_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("scenario.yaml").write_bytes("users: 5\nname: Café\n".encode("latin-1"))
    _, told = run("scenario.yaml", capsys=capsys)
    assert "scenario.yaml:2:10" in told


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.yaml", "there is no file `missing.yaml`"),
        ("no/such/folder.yaml", "there is no file `no/such/folder.yaml`"),
        ("folder", "`folder` is a folder, not a file"),
        ("scenario.yaml/inside.yaml", "`scenario.yaml/inside.yaml` cannot be read"),
        ("x" * 5000 + ".yaml", "cannot be read: file name too long"),
        ("a\0b.yaml", "`a\\x00b.yaml` cannot be read"),
        ("nothing", "there is no file `nothing`"),
        ("", "there is no file ``"),
        ("\x1b[31mred.yaml", "`\\e[31mred.yaml`"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_by_its_name(
    name: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("scenario.yaml").write_text("users: 5\n", "utf-8")
    Path("folder").mkdir()
    code, told = run(name, capsys=capsys)
    assert code == 2
    assert told.startswith("error[E001]: ")
    assert words in told


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="needs POSIX permissions")
@pytest.mark.parametrize("mode", [0o000, 0o700], ids=["file", "folder"])
def test_a_file_that_may_not_be_read_is_told_so(
    mode: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Either the file itself or the folder around it is closed; root first becomes nobody."""
    folder = tmp_path / "closed"
    folder.mkdir()
    scenario = folder / "scenario.yaml"
    scenario.write_text("users: 5\n", "utf-8")
    monkeypatch.chdir(folder if mode == 0 else tmp_path)
    name = "scenario.yaml" if mode == 0 else "closed/scenario.yaml"
    scenario.chmod(mode)
    folder.chmod(0o755 if mode == 0 else 0o000)
    before = os.geteuid()
    try:
        if before == 0:
            os.seteuid(65534)
        code, told = run(name, capsys=capsys)
    finally:
        os.seteuid(before)
        folder.chmod(0o755)
    assert code == 2
    assert f"`{name}` may not be read: permission denied" in told


def test_a_name_near_a_known_scenario_is_suggested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "twitter.yaml").write_text("users: 5\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    code, told = run("twiter", capsys=capsys)
    assert code == 2
    assert "did you mean `twitter`?" in told


# --- what the command line says -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("tweet.paylod=5 B", "did you mean `tweet.payload`?"),
        ("tweet.payload=5 s", "`tweet.payload` should be data, but it is a time"),
        ("tweet.payload=5 *", "the formula ends too early"),
        ("tweet.payload", "`--set` takes a name and a formula"),
        ("=5", "`--set` takes a name and a formula"),
        ("tweet.payload=", "`--set` takes a name and a formula"),
    ],
)
def test_a_wrong_setting_is_pointed_at_on_the_command_line(
    setting: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("users: 5\nactions: {tweet: {per_user: 2/day}}\n", "utf-8")
    code, told = run(str(scenario), "--set", setting, capsys=capsys)
    assert code == 2
    assert words in told
    assert "--> --set:1:" in told


def test_a_variant_that_is_not_there_is_told_with_those_that_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("derive: {size: 5 GB}\nvariants: {big: {size: 50 GB}}\n", "utf-8")
    code, told = run(str(scenario), "--variant", "huge", capsys=capsys)
    assert code == 2
    assert "its variants are big" in told


def test_the_problems_of_all_files_are_told_in_one_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(BROKEN)
    code, told = run("data_plus_time.yaml", "missing.yaml", "unit_misspelt.yaml", capsys=capsys)
    assert code == 2
    assert [told.count(rule) for rule in ("error[E013]", "error[E001]", "error[E016]")] == [1, 1, 1]
    assert "Found 3 errors" in told


def test_a_right_scenario_is_shown_beside_a_broken_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    right = tmp_path / "right.yaml"
    right.write_text("derive: {size: 5 GB}\n", "utf-8")
    assert run_app(["run", str(right), str(BROKEN / "unit_misspelt.yaml")]) == 2
    shown = capsys.readouterr()
    assert "5 GB" in shown.out
    assert "E016" in shown.err


# --- as a process ---------------------------------------------------------------------------------


def process(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "estimator", *arguments],
        cwd=BROKEN,
        env={**os.environ, "PYTHONPATH": str(BROKEN.parent.parent), "PYTHONIOENCODING": "utf-8"},
        input=given,
        capture_output=True,
        timeout=30,
        check=False,
    )


def test_a_process_prints_what_the_golden_says_and_nothing_else() -> None:
    done = process("run", "several_errors.yaml")
    assert done.returncode == 2
    assert done.stdout == b""
    golden = io.TextIOWrapper(io.BytesIO((BROKEN / "several_errors.txt").read_bytes()), "utf-8")
    assert done.stderr.decode("utf-8").splitlines() == golden.read().splitlines()


def test_standard_input_is_named_in_diagnostics() -> None:
    done = process("run", "-", given=b"derive:\n  size: 5 GBB\n")
    assert done.returncode == 2
    assert b"--> <stdin>:2:11" in done.stderr


def test_standard_input_that_is_empty_is_told_so() -> None:
    done = process("run", "-")
    assert done.returncode == 2
    assert b"`<stdin>` is empty" in done.stderr
    assert b"Traceback" not in done.stderr
    assert OWN_FAULT.encode() not in done.stderr


def test_standard_input_is_read_once() -> None:
    done = process("run", "-", "-")
    assert done.returncode == 2
    assert b"only once" in done.stderr


@pytest.mark.parametrize(
    "call", [["run"], ["run", "--frmat", "json"], ["rnu"], ["run", "--format"]]
)
def test_a_wrong_call_is_exit_code_two(call: list[str]) -> None:
    done = process(*call)
    assert done.returncode == 2
    assert done.stderr
    assert b"Traceback" not in done.stderr
    assert OWN_FAULT.encode() not in done.stderr


@pytest.mark.parametrize("name", one_in(4, SCENARIOS))
def test_of_a_broken_scenario_what_is_right_can_still_be_computed(name: str) -> None:
    try:
        loaded = load(typed(str(BROKEN / f"{name}.yaml")))
    except InputError:
        return  # its shape is wrong: there is nothing to compute
    found = analysed(loaded)
    assert found.found
    assert found.estimate is not None
    model, report = found.estimate
    assert report.values.keys() <= model.quantities.keys()


def test_a_quantity_that_does_not_depend_on_what_is_wrong_keeps_its_value(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(
        "derive: {one: 2, two: one * 3, wrong: 1 GB + 3, three: wrong * 2, gone: nothing}\n"
    )
    found = analysed(load(typed(str(file))))
    assert found.estimate is not None
    values = found.estimate.report.values
    assert {n: v.value for n, v in values.items()} == {"one": 2, "two": 6}
    assert [d.rule for d in found.found] == ["E014", "E013"]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_on_a_terminal_the_line_of_a_file_stands_in_one_line_over_its_caret(width: int) -> None:
    text = "expect: [{check: serverz <= 20, until: 2027-02-30, reason: " + "because " * 20 + "}]\n"
    found = check_text("a.yaml", text.encode(), CheckOptions({}, None, 65_536, 1)).found
    assert {d.rule for d in found} == {"E014", "E029"}
    for diagnostic in found:
        lines = ["".join(p.text for p in line) for line in diagnostic_lines(diagnostic, width)]
        assert max(map(len, lines)) <= width
        at = next(i for i, line in enumerate(lines) if "^" in line)
        start, end = lines[at].index("^"), lines[at].rindex("^") + 1
        assert lines[at - 1][start:end] in ("serverz", "2027-02-30")
