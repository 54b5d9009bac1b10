"""Variants: other values, and what a design adds, replaces and removes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from asking import ROOT, SHIPPED, Ask, estimated, values_of
from hypothesis import given, settings
from hypothesis import strategies as st

from estimator.diagnostics import InputError
from estimator.editor.completion import completions
from estimator.editor.document import analysed
from estimator.editor.names import edited, rename

SHOP = """\
users: 1M
actions:
  order: {per_user: 2/day, payload: 200 B}
components:
  api: {kind: service, receives: [order]}
  db: {kind: database, receives: {order: 2}}
derive: {rows: order.writes.average * 1 day, twice: 2 * rows}
"""


def with_variant(variant: str, scenario: str = SHOP) -> dict[str, float]:
    """Return the values of a scenario with a variant `v`, whose lines are given."""
    lines = "".join(f"    {line}\n" for line in variant.splitlines())
    report = estimated(f"{scenario}variants:\n  v:\n{lines}", variant="v")
    return {name: value.value for name, value in report.values.items()}


@pytest.mark.parametrize(
    ("variant", "mended"),
    [
        ("users: 2M", SHOP.replace("users: 1M", "users: 2M")),
        ("order: {payload: 1 kB}", SHOP.replace("200 B", "1 kB")),
        ("order: {rate: 5/s}", SHOP.replace("per_user: 2/day", "rate: 5/s")),
        ("actions: {order: {rate: 5/s}}", SHOP.replace("per_user: 2/day", "rate: 5/s")),
        ("db: {receives: [order]}", SHOP.replace("{order: 2}", "[order]")),
        ("db: {receives: {order: 3}}", SHOP.replace("order: 2", "order: 3")),
        ("db.receives.order: 3", SHOP.replace("order: 2", "order: 3")),
        ("components: {db: {replicas: 5}}", SHOP.replace("2}}", "2}, replicas: 5}")),
        ("db: {kind: cache, receives: [order]}", SHOP.replace("database", "cache").replace(
            "{order: 2}", "[order]")),
        ("remove: db", SHOP.replace("  db: {kind: database, receives: {order: 2}}\n", "")),
        ("remove: [db, twice]", SHOP.replace(
            "  db: {kind: database, receives: {order: 2}}\n", "").replace(
            ", twice: 2 * rows", "")),
        ("derive: {rows: 7}", SHOP.replace("order.writes.average * 1 day", "7")),
        ("derive: {more: rows + 1}", SHOP.replace("2 * rows", "2 * rows, more: rows + 1")),
        ("log: {kind: queue, receives: [order]}", SHOP.replace(
            "derive", "  log: {kind: queue, receives: [order]}\nderive")),
        ("actions: {look: {rate: 1k/s, op: read}}\napi: {receives: [order, look]}", SHOP.replace(
            "components", "  look: {rate: 1k/s, op: read}\ncomponents").replace(
            "api: {kind: service, receives: [order]}",
            "api: {kind: service, receives: [order, look]}")),
        ("slo: {p99: 200 ms}", SHOP + "slo: {p99: 200 ms}\n"),
        ("traffic: {peak_to_average: 5}", SHOP + "traffic: {peak_to_average: 5}\n"),
        ("storage: {age: 30 days}", SHOP + "storage: {age: 30 days}\n"),
        ("conventions: {day: 100k s, round: 1}", SHOP + "conventions: {day: 100k s, round: 1}\n"),
        ("users: {registered: 9M, daily_active: 1M}", SHOP.replace(
            "users: 1M", "users: {registered: 9M, daily_active: 1M}")),
    ],
)  # fmt: skip
def test_a_variant_is_the_file_with_its_lines_in_place(variant: str, mended: str) -> None:
    assert with_variant(variant) == values_of(mended)


def test_what_is_set_stands_above_a_variant_and_that_above_the_file() -> None:
    text = f"{SHOP}variants: {{v: {{db: {{replicas: 5}}, order: {{rate: 7/s}}}}}}\n"
    assert estimated(text).values["db.replicas"].value == 3
    assert estimated(text, variant="v").values["db.replicas"].value == 5
    assert estimated(text, variant="v", db__replicas="2").values["db.replicas"].value == 2
    both = estimated(text, variant="v", order__per_user="1/day")
    assert both.values["order.events.average"].text == "11.6/s"


@pytest.mark.slow
@pytest.mark.parametrize("file", SHIPPED, ids=lambda f: f.stem)
def test_a_variant_without_lines_is_the_file(file: Path) -> None:
    text = file.read_text("utf-8")
    with_none = (
        text.replace("variants:\n", "variants:\n  none_: {}\n")
        if "variants:\n" in text
        else f"{text}\nvariants: {{none_: {{}}}}\n"
    )
    plain, varied = (estimated(with_none, file.parent, variant) for variant in (None, "none_"))
    assert {n: v.value for n, v in varied.values.items()} == {
        n: v.value for n, v in plain.values.items()
    }


ADDED = st.lists(
    st.sampled_from(
        [
            "components: {extra: {kind: cache, receives: [order]}}",
            "components: {extra: {kind: queue, receives: {order: 3}}}",
            "actions: {extra: {rate: 10/s, payload: 2 kB}}",
            "derive: {extra: 2 * rows}",
        ]
    ),
    min_size=1,
    max_size=1,
)


@settings(max_examples=20, deadline=None)
@given(ADDED)
def test_a_variant_that_adds_and_then_removes_is_the_file(added: list[str]) -> None:
    assert with_variant("\n".join([*added, "remove: [extra]"])) == values_of(SHOP)


@pytest.mark.parametrize(
    ("variant", "message", "help_"),
    [
        ("remove: dbb", "there is nothing named `dbb` to remove", "did you mean `db`?"),
        ("db: {replicass: 3}", "`db` (kind database) has no parameter `replicass`", "replicas"),
        ("cache: {kind: cach}", "there is no kind `cach`", "did you mean `cache`?"),
        ("actions: {look: {op: read}}", "`look` does not say how often it happens", ""),
        ("derive: {more: rows + nothing}", "there is nothing named `nothing`", ""),
        ("derive: {more: rows + 1 GB}", "`+` adds a plain number and data", ""),
        ("expect: [a]", "`expect` is not allowed in a variant", "`variant: NAME`"),
        ("look: {rate: 3/s}", "there is nothing named `look.rate` to set", "under `actions:`"),
        ("db.kind: cache", "there is nothing named `db.kind` to set", "{db: {kind: ...}}"),
        (
            "db.replicas: {value: 5, source: us}",
            "`db.replicas` takes a single value",
            "write `db: {replicas: {value: ...}}`",
        ),
        ("components: {db: 3}", "`key: value` lines belong behind `db`", ""),
        ("conventions: {weeks: 3}", "there is no key `weeks` here", "day, month"),
        (
            "remove: [order]",
            "nobody sends `order`",
            "add to it what is left: `api: {receives: []}`",
        ),
    ],
)
@pytest.mark.parametrize("chosen", [None, "v"])
def test_what_is_wrong_in_a_variant_is_reported_whether_or_not_it_is_chosen(
    variant: str, message: str, help_: str, chosen: str | None
) -> None:
    text = f"{SHOP}variants:\n  v: {{{variant}}}\n"
    with pytest.raises(InputError) as caught:
        estimated(text, variant=chosen)
    errors = [d for d in caught.value.diagnostics if d.rule.startswith("E")]
    found = [d for d in errors if message in d.message]
    assert found, [d.message for d in errors]
    assert help_ in (found[0].help or "")
    if variant.startswith("remove: [") and chosen is None:
        assert found[0].message == "nobody sends `order` with variant `v`"
    assert len({(d.message, d.place) for d in errors}) == len(errors)


@pytest.mark.parametrize(
    "variant",
    ["hits: {value: 95%, source: a test}", "inputs: {hits: {value: 95%, source: a test}}"],
)
def test_an_input_of_a_variant_may_say_where_it_is_from(variant: str) -> None:
    text = (
        SHOP
        + f"inputs: {{hits: {{value: 90%, source: a guess}}}}\nvariants: {{v: {{{variant}}}}}\n"
    )
    found = estimated(text, variant="v").values["hits"]
    assert (found.text, found.source) == ("95%", "a test")
    assert estimated(text).values["hits"].source == "a guess"


@pytest.mark.parametrize("chosen", [None, "less", "slow"])
def test_a_variant_may_remove_what_another_changes(chosen: str | None) -> None:
    variants = "variants: {less: {remove: [api]}, slow: {api.cpu_time: 9 ms}}\n"
    assert estimated(SHOP + variants, variant=chosen).values["db.nodes"].value >= 2


OF_VARIANTS = f"""\
{SHOP}expect:
  - servers <= 100
  - {{check: rows ~ 2M, variant: small}}
  - {{check: db.replicas == 5, variant: [small, safe]}}
