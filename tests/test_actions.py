"""Actions by the bytes they carry, by their peak, and with what is there from the start."""

from __future__ import annotations

from pathlib import Path

import pytest
from asking import ROOT, Ask, estimated, values_of
from hypothesis import given, settings
from hypothesis import strategies as st

from estimator.diagnostics import Diagnostic, InputError


def action(said: str, more: str = "") -> dict[str, float]:
    """Return the values of a scenario with one action and a database."""
    return values_of(_with(said, more))


def _with(said: str, more: str = "") -> str:
    components = "components: {db: {kind: database, receives: [save]}}\n"
    return f"users: 1M\nactions:\n  save: {{{said}}}\n{components}{more}"


def wrong(said: str, more: str = "") -> Diagnostic:
    with pytest.raises(InputError) as caught:
        estimated(_with(said) + more)
    (found,) = caught.value.diagnostics
    return found


# --- volume ---------------------------------------------------------------------------------------


@given(st.integers(1, 10**6), st.integers(1, 10**6))
@settings(max_examples=8, deadline=None)
def test_a_volume_is_as_many_events_as_its_payload_goes_into_it(volume: int, size: int) -> None:
    by_volume = action(f"volume: {volume} MB/h, payload: {size} B")
    by_rate = action(f"rate: {volume} * 1e6 / {size} / 3600 * 1/s, payload: {size} B")
    for name in ("requests.peak", "ingress.average", "stored.per_day", "db.storage.retained"):
        assert by_volume[name] == pytest.approx(by_rate[name], rel=1e-12)


def test_without_a_size_events_are_assumed_to_have_a_kilobyte_and_the_bytes_are_exact(
    ask: Ask,
) -> None:
    found = action("volume: 200 MiB/h")
    assert found["save.ingress.average"] == pytest.approx(200 * 2**20 / 3600)
    assert found["save.stored.per_day"] == pytest.approx(24 * 200 * 2**20)
    assert found["save.writes.average"] == pytest.approx(200 * 2**20 / 3600 / 1000)
    shown = ask("run", "-", "--show", "assumptions", given=_with("volume: 200 MiB/h")).out
    assert "save.payload" in shown


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("volume: 1 MB/s, request: 500 B", "ingress"),
        ("volume: 1 MB/s, payload: 500 B, read_write_ratio: 10", "ingress"),
        ("volume: 1 MB/s, stored: 500 B", "ingress"),
        ("volume: 1 MB/s, response: 2 MB, read_write_ratio: 10", "ingress"),
        ("volume: 1 MB/s, response: 500 B", "egress"),
        ("volume: 1 MB/s, payload: 500 B, op: read", "egress"),
    ],
)
def test_a_volume_is_what_the_side_that_is_counted_carries(said: str, name: str) -> None:
    assert action(said)[f"save.{name}.average"] == pytest.approx(1e6)


def test_a_volume_of_events_without_a_size_says_what_to_give() -> None:
    found = wrong("volume: 1 MB/s, payload: 0 B")
    assert "its events have no size" in found.message
    assert found.help == "give `payload`, the bytes of one event"


def test_a_volume_excludes_what_else_says_how_often() -> None:
    found = wrong("volume: 1 MB/s, rate: 5/s")
    assert found.rule == "E019"
    assert "`rate` and `volume`" in found.message


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("rate: 200 MiB/h", "write `volume: 200 MiB/h`"),
        ("volume: 3k/s", "write `per_user: 3k/s` or `rate: 3k/s`"),
        ("rate: 30 s", "write `every: 30 s`"),
    ],
)
def test_what_says_how_often_otherwise_is_led_to_the_parameter_that_takes_it(
    said: str, meant: str
) -> None:
    assert wrong(said).help == meant


# --- stored ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "share"),
    [("15%", 0.15), ("1:8", 1 / 8), ("0.5", 0.5), ("0", 0), ("150%", 1.5), ("kept", 0.2)],
)
def test_what_is_stored_may_be_a_share_of_the_payload(said: str, share: float) -> None:
    found = action(f"rate: 1/s, payload: 2 kB, stored: {said}", "inputs: {kept: 20%}\n")
    assert found["save.stored"] == pytest.approx(2000 * share)


def test_a_share_of_what_is_stored_may_be_a_range() -> None:
    ends = "derive: {low: p5(save.stored), high: p95(save.stored)}\n"
    found = action("rate: 1/s, payload: 1 kB, stored: 10% to 40%", ends)
    assert found["low"] == pytest.approx(100, rel=1e-3)
    assert found["high"] == pytest.approx(400, rel=1e-3)


def test_a_share_of_a_volume_takes_no_size_of_events() -> None:
    found = action("volume: 200 GB/day, stored: 15%, retention: 10 days")
    assert found["save.stored.retained"] == pytest.approx(300e9)


def test_what_a_request_and_a_response_carry_may_be_a_share_of_the_payload() -> None:
    found = action("rate: 1/s, payload: 2 kB, request: 60%, response: 25%, read_write_ratio: 10")
    assert found["save.ingress.average"] == pytest.approx(1200)
    assert found["save.egress.average"] == pytest.approx(10 * 500)


