"""Between what an estimate lies by its defaults: by their ends, and by samples of them."""

from __future__ import annotations

import json
import re
from math import exp, hypot, log
from pathlib import Path
from typing import Any

import pytest
from asking import SHIPPED, Ask, one_in

from estimator import Estimate, estimate, load
from estimator.api import check, explain
from estimator.evaluate.report import DefaultBand

NAIVE = sorted(Path(__file__).with_name("naive").glob("*.yaml"))

WORKER = """\
kind: worker
about: Something that works.
source: A test.
extends: fleet
parameters:
  cpu_time: {dimension: time, default: 4 ms, between: 1 ms to 16 ms, about: Its time.}
  retries: {dimension: count, default: 1, between: 0.5 to 2, about: Its tries.}
  at_once: {dimension: count, default: 1, decision: yes, about: What it does at once.}
  ceiling:
    dimension: rate
    default: node.cores * 100/s
    between: node.cores * 25/s to node.cores * 400/s
    about: Its most.
resources:
  cpu:
    demand: requests.peak * cpu_time * retries / at_once
    capacity: node.cores
    limit: target_utilization
"""
LIMITED = WORKER.replace(
    "demand: requests.peak * cpu_time * retries / at_once\n    capacity: node.cores",
    "demand: requests.peak\n    capacity: ceiling",
)
ONE = """\
library: ./worker.yaml
actions: {call: {rate: 1M/s, response: 0 B, request: 1 B, stored: 0 B, peak: 1M/s}}
components:
  api: {kind: worker, target_utilization: 60%, service_time: 0 s, network_time: 1 ms}
"""
TWO = ONE + "  batch: {kind: worker, target_utilization: 60%, network_time: 1 ms}\n"


def of(tmp_path: Path, text: str, kind: str = WORKER, **options: Any) -> Estimate:
    """Return the estimate of a scenario beside a kind of its own."""
    (tmp_path / "worker.yaml").write_text(kind)
    (tmp_path / "s.yaml").write_text(text)
    return estimate(tmp_path / "s.yaml", **options)


def servers(found: Estimate) -> tuple[float, float]:
    """Return how many times as many servers the defaults allow, down and up."""
    band = next(b for b in found.report.default_bands if b.name == "servers")
    now = found.report.number("servers")
    return band.low / now, band.high / now


def sampled(found: Estimate, name: str) -> tuple[float, float]:
    """Return the 5th and the 95th percentile of a quantity."""
    assert found.report.uncertainty is not None
    spread = found.report.uncertainty.spreads[name]
    return spread.p5, spread.p95


# --- the band -------------------------------------------------------------------------------------


def test_ends_of_independent_defaults_are_combined_in_logarithms(tmp_path: Path) -> None:
    reach = exp(hypot(log(4), log(2)))
    assert servers(of(tmp_path, ONE)) == pytest.approx((1 / reach, reach), rel=1e-3)


def test_two_components_of_a_kind_share_one_belief(tmp_path: Path) -> None:
    """If each had its own, they would make up for one another."""
    reach = exp(hypot(log(4), log(2)))
    assert servers(of(tmp_path, TWO)) == pytest.approx((1 / reach, reach), rel=1e-3)
    moved = {one.names for one in of(tmp_path, TWO).report.measure_first}
    assert ("api.cpu_time", "batch.cpu_time") in moved


def test_a_value_that_the_file_gives_is_not_in_doubt(tmp_path: Path) -> None:
    given = ONE.replace("kind: worker,", "kind: worker, cpu_time: 4 ms,")
    assert servers(of(tmp_path, given)) == pytest.approx((1 / 2, 2), rel=1e-3)


def test_what_is_decided_is_not_in_doubt(tmp_path: Path) -> None:
    text = ONE.replace("kind: worker,", "kind: worker, cpu_time: 4 ms, retries: 1,")
    kind = WORKER.replace("decision: yes,", "decision: yes, between: 0.5 to 2,")
    assert not [b for b in of(tmp_path, text, kind).report.default_bands if b.name == "servers"]


def test_the_ends_of_a_band_may_follow_from_the_machine(tmp_path: Path) -> None:
    for machine in ("generic.large", "c7g.16xlarge"):
        text = TWO.replace("kind: worker,", f"kind: worker, node: {machine},")
        assert servers(of(tmp_path, text, LIMITED)) == pytest.approx((1 / 4, 4), rel=1e-2)


