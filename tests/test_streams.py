"""Streams that are closed, full or gone, and folders that are: words, and the right exit code.

Real processes, since only these have streams of their own; one in each few is tried by each check.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from asking import ROOT, one_in

from estimator.cli.app import COMMANDS

SCENARIO = "users: 5M\nactions: {post: {per_user: 2/day, payload: 1 kB}}\nderive: {x1: users * 2}\n"
RUN = "exec " + sys.executable + " -m estimator "

# A call of each command, its exit code where all is well, and whether it prints results.
CALLS = {
    "run": ("run a", 0, True),
    "run json": ("run a --format json", 0, True),
    "run -": ("run - < scenarios/a.yaml", 0, True),
    "fails": ("run a scenarios/fails.yaml", 1, True),
    "check": ("check --no-cache", 1, True),
    "check json": ("check --no-cache --jobs 1 --format json", 1, True),
    "check markdown": ("check --no-cache --jobs 2 --format markdown", 1, True),
    "diff": ("diff scenarios/a.yaml scenarios/fails.yaml --color always", 0, True),
    "explain": ("explain a", 0, True),
    "explain a code": ("explain E001", 0, True),
    "calc": ("calc 1+1 2+2", 0, True),
    "kinds": ("kinds cache", 0, True),
    "catalog": ("catalog base", 0, True),
    "machines": ("machines shop", 0, True),
    "nines": ("nines", 0, True),
    "compare": ("compare scenarios/a.yaml scenarios/shop.yaml", 0, True),
    "forecast": ("forecast a --months 2", 0, True),
    "sweep": ("sweep a --over x1=1,2 --show x1", 0, True),
    "solve": ("solve a --for x1 --until 'x1 <= 9'", 0, True),
    "report": ("report a --output -", 0, True),
    "fmt": ("fmt --diff", 1, True),
    "schema": ("schema", 0, True),
    "new": ("new b --from twitter --force", 0, False),
    "lsp": ("lsp --none", 2, False),
    "mcp": ("mcp --skill", 0, True),
    "version": ("--version", 0, True),
    "help": ("--help", 0, True),
    "run help": ("run --help", 0, True),
    "completion": ("--show-completion bash", 0, True),
    "wrong": ("run nothing.yaml", 2, False),
}
FULL = "error[E032]: standard output cannot be written: no space left on device"
CLOSED = "error[E032]: standard output cannot be written: it is closed"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="as Linux has them")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a few scenarios, to be in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    Path("scenarios").mkdir()
    Path("scenarios/a.yaml").write_text(SCENARIO)
    Path("scenarios/fails.yaml").write_text(SCENARIO + "expect: [x1   <= 3]\n")
    Path("scenarios/shop.yaml").write_text(
        SCENARIO + "components: {api: {kind: service, receives: [post]}}\n"
    )
    return tmp_path


def said(call: str, **environment: str) -> tuple[int, str, str]:
    """Return the exit code of a shell's call, and what it prints; nothing of it is a fault."""
    done = subprocess.run(
        ["bash", "-c", call],
        env={**os.environ, **environment},
        capture_output=True,
        timeout=60,
        check=False,
    )
    out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
    for sign in ("Traceback", "E099", "Exception ignored"):
        assert sign not in out + err
    return done.returncode, out, err


def test_each_command_is_tried() -> None:
    assert {call.split()[0] for call, _, _ in CALLS.values()} > set(COMMANDS)


@pytest.mark.slow
@pytest.mark.parametrize("what", one_in(30, CALLS))
def test_a_result_that_cannot_be_written_is_an_error(what: str, project: Path) -> None:
    call, code, prints = CALLS[what]
    for stream, words in (("> /dev/full", FULL), (">&-", CLOSED), (">&- <&-", CLOSED)):
        if "<" in call and "<" in stream:
            continue
        found, _, err = said(f"{RUN}{call} {stream}")
        assert found == (2 if prints else code), stream
        assert re.sub(r"\x1b\[[0-9;]*m", "", err).count(words) == prints, stream
    assert said(f"{RUN}{call} >&- 2>&-")[0] == (2 if prints else code)


