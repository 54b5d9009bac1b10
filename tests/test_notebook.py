"""The notebook of the documentation: what it shows is what it computes."""

from __future__ import annotations

from typing import Any

import pytest
from asking import ROOT

NOTEBOOK = ROOT / "docs" / "notebook.ipynb"


def outputs(cells: list[Any]) -> list[list[dict[str, str]]]:
    """Return what each cell shows: streams, and values in each form."""
    return [
        [dict(o.get("data") or {o["output_type"]: o["text"]}) for o in cell.get("outputs", [])]
        for cell in cells
    ]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # those of Jupyter are not ours
def test_the_notebook_shows_what_it_computes(
    monkeypatch: pytest.MonkeyPatch, update_golden: bool
) -> None:
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    shown, made = (nbformat.read(NOTEBOOK, as_version=4) for _ in range(2))
    client.NotebookClient(made, timeout=120, record_timing=False).execute()
    if update_golden:
        made.metadata["language_info"] = {"name": "python"}  # and not the version of the day
        nbformat.write(made, NOTEBOOK)
    else:
        assert outputs(made.cells) == outputs(shown.cells)
    assert all(outputs([cell])[0] for cell in made.cells if cell.cell_type == "code")