variants:
  small: {{users: 1M, db.replicas: 5}}
  safe: {{db: {{replicas: 4}}}}
  other: {{users: 3M}}
"""


def test_check_computes_the_variants_that_expectations_name(ask: Ask) -> None:
    answer = ask("check", "-", given=OF_VARIANTS)
    assert answer.code == 1
    assert "✓ rows ~ 2M (small)" in answer.out
    assert "✓ db.replicas == 5 (small)" in answer.out
    assert "✗ db.replicas == 5 (safe)" in answer.out
    assert "`db.replicas == 5` does not hold with variant `safe`: it is 4" in answer.out
    assert "not computed, as no expectation names them: other" in answer.out
    assert "3 of 4 expectations hold" in answer.out


def test_json_says_which_variant_an_expectation_was_computed_for(ask: Ask) -> None:
    scenario = ask("check", "-", "--format", "json", given=OF_VARIANTS).scenario
    found = [(e["variant"], e["status"]) for e in scenario["expectations"]]
    assert found == [(None, "pass"), ("small", "pass"), ("small", "pass"), ("safe", "fail")]
    assert scenario["variants_left_out"] == ["other"]


def test_run_computes_the_expectations_of_the_file_and_of_the_variant_chosen(ask: Ask) -> None:
    plain = ask("run", "-", "--format", "json", given=OF_VARIANTS).scenario
    small = ask("run", "-", "--variant", "small", "--format", "json", given=OF_VARIANTS).scenario
    assert [e["check"] for e in plain["expectations"]] == ["servers <= 100"]
    assert [e["check"] for e in small["expectations"]] == [
        "servers <= 100", "rows ~ 2M", "db.replicas == 5"]  # fmt: skip


def test_an_expectation_of_a_variant_that_is_not_there_is_refused(ask: Ask) -> None:
    text = (
        f"{SHOP}expect: [{{check: rows > 1, variant: smal}}]\nvariants: {{small: {{users: 2M}}}}\n"
    )
    answer = ask("run", "-", given=text)
    assert answer.code == 2
    assert "there is no variant `smal`" in answer.err
    assert "did you mean `small`?" in answer.err


def test_run_shows_several_variants_one_after_the_other(ask: Ask) -> None:
    answer = ask("run", "-", "--variant", "small", "--variant", "other", "-q", given=OF_VARIANTS)
    assert "stdin (variant small)" in answer.out
    assert "stdin (variant other)" in answer.out
    found = json.loads(
        ask(
            "run",
            "-",
            "--variant",
            "small",
            "--variant",
            "other",
            "--format",
            "json",
            given=OF_VARIANTS,
        ).out
    )
    assert [s["variant"] for s in found["scenarios"]] == ["small", "other"]


def test_a_variant_of_several_cannot_be_watched(ask: Ask) -> None:
    file = str(ROOT / "scenarios" / "twitter.yaml")
    answer = ask("run", file, "--watch", "--variant", "push", "--variant", "pull")
    assert answer.code == 2
    assert "`--watch` shows one variant" in answer.err


WRITTEN = """\
users: 1M
actions:
  order: {per_user: 2/day, payload: 200 B}
