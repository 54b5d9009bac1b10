"""`estimator calc`: the language of formulas as a calculator."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

from estimator.cli.call import Call
from estimator.cli.options import Colored, SchemaVersion, argument, format_option
from estimator.cli.terminal import Color

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from estimator.analyse.calculate import Answer


def calc(
    formulas: Annotated[
        list[str] | None,
        argument(
            "[FORMULA...]", "What to compute, such as '500M * 2/day in 1/s'. [default: a prompt]"
        ),
    ] = None,
    format_: Annotated[str, format_option("calc", "the results")] = "text",
    schema_version: SchemaVersion = None,
    color: Colored = Color.auto,
) -> int:
    """Compute formulas with units.

    `name = formula` keeps a result for later formulas. Without a formula, opens a prompt with a
    history, or computes each line of standard input.
    """
    from estimator.render.registry import Found

    call = Call("calc", color, format_, schema_version=schema_version)
    lines = [formula.strip() for formula in formulas] if formulas else _lines()
    answers = _answers(lines, call)
    code = call.end(Found(answers, call.said))
    return 0 if not formulas and sys.stdin.isatty() else code


def _answers(lines: Iterable[str], call: Call) -> Iterator[Answer]:
    """Yield the answers; what is wrong is said between them, as it comes."""
    from estimator.analyse.calculate import Calculator
    from estimator.cli.terminal import reader_has_left
    from estimator.diagnostics import InputError, Text

    calculator = Calculator()
    for line in lines:
        if reader_has_left():
            return
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            answer = calculator.answer(Text.of("calc", line))
        except InputError as error:
            call.complain(error.diagnostics)
            continue
        yield answer


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
