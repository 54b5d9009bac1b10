"""The harnesses, a file each."""

from __future__ import annotations

from importlib import import_module

from fuzz.target import Target

NAMES = (
    "reader",
    "formula",
    "scenario",
    "kind",
    "settings",
    "baseline",
    "diff",
    "editor",
    "differential",
)


def target(name: str) -> Target:
    """Return the harness of a name; the program is loaded only now."""
    found: Target = import_module(f"fuzz.targets.{name}").TARGET
    return found