components:
  api: {kind: service, receives: [order]}
  db: {kind: database, receives: [order]}
expect: [{check: db.nodes >= 1, variant: wide}]
variants:
  wide:
    db: {receives: [order], replicas: 3}
    cache: {kind: cache, receives: [order], service_time: 5  ms}
    components: {api: {cpu_time: 3ms}}
    remove: [api]
"""


def offered(needle: str) -> set[str]:
    """Return what the editor offers where a `|` stands."""
    before, _, after = WRITTEN.partition(needle.replace("|", ""))
    offset = len(before) + needle.index("|")
    document = analysed(before + needle.replace("|", "") + after, None)
    return {item.label for item in completions(document, offset).items}


@pytest.mark.parametrize(
    ("needle", "some"),
    [
        ("db: {|receives: [order], replicas", {"node", "zones", "kind"}),
        ("cache: {kind: |cache", {"queue", "database"}),
        ("cache: {|kind: cache", {"hit_ratio"}),
        ("{api: {|cpu_time", {"throughput"}),
        ("    |remove", {"derive", "actions", "db.replicas"}),
        ("variant: |wide", {"wide"}),
    ],
)
def test_the_editor_offers_in_a_variant_what_may_stand_there(needle: str, some: set[str]) -> None:
    assert some <= offered(needle)


def test_a_rename_reaches_the_variants() -> None:
    document = analysed(WRITTEN, None)
    renamed = edited(WRITTEN, rename(document, WRITTEN.index("order:"), "buy"))
    assert "order" not in renamed
    renamed = edited(WRITTEN, rename(document, WRITTEN.index("api:"), "front"))
    assert "api" not in renamed
    renamed = edited(WRITTEN, rename(document, WRITTEN.index("wide:"), "large"))
    assert renamed.count("large") == 2
    assert "wide" not in renamed


def test_fmt_spaces_the_formulas_of_variants(ask: Ask) -> None:
    answer = ask("fmt", "--diff", "-", given=WRITTEN)
    assert "+    cache: {kind: cache, receives: [order], service_time: 5 ms}" in answer.out
    assert "+    components: {api: {cpu_time: 3 ms}}" in answer.out