@pytest.mark.parametrize("said", ["response: 30%", "request: 1 kB, stored: 1:8", "stored: kept"])
def test_a_share_of_a_payload_that_is_not_given_is_refused(said: str) -> None:
    found = wrong(f"rate: 1/s, {said}", "inputs: {kept: 20%}\n")
    assert found.rule == "E019"
    assert "is a share of `save.payload`, which is not given" in found.message
    assert "give `payload`" in (found.help or "")


@pytest.mark.parametrize("said", ["200", "1", "2 * 100"])
def test_a_size_without_a_unit_is_no_share(said: str) -> None:
    found = wrong(f"rate: 1/s, payload: 2 kB, stored: {said}")
    assert found.rule == "E012"
    assert "should be data" in found.message


def test_a_variant_and_an_override_may_give_a_share_too(ask: Ask) -> None:
    given = _with("rate: 1/s, payload: 1 kB")
    assert values_of(given, **{"save.stored": "10%"})["save.stored"] == 100
    variant = f"{given}variants: {{packed: {{save.stored: 25%}}}}\n"
    assert ask("run", "-", given=variant).code == 0
    report = estimated(variant, variant="packed")
    assert report.values["save.stored"].value == 250


# --- peak -----------------------------------------------------------------------------------------


def test_the_ratio_of_the_peak_to_the_average_follows_from_the_peak() -> None:
    found = action("rate: 10k/s, peak: 40k/s, read_write_ratio: 10")
    assert found["save.peak_to_average"] == 4
    assert found["save.writes.peak"] == 40_000
    assert found["save.reads.peak"] == 400_000
    same = action("rate: 10k/s, peak_to_average: 4, read_write_ratio: 10")
    assert all(found[name] == value for name, value in same.items())


def test_a_peak_stands_above_that_of_all_traffic() -> None:
    assert action("rate: 1/s, peak: 5/s", "traffic: {peak_to_average: 3}\n")["writes.peak"] == 5


def test_what_seldom_happens_may_have_a_peak() -> None:
    assert action("rate: 0/s, peak: 5/s")["writes.peak"] == 5


def test_a_peak_below_the_average_is_refused_with_both() -> None:
    found = wrong("rate: 100/s, peak: 50/s")
    assert found.rule == "E024"
    assert "the peak is below the average: 50/s is less than 100/s" in found.message
    assert found.help is not None


def test_a_peak_below_the_average_is_refused_where_the_peak_is_written() -> None:
    found = wrong("per_user: 200/day, peak: 2k/s")
    assert "2k/s is less than 2.31k/s" in found.message
    assert found.place is not None
    text, start = found.place.source.text, found.place.start
    assert text[start:].startswith("2k/s")


def test_a_peak_and_a_ratio_exclude_each_other_but_one_may_take_the_others_place() -> None:
    assert wrong("rate: 1/s, peak: 5/s, peak_to_average: 3").rule == "E019"
    given = _with("rate: 1/s, peak_to_average: 3")
    assert values_of(given, **{"save.peak": "5/s"})["writes.peak"] == 5
    report = estimated(f"{given}variants: {{busy: {{save: {{peak: 7/s}}}}}}\n", variant="busy")
    assert report.number("writes.peak") == 7
    back = values_of(_with("rate: 1/s, peak: 5/s"), **{"save.peak_to_average": "3"})
    assert back["writes.peak"] == 3


# --- what is there from the start -----------------------------------------------------------------


@given(st.integers(0, 10**9), st.integers(1, 10**6), st.integers(1, 2000))
@settings(max_examples=8, deadline=None)
def test_what_is_there_from_the_start_is_on_top_of_what_is_written(
    items: int, size: int, days: int
) -> None:
    said = f"rate: 5/s, payload: {size} B, retention: {days} days"
    without, with_it = action(said), action(f"{said}, initial: {items + 1}")
    more = (items + 1) * size
    for name in ("save.stored.retained", "stored.retained", "db.stored.retained"):
        assert with_it[name] == pytest.approx(without[name] + more)
    copies = 3 * 1.3  # replicas, and an index
    more_to_provide = with_it["storage.retained"] - without["storage.retained"]
    assert more_to_provide == pytest.approx(copies * more, rel=1e-6)
    assert with_it["cost.per_month"] >= without["cost.per_month"]
    assert with_it["storage.per_day"] == without["storage.per_day"]


def test_it_counts_after_30_days_and_when_full_and_in_cost(ask: Ask) -> None:
    given = _with("rate: 5/s, payload: 1 kB, retention: 1 year, initial: 3 PB")
    answer = ask("run", "-", "--show", "growth", "--format", "json", given=given).scenario
    quantities = answer["quantities"]
    assert quantities["db.storage.retained"]["value"] > 3 * 1.3 * 3e15
    shown = ask("run", "-", "--show", "growth", given=given).out
    (provisioned,) = [line for line in shown.splitlines() if line.startswith("db, provisioned")]
    assert provisioned.split()[2:] == ["11.7", "PB", "11.7", "PB"]
    assert quantities["cost.storage.per_month"]["value"] > 1e6


