"""`estimator run --watch`, as a process in a terminal or a pipe, while files are saved."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from asking import Ask, environment, one_in
from terminals import CODES, Terminal

SHOP = """\
name: Shop
users: 10M
actions:
  order: {per_user: 2/day, payload: 1 kB}
components:
  api: {kind: service, cpu_time: 5 ms}
"""
WATCHES = "Ctrl-C ends\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP, "utf-8")
    return file


@pytest.fixture
def watching(shop: Path) -> Iterator[Terminal]:
    """Yield a terminal that watches the shop, after the first estimate."""
    with Terminal("run", "--watch", "shop.yaml", cwd=shop.parent) as terminal:
        terminal.until(WATCHES)
        yield terminal


def plain_text(shown: str) -> str:
    """Without colours, and without the spaces that fill a line."""
    return "\n".join(line.rstrip() for line in CODES.sub("", shown).split("\n"))


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def by_renaming(file: Path, old: str, new: str) -> None:
    """As many editors save."""
    beside = file.with_suffix(".tmp")
    beside.write_text(file.read_text("utf-8").replace(old, new), "utf-8")
    beside.replace(file)


def empty_first(file: Path, old: str, new: str) -> None:
    """As some editors save: for a moment there is nothing."""
    text = file.read_text("utf-8")
    file.write_text("")
    time.sleep(0.35)
    file.write_text(text.replace(old, new), "utf-8")


def away_first(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    file.unlink()
    time.sleep(0.35)
    file.write_text(text.replace(old, new), "utf-8")


@pytest.mark.parametrize("save", one_in(4, [replace, by_renaming, empty_first, away_first]))
def test_what_is_saved_is_computed_again_and_what_changed_is_listed(
    save: Callable[[Path, str, str], None], watching: Terminal, shop: Path
) -> None:
    save(shop, "1 kB", "2 kB")
    shown = watching.until(WATCHES)
    assert shown.startswith("\x1b[2J\x1b[H")
    plain = plain_text(shown)
    assert "error" not in plain
    changed = plain.split("\nChanged\n")[1]
    assert [line.split() for line in changed.splitlines() if line.startswith("order.payload")] == [
        ["order.payload", "1", "kB", "2", "kB", "2"]
    ]
    assert "requests.peak" not in changed
    assert "\x1b[7m2 TB\x1b[0m" not in shown
    assert "\x1b[7m120 GB\x1b[0m" in shown  # three copies a day, marked in its table
    assert "Assumptions" not in plain


def test_a_save_that_changes_nothing_says_so(watching: Terminal, shop: Path) -> None:
    replace(shop, "name: Shop", "# a comment\nname: Shop")
    assert "\nNothing changed.\n" in plain_text(watching.until(WATCHES))


@pytest.mark.slow
def test_errors_are_shown_and_what_changed_is_since_the_last_good_run(
    watching: Terminal, shop: Path
) -> None:
    replace(shop, "1 kB", "1 xB")
    assert "error[E016]" in watching.until(WATCHES)
    replace(shop, "1 xB", "3 kB")
    assert "order.payload" in watching.until(WATCHES)
    replace(shop, "users: 10M", "users: [")
    assert "error[E" in watching.until(WATCHES)
    replace(shop, "users: [", "users: 10M")
    assert "Nothing changed." in watching.until(WATCHES)


@pytest.mark.slow
def test_a_file_that_goes_is_told_and_waited_for(watching: Terminal, shop: Path) -> None:
    shop.unlink()
    shown = watching.until(WATCHES)
    assert "there is no file `shop.yaml`" in shown
    assert "waiting for shop.yaml" in shown
    shop.write_text(SHOP.replace("10M", "20M"), "utf-8")
    assert "Changed" in watching.until(WATCHES)


def test_kinds_of_ones_own_are_watched_too(shop: Path) -> None:
    kinds = shop.parent / "kinds"
    kinds.mkdir()
    own = kinds / "own.yaml"
    own.write_text(
        "kind: own\nabout: Own.\nsource: ours\n"
        "derive: {size: {formula: 1 GB, dimension: data, about: Its size.}}\n"
    )
    replace(shop, "components:", "library: [kinds/]\ncomponents:\n  mine: {kind: own}")
    with Terminal("run", "--watch", "shop.yaml", cwd=shop.parent) as terminal:
        assert "kinds" in terminal.until(WATCHES)
        replace(own, "1 GB", "4 GB")
        assert "mine.size" in terminal.until(WATCHES)
        (kinds / "two.yaml").write_text("kind: two\n")
        assert "two.yaml" in terminal.until(WATCHES)


def test_of_several_scenarios_each_is_compared_with_itself(shop: Path) -> None:
    (shop.parent / "other.yaml").write_text(SHOP.replace("Shop", "Other"), "utf-8")
    with Terminal("run", "--watch", "shop.yaml", "other", "./other.yaml",
                  cwd=shop.parent) as terminal:  # fmt: skip
        assert "no scenario of that name" in terminal.rest()
        assert terminal.code == 2
    with Terminal("run", "--watch", "shop.yaml", "other.yaml", cwd=shop.parent) as terminal:
        terminal.until(WATCHES)
        replace(shop, "1 kB", "2 kB")
        shown = plain_text(terminal.until(WATCHES))
        assert "\nChanged in Shop\n" in shown
        assert "Changed in Other" not in shown


def test_settings_stay_while_it_watches(shop: Path) -> None:
    with Terminal("run", "--watch", "shop.yaml", "--set", "users=1k", "--color=never",
                  cwd=shop.parent) as terminal:  # fmt: skip
        terminal.until(WATCHES)
        replace(shop, "users: 10M", "users: 99M")
        shown = terminal.until(WATCHES)
        assert "Nothing changed." in shown
        assert CODES.sub("", shown) == shown.removeprefix("\x1b[2J\x1b[H")


def test_ctrl_c_ends_it_with_a_clean_line_and_the_code_of_an_interruption(
    watching: Terminal,
) -> None:
    watching.type("\x03")
    assert watching.rest().endswith("\x1b[0m\n")
    assert watching.code == 130


class Piped:
    """It watches, and what it prints goes to a pipe."""

    def __init__(self, file: Path) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "estimator", "run", "--watch", file.name],
            cwd=file.parent,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def printed(self, until: bytes) -> str:
        assert self.child.stdout is not None
        text, end = b"", time.monotonic() + 30
        while until not in text:
            assert time.monotonic() < end, text
            if select.select([self.child.stdout], [], [], 0.1)[0]:
                text += os.read(self.child.stdout.fileno(), 65536)
        return text.decode()


def test_in_a_pipe_results_come_one_after_the_other_with_a_line_between(shop: Path) -> None:
    piped = Piped(shop)
    try:
        assert piped.printed(b"--all\n").startswith("Shop  shop.yaml\n")
        time.sleep(0.3)
        replace(shop, "1 kB", "2 kB")
        again = piped.printed(b"more\n")
        assert f"\n{'-' * 80}\n\nShop  shop.yaml\n" in again
        assert "\nChanged\n" in again
        assert "\x1b" not in again
        piped.child.send_signal(signal.SIGINT)
        _, err = piped.child.communicate(timeout=30)
        assert err == b"\nwatching shop.yaml; Ctrl-C ends\n"
        assert piped.child.returncode == 130
    finally:
        piped.child.kill()
        piped.child.communicate()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["-"], "standard input"),
        (["shop.yaml", "--format", "json"], "--format json"),
        (["shop.yaml", "--output", "x.md"], "--output"),
        (["shop.yaml", "--set", "x"], "--set"),
        (["shopp"], "shopp"),
    ],
)
def test_what_cannot_be_watched_is_refused_at_once(
    arguments: list[str], word: str, shop: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop.parent)
    refused = ask("run", "--watch", *arguments)
    assert refused.code == 2
    assert word in refused.err + refused.out  # in JSON what is wrong is a part of the result
    assert "Traffic" not in refused.out
    assert not (shop.parent / "x.md").exists()


def test_a_run_that_watches_nothing_does_not_load_the_watching(shop: Path) -> None:
    asked = (
        "import sys; from estimator.cli.app import run_app; run_app(['run', 'shop.yaml']);"
        "print('estimator.cli.watch' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=shop.parent,
        env=environment(),
        capture_output=True,
        check=True,
    )
    assert done.stderr == b"False\n"
