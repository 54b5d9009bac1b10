"""What `estimator` and `estimator --help` say: rendered by typer once, read from a file since.

Importing typer takes longer than all else that `--help` does. A test renders the page again and
compares.
"""

from __future__ import annotations

from pathlib import Path


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
