"""The rules by their codes: what each means, with a wrong and a right example."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple


class Rule(NamedTuple):
    """A rule.

    Attributes:
        code: Such as `E012`; `W` for warnings.
        title: What is wrong, in a few words.
        about: Why it is wrong, and what to do.
        wrong: A scenario that breaks it; empty where no scenario can.
        right: The same, mended.
    """

    code: str
    title: str
    about: str
    wrong: str
    right: str


@cache
def rules() -> dict[str, Rule]:
    """Return all rules by code, from `rules.yaml`."""
    import yaml

    text = Path(__file__).with_name("rules.yaml").read_text("utf-8")
    return {
        code: Rule(code, r["title"], r["about"], r.get("wrong", ""), r.get("right", ""))
        for code, r in yaml.safe_load(text).items()
    }
