"""What people read is in the words of the field: titles and phrases that do not come back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from asking import ROOT, Ask, one_in

from estimator.cli.app import COMMANDS

RETIRED = (
    "(as it is)",
    "--draws",
    "and here there",
    "between which nothing is seen",
    "breaks at",
    "by nodes alone",
    "cost, a month",
    "data is taken to",
    "down a year",
    "downtime a year",
    "held back by",
    "holds it back",
    "How to write",
    "in which these changes may be made",
    "is up no more often",
    "itself went wrong",
    "keeps what is expected",
    "lie between p5 and p95 of draws",
    "may fail a month",
    "more comes in than it can do",
    "never ends",
    "no fleet is fixed",
    "no one input is seen to break it",
    "not in the file",
    "not told",
    "nothing to be compared with",
    "of draws",
    "of what waits in queues",
    "others that it knows",
    "passed on",
    "refused: ",
    "remember nothing",
    "remove loose white space",
    "Required besides",
    "shows tables again and again",
    "space formulas alike",
    "storage, a day",
    "taken as",
    "than the last row above",
    "told in one run",
    "turns the question round",
    "were not looked at",
    "which draws to take",
    "whole or not at all",
)
"""Phrases of tables and help that were replaced: see each in the changelog."""

_BRITISH = re.compile(
    r"\b(catalogues?|coloured|colours?|behaviours?|utilisation|neighbours?|centres?|licences?"
    r"|(?:recogn|summar|normal|optim|organ|minim|maxim)is(?:e[sd]?|ing|ation))\b",
    re.IGNORECASE,
)
"""Words in an English other than that of the rest; `catalogues.md` is the name of a page."""

TURNS = ("anew", "as it were", "held against", "unless said", "unless told", "were it not")
"""Turns of other languages, and of old books, for which plain English has shorter words."""

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


def retired(text: str) -> list[str]:
    """Return the phrases that were replaced, in a text of any width and case."""
    said = " ".join(text.lower().split())
    return [phrase for phrase in RETIRED if phrase.lower() in said]


def turned(text: str) -> list[str]:
    """Return the turns of another language in a text, but for tests that a page names."""
    prose = " ".join(re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL).lower().split())
    return [turn for turn in TURNS if re.search(rf"\b{turn}\b", prose)]


def british(text: str) -> list[str]:
    """Return the words spelled otherwise, except for names of files, marks and keys of JSON."""
    prose = re.sub(r"catalogues\.md|<!-- begin: .*|`catalogues?`|\"catalogues\"", "", text)
    return [word[0] for word in _BRITISH.finditer(prose)]


def _titles(text: str) -> Iterator[str]:
    """Yield the lines above rules, which are titles of columns."""
    lines = text.splitlines()
    for line, below in pairwise(lines):
        if below.startswith("──"):
            yield line


@pytest.mark.parametrize("call", one_in(3, [(call,) for call in CALLS.values()]), ids=CALLS)
def test_tables_are_without_retired_words(
    call: tuple[str, ...], ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    answer = ask(*call, given=RANGES if "-" in call else None)
    said = answer.out + answer.err
    assert said.strip()
    assert retired(said) == []
    titles = {word for line in _titles(said) for word in line.split()}
    assert titles & set(TITLES) == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_without_retired_words(command: str, ask: Ask) -> None:
    assert retired(ask(command, "--help").out) == []


@pytest.mark.parametrize(
    "folder",
    ["docs", "estimator/library", "estimator/catalog", "estimator/diagnostics", "scenarios"],
)
def test_what_is_read_is_without_retired_turns(folder: str) -> None:
    files = [*(ROOT / folder).rglob("*.md"), *(ROOT / folder).rglob("*.yaml")]
    assert files
    found = [f"{f.name}: {turn}" for f in files for turn in turned(f.read_text("utf-8"))]
    assert found == []


@pytest.mark.parametrize("folder", ["docs", "estimator/library", "estimator/catalog", "scenarios"])
def test_what_is_read_is_in_american_english(folder: str) -> None:
    files = [*(ROOT / folder).rglob("*.md"), *(ROOT / folder).rglob("*.yaml")]
    assert files
    found = [f"{file.name}: {word}" for file in files for word in british(file.read_text("utf-8"))]
    assert found == []


def test_rules_and_the_readme_are_in_american_english() -> None:
    for file in (ROOT / "README.md", ROOT / "estimator" / "diagnostics" / "rules.yaml"):
        assert british(file.read_text("utf-8")) == []


def test_a_retired_phrase_would_be_seen() -> None:
    assert retired("holds in 80%\n  of draws") == ["of draws"]
    assert retired("Space formulas alike.") == ["space formulas alike"]
    assert turned("5 s unless\n  said") == ["unless said"]
    assert turned("<!-- test_it_is_made_anew --> renewed") == []
    assert british("the catalogue, as in `catalogues.md`; Colour") == ["catalogue", "Colour"]
    assert list(_titles("component  binds\n────\nx")) == ["component  binds"]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_usage_line_calls_arguments_as_the_help_does(ask: Ask, command: str) -> None:
    usage = ask(command, "--help").out.partition("\n")[0]
    assert not re.search(r"\[\[|\{|\]\.\.\.$|\.\.\.\.", usage), usage
