"""`estimator new`: a scenario to begin with, where it is written, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from asking import ROOT, SHIPPED, Ask
from terminals import Terminal

from estimator.editor.starting_points import (
    CLASSICS,
    SCHEMA_LINE,
    STARTER,
    point_meant,
    starting_points,
    titled,
)
from estimator.editor.system_names import OTHER_NAMES


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_new_scenario_runs_as_it_was_written(ask: Ask, here: Path) -> None:
    made = ask("new", "photo_shop")
    assert (made.code, made.out) == (0, "")
    assert "wrote scenarios/photo_shop.yaml" in made.err
    assert made.err.endswith("next: estimator run photo_shop\n")
    ran = ask("run", "photo_shop")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Photo shop  scenarios/photo_shop.yaml\n")


@pytest.mark.slow
@pytest.mark.parametrize("system", sorted(starting_points()))
def test_every_shipped_scenario_is_a_starting_point_that_runs(
    system: str, ask: Ask, here: Path
) -> None:
    assert ask("new", "mine", "--from", system).code == 0
    text = (here / "scenarios" / "mine.yaml").read_text("utf-8")
    assert text.startswith(f"{SCHEMA_LINE}\n")
    assert text.count("\nname: Mine\n") == 1
    shipped = starting_points()[system].read_text("utf-8").splitlines()
    kept = [line for line in shipped if not line.startswith(("name:", "# yaml-language-server"))]
    assert [line for line in text.splitlines() if line in kept] == kept  # comments and all
    ran = ask("run", "mine")
    assert (ran.code, ran.err) == (0, "")


def test_all_shipped_scenarios_are_starting_points_and_the_short_one_is_the_first() -> None:
    short = (ROOT / "scenarios" / "classics").glob("*.yaml")
    assert set(starting_points()) == {file.stem for file in (*SHIPPED, *short)}
    assert list(starting_points())[: len(CLASSICS) + 1] == [STARTER, *CLASSICS]


@pytest.mark.parametrize(
    ("name", "point"),
    [
        ("instagram", "photo_sharing"),
        ("Photo-Sharing", "photo_sharing"),
        ("Dropbox", "file_sync"),
        ("google drive", "file_sync"),
        ("uber", "ride_hailing"),
        ("YouTube", "video"),
        ("bit.ly", "url_shortener"),
        ("whatsapp", "whatsapp"),
        ("team/eu/facebook.yaml", "feed"),
        ("chatgpt", "llm_chat"),
        ("iot", "metrics"),
        ("shop", STARTER),
    ],
)
def test_a_system_s_name_begins_as_that_system(name: str, point: str, ask: Ask, here: Path) -> None:
    made = json.loads(ask("new", name, "--format", "json").out)
    assert made["system"] == point


def test_from_takes_a_system_s_other_names_too(ask: Ask, here: Path) -> None:
    assert json.loads(ask("new", "x", "--from", "Bit.ly", "--format", "json").out)["system"] == (
        "url_shortener"
    )
    assert "did you mean `photo_sharing`?" in ask("new", "y", "--from", "intagram").err


def test_each_other_name_stands_for_one_starting_point() -> None:
    for point, names in OTHER_NAMES.items():
        assert point in starting_points()
        assert {name: point_meant(name) for name in names} == dict.fromkeys(names, point)


def test_a_name_nearly_a_system_s_is_a_new_scenario_with_a_word_about_the_system(
    ask: Ask, here: Path
) -> None:
    made = ask("new", "instagrm")
    assert made.code == 0
    assert "did you mean photo_sharing? `--from photo_sharing --force` starts from" in made.err
    assert "did you mean" not in ask("new", "shop").err


def test_without_a_name_and_a_terminal_the_systems_are_listed_and_nothing_is_asked(
    ask: Ask, here: Path
) -> None:
    refused = ask("new")
    assert refused.code == 2
    assert "write `estimator new photo_sharing`" in refused.err
    assert all(name in refused.err for name in CLASSICS)
    assert list(here.iterdir()) == []
    assert ask("new", "--from", "twitter").err.endswith("next: estimator run twitter\n")


def test_the_short_starting_point_teaches_in_comments_and_shows_every_common_section() -> None:
    lines = starting_points()[STARTER].read_text("utf-8").splitlines()
    keys = {line.split(":")[0] for line in lines if line[:1].isalpha()}
    assert {"users", "traffic", "actions", "components", "derive", "expect"} <= keys
    assert sum("#" in line for line in lines) > len(lines) / 4
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize(
    ("name", "file", "call"),
    [
        ("shop", "scenarios/shop.yaml", "shop"),
        ("shop.v2", "scenarios/shop.v2.yaml", "shop.v2"),
        ("My shop", "scenarios/My shop.yaml", "'My shop'"),
        ("größe", "scenarios/größe.yaml", "'größe'"),
        ("run", "scenarios/run.yaml", "run"),
        ("E012", "scenarios/E012.yaml", "E012"),
        ("shop.yaml", "shop.yaml", "shop.yaml"),
        ("shop.yml", "shop.yml", "shop.yml"),
        ("team/eu/shop", "team/eu/shop.yaml", "team/eu/shop"),
        ("./shop", "shop.yaml", "./shop"),
    ],
)
def test_what_was_written_is_what_run_finds(
    name: str, file: str, call: str, ask: Ask, here: Path
) -> None:
    made = ask("new", name)
    assert made.code == 0
    assert (here / file).is_file()
    assert made.err.endswith(f"next: estimator run {call}\n")
    ran = ask("run", name)
    assert ran.code == 0
    assert ran.out.split("\n")[0].endswith(file)


def test_a_bare_name_goes_to_the_nearest_folder_of_scenarios(
    ask: Ask, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = here / "a" / "b"
    below.mkdir(parents=True)
    (here / "scenarios").mkdir()
    monkeypatch.chdir(below)
    assert ask("new", "shop").code == 0
    assert (here / "scenarios" / "shop.yaml").is_file()
    assert not (below / "scenarios").exists()
    assert ask("run", "shop").code == 0


def test_a_folder_of_the_same_name_does_not_hide_the_scenario(ask: Ask, here: Path) -> None:
    (here / "shop").mkdir()
    assert ask("new", "shop").err.endswith("estimator run shop\n")
    assert ask("run", "shop").code == 0


def test_where_a_file_hides_the_name_the_path_is_told(ask: Ask, here: Path) -> None:
    (here / "shop").write_text("derive: {x: 1}\n")
    assert ask("new", "shop").err.endswith("next: estimator run scenarios/shop.yaml\n")


@pytest.mark.parametrize("file", ["shop.yaml", "shop.yml"])
def test_a_file_is_written_over_only_when_forced(file: str, ask: Ask, here: Path) -> None:
    old = here / "scenarios" / file
    old.parent.mkdir()
    old.write_text("mine\n")
    refused = ask("new", "shop")
    assert refused.code == 2
    assert refused.err.startswith(f"error[E037]: there is a file `scenarios/{file}` already")
    assert "`estimator new shop --force`" in refused.err
    assert old.read_text() == "mine\n"
    assert ask("new", "shop", "--force").code == 0
    assert old.read_text("utf-8").startswith(SCHEMA_LINE)
    assert [f.name for f in old.parent.iterdir() if "shop" in f.name] == [file]


def test_neither_a_folder_nor_a_link_to_nowhere_is_written_over(ask: Ask, here: Path) -> None:
    (here / "folder.yaml").mkdir()
    (here / "link.yaml").symlink_to(here / "nowhere.yaml")
    assert ask("new", "folder.yaml", "--force").code == 2
    assert ask("new", "link.yaml").code == 2
    assert not (here / "nowhere.yaml").exists()


@pytest.mark.parametrize(
    "name", ["", " ", ".", "..", "-", "a/", "a/..", "../", ".hidden", "a.", "a ", ".yaml", "a\nb",
             "a\x1b[2J", "a:b", "a*", "a\0b", "~"]
)  # fmt: skip
def test_what_is_no_name_is_refused_and_nothing_is_written(name: str, ask: Ask, here: Path) -> None:
    refused = ask("new", "--", name)
    assert refused.code == 2
    assert refused.err.startswith("error[E037]: ")
    assert "\x1b" not in refused.err
    assert list(here.iterdir()) == []


def test_a_name_too_long_for_a_file_is_told(ask: Ask, here: Path) -> None:
    refused = ask("new", "a" * 300)
    assert refused.code == 2
    assert "error[E032]" in refused.err


def test_an_unknown_system_is_told_with_a_near_one_and_with_what_else_is_wrong(
    ask: Ask, here: Path
) -> None:
    refused = ask("new", "..", "--from", "twiter")
    assert refused.code == 2
    assert refused.err.count("error[E037]") == 2
    assert "did you mean `twitter`?" in refused.err
    assert "there are starter, " in ask("new", "x", "--from", "spaceship").err


def test_where_no_folder_can_be_made_that_is_told(ask: Ask, here: Path) -> None:
    (here / "scenarios").write_text("a file")
    refused = ask("new", "shop")
    assert refused.code == 2
    assert "the folder `scenarios` cannot be made" in refused.err


def test_run_tells_how_a_shipped_scenario_is_got_where_it_is_not(ask: Ask, here: Path) -> None:
    assert "`estimator new twitter --from twitter`" in ask("run", "twitter").err
    assert "`estimator new twitter --from twitter`" in ask("run", "twiter").err
    ask("new", "tweets")
    assert "did you mean `tweets`?" in ask("run", "tweet").err
    assert "`estimator new twitter --from twitter`" in ask("run", "twitter").err


def test_the_schema_goes_beside_the_scenario_and_one_that_is_there_stays(
    ask: Ask, here: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = tmp_path_factory.mktemp("points")
    (points / "starter.yaml").write_text("name: X\nusers: 1\n")
    (points / "estimator.schema.json").write_text("{}")
    monkeypatch.setattr("estimator.editor.starting_points.folder", lambda: points)
    starting_points.cache_clear()
    try:
        made = ask("new", "shop")
        schema = here / "scenarios" / "estimator.schema.json"
        assert schema.read_text() == "{}"
        assert "and scenarios/estimator.schema.json" in made.err
        schema.write_text("mine")
        assert "schema" not in ask("new", "other", "--force").err
        assert schema.read_text() == "mine"
    finally:
        starting_points.cache_clear()


@pytest.mark.parametrize(
    ("file", "title"),
    [
        ("shop", "Shop"),
        ("photo_shop-eu", "Photo shop eu"),
        ("URL shortener", "URL shortener"),
        ("McShop", "McShop"),
        ("2fast", "2fast"),
    ],
)
def test_the_title_is_the_name_in_words_or_as_it_was_typed(file: str, title: str) -> None:
    assert titled(file) == title


@pytest.mark.parametrize("name", ["no", "1e3", "2026-01-02", "null", "12.5"])
def test_a_name_that_yaml_would_take_for_something_else_stays_a_name(
    name: str, ask: Ask, here: Path
) -> None:
    assert ask("new", name).code == 0
    line = (here / "scenarios" / f"{name}.yaml").read_text().split("\nname: ")[1].splitlines()[0]
    assert line.startswith('"')
    assert ask("run", name).out.startswith(titled(name))


# --- at a terminal --------------------------------------------------------------------------------


def test_a_terminal_lists_the_systems_and_an_empty_answer_is_the_short_one(here: Path) -> None:
    with Terminal("new", "shop", cwd=here) as terminal:
        listed = terminal.until("[starter] ")
        assert all(name in listed for name in starting_points())
        terminal.type("\n")
        terminal.until("How many registered users? [10M] ")
        terminal.type("\n")
        assert "next: estimator run shop" in terminal.rest()
        assert terminal.code == 0
    assert "# Who uses the system" in (here / "scenarios" / "shop.yaml").read_text("utf-8")


def test_a_terminal_asks_again_until_the_answer_is_a_system(here: Path) -> None:
    with Terminal("new", "shop", cwd=here) as terminal:
        terminal.until("[starter] ")
        terminal.type("twiter\n")
        assert "did you mean `twitter`?" in terminal.until("[starter] ")
        terminal.type("twitter\n")
        terminal.until("How many daily active users? [500M] ")
        terminal.type("\n")
        terminal.rest()
        assert terminal.code == 0
    assert "read_timeline" in (here / "scenarios" / "shop.yaml").read_text("utf-8")


@pytest.mark.slow
def test_without_a_name_a_terminal_asks_for_the_system_the_users_and_the_file(here: Path) -> None:
    (here / "taken.yaml").write_text("mine")
    with Terminal("new", cwd=here) as terminal:
        terminal.until("Which system? [starter] ")
        terminal.type("Dropbox\n")
        terminal.until("How many registered users? [500M] ")
        terminal.type("5 GB\n")
        assert "write a number" in terminal.until("[500M] ")
        terminal.type("3M\n")
        terminal.until("Its name, or the path of a file? [file_sync] ")
        terminal.type("taken.yaml\n")
        assert "there is a file `taken.yaml` already" in terminal.until("[file_sync] ")
        terminal.type("\n")
        assert "next: estimator run file_sync" in terminal.rest()
        assert terminal.code == 0
    text = (here / "scenarios" / "file_sync.yaml").read_text("utf-8")
    assert "name: File sync\n" in text
    assert "registered: 3M\n" in text


def test_where_no_user_drives_a_system_their_number_is_not_asked_and_a_free_name_is_offered(
    here: Path,
) -> None:
    (here / "scenarios").mkdir()
    (here / "scenarios" / "search.yaml").write_text("mine")
    with Terminal("new", cwd=here) as terminal:
        terminal.until("[starter] ")
        terminal.type("search\n")
        assert "How many" not in terminal.until("[search_2] ")
        terminal.type("\n")
        assert "next: estimator run search_2" in terminal.rest()
    assert (here / "scenarios" / "search.yaml").read_text() == "mine"


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_nothing_is_written_where_the_question_is_given_up(key: str, here: Path) -> None:
    with Terminal("new", "shop", cwd=here) as terminal:
        terminal.until("[starter] ")
        terminal.type(key)
        assert "Traceback" not in terminal.rest()
        assert terminal.code == 130
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("arguments", [("--from", "search"), ("--from", "nothing"), ("..",)])
def test_nothing_is_asked_where_nothing_has_to_be(arguments: tuple[str, ...], here: Path) -> None:
    first = [] if arguments == ("..",) else ["shop"]
    with Terminal("new", *first, *arguments, cwd=here) as terminal:
        assert "which system" not in terminal.rest()


# --- installed ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_installed_wheel_carries_the_starting_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build: Callable[[str], str] = pytest.importorskip("hatchling.build").build_wheel
    monkeypatch.chdir(ROOT)
    wheel = tmp_path / build(str(tmp_path))
    venv.create(tmp_path / "env", with_pip=False)
    [packages] = (tmp_path / "env").glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)  # all that installing a wheel of pure Python does
    with_what_it_needs = [p for p in sys.path if p.endswith("site-packages")]
    (packages / "needed.pth").write_text("\n".join(with_what_it_needs))
    folder = tmp_path / "elsewhere"
    folder.mkdir()

    def installed(*arguments: str) -> str:
        python = tmp_path / "env" / "bin" / "python"
        clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        done = subprocess.run(
            [python, *arguments], cwd=folder, env=clean, capture_output=True, text=True, check=True
        )
        return done.stdout

    where = installed("-c", "import estimator; print(estimator.__file__)").strip()
    assert Path(where).is_relative_to(packages)
    installed("-m", "estimator", "new", "x", "--from", "twitter")
    assert installed("-m", "estimator", "run", "x").startswith("X  scenarios/x.yaml\n")
    assert not (packages / "scenarios").exists()
