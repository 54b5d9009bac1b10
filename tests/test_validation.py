"""Measured systems against the defaults: what docs/validation.md is generated from."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import median

import pytest
from validation_page import FILES, KEYS, read, rows, rows_of

by_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


@by_file
def test_a_measured_system_names_itself_its_dated_source_and_what_was_measured(file: Path) -> None:
    said = read(file).said
    assert set(said) <= KEYS
    assert len(said["system"]) == len(said["source"]) == 1
    assert re.search(r"(19|20)\d\d", said["source"][0]), "a source has a date"
    assert read(file).figures


@by_file
def test_a_system_that_was_driven_to_its_limit_is_estimated_without_headroom(file: Path) -> None:
    system = read(file)
    has_none = "target_utilization: 100%" in system.text or all(
        re.search(r"breaking_load|\bdemand\b|busy_nodes", quantity)
        for quantity, _, _ in system.figures
    )
    assert has_none or not system.is_busy


@by_file
def test_an_estimate_more_than_a_factor_of_two_away_says_why(file: Path) -> None:
    far = [f"{row.quantity}: {row.ratio:.2f}" for row in rows_of(file) if row.factor > 2]
    assert read(file).why or not far


def test_two_thirds_of_the_estimates_are_within_a_factor_of_two_and_few_beyond_five() -> None:
    found = rows()
    assert len(found) >= 24
    assert sum(row.factor <= 2 for row in found) >= len(found) * 2 / 3
    assert sum(row.factor > 5 for row in found) <= 3


def test_four_in_five_measurements_lie_in_bands_that_are_narrow() -> None:
    found = [row for row in rows() if row.has_band]
    assert sum(row.is_inside for row in found) >= 0.8 * len(found)
    assert median(row.high / row.low for row in found) <= 6
