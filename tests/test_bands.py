"""How far the library's figures may be off, as kinds and catalogs say it."""

from __future__ import annotations

from pathlib import Path

import pytest

from estimator.api import check
from estimator.catalog import catalog, catalogues
from estimator.catalog.loader import CatalogFile, entries_in
from estimator.diagnostics import Problems, Source
from estimator.formula.emit import computed
from estimator.formula.parse import parse
from estimator.formula.tree import Call, Literal, Node, Number, Range, names_in, walk
from estimator.library.between import check_between
from estimator.library.kind import Parameter
from estimator.library.loader import shipped_kind, shipped_kinds
from estimator.model.templates import entry_fields
from estimator.scenario.plain import trusted
from estimator.scenario.yaml_tree import Mapping, read_yaml
from estimator.units import Calendar

KIND = """\
kind: shop
about: A shop.
extends: component
parameters:
  size: {{dimension: data, default: 1 kB, about: A size.}}
  time: {{dimension: time, {time}, about: A time.}}
"""
SCENARIO = """\
library: ./shop.yaml
actions: {sell: {rate: 10/s}}
components: {shop: {kind: shop}}
"""


def complaints(tmp_path: Path, time: str) -> list[str]:
    """Return what is said of a kind with this said of a parameter."""
    (tmp_path / "shop.yaml").write_text(KIND.format(time=time))
    file = tmp_path / "s.yaml"
    file.write_text(SCENARIO)
    return [d.message for d in check(file).found if d.rule in ("E031", "E038")]


def test_a_default_may_say_between_what_it_lies(tmp_path: Path) -> None:
    assert complaints(tmp_path, "default: 4 ms, between: 1 ms to 12 ms") == []


@pytest.mark.parametrize(
    ("time", "message"),
    [
        ("default: 4 ms, between: 12 ms", "`between` is a range"),
        ("between: 1 ms to 12 ms", "`between` says how far a default may be off"),
        ("default: 4 ms, between: 5 ms to 12 ms", "the default, 4 ms, lies outside"),
        ("default: 4 ms, between: 12 ms to 1 ms", "the lower one first"),
        ("default: 4 ms, between: -1 s to 12 ms", "the ends of `between` are not negative"),
        ("default: 4 ms, between: 1 kB to 12 kB", "`between` is data"),
        ("default: 4 ms, between: 1 ms to haste", "`haste` is no quantity of it"),
        ("default: 4 ms, between: 1 ms to size", "`between` is data"),
        ("default: 4 ms, maximum: 10 ms, between: 1 ms to 12 ms", "reaches beyond"),
    ],
)
def test_a_between_that_is_no_range_around_its_default_is_told(
    tmp_path: Path, time: str, message: str
) -> None:
    (found,) = complaints(tmp_path, time)
    assert message in found


SHELF = """\
catalog: shelf
about: Shelves.
date: 2026-11-30
source: A catalog.
entries:
  oak:
    cores: 4
    rate: {value: 4k/s, between: cores * 500/s to cores * 2k/s, source: A test of oak.}
"""


def test_an_entry_of_a_catalog_may_say_between_what_a_figure_lies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tree = read_yaml(Source("shelf.yaml", SHELF))
    assert isinstance(tree, Mapping)
    file = trusted(CatalogFile, tree)
    monkeypatch.setattr("estimator.catalog.loader.read", lambda _: file)
    oak = entries_in("shelf")["oak"]
    assert (oak.fields["cores"].value, oak.fields["rate"].value) == ("4", "4k/s")
    assert oak.doubts.keys() == {"rate"}
    assert oak.doubts["rate"].source == "A test of oak."


@pytest.mark.parametrize("name", catalogues())
def test_a_figure_of_a_catalog_lies_between_what_its_entry_says(name: str) -> None:
    for entry in catalog(name).candidates("*"):
        for field, doubt in entry.doubts.items():
            assert doubt.source or doubt.assumption, (entry.name, field)
            if doubt.between is not None:
                assert isinstance(parse(doubt.between.value), Range)
                band = entry_fields(name, entry.name, "like")[field].declaration.band
                assert band is not None
                assert band.belief == f"{name}.{entry.name}.{field}"


# --- the shipped kinds ----------------------------------------------------------------------------

FIXED = {
    "fleet.contention": "None, if only coherency is given.",
    "fleet.late_share": "One in a hundred, which is what a p99 says.",
    "image_generator.flops_per_step": "Of the model that is assumed; another one says its own.",
    "image_generator.model_memory": "Of the model that is assumed; another one says its own.",
    "llm.heads": "Of a model of this size, by the one that is named.",
    "llm.layers": "Of a model of this size, by the one that is named.",
    "cache.working_set": "By its hot share, of a day.",
    "database.disk_reads": "By what fits into memory.",
    "database.working_set": "By its hot share, of a day or more.",
    "object_store.objects": "Counted from what is written.",
    "component.service_time": "Nothing, unless a kind of its own says more.",
    "sized.cores_per_node": "None, unless a guide says so.",
    "sized.memory_per_node": "None, unless a guide says so.",
    "sized.disk_per_node": "None, unless a guide says so.",
    "sized.spare": "Nothing, unless a guide asks for some.",
    "topic.consumers": "One group reads it: what the file does not mention is not there.",
    "traffic.growth": "None, unless the file says so.",
    "table.row": "By what its actions store; a kilobyte where nothing says it.",
}
"""Defaults that are no estimates of anything, and why."""


def shipped_defaults() -> dict[str, Parameter]:
    """Return the parameters of shipped kinds that have a default, by where they are written."""
    found: dict[str, Parameter] = {}
    for name in shipped_kinds():
        for local, parameter in shipped_kind(name).parameters.items():
            if parameter.default is not None and parameter.takes_formula:
                file = Path(parameter.default.place.source.name).stem
                found[f"{file}.{local}"] = parameter
    return found


def repeats_others(parameter: Parameter) -> bool:
    """Return whether a default is a formula of other parameters alone, with no figure in it."""
    assert parameter.default is not None
    tree = parse(parameter.default.value)
    asked = [c for c in walk(tree) if isinstance(c, Call) and c.function in ("given", "any")]
    names = len(names_in(tree)) - sum(len(c.arguments) for c in asked)
    figures = [n for n in walk(tree) if isinstance(n, Literal | Number)]
    return names > 0 and not any(value_of(n) not in (0.0, 1.0) for n in figures)


def value_of(node: Node) -> float:
    return float(computed(node, Calendar()))


@pytest.mark.parametrize("name", shipped_defaults())
def test_a_shipped_default_says_how_far_it_may_be_off(name: str) -> None:
    parameter = shipped_defaults()[name]
    is_said = parameter.between is not None or parameter.decision is not None
    assert is_said or repeats_others(parameter) or name in FIXED


@pytest.mark.parametrize("name", shipped_kinds())
def test_what_a_shipped_kind_says_of_its_defaults_is_a_range_with_its_reason(name: str) -> None:
    for local, parameter in shipped_kind(name).parameters.items():
        if parameter.between is not None:
            problems = Problems()
            check_between(local, parameter, parameter.between, shipped_kind(name), problems)
            assert not problems.errors, problems.errors
            assert parameter.source or parameter.assumption, local
