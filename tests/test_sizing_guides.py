"""Published sizing guides, written with kinds alone, have the figures of their texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from asking import Ask

GUIDES = sorted((Path(__file__).parent / "sizing_guides").glob("*.yaml"))


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_a_guide_has_the_figures_of_its_text_and_no_warning(guide: Path, ask: Ask) -> None:
    told = ask("check", str(guide), "--format", "json")
    assert (told.code, json.loads(told.out)["diagnostics"]) == (0, [])
    expectations = json.loads(told.out)["scenarios"][0]["expectations"]
    assert len(expectations) >= 3
    assert len(expectations) == guide.read_text("utf-8").partition("expect:")[2].count("\n  - ")


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_a_guide_is_short_names_its_source_and_derives_nothing_of_its_own(guide: Path) -> None:
    lines = guide.read_text("utf-8").splitlines()
    assert len(lines) <= 25
    assert lines[0].startswith("# ")
    assert any("https://" in line for line in lines if line.startswith("#"))
    assert not any(line.startswith(("derive:", "library:")) for line in lines)
