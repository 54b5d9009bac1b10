"""How a quantity came about, step by step, down to the lines of the file."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest
from asking import Ask, one_in
from test_run import COLOR, on_terminal

from estimator.analyse import BuildOptions, Estimate, estimated
from estimator.analyse.explain import derivations
from estimator.cli.app import run_app
from estimator.diagnostics import Problems, Text
from estimator.files.project import typed
from estimator.formula.dimensions import typecheck
from estimator.formula.emit import computed
from estimator.formula.parse import parse
from estimator.formula.tree import Name
from estimator.scenario.load import load
from estimator.units import Dimension, write

SCENARIOS = Path(__file__).resolve().parent.parent / "scenarios"
SHIPPED = sorted(SCENARIOS.glob("*.yaml"))
TWITTER = str(SCENARIOS / "twitter.yaml")


@cache
def found(path: Path, variant: str | None = None) -> Estimate:
    problems = Problems()
    chosen = None if variant is None else Text.of("--variant", variant)
    made = estimated(load(typed(str(path))), problems, BuildOptions(variant=chosen))
    assert made is not None, problems.found
    return made


def no_names(name: Name) -> Dimension:
    raise AssertionError(f"`{name.path}` is no value")


@pytest.mark.slow
@pytest.mark.parametrize("path", one_in(2, SHIPPED), ids=lambda p: p.stem)
def test_the_values_of_every_formula_come_to_the_result_beside_them(path: Path) -> None:
    model, report = found(path)
    explained = derivations(model, report, list(report.values), 0)
    assert {d.name for d in explained} == set(report.values)
    formulas = [d for d in explained if d.uses]
    assert len(formulas) > 20
    for derivation in formulas:
        names, values, *_, result = derivation.steps
        result = result.removeprefix("at least ").removeprefix("at most ")
        assert set(re.findall(r"[a-z_]\w*(?:\.\w+)+", names)) <= set(report.values), names
        quantity = model.quantities[derivation.name]
        tree, _ = typecheck(parse(values), no_names, quantity.dimension)
        value = float(computed(tree, model.calendar))
        again = write(
            value, quantity.dimension, display_unit=quantity.display_unit, calendar=model.calendar
        )
        assert result in (again, report.values[derivation.name].text), derivation.steps
        plain = write(
            report.values[derivation.name].value,
            quantity.dimension,
            display_unit=quantity.display_unit,
            calendar=model.calendar,
        )
        assert again == plain, derivation.steps


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_every_derivation_ends_in_lines_of_the_file_or_reasons_of_the_library(path: Path) -> None:
    model, report = found(path)
    for derivation in derivations(model, report, ["servers", "cost.per_month"], None):
        if derivation.origin in ("given", "own", "pinned", "input"):
            file, line = derivation.where.rsplit(":", 1)
            assert Path(file).read_text("utf-8").splitlines()[int(line) - 1].strip()
        elif not derivation.uses:
            assert derivation.source or derivation.notes, derivation.name


class Call:
    """A call of `estimator explain`."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
        self.code = run_app(["explain", *arguments])
        self.out, self.err = capsys.readouterr()


