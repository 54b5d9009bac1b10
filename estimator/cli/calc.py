"""`estimator calc`: the language of formulas as a calculator."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from estimator.cli.options import Colored
from estimator.cli.terminal import Color

if TYPE_CHECKING:
    from collections.abc import Iterator

    from estimator.analyse.calculate import Calculator


def calc(
    formulas: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FORMULA...]",
            help="What to compute, such as '500M * 2/day in 1/s'; a prompt without one.",
            show_default=False,
        ),
    ] = None,
    color: Colored = Color.auto,
) -> int:
    """Compute formulas with units.

    `name = formula` keeps a result for the formulas after it. Without a formula: a prompt with a
    history, or each line of standard input.
    """
    from estimator.analyse.calculate import Calculator
    from estimator.cli.terminal import reader_has_left

    calculator = Calculator()
    lines = [formula.strip() for formula in formulas] if formulas else _lines()
    worst = 0
    for line in lines:
        if reader_has_left():
            break
        if line.strip() and not line.lstrip().startswith("#"):
            worst = max(worst, _answer(calculator, line, color))
    return 0 if not formulas and sys.stdin.isatty() else worst


def _answer(calculator: Calculator, line: str, color: Color) -> int:
    from estimator.cli.terminal import complain, put_text
    from estimator.diagnostics import InputError, Text

    try:
        answer = calculator.answer(Text.of("calc", line))
    except InputError as error:
        complain(error.diagnostics, color)
        return 2
    put_text(f"{answer}\n")
    return 0


def _lines() -> Iterator[str]:
    from estimator.cli.terminal import ask, put
    from estimator.files.project import typed

    if not sys.stdin.isatty():
        yield from typed("-").source().text.splitlines()
        return
    with suppress(ImportError):
        import readline  # noqa: F401 - gives `input` its history
    while True:
        try:
            line = ask("> ")
        except (EOFError, KeyboardInterrupt):
            put("\n")
            return
        if line.strip() in ("exit", "quit"):
            return
        yield line