def test_a_maximum_is_taken_at_each_end(tmp_path: Path) -> None:
    """A resource that needs half as many nodes keeps them from falling below half."""
    kind = (
        WORKER + "  memory: {demand: requests.peak * 1 kB / (1/s), capacity: node.memory / 1000}\n"
    )
    kind = kind.replace("node.memory / 1000", "1 kB * 60% * 8 * 500")
    low, high = servers(of(tmp_path, ONE, kind))
    assert low == pytest.approx(1 / 2, rel=1e-2)
    assert high == pytest.approx(exp(hypot(log(4), log(2))), rel=1e-2)


def test_a_default_that_is_another_by_what_the_file_gives_is_not_in_doubt() -> None:
    text = "actions:\n  a: {{rate: 10k/s, {}}}\ncomponents: {{api: {{kind: service}}}}\n"
    for given, doubted in (("payload: 1 kB", False), ("response: 1 kB", False), ("", True)):
        found = estimate(load(text=text.format(given).replace(", }", "}")))
        assumed = [one for one in found.report.measure_first if one.source == "default"]
        names = {name for one in assumed for name in one.names}
        assert ("a.payload" in names) is doubted, given


@pytest.mark.parametrize("path", [*SHIPPED, *NAIVE], ids=lambda p: p.stem)
def test_a_band_holds_the_estimate(path: Path) -> None:
    report = estimate(path).report
    for band in report.default_bands:
        assert band.low <= report.number(band.name) <= band.high
        assert band.name in ("servers", "cost.per_month") or band.name.endswith(".latency.p99")


def test_giving_what_moves_most_narrows_the_band() -> None:
    for path in NAIVE:
        before = {b.name: b for b in estimate(path).report.default_bands}
        first = next(
            (o for o in estimate(path).report.measure_first if o.source == "default"), None
        )
        if first is None:
            continue
        said = {n: estimate(path).report.values[n].text for n in first.names}
        now = {b.name: b for b in estimate(path, overrides=said).report.default_bands}
        for name, band in now.items():
            assert width(band) <= width(before[name]) * (1 + 1e-9), (path.stem, name)


def width(band: DefaultBand) -> float:
    return log(band.high / band.low)


# --- as samples -----------------------------------------------------------------------------------

_NEAR = 1.35
"""How many times as much an end of the band may be as the percentile of samples: bands that lie
askew around their defaults, and maxima, make the two differ."""
_NODES = 2.0
"""How many nodes they may differ by, as nodes of the band are not rounded to whole ones."""