def test_the_interview_is_followed_to_the_letter(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Call(capsys, TWITTER, "tweet.writes.average")
    assert ran.out.splitlines()[:4] == [
        "tweet.writes.average = users × tweet.per_user",
        "                     = 500M × 2/day",
        "                     = 1B/day",
        "                     = 11.6k/s",
    ]
    assert re.search(r"^users +=.* 500M +.*twitter\.yaml:\d+$", ran.out, re.M)
    assert re.search(r"^tweet\.per_user = 2/day +.*twitter\.yaml:\d+$", ran.out, re.M)
    assert (ran.code, ran.err) == (0, "")


def test_on_a_napkin_it_ends_in_round_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Call(capsys, TWITTER, "tweet.writes.average", "--napkin", "--depth", "0")
    assert ran.out.splitlines()[-1].split() == ["=", "10k/s"]


def test_a_maximum_names_the_term_that_binds(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Call(capsys, TWITTER, "tweets.required_nodes", "--depth", "0")
    assert "max(tweets.nodes.storage, tweets.nodes.operations" in ran.out
    assert "(tweets.nodes.storage is the bottleneck)" in ran.out


def test_a_default_says_that_it_is_one_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Call(capsys, TWITTER, "posted.consumers", "tweets.fill")
    assert re.search(r"^posted\.consumers = 1 +a default: One group of consumers\.$", ran.out, re.M)
    assert re.search(r"^tweets\.fill +=.* generic: Grokking", ran.out, re.M)


def test_the_depth_says_how_many_formulas_deep_it_goes(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [Call(capsys, TWITTER, "servers", "--depth", depth).out.count("\n") for depth in "0124"]
    assert lines == sorted(set(lines))
    assert Call(capsys, TWITTER, "servers", "--depth", "99").out.count("\n") > lines[-1]


def test_what_does_not_fit_on_a_screen_says_how_to_see_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = Call(capsys, TWITTER, "servers").out
    assert out.count("\n") <= 50
    *shown, note = out.splitlines()
    assert shown[0].startswith("servers = ")
    assert note == "Deeper: `--depth 2`. Down to the inputs: `--depth 99`."
    deeper = Call(capsys, TWITTER, "servers", "--depth", "2").out
    assert deeper.startswith("\n".join(shown).rstrip())
    whole = Call(capsys, TWITTER, "tweet.writes.average").out
    assert "--depth" not in whole


def test_a_broken_formula_is_no_wider_than_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    shown = COLOR.sub("", on_terminal(100, "explain", TWITTER, "cost.per_month", "servers"))
    assert max(map(len, shown.splitlines())) <= 100
    assert "tweets.cost.per_month" in shown


def test_a_sum_of_one_term_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    starter = str(SCENARIOS / "starter.yaml")
    out = Call(capsys, starter, "storage.retained", "--depth", "0").out
    lines = [line.split("= ")[1] for line in out.splitlines()]
    assert lines[0] == "store.storage.retained"
    assert len(lines) == len(set(lines)) == 2


def test_without_a_name_the_headlines_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    out = Call(capsys, TWITTER).out
    for name in ("requests.peak", "storage.retained", "servers", "cost.per_month", "latency.p99"):
        assert re.search(rf"^{re.escape(name)} = ", out, re.M)


def test_as_json_each_derivation_has_its_steps_and_what_it_uses(
    capsys: pytest.CaptureFixture[str],
) -> None:
    content = json.loads(Call(capsys, TWITTER, "servers", "--format", "json").out)
    made = {d["name"]: d for d in content["derivations"]}
    assert made["servers"]["steps"][-1] == made["servers"]["value"]
    assert {use for d in made.values() for use in d["uses"]} <= set(made)
    assert made["users"]["where"].endswith(":8")
    assert content["schema"] == 2


def test_as_mermaid_every_arrow_is_between_two_boxes(capsys: pytest.CaptureFixture[str]) -> None:
    out = Call(capsys, TWITTER, "tweet.stored.retained", "--format", "mermaid").out
    boxes = set(re.findall(r"^  (q\d+)[\[(]", out, re.M))
    arrows = re.findall(r"^  (q\d+) --> (q\d+)$", out, re.M)
    assert out.startswith("graph LR\n")
    assert len(arrows) >= len(boxes) - 1 > 2
    assert {end for arrow in arrows for end in arrow} == boxes


def test_as_mermaid_the_headlines_have_arrows_from_what_they_follow_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = Call(capsys, TWITTER, "--format", "mermaid").out
    ends = set(re.findall(r"^  q\d+ --> (q\d+)$", out, re.M))
    headline = re.search(r'^  (q\d+)\["servers<br/>', out, re.M)
    assert headline
    assert headline[1] in ends


def test_as_markdown_formulas_are_code_and_inputs_a_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = Call(capsys, TWITTER, "tweet.stored.retained", "--format", "markdown").out
    assert "### `tweet.stored.retained`" in out
    assert out.count("```") % 2 == 0
    assert re.search(r"^\| `users` \| 500M \| `.*:8` \|$", out, re.M)


def test_what_is_set_is_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    out = Call(capsys, TWITTER, "tweet.writes.average", "--set", "users=1M").out
    assert "= 1M × 2/day" in out
    assert re.search(r"^users +=.* --set$", out, re.M)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((TWITTER, "servrs"), "did you mean `servers`?"),
        ((TWITTER, "tweet.writes"), "write the whole name: tweet.writes.average"),
        (("twiter", "servers"), "did you mean `twitter`?"),
        (("E999",), "there is no rule `E999`"),
        ((TWITTER, "servers", "--set", "nothing=3"), "there is nothing named `nothing` to set"),
    ],
)
def test_a_wrong_name_is_told_with_the_right_one(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = Call(capsys, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_values_of_a_rounded_estimate_are_shown_in_few_digits(ask: Ask) -> None:
    """A formula of rounded values need not give the digits of what is rounded again."""
    text = (
        "conventions: {round: 2 up, units: binary}\n"
        "users: 20M to 30M\n"
        "actions: {save: {per_user: 1/day, payload: 2 MB, retention: 1 year, initial: 500M}}\n"
    )
    out = ask("explain", "-", "save.stored.retained", given=text).out
    assert "20M to 30M = 24.5M" in out
    assert "= 909 TiB + " in out
    assert not re.search(r"\d\.\d{4}", out)
