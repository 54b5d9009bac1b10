"""The page on security: each of its statements is held by tests, which it names."""

from __future__ import annotations

import ast
import re

from asking import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
UNHELD = {"What it does not protect from", "Reporting", "Versions"}
"""Sections that promise nothing of the program."""


def statements() -> list[tuple[str, str]]:
    """Return each row and each point that promises something, with the names of its tests."""
    found = []
    for section in re.split(r"^## ", PAGE, flags=re.M)[1:]:
        title, _, body = section.partition("\n")
        if title in UNHELD:
            continue
        rows = re.findall(r"^\| (?!who \||---)(.*)\|$", body, re.M)
        points = re.findall(r"^- (.*?)(?=\n- |\n\n|\Z)", body, re.M | re.S)
        for text in rows + points:
            named = re.search(r"<!-- (.*?) -->", text)
            found.append((text[:60], named[1] if named else ""))
    return found


def written_tests() -> set[str]:
    found = set()
    for file in (ROOT / "tests").glob("test_*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        found |= {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    return found


def test_each_statement_on_security_names_tests_that_there_are() -> None:
    made = written_tests()
    assert len(statements()) > 20
    for text, names in statements():
        assert names, f"no test holds: {text}"
        missing = [name for name in names.split() if name not in made]
        assert not missing, f"{text}: {missing}"


CLIENTS = {"socket", "urllib.request", "http.client", "ssl"}


def test_nothing_imports_a_network_client() -> None:
    for file in (ROOT / "estimator").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                assert CLIENTS.isdisjoint(alias.name for alias in node.names), file
            elif isinstance(node, ast.ImportFrom):
                assert node.module not in CLIENTS, file
