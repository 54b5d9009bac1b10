"""How every command begins and ends: what it is given, how its result is written, its exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from estimator.cli.options import format_for
from estimator.cli.terminal import Color, complain, drawn, note, put_pieces, show, width
from estimator.diagnostics import Diagnostic, InputError, Problems, Severity, Text, refusal
from estimator.render.page import WIDE
from estimator.render.registry import Found, Page, Picture, Renderer, Result, formats, renderer
from estimator.render.registry import Text as TextFormat

if TYPE_CHECKING:
    from estimator.api import Scenario
    from estimator.files.project import Input


class Call:
    """A call of a command.

    As a context it keeps what is wrong: an `InputError` ends the block, and not the command.

    Args:
        command: The name under which the command's formats are.
        color: When to color.
        format_: The format of the call; None where it names none.
        output: The file of the call; None or `-` for standard output.
        schema_version: The schema that JSON is to have; None for the newest.

    Raises:
        InputError: There is no such schema, or the format is not JSON.

    Attributes:
        format: The format to write in; the one for people where the call is wrong.
        output: The file to write; None for standard output.
        problems: What is wrong so far, to be said at the end.
        said: What is wrong and was said as it came.
    """

    def __init__(
        self,
        command: str,
        color: Color,
        format_: str | None = None,
        output: Path | None = None,
        *,
        schema_version: int | None = None,
    ) -> None:
        self.command = command
        self.color = color
        self.problems = Problems()
        self.said: list[Diagnostic] = []
        self.output = None if output is not None and str(output) == "-" else output
        chosen = format_for(format_, self.output, command, self.problems)
        self.is_written = chosen is not None
        self.format = chosen or formats(command)[0]
        self._is_schema_1 = schema_version == 1
        if schema_version is not None:
            self._check_schema(schema_version)

    def __enter__(self) -> Call:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> bool:
        if isinstance(error, InputError):
            known = set(self.problems.found)
            self.problems.found += [d for d in error.diagnostics if d not in known]
            return True
        return False

    def _check_schema(self, version: int) -> None:
        """Refuse a schema that there is not, and one of what is not JSON.

        Raises:
            InputError: E034.
        """
        if version not in (1, 2):
            self.refuse(
                f"there is no schema version {version}",
                "write `--schema-version 2`, or 1 for the names that JSON had before",
            )
        elif self.is_written and self.format != "json":
            self.refuse(
                f"`--schema-version` is for JSON, and this call writes {self.format}",
                "add `--format json`, or leave out `--schema-version`",
            )
        self.problems.check()

    @property
    def is_page(self) -> bool:
        """Return whether the format is one for people."""
        return isinstance(renderer(self.command, self.format), Page)

    def refuse(self, message: str, help: str | None = None) -> None:
        """Add that the call itself is wrong (E034)."""
        self.problems.add("E034", message, help=help)

    def overrides(self, set_: Iterable[str] | None) -> dict[str, Text]:
        """Return the formulas of `--set`, by name."""
        from estimator.cli.scenarios import read_overrides

        return read_overrides(set_ or [], self.problems)

    def variant(self, name: str | None) -> Text | None:
        """Return the name of `--variant`."""
        return None if name is None else Text.of("--variant", name)

    def variants(self, names: Sequence[str] | None) -> Sequence[Text | None]:
        """Return the names of several `--variant`, each once; None alone for the file as it is."""
        return [self.variant(name) for name in dict.fromkeys(names or [])] or [None]

    def find(self, names: Sequence[str]) -> list[Input]:
        """Return the scenarios of paths and names, as far as they are there."""
        from estimator.cli.scenarios import find_scenario

        if names.count("-") > 1:
            self.problems.add("E001", "standard input can be read only once")
        if self.problems.errors:
            return []
        found = (find_scenario(name, self.problems) for name in names)
        return [one for one in found if one is not None]

    def load(self, name: str) -> Scenario:
        """Return the scenario of a path or a name.

        Raises:
            InputError: Where there is none, something is wrong with it, or already with the call.
        """
        from estimator.api import load

        found = self.find([name])
        self.problems.check()
        return load(found[0])

    def keep_errors(self) -> Problems:
        """Leave out warnings, where what `run` warns of does not matter; return the errors."""
        self.problems.found[:] = self.problems.errors
        return self.problems

    def write(self, result: object, sources: Iterable[str] = ()) -> None:
        """Write a result, to standard output or the call's file.

        Args:
            result: What the formats of the command take.
            sources: The files that were read, which are not written over.

        Raises:
            InputError: Where it cannot be written.
        """
        chosen = renderer(self.command, self.format)
        if self.output is not None:
            from estimator.files.write import write_whole

            write_whole(self.output, self._text(chosen, result), sources)
        elif isinstance(chosen, Picture):
            message, help_ = f"{self.format} is no text", "name a file for it with `--output`"
            raise refusal("E034", message, help=help_)
        elif isinstance(chosen, TextFormat):
            put_pieces(self._pieces(chosen.pieces(result)), annotates=chosen.annotates)
        elif chosen.is_note:
            for part in chosen.parts(result, WIDE):
                note(str(part))
        else:
            show(chosen.parts(result, width(sys.stdout)), self.color)

    def _text(self, chosen: Renderer, result: object) -> Iterable[str] | bytes:
        """Return what a file is to hold."""
        if isinstance(chosen, Picture):
            return chosen.content(result)
        if isinstance(chosen, TextFormat):
            return self._pieces(chosen.pieces(result))
        page = chosen.parts(result, WIDE)
        if self.color is Color.always:
            return [drawn(page, self.color)]
        from estimator.render.page_text import part_text

        return map(part_text, page)

    def _pieces(self, pieces: Iterable[str]) -> Iterable[str]:
        """Return what a format for programs writes, under the names that the call asks for."""
        if not self._is_schema_1:
            return pieces
        from estimator.render.old_names import in_schema_1

        return in_schema_1(pieces)

    def answer(self, compute: Callable[[], Result]) -> int:
        """Compute a result, write it, say what is wrong, and return the exit code: 0 or 2."""
        result = None
        with self:
            result = compute()
        return self.end(Found(result, self.keep_errors().found))

    def complain(self, found: Iterable[Diagnostic]) -> None:
        """Say what is wrong at once, between results."""
        found = list(found)
        self.said += found
        complain(found, self.color)

    def end(
        self, result: object = None, sources: Iterable[str] = (), *, spaced: bool = False
    ) -> int:
        """Write a result if there is one, say what is wrong, and return the exit code: 0 or 2.

        Args:
            result: What the formats of the command take.
            sources: The files that were read, which are not written over.
            spaced: Set a line between the result and what is wrong, where somebody sees both.
        """
        self.problems.sort()
        if self.is_written and result is not None:
            with self:
                self.write(result, sources)
        elif self.is_written and self.format == "json" and self.output is None:
            from estimator.render.json import diagnostics_json, written

            nothing = written(diagnostics=diagnostics_json(self.problems.found))
            put_pieces(self._pieces([nothing]))
        if self.problems.found:
            if spaced and self.output is None and sys.stderr.isatty():
                note()
            complain(self.problems.found, self.color)
        everything = (*self.said, *self.problems.found)
        return 2 if any(d.severity is Severity.ERROR for d in everything) else 0
