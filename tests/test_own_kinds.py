"""A team's own kinds work by the same rules as the shipped ones."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from asking import Ask
from test_language import report_of

from estimator import library
from estimator.catalog import catalogues
from estimator.diagnostics import Diagnostic, InputError, Place, Problems, Source, Text
from estimator.evaluate import Report, evaluate
from estimator.evaluate.examples import check_examples, check_uses, example_scenario
from estimator.files.snapshot import Disk, Typed
from estimator.library.kind import KindFile
from estimator.library.loader import Library
from estimator.model import build
from estimator.scenario.load import load_source

TAPE = """\
kind: tape
about: Keeps what is written on tapes, in a robot's shelves.
extends: fleet
source: Counted in our own vault, 2026.
parameters:
  tape:
    dimension: data
    above: 0 B
    maximum: 100 TB
    default: 18 TB
    about: What a tape holds.
    source: LTO-9.
  mode:
    choices: [archive, mirror]
    default: archive
    about: Keep it, or keep it twice.
    assumption: Once is enough.
  slots:
    dimension: count
    about: The slots of a robot.
    required: yes
  drive: {dimension: data/time, above: 0, default: 400 MB/s, about: What a drive writes.}
rates:
  archived: {formula: writes * copies, dimension: rate, about: What is written to tape.}
derive:
  copies:
    by: mode
    cases: {archive: 1, mirror: 2}
    dimension: count
    about: The copies of all data.
  tapes: {formula: ceil(stored.retained * copies / tape), dimension: whole, about: The tapes.}
  storage.retained: {formula: stored.retained * copies, dimension: data, about: Bytes on tape.}
resources:
  slots: {demand: tapes, capacity: slots, about: Slots.}
  drives: {demand: ingress.peak, capacity: drive, limit: target_utilization, about: Drives.}
sends:
  restores:
    about: One write in a thousand is read back.
    reads: archived / 1000
    egress: archived / 1000 * 1 MB
examples:
  - about: A petabyte on tapes of 20 TB.
    given: {slots: 10, stored.retained: 1 PB, tape: 20 TB, ingress.peak: 0 B/s, writes.peak: 0/s}
    expect: [tapes == 50, nodes == 5, nodes.slots == 5]
  - about: Twice as many where all is kept twice.
    given: {slots: 10, stored.retained: 1 PB, tape: 20 TB, mode: mirror, ingress.peak: 0 B/s}
    expect: [tapes == 100, copies == 2]
"""
SAVE = "actions:\n  save: {rate: 100/s, payload: 1 MB, retention: 100 days}\n"
VAULT = f"library: kinds/\n{SAVE}components:\n  vault: {{kind: tape, slots: 10}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder for a scenario, with a folder of kinds in it."""
    (tmp_path / "kinds").mkdir()
    (tmp_path / "kinds" / "tape.yaml").write_text(TAPE, "utf-8")
    return tmp_path


def wrong(scenario: str, folder: Path) -> list[Diagnostic]:
    with pytest.raises(InputError) as raised:
        report_of(scenario, folder)
    return list(raised.value.diagnostics)


def found(report: Report, *names: str) -> list[float]:
    return [report.values[name].value for name in names]


def pointed_at(place: Place | None) -> str:
    assert place is not None
    return place.source.text[place.start : place.end]


# --- use ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "library", ["kinds/", "./kinds", "kinds/tape.yaml", "[kinds/tape.yaml]", "[other/, kinds/]"]
)
def test_a_library_is_a_folder_a_file_or_a_list_of_them(library: str, folder: Path) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "robot.yml").write_text(TAPE.replace("tape", "robot"), "utf-8")
    report = report_of(VAULT.replace("kinds/", library), folder)
    assert [(c.name, c.kind) for c in report.components] == [("vault", "tape")]


