"""A formula to its value, and what is shown of it back to a value."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable
from zlib import crc32

from estimator.analyse.calculate import Calculator
from estimator.diagnostics import InputError, Source, Text
from estimator.editor.canonical import canonical
from fuzz import words
from fuzz.command import check_seen, rules, told
from fuzz.fault import Fault
from fuzz.mutate import Mutator
from fuzz.target import Target

_MAY_BE_REFUSED = frozenset({"E017", "E027"})
"""`3.37B` by itself could be bytes; a unit at the limit of depth is deeper behind a number."""

_ASKS_FOR_UNIT = re.compile(r"(?<![A-Za-z_])in(?![A-Za-z_])")
_OF_UNITS = frozenset({"E023"})  # an amount of units that are as large or small as numbers can be
_TINY = 1e-280
_DIGITS = 0.0051  # as a share: what three digits leave open


def run(data: bytes) -> Hashable:
    """Compute a formula; what is shown must read back, and show the same again."""
    text = data.decode("utf-8", "replace")
    if crc32(data) % 4 == 0 and "\n" not in text:
        _check_spacing(text)
    calculator = Calculator()
    try:
        shown = calculator.answer(Text.of("formula", f"value = {text}"))
    except InputError as error:
        return told(error.diagnostics)
    check_seen(shown, "the answer")
    if shown in ("true", "false") or shown.lstrip("-").startswith(("unbounded", ">")):
        return shown
    if math.isinf(calculator.values["value"] * 1.01):
        return "huge"  # its three digits may be beyond the largest number
    if 0.0 < abs(calculator.values["value"]) < _TINY:
        return "tiny"  # in a larger unit it may be below the smallest number
    try:
        calculator.answer(Text.of("formula", f"again = {shown.replace(',', '')}"))
    except InputError as error:
        codes = rules(error.diagnostics)
        if codes - _MAY_BE_REFUSED - (_OF_UNITS if _ASKS_FOR_UNIT.search(text) else set()):
            raise Fault("mismatch", f"`{shown}` does not read back: {error}") from None
        return codes
    value, again = calculator.values["value"], calculator.values["again"]
    if again == 0.0 and _ASKS_FOR_UNIT.search(text):
        return "vanishes"  # in a unit that is too large for it
    if not math.isclose(value, again, rel_tol=_DIGITS):
        raise Fault("mismatch", f"{value!r} is shown as `{shown}`, which is {again!r}")
    return shown.split(" ")[-1] if " " in shown else ""


def _check_spacing(text: str) -> None:
    """Hold the canonical form of a formula against itself."""
    try:
        once = canonical(Source("formula.yaml", f"derive:\n  a: {text}\n"))
        again = canonical(Source("formula.yaml", once))
    except InputError as error:
        rules(error.diagnostics)
        return
    if again != once:
        raise Fault("mismatch", f"`{text}` is written `{once}`, and that `{again}`")


TARGET = Target(
    "formula",
    "a formula's value, and whether what is shown reads back",
    run,
    Mutator((*words.units(), *words.functions(), *words.words()), words.formula),
    ("formula", "units", "analyse/calculate.py", "editor/canonical.py"),
)
