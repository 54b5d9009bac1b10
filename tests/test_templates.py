"""Kinds that are compiled once, here or by the build, say the same for every scenario."""

from __future__ import annotations

import gc
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.check import generated
from estimator.analyse import estimated
from estimator.checks.checked import CheckOptions
from estimator.checks.scenario import check_text
from estimator.diagnostics import InputError, Problems
from estimator.evaluate import numbers, program
from estimator.files.project import typed
from estimator.formula import shared
from estimator.library import compiled
from estimator.model import Quantity, build, templates
from estimator.model.compile_library import compile_library
from estimator.model.kind_formula import template_formula
from estimator.model.templates import kind_key, shipped_template
from estimator.scenario.load import Loaded, load

ROOT = Path(__file__).parents[1]
SCENARIOS = sorted((ROOT / "scenarios").glob("*.yaml"))
BROKEN = sorted((ROOT / "tests" / "broken").glob("*.yaml"))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    made = generated(tmp_path_factory.mktemp("made"), 24)
    return [*SCENARIOS, *BROKEN[::3], *sorted(made.glob("*.yaml"))]


def _forget() -> None:
    shipped_template.cache_clear()
    template_formula.cache_clear()
    templates._entries.clear()
    shared._alike.clear()
    program._known_functions.cache_clear()
    compiled._PARTS.clear()


def _told(file: Path) -> list[Any]:
    """Return all that there is to know of a file: diagnostics, quantities and values."""
    problems = Problems()
    try:
        loaded = load(typed(str(file)))
    except InputError as error:
        return [str(d) for d in error.diagnostics]
    return [*_estimate(loaded, problems), [str(d) for d in problems.found]]


def _estimate(loaded: Loaded, problems: Problems) -> list[Any]:
    model = build(loaded, Problems())
    found = estimated(loaded, problems)
    return [
        [] if model is None else [_written(q) for q in model.quantities.values()],
        [] if model is None else [str((c.tree, c.message, c.place)) for c in model.concerns],
        {} if found is None else {name: repr(v) for name, v in numbers(found.report).items()},
    ]


def _written(quantity: Quantity) -> tuple[object, ...]:
    return (*map(str, quantity.declaration), str(quantity.tree), *map(str, quantity[3:]))


@pytest.mark.slow
def test_scenarios_in_one_process_are_as_each_by_itself(files: list[Path]) -> None:
    alone: dict[Path, list[Any]] = {}
    for file in files:
        _forget()
        alone[file] = _told(file)
    _forget()
    order = [*files, *files]
    random.Random(7).shuffle(order)
    for file in order:
        assert _told(file) == alone[file], file.name


@pytest.mark.slow
def test_a_template_serves_an_action_whose_name_is_in_the_names_of_its_branches(
    tmp_path: Path,
) -> None:
    texts = [
        "users: 1M\n"
        f"actions: {{{action}: {{per_user: 2/day, read_write_ratio: 5}}}}\n"
        "components:\n"
        f"  {cache}: {{kind: cache, receives: [{action}], hit_ratio: 90%}}\n"
        f"  db: {{kind: database, receives: {{{cache}.misses: 2, {action}.writes: 1/2}}}}\n"
        for action in ("post", "misses", "calls", "reads_of")
        for cache in ("cache", "calls_cache", "c")
    ]
    files = []
    for number, text in enumerate(texts):
        file = tmp_path / f"{number}.yaml"
        file.write_text(text, "utf-8")
        files.append(file)
    shared = [_told(file) for file in files]
    for file, told in zip(files, shared, strict=True):
        _forget()
        assert _told(file) == told


@pytest.fixture
def compiled_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a compiled library of its own, in the place of the one that the build made."""
    file = tmp_path / "compiled.bin"
    monkeypatch.setattr(compiled, "FILE", file)
    _forget()
    compiled._contents.cache_clear()
    yield file
    _forget()
    compiled._contents.cache_clear()


def test_a_compiled_library_says_what_the_kinds_say(compiled_file: Path) -> None:
    files = SCENARIOS[:4]
    from_yaml = [_told(file) for file in files]
    compile_library(SCENARIOS[:2], compiled_file)
    _forget()
    compiled._contents.cache_clear()
    assert compiled.stored(kind_key("service")) is not None
    assert [_told(file) for file in files] == from_yaml


def test_a_library_that_was_compiled_before_a_kind_was_edited_is_left_alone(
    compiled_file: Path,
) -> None:
    compile_library([], compiled_file)
    assert compiled.is_current()
    os.utime(compiled_file, ns=(1, 1))
    assert not compiled.is_current()
    compiled._contents.cache_clear()
    assert compiled.stored(kind_key("service")) is None


def test_a_library_that_another_version_compiled_is_left_alone(
    compiled_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_library([], compiled_file)
    monkeypatch.setattr(compiled, "__version__", "0.0.1")
    assert compiled.stored(kind_key("service")) is None


def test_a_compiled_library_that_is_damaged_is_left_alone(compiled_file: Path) -> None:
    compile_library([], compiled_file)
    compiled_file.write_bytes(compiled_file.read_bytes()[:1000])
    compiled._contents.cache_clear()
    assert compiled.stored(kind_key("service")) is None


@pytest.mark.slow
def test_what_a_check_makes_is_freed_without_looking_for_garbage(files: list[Path]) -> None:
    shipped = Path(__file__).parent.parent / "scenarios"
    texts = [file.read_bytes() for file in (*sorted(shipped.glob("*.yaml")), *files[-20:])]
    texts.append(b"derive: {load: 20, made: load * 1B}\nexpect: [made <= 1]\n")  # explained
    texts.append(b"derive: {load: 20 s, made: load + 1 GB}\n")  # wrong
    options = CheckOptions({}, None, 65_536, 1)

    def check() -> None:
        for text in texts:
            check_text("a.yaml", text, options)

    check()
    gc.collect()
    gc.disable()
    try:
        check()
        assert gc.collect() < len(texts)
    finally:
        gc.enable()