def test_samples_of_a_product_have_the_percentiles_of_the_band(tmp_path: Path) -> None:
    band = next(b for b in of(tmp_path, TWO).report.default_bands if b.name == "servers")
    found = sampled(of(tmp_path, TWO, uncertain_defaults=True), "servers")
    assert found == pytest.approx((band.low, band.high), rel=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("path", one_in(10, [*SHIPPED, *NAIVE]), ids=lambda p: p.stem)
def test_samples_of_all_defaults_agree_with_the_band(path: Path) -> None:
    bands = {b.name: b for b in estimate(path).report.default_bands}
    found = estimate(path, uncertain_defaults=True)
    for name in ("servers", "cost.per_month"):
        if name in bands and not estimate(path).report.uncertainty:
            slack = _NODES if name == "servers" else 0.0
            for end, of_samples in zip(bands[name][1:3], sampled(found, name), strict=True):
                near = of_samples / _NEAR - slack <= end <= of_samples * _NEAR + slack
                assert near, (name, bands[name], of_samples)


def test_a_belief_has_a_name_among_what_drives_a_result(tmp_path: Path) -> None:
    found = of(tmp_path, TWO, uncertain_defaults=True).report.uncertainty
    assert found is not None
    assert {d.name for d in found.drivers["servers"]} == {"worker.cpu_time", "worker.retries"}


def test_samples_of_a_belief_depend_on_its_name_alone(tmp_path: Path) -> None:
    """So another component of the kind is twice the servers in each sample, and not on average."""
    one, two = (of(tmp_path, text, uncertain_defaults=True) for text in (ONE, TWO))
    assert sampled(two, "servers") == pytest.approx([2 * end for end in sampled(one, "servers")])


def test_a_belief_whose_ends_are_formulas_is_one_for_all_machines(tmp_path: Path) -> None:
    text = TWO.replace("batch: {kind: worker,", "batch: {kind: worker, node: c7g.16xlarge,")
    found = of(tmp_path, text, LIMITED, uncertain_defaults=True)
    now = of(tmp_path, text, LIMITED).report.number("servers")
    assert sampled(found, "servers") == pytest.approx((now / 4, now * 4), rel=0.02)


def test_a_component_may_be_called_like_a_kind(tmp_path: Path) -> None:
    text = TWO.replace("api:", "worker:")
    found = of(tmp_path, text, uncertain_defaults=True)
    band = next(b for b in of(tmp_path, text).report.default_bands if b.name == "servers")
    assert sampled(found, "servers") == pytest.approx((band.low, band.high), rel=0.03)


def test_an_expectation_of_uncertain_defaults_holds_in_a_share_of_samples(tmp_path: Path) -> None:
    of(tmp_path, ONE + "expect: [servers <= 1000]\n")
    (firm,) = check(tmp_path / "s.yaml").verdicts
    (unsure,) = check(tmp_path / "s.yaml", uncertain_defaults=True).verdicts
    assert (firm.outcome.status, firm.outcome.chance) == ("pass", None)
    assert unsure.outcome.status == "fail"
    assert unsure.outcome.chance is not None


# --- how it is told -------------------------------------------------------------------------------


def test_the_summary_says_what_the_defaults_allow(tmp_path: Path, ask: Ask) -> None:
    of(tmp_path, ONE)
    file = str(tmp_path / "s.yaml")
    line = next(text for text in ask("run", file, "--quiet").out.splitlines() if "Servers" in text)
    assert "834 (177 to 3,929 with other defaults)" in line
    found = json.loads(ask("run", file, "--format", "json").out)["scenarios"][0]
    assert found["default_bands"]["servers"]["high"] == pytest.approx(3929, rel=1e-2)
    assert "with other defaults" in found["summary"][2]["text"]
    assert "with other defaults" in ask("run", file, "--format", "markdown").out


def test_assumptions_are_shown_with_their_bands(tmp_path: Path, ask: Ask) -> None:
    of(tmp_path, TWO)
    shown = ask("run", str(tmp_path / "s.yaml"), "--show", "assumptions").out
    assert re.search(r"cpu_time of api and batch +4 ms \(1 ms to 16 ms\)", shown)
    assert re.search(r"minimum of api and batch +2 +Two", shown)


def test_what_is_sampled_is_not_said_twice(tmp_path: Path, ask: Ask) -> None:
    of(tmp_path, ONE)
    shown = ask("run", str(tmp_path / "s.yaml"), "--quiet", "--uncertain-defaults").out
    assert "with other defaults" not in shown
    assert "[" in shown


def test_a_check_with_uncertain_defaults_is_kept_apart_from_one_without(
    tmp_path: Path, ask: Ask
) -> None:
    of(tmp_path, ONE + "expect: [servers <= 1000]\n")
    file = str(tmp_path / "s.yaml")
    codes = [ask("check", file, *more).code for more in ((), ("--uncertain-defaults",), ())]
    assert codes == [0, 1, 0]


def test_explain_says_how_far_a_default_may_be_off_and_for_whom(tmp_path: Path) -> None:
    found = explain(of(tmp_path, TWO), ["api.cpu_time"])
    notes = found.derivations[0].notes
    assert "in 9 of 10 systems 1 ms to 16 ms, the same for all of `worker.cpu_time`" in notes


@pytest.mark.parametrize("between", ["0 to 2", "at_once * 0 to at_once * 2"])
def test_a_band_may_begin_at_nothing(tmp_path: Path, between: str) -> None:
    kind = WORKER.replace("between: 0.5 to 2", f"between: {between}")
    text = ONE.replace("kind: worker,", "kind: worker, cpu_time: 4 ms,")
    assert servers(of(tmp_path, text, kind))[1] == pytest.approx(2, rel=1e-3)
    low, high = sampled(of(tmp_path, text, kind, uncertain_defaults=True), "servers")
    assert (low, high) == pytest.approx((834 * 0.1, 834 * 1.9), rel=0.02)
