"""Examples of clouds' own pricing pages, and bills made from their price lists, to the cent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from test_kinds import computed

BILLS = sorted((Path(__file__).parent / "bills").glob("*.yaml"))


@pytest.mark.parametrize("bill", BILLS, ids=lambda bill: bill.stem)
def test_a_published_bill_is_met_to_the_cent(bill: Path) -> None:
    text = bill.read_text("utf-8")
    report, _ = computed(text)
    assert [(o.check, o.left) for o in report.expectations if o.status != "pass"] == []
    checked = [line for line in text.splitlines() if line.startswith("  - ")]
    assert checked
    assert all(re.search(r" ~ \$[\d_]+\.\d\d(\s|$)", line) for line in checked)


@pytest.mark.parametrize("bill", BILLS, ids=lambda bill: bill.stem)
def test_a_bill_names_its_source_and_when_it_was_read(bill: Path) -> None:
    said = " ".join(x for x in bill.read_text("utf-8").splitlines() if x.startswith("# "))
    assert "https://" in said
    assert re.search(r"\((read in )?20\d\d(-\d\d-\d\d)?", said)


def test_there_are_seventeen_bills_of_three_clouds() -> None:
    assert len(BILLS) >= 17
    together = "".join(bill.read_text("utf-8") for bill in BILLS)
    assert all(cloud in together for cloud in ("Amazon", "Google", "Azure"))
