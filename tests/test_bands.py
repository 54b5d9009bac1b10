"""How far the library's figures may be off, as kinds and catalogs say it."""

from __future__ import annotations

from pathlib import Path

import pytest

from estimator.api import check
from estimator.catalog import catalog, catalogues
from estimator.catalog.loader import CatalogFile, entries_in
from estimator.diagnostics import Source
from estimator.formula.parse import parse
from estimator.formula.tree import Range
from estimator.model.templates import entry_fields
from estimator.scenario.plain import trusted
from estimator.scenario.yaml_tree import Mapping, read_yaml

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
        ("default: 4 ms, decision: yes, between: 1 ms to 9 ms", "`time` is a decision"),
        ("default: 4 ms, between: 5 ms to 12 ms", "the default, 4 ms, lies outside"),
        ("default: 4 ms, between: 12 ms to 1 ms", "this range is impossible"),
        ("default: 4 ms, between: 0 s to 12 ms", "both ends of `between` are above zero"),
        ("default: 4 ms, between: 1 kB to 12 kB", "`between` is data"),
        ("default: 4 ms, between: 1 ms to haste", "`haste` is no parameter"),
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
                assert band.belief == f"{entry.name}.{field}"
