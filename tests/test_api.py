"""The package from Python: what it gives, what it raises, and that it keeps to itself."""

from __future__ import annotations

import doctest
import inspect
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import api_page
import pytest
from asking import ROOT, SHIPPED

import estimator

SHOP = """\
name: Shop
users: 1M
actions:
  visit: {per_user: 10/day, payload: 2 kB}
components:
  web: {kind: service, receives: [visit]}
expect:
  - servers <= 100
variants:
  busy: {users: 40M}
"""


@pytest.fixture
def shop() -> estimator.Scenario:
    return estimator.load(text=SHOP, name="shop")


def writes(found: estimator.Estimate) -> float:
    return found.report.values["visit.writes.average"].value


def test_a_scenario_is_loaded_from_a_file_or_a_text(
    tmp_path: Path, shop: estimator.Scenario
) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP, "utf-8")
    expected = pytest.approx(10e6 / 86_400)
    assert writes(estimator.estimate(shop)) == expected
    for given in (file, str(file), estimator.load(file)):
        found = estimator.estimate(given)
        assert writes(found) == expected
        assert (found.report.name, found.report.file) == ("Shop", str(file))


def test_a_scenario_is_either_a_file_or_a_text() -> None:
    for arguments in ({}, {"path": "a.yaml", "text": "users: 1"}):
        with pytest.raises(TypeError, match="either a path or a text"):
            estimator.load(**arguments)  # type: ignore[arg-type]


def test_overrides_and_variants_replace_what_a_scenario_says(shop: estimator.Scenario) -> None:
    plain = writes(estimator.estimate(shop))
    assert writes(estimator.estimate(shop, overrides={"users": "3M"})) == pytest.approx(3 * plain)
    assert writes(estimator.estimate(shop, variant="busy")) == pytest.approx(40 * plain)
    both = estimator.estimate(shop, variant="busy", overrides={"users": "2M"})
    assert writes(both) == pytest.approx(2 * plain)
    assert writes(estimator.estimate(shop)) == plain, "the scenario itself stays as it is"


def test_overrides_may_be_numbers_of_python(shop: estimator.Scenario) -> None:
    plain = writes(estimator.estimate(shop, overrides={"users": "3M"}))
    for users in (3_000_000, 3e6):
        assert writes(estimator.estimate(shop, overrides={"users": users})) == plain
    tiny = estimator.estimate("scenarios/twitter.yaml", overrides={"images.hit_ratio": 1e-7})
    assert tiny["images.hit_ratio"].value == 1e-7
    text = "{actions: {a1: {rate: 1/s, payload: 1 kB, encoding: avro, schema_registry: no}}}"
    coded = estimator.load(text=text)
    sizes = [
        estimator.estimate(coded, overrides={"a1.schema_registry": said})["a1.encoded"].value
        for said in (True, False)
    ]
    assert sizes[0] - sizes[1] == 5
    with pytest.raises(TypeError, match="no list"):
        estimator.estimate(shop, overrides={"users": [1]})  # type: ignore[dict-item]


def test_counts_that_are_none_are_refused(shop: estimator.Scenario) -> None:
    calls: list[tuple[str, Callable[[], object]]] = [
        ("samples", lambda: estimator.estimate(shop, samples=0)),
        ("samples", lambda: estimator.compare(shop, samples=-1)),
        ("samples", lambda: estimator.check(shop, samples=0)),
        ("steps", lambda: estimator.sweep(shop, "users=1M..2M", steps=0)),
        ("months", lambda: estimator.forecast(shop, months=-1)),
    ]
    for name, call in calls:
        with pytest.raises(estimator.InputError, match=f"`{name}` is at least 1"):
            call()


def test_what_is_no_scenario_is_refused(shop: estimator.Scenario) -> None:
    for wrong in (None, estimator.estimate(shop)):
        with pytest.raises(TypeError, match=r"what estimator\.load\(\) returns"):
            estimator.estimate(wrong)  # type: ignore[arg-type]


