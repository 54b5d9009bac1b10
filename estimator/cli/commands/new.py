"""`estimator new`: a scenario to begin with, written where `estimator run` finds it."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from estimator.cli.call import Call
from estimator.cli.candidates import systems
from estimator.cli.options import Colored, format_option
from estimator.cli.terminal import Color

if TYPE_CHECKING:
    from estimator.diagnostics import Problems
    from estimator.render.new import Created

_BARE = re.compile(r"\w(?:[\w .-]*[\w-])?")  # no separators, and nothing that a file system bends


def new(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A name, for a file in scenarios/, or a path.",
            show_default=False,
        ),
    ],
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="SYSTEM",
            help="A shipped scenario to begin with, such as twitter; else a short one.",
            show_default=False,
            autocompletion=systems,
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a file that is there.")
    ] = False,
    format_: Annotated[str, format_option("new", "what is written")] = "text",
    color: Colored = Color.auto,
) -> int:
    """Write a commented scenario to begin with, which runs as it is.

    On a terminal, and without --from, it asks which system to begin with.
    """
    from estimator.editor.starting_points import STARTER
    from estimator.render.new import Created

    call = Call("new", color, format_)
    created = Created()
    with call:
        _check_system(from_, call.problems)
        path = _path(name, call.problems)
        if path is not None and os.path.lexists(path) and not force:
            _refuse(name, path, call.problems)
        call.problems.check()
        if path is not None:
            created = _created(
                name, path, from_ or (_ask_for_system(color) if _can_ask() else STARTER)
            )
    return call.end(created._replace(diagnostics=call.problems.found))


def _created(name: str, path: Path, system: str) -> Created:
    """Write a scenario that begins as a shipped one, and the schema beside it."""
    from estimator.editor.starting_points import SCHEMA_FILE, begun, schema
    from estimator.files.project import shown
    from estimator.files.write import make_folder, write_whole
    from estimator.render.new import Created

    text = begun(system, path.stem)
    make_folder(path.parent)
    write_whole(path, text, [])
    written = [path]
    beside, text_of_schema = path.parent / SCHEMA_FILE, schema()
    if text_of_schema is not None and not os.path.lexists(beside):
        write_whole(beside, text_of_schema, [])
        written.append(beside)
    return Created([shown(file) for file in written], system, _call(name, path))


def _check_system(system: str | None, problems: Problems) -> None:
    from estimator.diagnostics import did_you_mean, short
    from estimator.editor.starting_points import starting_points

    known = starting_points()
    if system is not None and system not in known:
        problems.add(
            "E037",
            f"there is no system `{short(system)}` to begin with",
            help=did_you_mean(system, known) or "there are " + ", ".join(known),
        )


def _path(name: str, problems: Problems) -> Path | None:
    """Return where the scenario of that name is to be, or None with the name refused."""
    from estimator.cli.scenarios import folders
    from estimator.diagnostics import short
    from estimator.files.project import ENDINGS, SCENARIOS

    *above, last = re.split(r"[/\\]" if os.sep == "\\" else "/", name)
    is_path = bool(above) or last.endswith(ENDINGS)
    stem = last.removesuffix(".yaml").removesuffix(".yml")
    if not _BARE.fullmatch(stem) or not name.isprintable():
        what = "ends in no file's name" if above else "is no name for a scenario"
        problems.add(
            "E037",
            f"`{short(name)}` {what}",
            help="letters, digits, `_`, `-`, and dots and spaces between them make a name",
        )
        return None
    if is_path:
        return Path(name) if last.endswith(ENDINGS) else Path(f"{name}.yaml")
    folder = next(iter(folders()), Path(SCENARIOS))
    there = [folder / f"{name}{e}" for e in ENDINGS if os.path.lexists(folder / f"{name}{e}")]
    return there[0] if there else folder / f"{name}.yaml"


def _refuse(name: str, path: Path, problems: Problems) -> None:
    from estimator.files.project import shown

    if path.is_dir():
        problems.add("E037", f"`{shown(path)}` is a folder", help="choose another name")
        return
    call = f"estimator new {shlex.quote(name)} --force"
    problems.add(
        "E037",
        f"there is a file `{shown(path)}` already",
        help=f"`{call}` writes over it; or choose another name",
    )


def _can_ask() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _ask_for_system(color: Color) -> str:
    """Return the system that somebody at a terminal chooses; Ctrl-D gives up as Ctrl-C does."""
    from estimator.cli.terminal import ask, draw_note, note
    from estimator.diagnostics import did_you_mean, short
    from estimator.editor.starting_points import STARTER, about, starting_points
    from estimator.render.page import Column, Table

    known = starting_points()
    table = Table("Systems", [Column("system", whole=True), Column("what it does")])
    table.rows = [[system, about(system)] for system in known]
    draw_note(table, color)
    while True:
        try:
            line = ask(f"Begin with which system? [{STARTER}] ")
        except EOFError:
            raise KeyboardInterrupt from None
        system = line.strip() or STARTER
        if system in known:
            return system
        hint = did_you_mean(system, known) or "choose one of the list"
        note(f"There is no `{short(system)}`: {hint}")


def _call(name: str, path: Path) -> str:
    """Return the call that computes what was written."""
    from estimator.cli.scenarios import find_scenario
    from estimator.diagnostics import Problems
    from estimator.files.project import shown

    found = find_scenario(name, Problems())
    finds = found is not None and os.path.exists(found.path) and path.samefile(found.path)  # noqa: PTH110
    return f"estimator run {shlex.quote(name if finds else shown(path))}"
