"""Published sizing guides, written with kinds alone, have the figures of their texts."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_kinds import computed

GUIDES = sorted((Path(__file__).parent / "sizing_guides").glob("*.yaml"))


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_a_guide_has_the_figures_of_its_text_and_no_warning(guide: Path) -> None:
    report, messages = computed(guide.read_text("utf-8"))
    assert messages == []
    assert [(o.check, o.left) for o in report.expectations if o.status != "pass"] == []
    assert len(report.expectations) >= 3


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_a_guide_is_short_names_its_source_and_derives_nothing_of_its_own(guide: Path) -> None:
    lines = guide.read_text("utf-8").splitlines()
    assert len(lines) <= 25
    assert lines[0].startswith("# ")
    assert any("https://" in line for line in lines if line.startswith("#"))
    assert not any(line.startswith(("derive:", "library:")) for line in lines)
