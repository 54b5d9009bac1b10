"""`estimator fmt`: scenarios and kinds in their canonical form."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from estimator.cli.call import Call
from estimator.cli.options import Colored, SchemaVersion, argument, format_option
from estimator.cli.terminal import Color

if TYPE_CHECKING:
    from collections.abc import Iterator

    from estimator.files.project import Input
    from estimator.render.fmt import Formatted

_STDIN = "-"


def fmt(
    paths: Annotated[
        list[str] | None,
        argument(
            "[PATH...]",
            "Files, folders, names in scenarios/, or - for standard input. [default: scenarios/]",
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; list the files that would change.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Write nothing; show what would change.")
    ] = False,
    format_: Annotated[str, format_option("fmt", "the changes")] = "text",
    schema_version: SchemaVersion = None,
    color: Colored = Color.auto,
) -> int:
    """Format scenario files.

    Puts sections in order, spaces formulas consistently, and removes trailing white space.
    Comments, quotes and alignment stay as they are. A file that cannot be read is reported and
    left alone. The exit code is 1 if --check or --diff finds something to change, 2 if the input is
    wrong.
    """
    from estimator.render.fmt import Formatting, Shows

    call = Call("fmt", color, format_, schema_version=schema_version)
    shows = Shows.DIFFERENCES if diff else Shows.NAMES if check else Shows.NOTHING
    is_written = shows is Shows.NOTHING
    run = _Run(call, paths or [], is_written)
    code = call.end(Formatting(run.files(), is_written, shows, call.problems.found))
    if not is_written or paths != [_STDIN]:
        _summarize(run, would=not is_written)
    return code or int(not is_written and bool(run.changed))


@dataclass
class _Run:
    """Brings files into their canonical form, and counts them.

    Attributes:
        call: The call, which keeps what is wrong.
        paths: The files and folders of the call.
        is_written: Are files written, and standard input printed?
    """

    call: Call
    paths: list[str]
    is_written: bool
    changed: int = 0
    unchanged: int = 0
    wrong: int = 0

    def files(self) -> Iterator[Formatted]:
        """Yield the files as they are done."""
        from estimator.cli.files import scenario_files
        from estimator.diagnostics import InputError
        from estimator.files.project import typed

        words = [typed(path) for path in self.paths]
        for file, named in scenario_files(words, self.call.problems, follows=False):
            try:
                formatted = _formatted(file, named=named)
                if formatted is not None and self.is_written:
                    self._write(file.path, formatted)
            except InputError as error:
                self.call.problems.found.extend(error.diagnostics)
                self.wrong += 1
                continue
            if formatted is not None:
                self.changed += formatted.is_changed
                self.unchanged += not formatted.is_changed
                yield formatted

    def _write(self, path: str, formatted: Formatted) -> None:
        from estimator.cli.terminal import put_file
        from estimator.files.write import write_whole

        if path == _STDIN:
            if self.call.format == "text":
                put_file(formatted.after)
        elif formatted.is_changed:
            write_whole(Path(path), formatted.after, ())


def _formatted(file: Input, *, named: bool) -> Formatted | None:
    """Return a file and its canonical form; None for what a folder has and is something else."""
    from estimator.editor.canonical import canonical
    from estimator.render.fmt import Formatted
    from estimator.scenario.recognise import FileType, recognise

    source = file.source(mark=True)
    if not named and recognise(source.text) is FileType.OTHER:
        return None
    folder = Path() if file.path == _STDIN else Path(file.path).parent
    return Formatted(source.name, source.text, canonical(source, folder))


def _summarize(run: _Run, *, would: bool) -> None:
    """Say how many files were, or would be, reformatted."""
    from estimator.cli.terminal import note

    parts = [
        (run.changed, "would be reformatted" if would else "reformatted"),
        (run.unchanged, "already formatted" if would else "left unchanged"),
        (run.wrong, "not formatted"),
    ]
    said = [f"{count} {what}" for count, what in parts if count]
    if said:
        count = next(count for count, _ in parts if count)
        noun = "file" if count == 1 else "files"
        first = said[0].replace(" ", f" {noun} ", 1)
        note(", ".join([first, *said[1:]]))
