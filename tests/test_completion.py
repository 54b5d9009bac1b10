"""What a shell is told that completes a call, by each shell's protocol and by a real one."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from asking import ROOT, SHIPPED, Ask, environment
from terminals import Terminal

from estimator.catalog import catalogues
from estimator.cli.app import COMMANDS, run_app

Complete = Callable[..., list[str]]

SHOP = """\
users: 10M
actions:
  order:  {per_user: 2/day, payload: 1 kB}
  browse: {per: {order: 50}, response: 20 kB}
components:
  api:   {kind: service, receives: [order, browse], cpu_time: 5 ms}
variants:
  large: {users: 100M}
  small: {users: 1M}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a scenario, in which nothing else is."""
    (tmp_path / "shop.yaml").write_text(SHOP, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Return what a shell is told, by the variables that it sets."""

    def told(code: int = 0, **variables: str) -> str:
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            assert run_app([]) == code
        out, err = capsys.readouterr()
        assert err == ""
        return out

    return told


@pytest.fixture
def bash(here: Path, told: Callable[..., str]) -> Complete:
    """Return the completions of the last word; each is a word as bash breaks them, at `=`, too."""

    def complete(*words: str) -> list[str]:
        lines = told(
            _ESTIMATOR_COMPLETE="complete_bash",
            COMP_WORDS="\n".join(["estimator", *words]),
            COMP_CWORD=str(len(words)),
        ).split("\n")
        return [line for line in lines if line]

    return complete


def test_all_commands_are_completed(bash: Complete) -> None:
    assert bash("") == list(COMMANDS)
    assert bash("ma") == ["machines"]
    assert bash("run") == ["run"]
    assert set(bash("--")) >= {"--install-completion", "--show-completion", "--version"}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_options_of_every_command_are_completed(command: str, bash: Complete) -> None:
    assert {"--color", "--help"} <= set(bash(command, "--"))


def test_scenarios_are_completed_by_name_and_files_by_theirs(bash: Complete, here: Path) -> None:
    shutil.copytree(ROOT / "scenarios", here / "scenarios")
    (here / ".hidden.yaml").touch()
    (here / "searches").mkdir()
    assert bash("run", "tw") == ["twitter", "twitter_minimal"]
    assert bash("run", "twitter", "se") == ["search", "searches/"]
    assert bash("run", "") == [*(f.stem for f in SHIPPED), "shop.yaml", "scenarios/", "searches/"]
    assert bash("run", "scen") == []  # a folder alone the shell completes, without a space after it
    assert bash("run", "scenarios/t") == []
    assert bash("nines", "shop") == bash("machines", "shop") == ["shop.yaml"]


def test_quantities_are_completed(bash: Complete) -> None:
    assert bash("explain", "shop.yaml", "order.wr") == [
        "order.writes.average",
        "order.writes.peak",
    ]
    assert "api.nodes.cpu" in bash("explain", "shop.yaml", "order.payload", "api.")
    assert bash("explain", "nothing.yaml", "order.") == []


def test_what_a_sweep_a_search_and_a_forecast_name_is_completed(bash: Complete) -> None:
    assert "order.payload=" in bash("sweep", "shop.yaml", "--over", "order.")
    assert "order.payload" in bash("solve", "shop.yaml", "--for", "order.")
    assert "order.writes.average" not in bash("solve", "shop.yaml", "--for", "order.")
    for command in ("sweep", "forecast"):
        found = bash(command, "shop.yaml", "--show", "servers,api.nodes.c")
        assert found == ["servers,api.nodes.cpu"]


def test_many_quantities_are_completed_part_by_part(bash: Complete, here: Path) -> None:
    shutil.copytree(ROOT / "scenarios", here / "scenarios")
    all_of_them = bash("explain", "twitter", "")
    assert {"tweet.", "tweets.", "users", "users.", "cost."} <= set(all_of_them)
    assert len(all_of_them) < 100
    assert "tweet.payload=" in bash("run", "twitter", "--set", "tweet.")


