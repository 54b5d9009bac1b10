"""What docs/stability.md promises: a name that there has been does not go away."""

from __future__ import annotations

import inspect
from dataclasses import fields, is_dataclass

import api_page
import pytest
import yaml
from asking import ROOT
from typer.main import get_command

from estimator.cli.app import app_with
from estimator.diagnostics.rules import rules
from estimator.library.loader import shipped_kinds

FILE = ROOT / "tests" / "promised.yaml"
HEADER = """\
# The names that docs/stability.md promises. `--update-golden` adds what is new and leaves the rest.
# To take a name away, delete it here, and say in CHANGELOG.md, "Changed", what to write instead.
"""

Names = dict[str, list[str]]


def _of_python() -> Names:
    found: Names = {}
    for name, what in api_page.public().items():
        if inspect.isfunction(what):
            found[name] = list(inspect.signature(what).parameters)
        else:
            own = {method for method, _ in api_page.methods(what)}
            own |= {field.name for field in fields(what)} if is_dataclass(what) else set()
            own |= set(getattr(what, "_fields", ()))
            found[name] = sorted(own)
    return found


def _of_commands() -> Names:
    commands = get_command(app_with()).commands  # type: ignore[attr-defined]
    return {
        name: sorted(o for p in command.params for o in p.opts if o.startswith("--"))
        for name, command in commands.items()
    }


def today() -> dict[str, Names]:
    """Return the names that there are."""
    return {
        "python": _of_python(),
        "commands": _of_commands(),
        "kinds": {name: [] for name in shipped_kinds()},
        "rules": {code: [] for code in rules()},
    }


def promised() -> dict[str, Names]:
    found: dict[str, Names] = yaml.safe_load(FILE.read_text("utf-8"))
    return found


@pytest.mark.parametrize("group", ["python", "commands", "kinds", "rules"])
def test_a_name_that_there_has_been_is_there(group: str) -> None:
    there = today()[group]
    gone = [name for name in promised()[group] if name not in there]
    gone += [
        f"{name}: {part}"
        for name, parts in promised()[group].items()
        for part in parts
        if part not in there.get(name, ())
    ]
    assert gone == [], f"{FILE.name} says what to do"


def test_every_name_that_there_is_is_promised(update_golden: bool) -> None:
    recorded = promised()
    for group, names in today().items():
        for name, parts in names.items():
            before = recorded.setdefault(group, {}).setdefault(name, [])
            before.extend(part for part in parts if part not in before)
    text = yaml.safe_dump(recorded, sort_keys=False, width=110, default_flow_style=None)
    if update_golden:
        FILE.write_text(HEADER + text, "utf-8")
    assert FILE.read_text("utf-8") == HEADER + text, "run it with --update-golden"