@pytest.mark.parametrize(
    ("initial", "derive", "amount"),
    [
        ("3 PB", "", 3e15),
        ("500M", "", 500e6 * 200),
        ("2 * 250M", "", 500e6 * 200),
        ("backlog", "derive: {backlog: 3 PB}\n", 3e15),
        ("2 * backlog", "derive: {backlog: half * 2, half: 1M}\n", 4e6 * 200),
        ("users * 10", "", 1e7 * 200),
        ("users * 10 kB", "", 1e10),
        ("save.payload * 7", "", 1400.0),
    ],
)
def test_it_is_an_amount_or_a_number_of_items(initial: str, derive: str, amount: float) -> None:
    found = action(f"rate: 5/s, payload: 200 B, initial: {initial}", derive)
    assert found["save.initial"] == pytest.approx(amount)


def test_a_range_of_items_is_as_wide_as_the_items() -> None:
    report = estimated(_with("rate: 5/s, payload: 200 B, initial: 400M to 600M"))
    assert report.uncertainty is not None
    spread = report.uncertainty.spreads["storage.retained"]
    written = report.number("save.stored.retained") - report.number("save.initial")
    provisioned = report.number("storage.retained") / report.number("save.stored.retained")
    low, _, high = ((value / provisioned - written) / 200 for value in spread.percentiles)
    assert (low, high) == pytest.approx((400e6, 600e6), rel=1e-3)


def test_of_large_items_an_object_store_keeps_the_bytes_and_a_database_rows() -> None:
    found = values_of(
        "actions:\n  save: {rate: 1/day, payload: 2 MB, initial: 500M, retention: 1 day}\n"
        "components:\n  files: {kind: object_store}\n  db: {kind: database}\n"
    )
    assert found["files.stored.retained"] == pytest.approx(500e6 * 2e6, rel=1e-6)
    assert found["db.stored.retained"] == pytest.approx(500e6 * 1e3, rel=1e-6)


def test_what_is_only_read_may_be_there_from_the_start(ask: Ask) -> None:
    said = "actions:\n  view: {rate: 1k/s, response: 2 MB, initial: 3 PB}\n"
    answer = ask("run", "-", given=f"{said}components: {{files: {{kind: object_store}}}}\n")
    assert "Data          3 PB" in answer.out
    assert answer.err == ""


@pytest.mark.parametrize(
    ("initial", "rule", "told"),
    [
        ("3B", "E017", "write `3 bytes` or `3 billion`"),
        ("5 years", "E012", None),
        ("nothing_such", "E014", None),
    ],
)
def test_what_is_neither_is_told(initial: str, rule: str, told: str | None) -> None:
    found = wrong(f"rate: 5/s, initial: {initial}")
    assert found.rule == rule
    assert told is None or found.help == told


def test_items_without_a_size_are_warned_of(ask: Ask) -> None:
    answer = ask("run", "-", given=_with("rate: 5/s, stored: 0 B, initial: 500M"))
    assert "what is there from the start has no size" in answer.err
    assert "`initial` as an amount" in answer.err


def test_a_variant_and_set_may_say_either_in_the_place_of_the_other() -> None:
    given = _with("rate: 5/s, payload: 200 B, initial: 3 PB")
    assert values_of(given, **{"save.initial": "1M"})["save.initial"] == 200e6
    more = "variants: {a: {save.initial: 1M}, b: {save: {initial: 1 TB}}}\n"
    assert estimated(given + more, variant="a").number("save.initial") == 200e6
    assert estimated(given + more, variant="b").number("save.initial") == 1e12
    assert estimated(given + more).number("save.initial") == 3e15


def test_nothing_from_the_start_is_no_fault(ask: Ask) -> None:
    answer = ask("run", "-", given=_with("rate: 5/s, payload: 1 kB, initial: 0"))
    assert "has no size" not in answer.err
    assert answer.code == 0


# --- where they are known -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "meant"),
    [("throughput", "volume"), ("peak_qps", "peak"), ("existing", "initial")],
)
def test_other_words_lead_to_them(word: str, meant: str) -> None:
    assert wrong(f"rate: 5/s, {word}: 1/s").help == f"write `{meant}: 1/s`"


def test_the_schema_has_them_and_what_excludes_what() -> None:
    text = (ROOT / "scenarios/estimator.schema.json").read_text("utf-8")
    assert "`peak` is given already; keep one of `peak`, `peak_to_average`." in text
    assert "Give one of `per_user`, `every`, `rate`, `per`, `volume`." in text


def test_a_kind_that_counts_what_it_does_not_have_is_refused(tmp_path: Path, ask: Ask) -> None:
    kind = tmp_path / "own.yaml"
    kind.write_text(
        "kind: own\nabout: Own.\nparameters:\n"
        "  some: {dimension: data, count_of: none_such, about: Some.}\n"
    )
    scenario = tmp_path / "a.yaml"
    scenario.write_text("library: own.yaml\ncomponents: {it: {kind: own, some: 5}}\n")
    answer = ask("run", str(scenario))
    assert answer.code == 2
    assert "`none_such` is no parameter" in answer.err