@pytest.mark.slow
@pytest.mark.parametrize("what", one_in(30, CALLS))
def test_a_closed_standard_error_or_input_changes_no_result(what: str, project: Path) -> None:
    call, code, _ = CALLS[what]
    whole = said(f"{RUN}{call}")
    assert whole[0] == code
    for stream in ("2> /dev/full", "2>&-", *([] if "<" in call else ["<&-", "2>&- <&-"])):
        found, out, _ = said(f"{RUN}{call} {stream}")
        assert (found, out) == whole[:2], stream


@pytest.mark.parametrize("what", one_in(30, CALLS))
def test_a_reader_that_has_seen_enough_changes_no_exit_code(what: str, project: Path) -> None:
    call, code, _ = CALLS[what]
    found, _, err = said(f"set -o pipefail; ({RUN}{call}) | true")
    assert found == code
    assert "E032" not in err


def test_calc_ends_when_nobody_reads_its_answers(project: Path) -> None:
    assert said(f"set -o pipefail; (yes 1+1 | head -c 900000 | {RUN}calc) | head -1")[1] == "2\n"


@pytest.mark.parametrize("what", one_in(30, CALLS))
def test_a_folder_that_is_gone_ends_in_words(what: str, project: Path) -> None:
    call, code, _ = CALLS[what]
    if "<" in call:
        call = call.replace("< ", f"< {project}/")
    found, out, err = said(f"mkdir gone; cd gone; rmdir ../gone; {RUN}{call}")
    assert (found, "") == (code, "") or "the current folder is gone" in err or "E001" in err
    assert out or err


# Root is asked for no permission unless it gives that up.
POWERS = "-dac_override,-dac_read_search"
ORDINARY = f"setpriv --bounding-set={POWERS} --inh-caps={POWERS} " if os.geteuid() == 0 else ""


@pytest.mark.skipif(bool(ORDINARY) and not shutil.which("setpriv"), reason="needs setpriv")
@pytest.mark.parametrize("what", one_in(30, CALLS))
def test_a_folder_above_that_may_not_be_searched_ends_in_words(what: str, project: Path) -> None:
    inner = project / "closed" / "inner"
    inner.mkdir(parents=True)
    (project / "scenarios").rename(inner / "scenarios")
    call = RUN.replace("exec ", f"exec {ORDINARY}") + CALLS[what][0]
    try:
        code, out, err = said(f"cd closed/inner; chmod 0 ../../closed; {call}")
    finally:
        (project / "closed").chmod(0o700)
    assert code in (0, 1, 2)
    assert out or err


WIDTHS = ("0", "-1", "abc", "", "99999", "1", "9" * 5000)


@pytest.mark.parametrize("columns", one_in(9, WIDTHS))
def test_any_width_shows_everything(columns: str, project: Path) -> None:
    typed = f"script -qec '{RUN}run a' /dev/null"
    _, out, _ = said(typed, COLUMNS=columns, LINES="0", TERM="xterm", NO_COLOR="")
    assert "231" in out
    code, out, _ = said(f"{RUN}run a", COLUMNS=columns, LINES="0")
    assert code == 0
    assert "post" in out


NAMES = (b"\xff.yaml", b"\xe9t\xe9.yaml", b"a\x1b[2J.yaml", b"a\n::error::b.yaml", b" .yaml")


@pytest.mark.slow
@pytest.mark.parametrize("said_", ["LC_ALL=C", "PYTHONIOENCODING=ascii", "TERM=dumb"])
def test_names_of_any_bytes_are_shown_as_escapes(said_: str, project: Path) -> None:
    environment = {"LANG": "C", **dict([said_.split("=")])}
    for index, name in enumerate(NAMES):
        file = b"scenarios/" + name
        Path(os.fsdecode(file)).write_text(SCENARIO.replace(" *", "  *"))
        call = [b"run"] if index == 0 else [[b"diff", file], [b"fmt", b"--check"]][index % 2]
        done = subprocess.run(
            [sys.executable, "-m", "estimator", *call, file],
            env={**os.environ, **environment},
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode in (0, 1)
        for sign in (b"Traceback", b"E099", b"\xff", b"\x1b", b"\n::"):
            assert sign not in done.stdout + done.stderr
    code, out, _ = said(f"{RUN}check --no-cache", **environment)
    assert code == 1
    assert r"scenarios/\xff.yaml" in out
