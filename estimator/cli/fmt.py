"""`estimator fmt`: scenarios and kinds in their canonical form."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from estimator.cli.options import Colored
from estimator.cli.terminal import Color
from estimator.render.sanitize import sanitize

if TYPE_CHECKING:
    from rich.console import Console

    from estimator.diagnostics import Source
    from estimator.files.project import Input

_STDIN = "-"


def fmt(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH...]",
            help="Files, folders, names found in scenarios/, or - for standard input; "
            "scenarios/ without one.",
            show_default=False,
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; list the files that would change.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Write nothing; show what would change.")
    ] = False,
    color: Colored = Color.auto,
) -> int:
    """Space formulas alike, put sections in order, and remove loose white space.

    Comments, quotes and what is aligned stay as they are. What is wrong is told, and its file left
    alone. The exit code is 1 if --check or --diff find something to change, 2 if the input is
    wrong.
    """
    from estimator.cli.files import scenario_files
    from estimator.cli.terminal import complain
    from estimator.diagnostics import InputError, Problems
    from estimator.files.project import typed

    problems = Problems()
    changed: list[bool] = []  # of each file that could be formatted
    wrong = 0
    shown = functools.partial(_show, check=check, diff=diff, color=color)
    words = [typed(path) for path in paths or []]
    for file, named in scenario_files(words, problems, follows=False):
        try:
            texts = _formatted(file, named=named)
            if texts is not None:
                (shown if check or diff else _write)(file, *texts)
                changed.append(texts[0].text != texts[1])
        except InputError as error:
            problems.found.extend(error.diagnostics)
            wrong += 1
    if problems.found:
        complain(problems.found, color)
    would = check or diff
    if would or paths != [_STDIN]:
        _summarise(changed.count(True), changed.count(False), wrong, would=would)
    if problems.errors:
        return 2
    return 1 if would and any(changed) else 0


def _formatted(file: Input, *, named: bool) -> tuple[Source, str] | None:
    """Return a file and its canonical text; None for the file of another program in a folder."""
    from estimator.editor.canonical import canonical
    from estimator.scenario.recognise import FileType, recognise

    source = file.source(mark=True)
    if not named and recognise(source.text) is FileType.OTHER:
        return None
    return source, canonical(source, Path() if file.path == _STDIN else Path(file.path).parent)


def _write(file: Input, source: Source, text: str) -> None:
    """Write a file's canonical text into it, or to standard output for what came from there."""
    from estimator.cli.terminal import put_file
    from estimator.files.write import write_whole

    if file.path == _STDIN:
        put_file(text)
    elif text != source.text:
        write_whole(Path(file.path), text, ())


def _show(file: Input, source: Source, text: str, *, check: bool, diff: bool, color: Color) -> None:
    """Print the name of a file that would change, or what would."""
    del file
    if text == source.text:
        return
    from estimator.cli.terminal import is_drawn, put, put_drawn

    if check and not diff:
        put(f"would reformat {sanitize(source.name)}\n")
        return
    from estimator.render.patch import unified

    lines = unified(source.text, text, sanitize(source.name))
    if not is_drawn(color):
        put("".join(lines))
        return
    styles = {"+": "green", "-": "red", "@": "cyan"}

    def draw(console: Console) -> None:
        for line in lines:
            console.print(line, end="", style=styles.get(line[:1]), soft_wrap=True)

    put_drawn(draw, color)


def _summarise(changed: int, unchanged: int, wrong: int, *, would: bool) -> None:
    """Print how many files were, or would be, reformatted."""
    parts = [
        (changed, "would be reformatted" if would else "reformatted"),
        (unchanged, "already formatted" if would else "left unchanged"),
        (wrong, "not formatted"),
    ]
    from estimator.cli.terminal import note

    summary = [f"{count} {what}" for count, what in parts if count]
    if summary:
        count = next(count for count, _ in parts if count)
        noun = "file" if count == 1 else "files"
        first = summary[0].replace(" ", f" {noun} ", 1)
        note(", ".join([first, *summary[1:]]))