def test_a_kind_of_ones_own_is_computed_like_a_shipped_one(folder: Path) -> None:
    report = report_of(VAULT, folder)
    stored = 100 * 1e6 * 86400 * 100
    assert found(report, "vault.storage.retained", "storage.retained") == pytest.approx(
        [stored] * 2
    )
    tapes = -(-stored // 18e12)
    assert found(report, "vault.tapes", "vault.nodes.slots") == [tapes, tapes / 10]
    assert found(report, "vault.nodes.drives") == pytest.approx([200e6 / (400e6 * 0.6)])
    assert found(report, "vault.nodes", "servers") == [5, 5]
    assert found(report, "vault.utilization") == [pytest.approx(tapes / 10 / 5)]
    [neck] = report.bottlenecks
    assert (neck.component, neck.resource) == ("vault", "slots")


def test_its_defaults_are_assumptions_with_their_source(folder: Path) -> None:
    because = {a.names: (a.text, a.source or a.why) for a in report_of(VAULT, folder).assumptions}
    assert because[("vault.tape",)] == ("18 TB", "LTO-9.")
    assert because[("vault.mode",)] == ("archive", "Once is enough.")
    assert ("vault.node",) not in because or because[("vault.node",)][0] == "generic.large"
    assert ("vault.slots",) not in because


def test_what_it_sends_is_received_by_others(folder: Path) -> None:
    report = report_of(
        VAULT + "  cache: {kind: cache, receives: {vault.restores: 3}, hit_ratio: 50%}\n", folder
    )
    assert found(report, "vault.restores.reads.average", "vault.restores.reads.peak") == [0.1, 0.2]
    assert found(report, "cache.reads.average", "cache.misses.reads.average") == pytest.approx(
        [0.3, 0.15]
    )
    assert found(report, "cache.egress.average") == pytest.approx([0.3e6])


def test_its_choices_machines_and_pins_may_be_set(folder: Path) -> None:
    plain = report_of(VAULT, folder)
    mirror = report_of(VAULT, folder, overrides={"vault.mode": "mirror"})
    assert found(mirror, "vault.storage.retained") == [
        2 * plain.values["vault.storage.retained"].value
    ]
    pinned = report_of(VAULT, folder, overrides={"vault.nodes": "50", "vault.node": "t3.large"})
    assert found(pinned, "vault.nodes", "vault.node.cores") == [50, 2]
    assert found(pinned, "vault.cost.per_month") == [pytest.approx(50 * 0.0832 * 730)]


def test_it_extends_a_shipped_kind_and_what_both_have_is_its_own(folder: Path) -> None:
    (folder / "kinds" / "redis.yaml").write_text(
        "kind: redis\nabout: Our Redis.\nextends: cache\nparameters:\n"
        "  hit_ratio: {dimension: share, default: 95%, about: As measured., source: May 2026.}\n",
        "utf-8",
    )
    report = report_of(
        "library: kinds/\n"
        "actions: {view: {rate: 100/s, response: 1 kB}}\n"
        "components: {ours: {kind: redis}, theirs: {kind: cache}}\n",
        folder,
    )
    misses = found(report, "ours.misses.reads.average", "theirs.misses.reads.average")
    assert misses == pytest.approx([5, 20])
    assert found(report, "ours.memory") == found(report, "theirs.memory")


def test_a_kind_extends_another_one_beside_it(folder: Path) -> None:
    (folder / "kinds" / "a_small_tape.yaml").write_text(
        "kind: a_small_tape\nabout: A smaller one.\nextends: tape\nparameters:\n"
        "  tape: {dimension: data, default: 6 TB, about: What a tape holds., source: LTO-7.}\n",
        "utf-8",
    )
    report = report_of(VAULT.replace("kind: tape", "kind: a_small_tape"), folder)
    assert found(report, "vault.tapes") == [144]


@pytest.mark.parametrize("extends", ["fleet", "component"])
def test_a_kind_of_a_shipped_ones_name_takes_its_place(extends: str, folder: Path) -> None:
    (folder / "kinds" / "cache.yaml").write_text(
        f"kind: cache\nabout: Ours.\nextends: {extends}\nsource: Ours.\nparameters:\n"
        "  hit_ratio: {dimension: share, default: 60%, about: As measured., source: May 2026.}\n"
        "resources:\n  cores: {demand: 10, capacity: 4, about: A fixed need.}\n"
        "sends:\n  misses: {about: The rest., reads: reads * (1 - hit_ratio)}\n",
        "utf-8",
    )
    scenario = (
        "actions: {view: {rate: 100/s, response: 1 kB}}\ncomponents: {front: {kind: cache}}\n"
    )
    ours = report_of(f"library: kinds/\n{scenario}", folder)
    theirs = report_of(scenario, folder)
    assert found(ours, "front.misses.reads.average") == pytest.approx([40])
    assert found(theirs, "front.misses.reads.average") == pytest.approx([20])
    assert ("front.nodes" in ours.values) == (extends == "fleet")


def test_the_kinds_of_one_scenario_are_not_those_of_another(folder: Path) -> None:
    report_of(VAULT, folder)
    [problem] = wrong(VAULT.removeprefix("library: kinds/\n"), folder)
    assert problem.rule == "E020"


# --- examples -------------------------------------------------------------------------------------


def kind_of(folder: Path) -> KindFile:
    problems = Problems()
    library = Library(catalogues())
    kinds = folder / "kinds"
    library.add(kinds, Disk.around(kinds), Place(Source("s", "x"), 0, 1), problems)
    problems.check()
    kind = library.get("tape")
    assert kind is not None
    return kind


@pytest.mark.parametrize("index", [0, 1])
def test_its_examples_are_scenarios_that_hold(index: int, folder: Path) -> None:
    kind = kind_of(folder)
    source = example_scenario(
        kind, kind.examples[index], library=str(folder / "kinds"), files=Disk.around(folder)
    )
    outcomes = report_of(source.text, folder).expectations
    assert len(outcomes) == len(kind.examples[index].expect)
    assert {outcome.status for outcome in outcomes} == {"pass"}


def test_an_example_that_is_wrong_fails(folder: Path) -> None:
    file = folder / "kinds" / "tape.yaml"
    file.write_text(TAPE.replace("tapes == 50, nodes == 5", "tapes == 50, nodes == 6"), "utf-8")
    kind = kind_of(folder)
    source = example_scenario(
        kind, kind.examples[0], library=str(folder / "kinds"), files=Disk.around(folder)
    )
    statuses = [outcome.status for outcome in report_of(source.text, folder).expectations]
    assert statuses == ["pass", "fail", "pass"]


# --- what is wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "rule", "marked"),
    [
        ("slots: 10, tape: 5 s", "E012", "5 s"),
        ("slots: 10, tape: 5", "E012", "5"),
        ("slots: 10, tape: 101 TB", "E024", "101 TB"),
        ("slots: 10, tape: 0 B", "E024", "0 B"),
        ("slots: -1", "E024", "-1"),
        ("slots: 10, mode: twice", "E022", "twice"),
        ("slots: 10, node: m7g.huge", "E022", "m7g.huge"),
        ("slots: 10, tpae: 5 TB", "E007", "tpae"),
        ("slots: 10, receives: [nothing]", "E021", "nothing"),
        ("tape: 5 TB", "E019", "vault"),
    ],
)
def test_its_parameters_are_checked_at_their_place(
    said: str, rule: str, marked: str, folder: Path
) -> None:
    problem = wrong(VAULT.replace("slots: 10", said), folder)[0]
    assert (problem.rule, pointed_at(problem.place)) == (rule, marked)
    assert problem.place is not None
    assert problem.place.source.name == "scenario.yaml"


