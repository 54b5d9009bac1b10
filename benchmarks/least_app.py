"""The least that a program of this kind can do: read a scenario, validate it, print one table."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from estimator.diagnostics import Source
from estimator.scenario.plain import plain
from estimator.scenario.sections import ScenarioFile
from estimator.scenario.yaml_tree import read_yaml

app = typer.Typer()


@app.command()
def run(path: Path) -> None:
    """Print what a scenario says of its actions."""
    tree = read_yaml(Source(str(path), path.read_text("utf-8")))
    assert tree is not None
    scenario = ScenarioFile.model_validate(plain(tree))
    table = Table("action", "what the file says of it")
    for name, said in (scenario.actions or {}).items():
        table.add_row(name, ", ".join(f"{key} {getattr(v, 'value', v)}" for key, v in said.items()))
    Console().print(table)


if __name__ == "__main__":
    app()