def test_a_console_shows_a_scenario_and_a_check_in_a_line(shop: estimator.Scenario) -> None:
    assert repr(shop) == "<Scenario 'shop' of shop>"
    assert repr(estimator.check(shop)) == "<Checked 'Shop': holds>"


def test_a_console_completes_the_public_names() -> None:
    code = "import estimator; assert {*estimator.__all__} <= {*dir(estimator)}"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_samples_and_seed_choose_what_ranges_come_to(shop: estimator.Scenario) -> None:
    def spread(**said: Any) -> tuple[float, ...]:
        overrides = {"users": "1M to 4M"}
        found = estimator.estimate(
            shop, overrides=overrides, samples=2_000, spreads=True, **said
        ).report
        assert found.uncertainty is not None
        assert found.uncertainty.draws == 2_000
        return found.uncertainty.spreads["visit.writes.average"].percentiles

    assert spread(seed=5) == spread(seed=5)
    assert spread(seed=5) != spread(seed=6)


def test_what_is_wrong_is_raised_with_every_diagnostic() -> None:
    with pytest.raises(estimator.InputError) as caught:
        estimator.load(text="- users: 5\n", name="shop")
    assert [found.rule for found in caught.value.diagnostics] == ["E005"]
    wrong = estimator.load(text="derive: {one: gone * 2, two: lost + 1}\n", name="shop")
    with pytest.raises(estimator.InputError) as caught:
        estimator.estimate(wrong)
    assert [(d.rule, d.place and d.place.line) for d in caught.value.diagnostics] == [
        ("E014", 1),
        ("E014", 1),
    ]
    with pytest.raises(estimator.InputError, match="there is no file"):
        estimator.estimate("nothing.yaml")


def test_what_to_be_warned_of_comes_with_the_estimate(shop: estimator.Scenario) -> None:
    calm = estimator.estimate(shop, drivers=["servers"])
    assert [d.rule for d in calm.diagnostics] == ["W107"]


def test_a_check_gives_what_is_wrong_as_values(shop: estimator.Scenario, tmp_path: Path) -> None:
    good = estimator.check(shop)
    assert (good.outcome, [v.outcome.status for v in good.verdicts]) == ("holds", ["pass"])
    assert good.verdicts[0].until_when.startswith("holds until")
    failing = estimator.check(shop, overrides={"users": "40B"})
    assert failing.outcome == "fails"
    assert [found.rule for found in failing.found] == ["F001"]
    assert estimator.check(tmp_path / "nothing.yaml").outcome == "wrong"
    (tmp_path / "wrong.yaml").write_text("derive: {one: gone}\n", "utf-8")
    assert [d.rule for d in estimator.check(tmp_path / "wrong.yaml").found] == ["E014"]


def test_an_explanation_goes_down_to_the_inputs(shop: estimator.Scenario) -> None:
    found = estimator.estimate(shop)
    (first, *rest) = estimator.explain(found, ["visit.writes.average"]).derivations
    assert first.name == "visit.writes.average"
    assert "users" in {derivation.name for derivation in rest}
    (alone,) = estimator.explain(found, ["visit.writes.average"], depth=0).derivations
    assert alone == first
    assert "servers" in {d.name for d in estimator.explain(found, depth=0).derivations}
    with pytest.raises(estimator.InputError, match="nothing named `visit`"):
        estimator.explain(found, ["visit"])


def test_a_difference_says_what_changed_what_comes_of_it_and_why(shop: estimator.Scenario) -> None:
    more = estimator.load(text=SHOP.replace("users: 1M", "users: 30M"), name="shop")
    found = estimator.diff(shop, more)
    assert [(c.name, c.before, c.after) for c in found.inputs] == [("users", "1M", "30M")]
    assert "servers" in {change.name for change in found.comparison.quantities}
    assert {reason.measure for reason in found.reasons} >= {"servers"}
    assert estimator.diff(shop, shop).comparison.quantities == ()