@pytest.mark.parametrize(
    ("right", "mistake", "rule", "marked"),
    [
        ("copies / tape)", "copies / tap)", "E014", "tap"),
        ("ceil(stored.retained * copies / tape)", "stored.retained * copies", "E012", None),
        ("copies / tape)", "copies / tape", "E011", "("),
        ("capacity: drive,", "capacity: drive + 1,", "E013", None),
        ("default: 18 TB", "default: 18 s", "E012", "18 s"),
        ("default: 18 TB", "default: 18 TBB", "E016", "TBB"),
        ("default: archive", "default: archives", "E022", "archives"),
        ("dimension: data\n", "dimension: weight\n", "E031", "weight"),
        ("by: mode", "by: tape", "E031", "tape"),
        ("cases: {archive: 1, mirror: 2}", "cases: {archive: 1}", "E031", None),
        ("extends: fleet", "extends: fleets", "E020", "fleets"),
        ("parameters:", "paramters:", "E007", "paramters"),
        ("reads: archived / 1000", "reads: archived / 1000 s", "E012", None),
        ("maximum: 100 TB", "maximum: slots", "E031", "slots"),
        ("kind: tape", "kind: tape\nkind: tape", "E006", None),
    ],
)  # fmt: skip
def test_what_is_wrong_with_it_is_told_in_its_file(
    right: str, mistake: str, rule: str, marked: str | None, folder: Path
) -> None:
    assert right in TAPE
    (folder / "kinds" / "tape.yaml").write_text(TAPE.replace(right, mistake, 1), "utf-8")
    problem = wrong(VAULT, folder)[0]
    assert problem.rule == rule
    places = [problem.place, *(label.place for label in problem.labels)]
    [inside] = [p for p in places if p is not None and p.source.name.endswith("kinds/tape.yaml")][
        :1
    ]
    assert marked is None or pointed_at(inside) == marked


