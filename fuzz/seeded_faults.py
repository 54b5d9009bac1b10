"""Break the program on purpose, one fault at a time, and show which harness finds each.

    python -m fuzz.seeded_faults [--runs 20000] [--seed 1] [--jobs N]

Each fault is a replacement of text in a copy of the package. The exit code is 1 if one is not found
within so many inputs, or is found as something else than what it is.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from fuzz.__main__ import process
from fuzz.engine import Amount, Result
from fuzz.target import ROOT

_COPIED = ("estimator", "fuzz")
_LINKED = ("scenarios", "tests", "docs")


class Seeded(NamedTuple):
    """A fault on purpose.

    Attributes:
        what: What is wrong then.
        file: The file of the package.
        changes: Texts in it, and what takes their place.
        harness: Which harness finds it.
        sort: As what.
    """

    what: str
    file: str
    changes: tuple[tuple[str, str], ...]
    harness: str
    sort: str

    def apply(self, package: Path) -> None:
        """Break a copy of the package.

        Raises:
            ValueError: Where the text is no longer there: the fault has to be written anew.
        """
        path = package / self.file
        text = path.read_text("utf-8")
        for old, new in self.changes:
            if text.count(old) != 1:
                raise ValueError(f"{self.file} has {text.count(old)} times {old!r}")
            text = text.replace(old, new)
        path.write_text(text, "utf-8")


SEEDED: tuple[Seeded, ...] = (
    Seeded(
        "a limit of nesting is dropped",
        "scenario/yaml_syntax.py",
        (("DEEPEST = 32", "DEEPEST = 32_000"),),
        "reader",
        "traceback",
    ),
    Seeded(
        "a loop over spaces never ends",
        "formula/tokens.py",
        (
            (
                "        position = found.end()",
                '        position += len(found[0].replace("\\t", ""))',
            ),
        ),
        "formula",
        "hang",
    ),
    Seeded(
        "thousands are shown as millions",
        "units/write.py",
        (('(1e9, "B"), (1e6, "M"), (1e3, "k"))', '(1e9, "B"), (1e6, "M"), (1e3, "M"))'),),
        "formula",
        "mismatch",
    ),
    Seeded(
        "a mark that reverses text is printed",
        "render/sanitize.py",
        ((r"\\u2028-\\u202e\\u2060", r"\\u2060"),),
        "scenario",
        "control",
    ),
    Seeded(
        "JSON has numbers that are none",
        "render/json.py",
        (
            ("allow_nan=False", "allow_nan=True"),
            ("return None  # JSON has", "return value  # JSON has"),
        ),
        "scenario",
        "format",
    ),
    Seeded(
        "the fault of a formula in a kind is not caught",
        "library/check.py",
        (("parse(text.value)\n    except FormulaError", "parse(text.value)\n    except KeyError"),),
        "kind",
        "traceback",
    ),
    Seeded(
        "a setting is not looked at before it is taken apart",
        "checks/settings.py",
        (("    if not isinstance(value, list) or not all(", "    if not all("),),
        "settings",
        "traceback",
    ),
    Seeded(
        "a wrong shape of a baseline is not caught",
        "checks/baseline.py",
        (("AttributeError, ArithmeticError", "ArithmeticError"),),
        "baseline",
        "traceback",
    ),
    Seeded(
        "an error does not decide the exit code",
        "cli/call.py",
        (("return 2 if any(d.severity is Severity.ERROR for d in everything) else 0", "return 0"),),
        "diff",
        "exit",
    ),
    Seeded(
        "values of the text before an edit stay",
        "editor/document.py",
        (("analysis.estimate or estimate", "estimate or analysis.estimate"),),
        "editor",
        "mismatch",
    ),
    Seeded(
        "a unit has another factor",
        "units/table.json",
        (('"GiB": ["gibibyte", 1073741824.0', '"GiB": ["gibibyte", 1073741842.0'),),
        "differential",
        "mismatch",
    ),
    Seeded(
        "`or` binds tighter than `and`",
        "formula/parse.py",
        (
            ('node = _logic(cursor, "or")', 'node = _logic(cursor, "and")'),
            ('return _logic(cursor, "and")', 'return _logic(cursor, "or")'),
            ('_conjunction if op == "or" else', '_conjunction if op == "and" else'),
        ),
        "differential",
        "mismatch",
    ),
    Seeded(
        "a comparison is the other one",
        "formula/emit.py",
        (('return f"less_equal({left}, {right})"', 'return f"less({left}, {right})"'),),
        "differential",
        "mismatch",
    ),
)


def find(seeded: Seeded, runs: int, seed: int) -> Result:
    """Run the harness of a fault on a program that has it."""
    with tempfile.TemporaryDirectory(prefix="fuzz-seeded-") as name:
        folder = Path(name)
        for copied in _COPIED:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / copied, folder / copied, ignore=ignored)
        for linked in _LINKED:
            (folder / linked).symlink_to(ROOT / linked)
        seeded.apply(folder / "estimator")
        inputs = folder / "inputs"
        inputs.mkdir()
        return process("fuzz.engine", seeded.harness, Amount(runs), seed, inputs, root=folder)


def main() -> int:
    """Show that each fault is found; the exit code is 1 if one is not."""
    parser = argparse.ArgumentParser("python -m fuzz.seeded_faults")
    parser.add_argument("--runs", type=int, default=20_000, help="the most inputs for each")
    parser.add_argument("--seed", type=int, default=1, help="which inputs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once")
    asked = parser.parse_args()
    print(f"{'fault':54}{'harness':14}{'found as':12}{'inputs':>8}")
    missed = 0
    with ThreadPoolExecutor(asked.jobs) as pool:
        results = pool.map(lambda one: find(one, asked.runs, asked.seed), SEEDED)
        for seeded, result in zip(SEEDED, results, strict=True):
            sort = result.found.sort if result.found else "not found"
            missed += sort != seeded.sort
            print(f"{seeded.what:54}{seeded.harness:14}{sort:12}{result.inputs:>8,}", flush=True)
    print(f"{len(SEEDED) - missed} of {len(SEEDED)} are found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