def test_where_all_names_begin_alike_they_are_completed_in_full(
    bash: Complete, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("estimator.cli.candidates._MANY", 3)
    assert {"order.", "api."} <= set(bash("explain", "shop.yaml", ""))
    assert "order.writes.peak" in bash("explain", "shop.yaml", "ord")
    assert "order.writes." in bash("explain", "shop.yaml", "order.")


def test_standard_input_is_never_read(bash: Complete, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(SHOP.encode())))
    assert bash("explain", "-", "order.") == []


def test_a_fault_of_our_own_is_not_shown_to_somebody_in_the_middle_of_a_line(
    here: Path, told: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("estimator.analyse.used.build", fails)
    words = "estimator\nexplain\nshop.yaml\n"
    assert told(1, _ESTIMATOR_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD="3") == ""


@pytest.mark.parametrize("name", ["a b", "$(x)", "a;b", "`x`", "a'b", 'a"<(x)', "a\\b", "a\x1bb"])
def test_no_shell_is_told_what_it_could_take_for_more_than_a_word(
    name: str, bash: Complete, told: Callable[..., str], here: Path
) -> None:
    (here / f"{name}.yaml").write_text("users: 1\n")
    (here / "wild.yaml").write_text("users: 1\nvariants: " + json.dumps({name: {"users": 2}}))
    assert bash("run", "") == ["shop.yaml", "wild.yaml"]
    assert bash("run", "wild.yaml", "--variant", "") == []
    told(_ESTIMATOR_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS="estimator run wild.yaml ")


@pytest.mark.parametrize("about", ["[/b] [red]x", '\\"<(touch x)', "a$(touch x)", "a: b"])
def test_a_text_of_a_teams_own_stays_a_text(
    about: str, told: Callable[..., str], here: Path
) -> None:
    deeds = {"formula": "1", "dimension": "count", "about": about}
    kind = {"kind": "own", "about": "Own.", "derive": {"deeds": deeds}}
    (here / "own.yaml").write_text(json.dumps(kind))
    (here / "wild.yaml").write_text("library: own.yaml\ncomponents: {x: {kind: own}}\n")
    line = "estimator explain wild.yaml x.deeds"
    answer = told(_ESTIMATOR_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS=line)
    assert '"x.deeds":"' in answer
    assert '\\"' not in answer
    assert "a$(" not in answer


def test_codes_are_completed_once_one_is_begun(bash: Complete) -> None:
    assert bash("explain", "E01") == [f"E01{digit}" for digit in range(10)]
    assert "E012" not in bash("explain", "")


@pytest.mark.parametrize("before", [["run", "shop.yaml"], ["explain", "shop.yaml", "order.payload"],
                                    ["machines", "shop.yaml"], ["nines", "shop.yaml"]])  # fmt: skip
def test_what_set_takes_is_completed_by_name(before: list[str], bash: Complete) -> None:
    assert bash(*before, "--set", "order.p") == ["order.per_user=", "order.payload=",
                                                 "order.peak_to_average="]  # fmt: skip
    assert bash(*before, "--variant", "") == ["large", "small"]


def test_the_last_name_left_is_offered_with_its_formula_so_that_bash_adds_no_space(
    bash: Complete,
) -> None:
    assert bash("run", "shop.yaml", "--set", "order.payl") == [
        "order.payload=",
        "order.payload='1 kB'",
    ]


def test_bash_breaks_words_at_equals_signs_and_gets_only_the_rest(bash: Complete) -> None:
    assert bash("run", "shop.yaml", "--set", "order.payload", "=", "") == ["'1 kB'"]
    assert bash("run", "shop.yaml", "--set", "order.payload", "=") == ["'1 kB'"]
    assert bash("run", "shop.yaml", "--set", "=", "order.payload", "=", "") == ["'1 kB'"]
    assert bash("run", "shop.yaml", "--set", "=", "order.pe") == [
        "order.per_user=",
        "order.peak_to_average=",
    ]
    assert bash("run", "shop.yaml", "--set", "users", "=", "3M", "--variant", "l") == ["large"]
    assert bash("run", "shop.yaml", "--format", "=", "j") == ["json"]


def test_names_of_the_library_and_the_catalogues_are_completed(bash: Complete) -> None:
    assert bash("kinds", "cac") == ["cache"]
    assert bash("catalog", "") == list(catalogues())
    assert bash("catalog", "cdn", "--of", "a") == ["aws", "azure"]
    assert "m7g" in bash("machines", "shop.yaml", "--of", "m")
    assert bash("machines", "shop.yaml", "") == ["api"]
    assert bash("nines", "shop.yaml", "--for", "") == ["order", "browse"]
    assert bash("new", "mine", "--from", "tw") == ["twitter", "twitter_minimal"]
    assert bash("new", "url") == ["url_shortener"]


def test_what_is_right_in_a_broken_scenario_is_completed(bash: Complete, here: Path) -> None:
    broken = SHOP.replace("20 kB", "20 xB").replace("kind: service", "kind: servce")
    (here / "broken.yaml").write_text(broken)
    assert "order.writes.peak" in bash("explain", "broken.yaml", "order.")
    assert bash("run", "broken.yaml", "--variant", "l") == ["large"]


@pytest.mark.parametrize(
    "text", [b"", b"users: [", b"- a list", b"\xff\xfe", b"a: &a\n  b: *a", b"derive: {x: y, y: x}"]
)
def test_nothing_is_said_of_what_is_wrong(text: bytes, bash: Complete, here: Path) -> None:
    (here / "wrong.yaml").write_bytes(text)
    (here / "folder.yaml").mkdir()
    for name in ("wrong.yaml", "folder.yaml", "absent.yaml", "-", "\x1b[31m"):
        bash("explain", name, "us")
        bash("run", name, "--set", "us")
        assert bash("run", name, "--variant", "") == []


@pytest.mark.parametrize("words", [["nothing", ""], ["run", "--nothing", ""], ["run", "'open"],
                                   ["calc", "1 + "], ["run", "--depth", "="]])  # fmt: skip
def test_a_call_that_is_wrong_completes_to_nothing_of_ours(
    words: list[str], bash: Complete
) -> None:
    assert "'" not in "".join(bash(*words))


def test_zsh_is_told_names_with_a_word_about_each(here: Path, told: Callable[..., str]) -> None:
    def zsh(line: str) -> str:
        return told(_ESTIMATOR_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS=line)

    assert zsh("estimator ma").startswith('_arguments \'*: :(("machines":"Compare')
    assert '"order.payload":"' in zsh("estimator explain shop.yaml order.pay")
    assert '"order.payload=1 kB":"as it is"' in zsh("estimator run shop.yaml --set order.payload=")
    assert '"large"' in zsh("estimator run shop.yaml --variant ")
    assert zsh("estimator run ./") == "_files\n"


def test_fish_is_told_names_with_a_word_about_each(here: Path, told: Callable[..., str]) -> None:
    def fish(line: str, action: str = "get-args", code: int = 0) -> str:
        return told(
            code,
            _ESTIMATOR_COMPLETE="complete_fish",
            _TYPER_COMPLETE_ARGS=line,
            _TYPER_COMPLETE_FISH_ACTION=action,
        )

    assert fish("estimator ma").startswith("machines\tCompare")
    assert re.match(r"order\.payload\t\w", fish("estimator explain shop.yaml order.pay"))
    assert "order.payload=1 kB\t" in fish("estimator run shop.yaml --set order.payload=")
    assert fish("estimator run ./", "is-args", code=1) == ""  # then fish completes paths
    assert fish("estimator run ", "is-args") == ""


def test_powershell_is_told_names(here: Path, told: Callable[..., str]) -> None:
    text = told(
        _ESTIMATOR_COMPLETE="complete_powershell",
        _TYPER_COMPLETE_ARGS="estimator run shop.yaml --variant la",
        _TYPER_COMPLETE_WORD_TO_COMPLETE="la",
    )
    assert text.startswith("large:::")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_there_is_a_script_for_each_shell_and_it_can_be_installed(
    shell: str, tmp_path: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    monkeypatch.setenv("HOME", str(tmp_path))
    shown = ask("--show-completion", shell)
    assert (shown.code, shown.err) == (0, "")
    assert "_ESTIMATOR_COMPLETE" in shown.out
    if shell != "powershell":
        assert ask("--install-completion", shell).code == 0
        written = [f.read_text() for f in tmp_path.rglob("*") if f.is_file()]
        assert any("_ESTIMATOR_COMPLETE" in text for text in written)


@pytest.fixture
def program(here: Path) -> str:
    """Return a folder with the program as `estimator`, to be put into PATH."""
    folder = here / "bin"
    folder.mkdir()
    file = folder / "estimator"
    file.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m estimator "$@"\n')
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return f"{folder}:{os.environ['PATH']}"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_a_real_bash_completes_commands_scenarios_names_and_values(
    here: Path, program: str
) -> None:
    script = subprocess.run(
        [sys.executable, "-m", "estimator", "--show-completion", "bash"],
        env=environment(_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1"),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    rc = here / "rc"
    rc.write_text(f"PS1='> '\nbind 'set enable-bracketed-paste off'\n{script}")
    interactive = ("bash", "--noprofile", "--rcfile", str(rc), "-i")
    with Terminal(program=interactive, cwd=here, PATH=program) as shell:
        shell.until("> ")
        shell.type("estimator expl\tsho\torder.writes.av\t")
        shell.until("estimator explain shop.yaml order.writes.average ")
        shell.type("--de\t0\n")
        assert "10M × 2/day" in shell.until("> ")
        shell.type("estimator run shop.yaml --set order.payl\t")
        shell.until("oad=")
        shell.type("\t")
        shell.until("'1 kB' ")
        shell.type("--variant la\t | head -1\n")
        assert "(variant large)" in shell.until("shop.yaml\n")
        shell.type("exit\n")
        shell.rest()


@pytest.mark.parametrize(
    ("line", "loaded"),
    [("estimator run shop.yaml --set order.p", {"run"}), ("estimator ru", set(COMMANDS))],
)
def test_only_the_command_that_is_called_is_loaded(line: str, loaded: set[str], here: Path) -> None:
    asked = (
        "import sys, json; from estimator.cli.app import run_app; run_app([]);"
        "print(json.dumps(list(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked],
        env=environment(_ESTIMATOR_COMPLETE="complete_fish", _TYPER_COMPLETE_ARGS=line,
                        _TYPER_COMPLETE_FISH_ACTION="get-args"),
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    modules = {name.removeprefix("estimator.cli.commands.") for name in json.loads(done.stderr)}
    assert modules & set(COMMANDS) == loaded
    assert "numpy" not in modules
    assert done.stdout


def test_what_a_shell_sets_does_not_make_the_front_page_an_answer(here: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "estimator"],
        env=environment(_ESTIMATOR_COMPLETE="complete_bash", COMP_WORDS="estimator\nru",
                        COMP_CWORD="1"),
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("run\n", "")


def test_a_variable_that_a_shell_left_behind_empty_is_no_question(
    ask: Ask, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_ESTIMATOR_COMPLETE", "")
    assert ask("run", "shop.yaml").out.startswith("shop")
    done = subprocess.run(
        [sys.executable, "-m", "estimator"],
        env=environment(_ESTIMATOR_COMPLETE=""),
        capture_output=True,
        check=True,
    )
    assert b"estimator new photo_sharing" in done.stdout


def test_a_call_without_completion_does_not_load_what_installs_it(here: Path) -> None:
    asked = (
        "import sys; from estimator.cli.app import run_app; run_app(['run', 'shop.yaml']);"
        "print('estimator.editor.starting_points' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked], env=environment(), capture_output=True, check=True
    )
    assert done.stderr == b"False\n"