def test_a_kind_that_is_defined_twice_is_refused(folder: Path) -> None:
    (folder / "kinds" / "copy.yaml").write_text(TAPE, "utf-8")
    [problem] = wrong(VAULT, folder)
    assert (problem.rule, problem.message) == ("E031", "the kind `tape` is defined twice")


@pytest.mark.parametrize(
    ("library", "empty"), [("none/", False), ("none.yaml", False), ("e/", True)]
)
def test_a_library_without_kinds_is_told_where_it_is_named(
    library: str, empty: bool, folder: Path
) -> None:
    if empty:
        (folder / library).mkdir()
    problem = wrong(VAULT.replace("kinds/", library), folder)[0]
    assert (problem.rule, pointed_at(problem.place)) == ("E031", library)


def test_a_misspelt_kind_of_ones_own_is_suggested(folder: Path) -> None:
    [problem] = wrong(VAULT.replace("kind: tape", "kind: tap"), folder)
    assert problem.help == "did you mean `tape`?"


def test_a_kind_that_gives_no_service_time_is_named_below_the_latencies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Ask
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ranker.yaml").write_text(
        "kind: ranker\nextends: component\nabout: Ranks.\nsource: Ours.\nparameters:\n"
        "  model_time: {dimension: time, default: 800 ms, about: Time., assumption: A guess.}\n",
        "utf-8",
    )
    scenario = (
        "library: ranker.yaml\nactions: {look: {rate: 100/s, op: read}}\ncomponents:\n"
        "  api: {kind: service, receives: [look]}\n"
        "  ranks: {kind: ranker, receives: [look]}\n"
    )
    silent = ask("run", "-", "--show=latency", given=scenario).out
    assert "without the work of ranks: its kind gives no service_time" in silent
    assert "write `service_time: 5 ms` under ranks" in silent
    assert "without the work of api" not in silent
    told = ask("run", "-", "--show=latency", "--set=ranks.service_time=800 ms", given=scenario).out
    assert "without the work of" not in told


def test_its_examples_are_run_alone_and_shown_with_what_they_give(folder: Path, ask: Ask) -> None:
    code, out, error = ask("kinds", "--library", str(folder / "kinds"), "--test")
    assert (code, error) == (0, "")
    assert re.search(r"^tape +A petabyte on tapes of 20 TB\. +✓ +tapes == 50 +50$", out, re.M)
    assert re.search(
        r"^ +Twice as many where all is kept twice\. +✓ +tapes == 100 +100$", out, re.M
    )
    assert out.splitlines()[-1] == "5 hold"
    assert "database" not in out