def answers(scenario: Path) -> str:
    """Return all that is said of a scenario; as text, since no two sources are equal."""
    found = estimator.estimate(scenario, samples=1_000)
    checked = estimator.check(scenario, samples=1_000)
    explained = estimator.explain(found)
    values = [(v.name, repr(v.value), v.text) for v in found.report.values.values()]
    return repr((values, found.diagnostics, checked.verdicts, checked.found, explained))


@pytest.mark.slow
def test_eight_threads_get_the_answers_that_one_gets() -> None:
    files = [file for file in SHIPPED if file.stem != "estimator"]
    expected = [answers(file) for file in files]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(2):
            assert list(pool.map(answers, files)) == expected


def run(*lines: str) -> str:
    """Return what a program prints that is a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


def test_threads_that_are_the_first_to_load_the_program_get_the_same() -> None:
    """Nothing is loaded and nothing cached yet, so that all of them begin at once."""
    expected = estimator.estimate(ROOT / "scenarios" / "twitter.yaml").report.values["servers"].text
    call = "lambda _: e.estimate('scenarios/twitter.yaml').report.values['servers'].text"
    assert (
        run(
            "from concurrent.futures import ThreadPoolExecutor",
            "import estimator as e",
            f"print(set(ThreadPoolExecutor(8).map({call}, range(8))))",
        )
        == f"{{'{expected}'}}\n"
    )


def test_importing_the_package_loads_nothing_and_prints_nothing() -> None:
    loaded = run(
        "import sys",
        "before = set(sys.modules)",
        "import estimator",
        "print(sorted(set(sys.modules) - before))",
    )
    assert loaded == "['estimator', 'estimator.version']\n"


def test_every_public_name_is_there_and_no_other() -> None:
    assert (
        run(
            "import estimator, estimator.checks.check_run, estimator.cli.app",
            "print([n for n in estimator.__all__ if not getattr(estimator, n)])",
            "print(callable(estimator.check), callable(estimator.diff))",
        )
        == "[]\nTrue True\n"
    )
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = estimator.nothing  # type: ignore[attr-defined]


@pytest.mark.slow
def test_a_users_program_is_typed(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import estimator\n"
        "found: estimator.Estimate = estimator.estimate('a.yaml', overrides={'users': '1M'})\n"
        "reveal_type(found.report.values['servers'].value)\n"
        "reveal_type(estimator.check('a.yaml').outcome)\n"
        "reveal_type(estimator.explain(found).derivations[0].steps)\n"
        "reveal_type(estimator.diff('a.yaml', 'b.yaml').inputs[0].name)\n"
        "reveal_type(found['servers'].to('1/day'))\n"
        "reveal_type(estimator.compare('a.yaml').cheapest)\n"
        "estimator.compare(['a.yaml', ('b.yaml', 'push')]).to_pandas()\n"
        "found['servers'].pint().to('1/day')\n"
        "found.to_polars().height\n"
        "estimator.nothing\n"
        "estimator.estimate('a.yaml', sampels=5)\n",
        "utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", "", str(program)],
        cwd=ROOT, capture_output=True, text=True, check=False, env=None,
    )  # fmt: skip
    found = done.stdout
    assert [line.rpartition('is "')[2] for line in found.splitlines() if "Revealed" in line] == [
        'float"', 'str"', 'tuple[str, ...]"', 'str"', 'float"', 'int | None"',
    ]  # fmt: skip
    assert '"nothing"' in found
    assert "sampels" in found
    assert "Found 2 errors" in found


# --- quantities -----------------------------------------------------------------------------------


def test_a_quantity_is_had_in_any_unit_of_its_dimension(shop: estimator.Scenario) -> None:
    found = estimator.estimate(shop)
    visits = found["visit.writes.average"]
    for unit in ("1/day", "requests/day", "visits/day"):
        assert visits.to(unit) == pytest.approx(10e6)
    assert found["ingress.average"].to("kbps") == pytest.approx(10e6 / 86_400 * 2 * 8)
    assert found["cost.per_month"].to("$") == found["cost.per_month"].to("100 cents")
    assert found["web.target_utilization"].to("%") == pytest.approx(
        100 * float(found["web.target_utilization"])
    )
    assert (str(visits), repr(visits)) == ("116/s", "<visit.writes.average = 116/s>")


def test_units_are_as_long_as_the_conventions_of_the_file_say() -> None:
    text = "{users: 1M, conventions: {day: 100k s}, actions: {visit: {per_user: 10/day}}}"
    visits = estimator.estimate(estimator.load(text=text))["visit.writes.average"]
    assert visits.to("1/day") == pytest.approx(10e6)
    assert visits.pint().to("1/day").magnitude == pytest.approx(10e6)
    assert visits.value == pytest.approx(100)


@pytest.mark.parametrize(
    ("unit", "rule", "words"),
    [
        ("GB", "E013", "cannot be shown in a unit of data"),
        ("1/dya", "E016", "there is no unit `dya`"),
        ("5 + 3", "E013", "is not a unit"),
        ("1/0", "E013", "is not a unit"),
        ("-1/s", "E013", "is not a unit"),
        ("1/s to 2/s", "E013", "is not a unit"),
        ("", "E011", "there is no formula"),
        ("(" * 9_999, "E027", "characters"),
    ],
)
def test_what_is_no_unit_of_a_quantity_is_refused(
    shop: estimator.Scenario, unit: str, rule: str, words: str
) -> None:
    visits = estimator.estimate(shop)["visit.writes.average"]
    with pytest.raises(estimator.InputError, match=words) as caught:
        visits.to(unit)
    assert [d.rule for d in caught.value.diagnostics] == [rule]


def test_a_quantity_of_pint_has_the_units_of_the_project(shop: estimator.Scenario) -> None:
    found = estimator.estimate(shop)
    product = found["visit.writes.average"].pint() * found["visit.payload"].pint()
    assert product.to("MB/s").magnitude == pytest.approx(10e6 / 86_400 * 2e3 / 1e6)
    assert str(found["cost.per_month"].pint().units) == "USD"
    assert found["servers"].pint().dimensionless


def test_an_estimate_is_a_mapping_from_names_to_quantities(shop: estimator.Scenario) -> None:
    found = estimator.estimate(shop)
    assert list(found) == list(found.report.values)
    assert found["servers"] == dict(found)["servers"]
    assert "servers" in found
    assert found.get("nothing") is None
    assert "servers" in found._ipython_key_completions_()
    assert len(repr(found)) < 100
    assert len(repr(found.report)) < 100


def test_a_wrong_name_says_which_is_meant(shop: estimator.Scenario) -> None:
    found = estimator.estimate(shop)
    with pytest.raises(KeyError, match="did you mean `servers`") as caught:
        _ = found["sarvers"]
    assert isinstance(caught.value, estimator.InputError)
    with pytest.raises(estimator.UnknownNameError, match=r"whole name: .*visit\.writes"):
        _ = found["visit"]
    unknown = estimator.estimate(estimator.load(text="{inputs: {a: '?'}, derive: {twice: a * 2}}"))
    with pytest.raises(KeyError, match="follows from `a`"):
        _ = unknown["twice"]


def test_a_quantity_is_not_computed_with_by_mistake(shop: estimator.Scenario) -> None:
    servers: Any = estimator.estimate(shop)["servers"]
    calls: list[Callable[[], object]] = [
        lambda: servers * 2,
        lambda: 2 * servers,
        lambda: servers + servers,
        lambda: servers < 3,
        lambda: max(servers, servers),
    ]
    for call in calls:
        with pytest.raises(TypeError, match="servers is a quantity: compute with"):
            call()
    assert f"{servers:>6}" == f"{servers.text:>6}"
    assert f"{float(servers):.1f}" == f"{servers.value:.1f}"


def test_an_error_names_the_line_and_what_to_write() -> None:
    text = "users: 1M\nactions:\n  visit: {per_user: 10 kilo/day}\n  look: {per_usr: 1/day}\n"
    with pytest.raises(estimator.InputError) as caught:
        estimator.estimate(estimator.load(text=text, name="shop.yaml"))
    said = str(caught.value)
    assert "shop.yaml:3: there is no unit `kilo`" in said or "shop.yaml:3: `kilo`" in said
    assert "shop.yaml:4: " in said
    assert "did you mean `per_user`" in said or "write `per_user`" in said
    with pytest.raises(estimator.InputError) as caught:
        estimator.estimate(estimator.load(text="{users: 1M}"), overrides={"users": "1 kilo"})
    assert not str(caught.value).startswith("overrides")


def test_a_unit_of_another_dimension_leads_to_one_that_fits(shop: estimator.Scenario) -> None:
    found = estimator.estimate(shop)
    with pytest.raises(estimator.InputError, match="write a unit such as `USD`"):
        found["cost.per_month"].to("$/month")
    with pytest.raises(estimator.InputError, match="write a unit such as `1/s`"):
        found["visit.writes.average"].to("GB")


def test_a_wrong_call_says_what_is_wrong_with_it(shop: estimator.Scenario) -> None:
    ranged = estimator.load(text=SHOP.replace("1M", "1M to 2M"))
    calls: list[tuple[str, Callable[[], object]]] = [
        ("nothing named `sarvers`", lambda: estimator.estimate(ranged, drivers="sarvers")),
        ("nothing named `sarvers`", lambda: estimator.estimate(ranged, sobol="sarvers")),
        ("nothing named `sarvers`", lambda: estimator.estimate(ranged, tornado="sarvers")),
        ("no designs", lambda: estimator.compare([])),
        ("only one design", lambda: estimator.compare([shop])),
        ("exclude each other", lambda: estimator.forecast(shop, months=3, until="2099-01")),
        ("no finite number", lambda: estimator.estimate(shop, overrides={"users": float("nan")})),
        ("no finite number", lambda: estimator.estimate(shop, overrides={"users": float("inf")})),
    ]
    for words, call in calls:
        with pytest.raises(estimator.InputError, match=words):
            call()
    with pytest.raises(TypeError, match="formulas by name, and no list"):
        estimator.estimate(shop, overrides=["users=1M"])  # type: ignore[arg-type]


# --- tables and notebooks -------------------------------------------------------------------------


def tables(shop: estimator.Scenario) -> dict[str, Any]:
    found = estimator.estimate(shop, overrides={"users": "1M to 2M"}, samples=1_000)
    growth = {"traffic.growth": "5%/month"}
    return {
        "estimate": found,
        "explanation": estimator.explain(found, "servers", depth=1),
        "designs": estimator.compare(shop),
        "difference": estimator.diff(shop, estimator.load(text=SHOP.replace("1M", "2M"))),
        "sweep": estimator.sweep(shop, ["users=1M..4M", "web.node=m7g.large,m7g.xlarge"], steps=2),
        "ranged sweep": estimator.sweep(
            shop, "users=1M..4M", steps=2, overrides={"visit.per_user": "5 to 20 /day"}
        ),
        "grid": estimator.sweep(shop, "users=1M..4M", steps=10_001, may_be_grid=True),
        "forecast": estimator.forecast(shop, start="2027-01-01", months=2, overrides=growth),
        "solution": estimator.solve(shop, "users", "servers <= 10"),
    }


def test_every_table_is_the_same_as_records_and_in_pandas_and_polars(
    shop: estimator.Scenario,
) -> None:
    for name, found in tables(shop).items():
        records = found.records()
        frame, other = found.to_pandas(), found.to_polars()
        assert records, name
        assert list(frame.columns) == other.columns == list(records[0]), name
        assert len(frame) == other.height == len(records), name
        if name != "grid":
            assert other.to_dicts() == records, name


def test_the_columns_of_a_table_have_what_the_command_line_prints(
    shop: estimator.Scenario,
) -> None:
    made = tables(shop)
    frame = made["estimate"].to_pandas().set_index("name")
    assert frame.loc["servers", "p5"] <= frame.loc["servers", "value"]
    assert frame.loc["visit.payload", "formula"] == "2 kB"
    sweep = made["sweep"].to_pandas()
    assert sorted(sweep["web.node"]) == ["m7g.large"] * 2 + ["m7g.xlarge"] * 2
    assert "servers.p95" in made["ranged sweep"].columns()
    assert str(made["forecast"].to_pandas()["date"].dtype).startswith("datetime64")
    assert set(made["designs"].columns()["design"]) == {"base", "busy"}
    assert made["solution"].records()[1]["limit"] <= 10


HOSTILE = """\
name: "<script>alert(1)</script> | `x` \\u202e"
users: 1M
actions: {visit: {per_user: 10/day}}
about: x
expect: ["users < 1"]  # fails, and so is shown
"""


def test_notebooks_show_text_as_text(shop: estimator.Scenario) -> None:
    for name, found in tables(shop).items():
        assert found._repr_html_().startswith("<table>"), name
        assert found._mime_() == ("text/html", found._repr_html_())
        assert found._repr_markdown_().count("\n| ") >= 2, name
        assert len(repr(found)) < 200, name
    hostile = estimator.estimate(estimator.load(text=HOSTILE))
    assert "<script" not in hostile._repr_html_() + hostile._repr_markdown_()
    assert "fail: users &lt; 1" in hostile._repr_html_()
    assert "\u202e" not in hostile._repr_html_() + hostile._repr_markdown_()
    assert r"\| \`x\`" in hostile._repr_markdown_()


def test_long_tables_are_cut_for_notebooks(shop: estimator.Scenario) -> None:
    found = estimator.sweep(shop, "users=1M..4M", steps=100)
    assert found._repr_html_().count("<tr>") == 61
    assert "and 40 more rows" in found._repr_html_()


def test_data_frames_are_not_needed_and_not_loaded() -> None:
    assert (
        run(
            "import sys",
            "sys.modules['pandas'] = sys.modules['polars'] = None",
            "import estimator",
            "found = estimator.estimate('scenarios/search.yaml')",
            "found.records(), found._repr_html_()",
            "try:",
            "    found.to_pandas()",
            "except ImportError as error:",
            "    print(error)",
        )
        == "import of pandas halted; None in sys.modules\n"
    )


def test_names_may_stand_alone_where_there_may_be_several(shop: estimator.Scenario) -> None:
    found = estimator.estimate(shop)
    assert estimator.explain(found, "servers") == estimator.explain(found, ["servers"])
    one, same = (estimator.sweep(shop, over, show="servers") for over in ("users=1M", ["users=1M"]))
    assert one == same
    pairs: list[Any] = [(shop, "base"), (shop, "busy")]
    assert estimator.compare(shop).records() == estimator.compare(pairs).records()


# --- what is documented ---------------------------------------------------------------------------


def test_every_public_name_and_every_method_is_documented() -> None:
    for name, what in api_page.public().items():
        assert inspect.getdoc(what), name
        if inspect.isclass(what):
            for method, member in api_page.methods(what):
                assert inspect.getdoc(member), f"{name}.{method}"
        else:
            text = inspect.getdoc(what) or ""
            assert ">>>" in text, f"{name} has an example"
            assert [p for p in inspect.signature(what).parameters if f"    {p}: " not in text] == []


def test_the_examples_of_docstrings_and_of_the_page_are_what_python_prints(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    finder, found = doctest.DocTestFinder(), []
    for name, what in api_page.public().items():
        found += finder.find(what, name, globs={})
    page = (ROOT / "docs" / "api.md").read_text("utf-8").partition("## Reference")[0]
    page = page.replace("```", "")
    found.append(doctest.DocTestParser().get_doctest(page, {}, "docs/api.md", None, 0))
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
    said: list[str] = []
    for test in found:
        runner.run(test, out=said.append)
    assert said == []
    assert runner.summarize(verbose=False).attempted > 40
