"""What `estimator` and `estimator --help` say; the latter is kept as typer renders it.

Importing typer takes longer than all else that `--help` does. A test renders the page again and
compares.
"""

from __future__ import annotations

from pathlib import Path

START = """\
Estimate what a system needs from a short YAML file. To start, in any folder:

  estimator new photo_sharing                # write a scenario: scenarios/photo_sharing.yaml
  estimator run photo_sharing                # requests, storage, servers, cost, latency
  estimator explain photo_sharing servers    # where a number comes from

`estimator new` asks which system to begin with; `estimator --help` lists all commands.
"""
"""What `estimator` alone says: how to begin, in commands that work in an empty folder."""


def front_page() -> str:
    """Return the text of the page."""
    return Path(__file__).with_name("front_page.txt").read_text("utf-8")


def rendered() -> str:
    """Return the page as typer renders it, 80 columns wide."""
    from typer.testing import CliRunner

    from estimator.cli.app import app_with

    return (
        CliRunner()
        .invoke(app_with(), ["--help"], prog_name="estimator", env={"COLUMNS": "80"})
        .stdout
    )