def test_an_example_that_does_not_hold_fails_the_test_of_kinds(folder: Path, ask: Ask) -> None:
    kind = folder / "kinds" / "tape.yaml"
    kind.write_text(TAPE.replace("tapes == 100", "tapes == 99"), "utf-8")
    code, out, error = ask("kinds", "--library", str(kind), "--test")
    assert code == 1
    assert re.search(r"✗ fails +tapes == 99 +100$", out, re.M)
    assert out.splitlines()[-1] == "4 hold, 1 does not"
    assert "an example of `tape` does not hold: it is 100" in error


def test_a_kind_that_is_wrong_is_no_failing_example(folder: Path, ask: Ask) -> None:
    kind = folder / "kinds" / "tape.yaml"
    kind.write_text(TAPE.replace("ceil(stored", "ceil(stord"), "utf-8")
    assert ask("kinds", "--library", str(kind), "--test").code == 2


def test_what_it_adds_is_shown_of_its_components_or_what_it_says(folder: Path, ask: Ask) -> None:
    scenario = folder / "vault.yaml"
    scenario.write_text(VAULT, "utf-8")
    out = ask("run", str(scenario), "--show=sizes").out
    assert "archived.peak" in out
    assert "tapes" in out
    kind = folder / "kinds" / "tape.yaml"
    kind.write_text(TAPE.replace("parameters:", "results: [copies]\nparameters:", 1), "utf-8")
    out = ask("run", str(scenario), "--show=sizes").out
    assert "copies" in out
    assert "tapes" not in out


def test_a_result_that_a_kind_does_not_have_is_refused(folder: Path, ask: Ask) -> None:
    kind = folder / "kinds" / "tape.yaml"
    kind.write_text(TAPE.replace("parameters:", "results: [tape_count]\nparameters:", 1), "utf-8")
    code, _, error = ask("kinds", "--library", str(kind))
    assert code == 2
    assert "`tape_count` is no quantity of it" in error


# --- kinds that are taken can be used -------------------------------------------------------------

BOX = """\
kind: {kind}
about: A box.
parameters:
  a: {{about: A number., dimension: count}}
  m: {{about: A machine., catalog: machines, default: {machine}}}
{rest}
"""


def box(rest: str, *, kind: str = "box", machine: str = "m7g.large") -> str:
    return BOX.format(kind=kind, machine=machine, rest=rest)


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        (box("derive: {x: 'if(given(a), 1)'}"), "if(given(a), 1)", "`if` takes 3 arguments, not 2"),
        (box("derive: {x: 'max()'}"), "max()", "`max` takes at least 1 argument, not 0"),
        (box("derive: {x: maxx(a)}"), "maxx", "there is no function `maxx`"),
        (box("", machine="m99.huge"), "m99.huge", "the catalog of machines has no `m99.huge`"),
        (
            box("derive: {x: {formula: '1', only_if: max()}}"),
            "max()",
            "`only_if` asks for what is given",
        ),
        (
            box("for_each_resource: {x.<resource>: {formula: '1', only_if: max()}}"),
            "max()",
            "`only_if` asks for what is given",
        ),
        (
            box("for_each_branch: {x.<branch>: {formula: 1 + 1}}"),
            "1 + 1",
            "only an action has a path, so `x.<branch>` cannot repeat for its parts",
        ),
        (
            box("derive: {x: branches_sd()}"),
            "branches_sd()",
            "only an action has a path, which `branches_sd` needs",
        ),
        (
            "kind: action\nsection: actions\nextends: action\nabout: A.\n"
            "for_each_component: {n.<component>: visit_count(reads)}\n",
            "visit_count(reads)",
            "`visit_count` is for `for_each_component`, as `visit_count(<component>, reads)`",
        ),
        (
            "kind: action\nsection: actions\nextends: action\nabout: A.\n"
            "for_each_component: {number: 'visit_count(<component>, reads)'}\n",
            "visit_count(<component>, reads)",
            "`number` needs `<component>` in it, or all would have one name",
        ),
        (
            box("derive: {x: at_once_mean(receives)}"),
            "at_once_mean(receives)",
            "`at_once_mean` is of a component, as `at_once_mean(reads)`",
        ),
        (
            "kind: action\nsection: actions\nextends: action\nabout: A.\n"
            "derive: {x: at_once_sd(reads)}\n",
            "at_once_sd(reads)",
            "`at_once_sd` is of a component, as `at_once_sd(reads)`",
        ),
        (
            "kind: action\nsection: actions\nabout: A.\n",
            "action",
            "a kind of action extends `action`",
        ),
        (box("", kind="action"), "action", "`action` is a kind for actions, not for components"),
        (
            box("derive: {x: other * 2}"),
            "other",
            "`example` needs `other`, which this scenario does not have",
        ),
    ],
)
def test_a_kind_that_cannot_be_used_is_refused_where_it_is_wrong(
    text: str, where: str, message: str, ask: Ask, tmp_path: Path
) -> None:
    (tmp_path / "box.yaml").write_text(text, "utf-8")
    code, _, error = ask("kinds", "--library", str(tmp_path / "box.yaml"))
    assert code == 2
    first = error.split("\n\n")[0].splitlines()
    assert first[0].endswith(f": {message}")
    line, column = map(int, first[1].rsplit(":", 2)[1:])
    assert text.splitlines()[line - 1][column - 1 :].lstrip("'").startswith(where)


