"""The registry of functions: what a record must say, and that adding one touches one file."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from asking import ROOT, estimated

from estimator.evaluate.uncertainty.arrays import ARRAYS
from estimator.formula.emit import SCALARS, Backend, emit
from estimator.formula.functions import FUNCTIONS, PER_SAMPLE, Function, Inline
from estimator.formula.parse import parse
from estimator.units import PLAIN, Calendar

FRACTION = (("share", PLAIN),)
HALF = ("half(3)", "1.5")
AMDAHL = """
    Function(
        "amdahl",
        (("n", PLAIN), ("serial", PLAIN)),
        PLAIN,
        "The speedup of n workers by Amdahl's law.",
        example=("amdahl(9, 100%)", "1"),
        scalar=lambda n, serial: n / (1.0 + serial * (n - 1.0)),
        array={array},
        also_called=("speedup",),
    ),
"""
SCENARIO = """
derive:
  serial: 5% to 20%
  certain: amdahl(8, 10%)
  uncertain: amdahl(8, serial)
"""


def run_with(folder: Path, array: str, given: str) -> subprocess.CompletedProcess[str]:
    """Run a copy of the program that has one more function, of which one file knows."""
    package = folder / "estimator"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "estimator", package, ignore=ignored, dirs_exist_ok=True)
    family = package / "formula" / "functions" / "scaling.py"
    text = (ROOT / "estimator" / "formula" / "functions" / "scaling.py").read_text("utf-8")
    start = "FUNCTIONS = ("
    assert text.count(start) == 1
    family.write_text(text.replace(start, start + AMDAHL.format(array=array)), "utf-8")
    return subprocess.run(
        [sys.executable, "-m", "estimator", "run", "-", "--show=uncertainty,derived"],
        input=given,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("array", "is_vectorized"),
    [("lambda np, n, serial: n / (1.0 + serial * (n - 1.0))", True), ("PER_SAMPLE", False)],
    ids=["vectorized", "per sample"],
)
def test_adding_a_function_touches_one_file(
    tmp_path: Path, array: str, is_vectorized: bool
) -> None:
    done = run_with(tmp_path, array, SCENARIO)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["certain", "4.71", "amdahl(8,", "10%)"] in rows
    low, middle = next(row[1:3] for row in rows if row[:1] == ["uncertain"])
    assert float(low) == pytest.approx(8 / (1 + 0.2 * 7), rel=0.02)
    assert float(middle) == pytest.approx(8 / (1 + 0.103 * 7), rel=0.02)
    assert ("1,024 samples" in done.stdout) is not is_vectorized


def test_a_function_is_suggested_by_the_names_that_its_record_says(tmp_path: Path) -> None:
    done = run_with(tmp_path, "PER_SAMPLE", "derive: {x: 'speedup(8, 10%)'}")
    assert done.returncode == 2
    assert "write `amdahl(8, 10%)`" in done.stderr


def test_a_function_without_an_array_form_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="array"):
        Function("half", FRACTION, PLAIN, "Half of it.", example=HALF, scalar=lambda x: 0.5 * x)  # type: ignore[call-arg]


def test_what_is_written_out_for_floats_cannot_be_called_for_each_sample() -> None:
    inline = Inline(lambda arguments: f"(0.5 * {arguments[0]})")
    with pytest.raises(TypeError, match="half has no scalar form"):
        Function(
            "half", FRACTION, PLAIN, "Half of it.", example=HALF, scalar=inline, array=PER_SAMPLE
        )


@pytest.mark.slow
def test_mypy_refuses_a_function_without_an_array_form(tmp_path: Path) -> None:
    text = (ROOT / "estimator" / "formula" / "functions" / "percentiles.py").read_text("utf-8")
    for name, removed in (("as_it_is", ""), ("without", ", array=_ITSELF")):
        file = tmp_path / f"{name}.py"
        file.write_text(text.replace(removed, "", 1), "utf-8")
        command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml")]
        done = subprocess.run(
            [*command, str(file)], capture_output=True, text=True, cwd=ROOT, check=False
        )
        assert (done.returncode == 0) is (name == "as_it_is"), done.stdout
        assert ('Missing named argument "array"' in done.stdout) is (name == "without")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_record_says_all_that_a_call_needs(name: str) -> None:
    function = FUNCTIONS[name]
    assert function.about.endswith(".")
    assert f"{name}(" in function.example[0]
    assert function.accepts(max(function.least, len(function.parameters)))
    assert not function.accepts(0)
    for backend in (SCALARS, ARRAYS):
        is_inline = isinstance(backend.form(function), Inline)
        assert is_inline is not (f"f_{name}" in backend.scope)


def value(formula: str, backend: Backend) -> float:
    code = emit(parse(formula), str, Calendar(), backend=backend)
    return float(eval(code, backend.scope))


@pytest.mark.parametrize("backend", [SCALARS, ARRAYS], ids=["scalars", "arrays"])
@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("2 + 3 * 4 - 6 / 4", 12.5),
        ("-2 ^ 2", -4.0),
        ("2 ^ -1", 0.5),
        ("5 GB / 1 GB in 1", 5.0),
        ("if(2 > 1 and not 2 <= 1, 3, 4)", 3.0),
        ("if(1 == 2 or 1 != 2, 3, 4)", 3.0),
        ("if(0.1 + 0.2 <= 0.3 and 0.3 >= 0.1 + 0.2, 3, 4)", 3.0),
        ("if(0.1 + 0.2 > 0.3 or 0.1 + 0.2 != 0.3, 3, 4)", 4.0),
        ("sum(1, 2, 3) * product(2, 3) / max(1, 4)", 9.0),
        (" + ".join(["1.5"] * 300), 450.0),
        ("2" + " * 2 / 2" * 300, 2.0),
        ("probability(1 < 2) + p95(3) + mean(4)", 8.0),
    ],
)
def test_a_formula_has_one_value_whatever_computes_it(
    formula: str, expected: float, backend: Backend
) -> None:
    assert value(formula, backend) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "formula",
    [
        "if(" + " and ".join(["x > 0"] * 300) + ", x, 2)",
        "if(" + " or ".join(["x > 9"] * 300) + ", 2, x)",
        "min(" + ", ".join(["x"] * 900) + ")",
        " + ".join(["x"] * 900) + " - 899 * x",
    ],
    ids=["and", "or", "min", "sum"],
)
def test_a_formula_of_many_parts_is_computed_over_ranges(formula: str) -> None:
    report = estimated(f"derive:\n  x: 1 to 2\n  found: {formula}\n")
    assert report.uncertainty is not None
    spread = report.uncertainty.spreads["found"]
    assert spread.percentiles == pytest.approx((1, math.sqrt(2), 2), rel=1e-2)
