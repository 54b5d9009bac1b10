"""What people read is in the words of the field: titles and phrases that do not come back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from asking import ROOT, Ask

from estimator.cli.app import COMMANDS

RETIRED = (
    "(as it is)",
    "How to write",
    "Required besides",
    "breaks at",
    "by nodes alone",
    "cost, a month",
    "down a year",
    "downtime a year",
    "held back by",
    "in which these changes may be made",
    "lie between p5 and p95 of draws",
    "may fail a month",
    "more comes in than it can do",
    "never ends",
    "no fleet is fixed",
    "no one input is seen to break it",
    "not in the file",
    "of draws",
    "passed on",
    "refused: ",
    "remember nothing",
    "space formulas alike",
    "storage, a day",
    "taken as",
    "told in one run",
    "turns the question round",
    "which draws to take",
    "whole or not at all",
)
"""Phrases of tables and help that were replaced: see each in the changelog."""

TITLES = ("because", "binds", "found", "mostly", "used")
"""Titles of columns that were replaced; as words of prose they are fine."""

RANGES = """\
users: 1M to 3M
actions: {post: {per_user: 1 to 3 /day, payload: 1 kB, retention: 1 year}}
components:
  api: {kind: service, nodes: 100, node: m7g.large}
  db: {kind: database, node: cheapest}
derive: {per_user: cost.per_month / users}
slo: {availability: 99.9%, p99: 1 s}
expect: [p95(servers) <= 200, per_user <= $1, users < 1]
"""

CALLS: dict[str, tuple[str, ...]] = {
    "everything": ("run", "twitter", "--all"),
    "first screen": ("run", "twitter"),
    "ranges": ("run", "-", "--all", "--drivers", "servers", "--tornado", "servers"),
    "check": ("check", "-", "--no-cache"),
    "explain": ("explain", "twitter"),
    "machines": ("machines", "twitter", "tweets"),
    "nines": ("nines", "99.95%"),
    "nines of a scenario": ("nines", "search"),
    "kinds": ("kinds", "database"),
    "catalog": ("catalog", "base"),
}


def _titles(text: str) -> Iterator[str]:
    """The lines above rules, which are titles of columns."""
    lines = text.splitlines()
    for line, below in pairwise(lines):
        if below.startswith("──"):
            yield line


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_tables_are_without_retired_words(
    call: tuple[str, ...], ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    answer = ask(*call, given=RANGES if "-" in call else None)
    said = answer.out + answer.err
    assert said.strip()
    assert [phrase for phrase in RETIRED if phrase in said] == []
    titles = {word for line in _titles(said) for word in line.split()}
    assert titles & set(TITLES) == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_without_retired_words(command: str, ask: Ask) -> None:
    said = " ".join(ask(command, "--help").out.split())
    assert [phrase for phrase in RETIRED if phrase in said] == []


def test_a_retired_phrase_would_be_seen() -> None:
    finds: Callable[[str], list[str]] = lambda text: [p for p in RETIRED if p in text]  # noqa: E731
    assert finds("holds in 80% of draws") == ["of draws"]
    assert list(_titles("component  binds\n────\nx")) == ["component  binds"]