def test_a_kind_that_shipped_formulas_cannot_use_is_refused(ask: Ask, tmp_path: Path) -> None:
    text = "kind: box\nabout: A box.\nextends: fleet\nderive: {nodes: {formula: 1 GB}}\n"
    (tmp_path / "box.yaml").write_text(text, "utf-8")
    code, _, error = ask("kinds", "--library", str(tmp_path / "box.yaml"))
    assert code == 2
    assert "box.yaml:" in error


SHIPPED = [
    tree
    for file in sorted((Path(library.__file__).parent).glob("*.yaml"))
    if (tree := yaml.load(file.read_text("utf-8"), yaml.BaseLoader)).get("section", "components")
    in ("components", "actions")
]
ODD = [
    "max()",
    "if(given(a), 1)",
    "given()",
    "given(x)",
    "any(sum(*))",
    "visits()",
    "visits(receives, reads)",
    "sum(*)",
    "*.x",
    "if(1 > 0, 1, 1 GB)",
    "1",
    "0",
    "-1",
    "1e999",
    "1 GB",
    "m7g.large",
    "cheapest",
    "all",
    "count",
    "share",
    "data/time",
    "x.y",
    "<branch>",
    "<component>.y",
    "| {}",
    "1 to 2",
    "not given(a)",
    "self",
    "sent",
    "peak",
    "m99.huge",
    "machines",
    "branch_chance(<branch>)",
    "",
]


