"""The fuzzing harnesses: their corpus, their judge, and whether they find what is wrong."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest
from asking import ROOT

from fuzz import reference
from fuzz.__main__ import MILLION
from fuzz.seeded_faults import SEEDED, Seeded, find
from fuzz.target import CORPUS, CRASHES
from fuzz.targets import NAMES

PAGES = [ROOT / "docs" / "language.md", *sorted((ROOT / "docs" / "reference").glob("*.md"))]
CRASHED = sorted({path.parent.name for path in CORPUS.glob(f"*/{CRASHES}*")})
FOUND_AT_ONCE = [one for one in SEEDED if one.harness in ("kind", "diff", "differential")]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="fuzzing needs timers")


def rows() -> list[tuple[str, str]]:
    """Return what is written, and what means the same, in the tables of formulas and units."""
    found: list[tuple[str, str]] = []
    for page in PAGES:
        is_table = False
        for line in page.read_text("utf-8").splitlines():
            is_table = line.startswith("|") and (is_table or "written | means" in line)
            cells = [re.findall(r"`([^`]+)`", cell) for cell in line.split("|")[1:-1]]
            cells = [cell for cell in cells if cell]
            if is_table and len(cells) == 2 and len(cells[1]) == 1:
                found += [(written, cells[1][0]) for written in cells[0]]
    return found


def test_the_independent_evaluator_computes_the_tables_of_the_docs() -> None:
    judged = 0
    for written, means in rows():
        try:
            one, other = reference.evaluate(written), reference.evaluate(means)
        except (reference.Outside, reference.Refused):
            continue
        judged += 1
        assert one.dimension == other.dimension, written
        assert math.isclose(one.value, other.value, rel_tol=1e-9), written
    assert judged > 150


def test_the_independent_evaluator_imports_nothing_of_the_program() -> None:
    text = Path(reference.__file__).read_text("utf-8")
    assert not re.search(r"^\s*(?:from|import) (?:estimator|fuzz)\b", text, re.M)


def test_every_harness_has_a_corpus_and_all_of_it_is_small() -> None:
    assert {path.name for path in CORPUS.iterdir()} == set(NAMES)
    assert sum(path.stat().st_size for path in CORPUS.glob("*/*")) < 300_000


def test_every_harness_runs_at_night() -> None:
    workflow = (ROOT / ".github" / "workflows" / "fuzz.yml").read_text("utf-8")
    assert set(re.findall(r"^          - (\w+)$", workflow, re.M)) == set(NAMES)


@pytest.mark.parametrize("seeded", SEEDED, ids=lambda seeded: seeded.what)
def test_a_fault_on_purpose_still_fits_the_program(seeded: Seeded, tmp_path: Path) -> None:
    copy = tmp_path / seeded.file
    copy.parent.mkdir(parents=True)
    before = (ROOT / "estimator" / seeded.file).read_text("utf-8")
    copy.write_text(before, "utf-8")
    seeded.apply(tmp_path)
    assert copy.read_text("utf-8") != before


@pytest.mark.slow
@pytest.mark.parametrize("seeded", FOUND_AT_ONCE, ids=lambda seeded: seeded.what)
def test_a_fault_on_purpose_is_found(seeded: Seeded) -> None:
    result = find(seeded, 8_000, 1)
    assert result.found is not None
    assert result.found.sort == seeded.sort


@pytest.mark.parametrize("name", CRASHED)
def test_what_once_went_wrong_is_answered(name: str) -> None:
    files = sorted((CORPUS / name).glob(f"{CRASHES}*"))
    call = [sys.executable, "-m", "fuzz", name, "--replay", *map(str, files)]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_seed_fixes_the_inputs(tmp_path: Path) -> None:
    kept = []
    for folder in (tmp_path / "one", tmp_path / "other"):
        folder.mkdir()
        call = [sys.executable, "-m", "fuzz.engine", "differential", "--folder", str(folder)]
        done = subprocess.run([*call, "--runs", "60"], cwd=ROOT, capture_output=True, text=True)
        assert json.loads(done.stdout)["inputs"] == 60
        kept.append(sorted(path.name for path in folder.iterdir()))
    assert len(kept[0]) > 5
    assert kept[0] == kept[1]


def test_the_page_on_fuzzing_has_each_harness_and_each_fault_on_purpose() -> None:
    page = (ROOT / "docs" / "fuzzing.md").read_text("utf-8")
    assert re.findall(r"^\| (\w+) \|", page, re.M)[1:] == list(NAMES)
    assert [one.what for one in SEEDED if one.what not in page] == []
    counted = [int(n.replace(",", "")) for n in re.findall(r"^\w+ +([\d,]+) .*none$", page, re.M)]
    assert len(counted) == len(NAMES)
    assert min(counted) >= 50_000
    assert sum(counted) >= 1_000_000
    assert f"{sum(counted):,} inputs" in page
    assert sum(MILLION.values()) >= 1_000_000
    assert min(MILLION.values()) >= 50_000
