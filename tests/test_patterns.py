"""No pattern takes longer than in proportion to its text, whatever stands in a file."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import estimator

LONG, SHORT = 20_000, 2_000  # characters
GROWTH = 40  # times, where in proportion is 10 and by the square 100
LITTLE = 0.05  # seconds of the processor, which are no matter
SECONDS = 30  # far more than any call here takes

PIECES = (
    *" \t\n1aA_'\"\\`:-.,*+#=/<$([{~–☺",
    *("\\\\", '\\"', "\\u", "a!", "!a", "a ", "a\n", "a-", "a:", "a.", "a,", "a=", "a/", "a_"),
    *("1 ", "1,", "1.", "1_", "1-", "1/", "1e", " \n", " \t", "\n\n ", ": ", "- ", ", ", "a: "),
    *("a = ", "a=1,", "a = 1, ", "{a: ", "[a", "`a", "``a", "`a`", "'a'", "::", "##", "##a"),
    *("to ", "in ", "per ", "is ", "within ", "of ", "between ", "and ", "about ", "about 1"),
    *("\n- ", "~=", "..", "…", "a..", "\x1b[", "\x1b[1", "\x1b[1m", "name: ", "GH-", "1 Ma", ",a"),
)
"""What texts here are made of: what some pattern repeats, or begins with."""
FEW = (" ", '\\"')
BEFORE = ("", '"', "{a: ", "1")
AFTER = ("", "!", "\n!")

_CALLS: Mapping[str, Callable[[re.Pattern[Any], Any], object]] = {
    "search": lambda pattern, text: pattern.search(text),
    "match": lambda pattern, text: pattern.match(text),
    "fullmatch": lambda pattern, text: pattern.fullmatch(text),
    "findall": lambda pattern, text: pattern.findall(text),
}
_ALL = dict.fromkeys(("sub", "subn", "split", "finditer"), "findall")  # what takes as long
_LOCALS = {
    "key": "a",
    "by": "per ",
    "value": "1",
    "length": "day",
    "name": "day",
    "first": ["", "  "],
}
"""What stands in patterns of functions."""
_ELSEWHERE = (
    "pattern",
    "'|'.join(patterns) or '(?!)'",
    "text.replace('<branch>', '\\w+')",
    "p.form",  # of values of at most 200 characters
)


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(estimator.__path__, "estimator."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def _patterns() -> Iterator[tuple[str, str, re.Pattern[Any]]]:
    """Yield each pattern with where it stands, in functions too, and how it is used."""
    for module in _modules():
        names = vars(module)
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            of, call = ast.unparse(node.func.value), _ALL.get(node.func.attr, node.func.attr)
            where = f"{module.__name__}:{node.lineno}"
            if call in _CALLS and isinstance(names.get(of), re.Pattern):
                yield where, call, names[of]
            elif call in _CALLS and of == "re" and ast.unparse(node.args[0]) not in _ELSEWHERE:
                written = ast.unparse(node.args[0])
                flags = [
                    ast.unparse(a) for a in node.args if re.fullmatch(r"re\.[A-Z]+", ast.unparse(a))
                ]
                pattern = eval(written, {**_LOCALS, **names})
                yield where, call, re.compile(pattern, eval(flags[0]) if flags else 0)


def _seconds(
    call: str, pattern: re.Pattern[Any], piece: str, ends: tuple[str, str], n: int
) -> float:
    text: Any = ends[0] + piece * (n // len(piece)) + ends[1]
    if isinstance(pattern.pattern, bytes):
        text = text.encode()
    start = time.process_time()
    _CALLS[call](pattern, text)
    return time.process_time() - start


def _slow(pieces: Iterable[str]) -> list[str]:
    """Return the patterns that take more than in proportion, and what they take it for."""
    found = []
    for where, call, pattern in _patterns():
        for piece in pieces:
            for ends in ((before, after) for before in BEFORE for after in AFTER):
                given = (call, pattern, piece, ends)
                short = _seconds(*given, SHORT)
                if short * GROWTH * 2.5 <= LITTLE:  # so that the long one is no matter either
                    continue
                short = min(short, *(_seconds(*given, SHORT) for _ in range(3)))
                if short * GROWTH * 2.5 <= LITTLE:
                    continue
                if _seconds(*given, LONG) > max(LITTLE, short * GROWTH):
                    found.append(f"{where} {call} {pattern.pattern!r} of {piece!r} in {ends}")
    return found


@pytest.mark.slow
def test_no_pattern_takes_the_square_of_a_long_run() -> None:
    assert not _slow(FEW)


@pytest.mark.slow
def test_no_pattern_takes_the_square_of_any_run() -> None:
    assert not _slow(PIECES)


@pytest.mark.slow
def test_almost_all_patterns_of_the_program_are_found() -> None:
    assert len(list(_patterns())) > 120


_FILES: Mapping[str, tuple[str, str, str]] = {
    "a string of settings that is never closed": (
        "check",
        "estimator.toml",
        'x = "' + '\\"' * 40_000 + "." * 100 + "\n",
    ),
    "settings of blank lines": ("check", "pyproject.toml", "\n" * 200_000),
    "a second colon behind a long word": (
        "check",
        "shop.yaml",
        "derive: {a: " + "a" * 30_000 + "! : : }\n",
    ),
    "a second colon behind two words": (
        "check",
        "shop.yaml",
        "derive: {a: b " + "a" * 30_000 + "!: b: c}\n",
    ),
    "a long number with a comma": ("check", "shop.yaml", "derive: {a: [" + "1" * 60_000 + ",1]}\n"),
    "many numbers with a comma": ("check", "shop.yaml", "derive: {a: [" + "1,5a " * 3_000 + "]}\n"),
    "a run of spaces": ("fmt", "shop.yaml", "derive: " + " " * 40_000 + "{a: 1 GB}\n"),
}


@pytest.mark.parametrize(
    "what",
    [
        pytest.param(what, marks=[] if what == "a run of spaces" else pytest.mark.slow)
        for what in _FILES
    ],
)
def test_no_file_makes_a_pattern_take_long(what: str, tmp_path: Path) -> None:
    command, name, text = _FILES[what]
    (tmp_path / "shop.yaml").write_text("derive: {a: 1 GB}\n", "utf-8")
    (tmp_path / name).write_text(text, "utf-8")
    program = [sys.executable, "-m", "estimator", command, "shop.yaml"]
    done = subprocess.run(
        program, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1, 2)