def within(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of all that a tree consists of."""
    yield path
    parts = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, part in parts if isinstance(tree, dict | list) else ():
        yield from within(part, (*path, key))


def changed_kind(chance: random.Random) -> dict[str, Any]:
    """Return a shipped kind with some parts dropped, renamed, swapped, or replaced by odd ones."""
    kind = copy.deepcopy(chance.choice(SHIPPED))
    words = [*ODD, *(t for t in chance.choice(SHIPPED).get("derive", {}).values())]
    for _ in range(chance.choice((1, 1, 2, 4))):
        paths = [*within(kind)][1:]
        *path, last = chance.choice(paths)
        owner: Any = kind
        for key in path:
            owner = owner[key]
        does = chance.random()
        if does < 0.25:
            del owner[last]
        elif does < 0.6 and isinstance(owner[last], str):
            owner[last] = copy.deepcopy(chance.choice(words))
        elif does < 0.8 and isinstance(owner, dict):
            owner[chance.choice(paths)[-1] if does < 0.7 else chance.choice(ODD)] = owner.pop(last)
        else:
            other: Any = kind
            for key in chance.choice(paths):
                other = other[key]
            owner[last] = copy.deepcopy(other)
    kind.pop("abstract", None)
    return kind


def uses(kind: dict[str, Any], chance: random.Random) -> Iterator[dict[str, Any]]:
    """Scenarios with a kind: alone, receiving, with parameters, and several."""
    parameters = kind.get("parameters")
    names = [n for n in parameters if n != "receives"] if isinstance(parameters, dict) else []
    values = ("1", "50%", "1 kB", "2 s", "m7g.large", "100/s", "cheapest")
    given = {n: chance.choice(values) for n in chance.sample(names, min(2, len(names)))}
    receives = {"receives": ["go", "look"]}
    for said in ({}, receives, {**receives, **given}):
        go = {"per_user": "1/day", "payload": "1 kB"}
        look = {"per": {"go": "3"}, "op": "read", "response": "2 kB"}
        other = {"kind": "service", "receives": ["go"]}
        if kind.get("section") == "actions":
            yield {
                "actions": {"go": {**go, **(given if said else {})}, "look": look},
                "components": {"s": other, "d": {"kind": "database"}},
            }
        else:
            one = {"kind": kind.get("kind"), **said}
            parts = {"x": one, "y": one, "s": other} if given and said else {"x": one}
            yield {"actions": {"go": go, "look": look}, "components": parts}


def use(kind: dict[str, Any], chance: random.Random, folder: Path) -> bool:
    """Use a kind in scenarios, if it is taken; and was it?"""
    file = folder / "kind.yaml"
    file.write_text(yaml.safe_dump(kind, allow_unicode=True), "utf-8")
    problems, known = Problems(), Library(catalogues())
    files = Typed(file)
    known.add(file, files, Text.of("--library", str(file)).place, problems)
    check_examples(known.own(), str(file), problems, files)
    check_uses(known.own(), str(file), problems, files)
    for error in problems.errors:
        assert error.place is not None
    if problems.errors:
        return False
    for scenario in uses(kind, chance):
        text = json.dumps({"users": "1M", "library": [str(file)], **scenario})
        try:
            model = build(load_source(Source("s", text), folder, "s"), problems)
            if model is not None:
                evaluate(model, problems)
        except InputError:
            continue
    return True


def test_a_check_that_fails_says_what_to_do_where_the_kind_does(ask: Ask, tmp_path: Path) -> None:
    kind = """\
kind: shelf
about: Keeps boxes.
extends: component
parameters: {boxes: {dimension: count, default: 5, about: What stands on it.}}
checks: [{check: boxes <= 4, message: the shelf is full, help: lower `boxes`}]
"""
    (tmp_path / "shelf.yaml").write_text(kind, "utf-8")
    scenario = tmp_path / "shop.yaml"
    scenario.write_text("library: shelf.yaml\ncomponents: {tall: {kind: shelf}}\n", "utf-8")
    warned = ask("run", str(scenario)).err
    assert "`tall`: the shelf is full" in warned
    assert "= help: lower `boxes`" in warned


@pytest.mark.parametrize(
    ("says", "helps"),
    [
        ("accelerators_per_copy: 1", "raise `accelerators_per_copy`, name a `node`"),
        ("context_tokens: 10M", "or lower `context_tokens`"),
    ],
)
def test_a_model_that_does_not_fit_is_refused_with_what_to_change(
    says: str, helps: str, ask: Ask
) -> None:
    model = f"{{kind: llm, node: H100, prompt_tokens: 100, output_tokens: 100, {says}}}"
    given = f"actions: {{ask: {{rate: 1/s, request: 1 kB}}}}\ncomponents: {{model: {model}}}\n"
    answer = ask("run", "-", given=given)
    assert answer.code == 2
    assert "do not fit into the memory" in answer.err
    assert helps in answer.err


@pytest.mark.slow
@pytest.mark.parametrize(
    "count", [pytest.param(20), pytest.param(400, marks=pytest.mark.slow)], ids=str
)
def test_a_kind_that_is_taken_never_fails_in_use(count: int, tmp_path: Path) -> None:
    taken = [
        use(changed_kind(chance), chance, tmp_path)
        for number in range(count)
        if (chance := random.Random(f"kind {number}"))
    ]
    assert any(taken)
    assert not all(taken)
