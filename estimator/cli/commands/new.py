"""`estimator new`: a scenario to begin with, written where `estimator run` finds it."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from estimator.cli.call import Call
from estimator.cli.candidates import systems
from estimator.cli.options import Colored, SchemaVersion, argument, format_option, option
from estimator.cli.terminal import Color, ask, complain, draw_note, note

if TYPE_CHECKING:
    from estimator.diagnostics import Problems
    from estimator.render.new import Created

_SHORT = 5  # letters of a name that is too short to be nearly another
_BARE = re.compile(r"\w(?:[\w .-]*[\w-])?")  # no separators, and nothing that a file system bends


def new(
    name: Annotated[
        str | None,
        argument(
            "[NAME]",
            "A name, for a file in scenarios/, or a path; instagram starts from photo sharing.",
            offers=systems,
        ),
    ] = None,
    from_: Annotated[
        str | None,
        option(
            "SYSTEM",
            "The system to start from, such as chat, video or twitter. [default: a short scenario]",
            "--from",
            offers=systems,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    format_: Annotated[str, format_option("new", "the result")] = "text",
    schema_version: SchemaVersion = None,
    color: Colored = Color.auto,
) -> int:
    """Write a scenario to start from, which already runs.

    On a terminal it asks for what is missing: the system, the number of users, and the name.
    """
    from estimator.render.new import Created

    call = Call("new", color, format_, schema_version=schema_version)
    created = Created()
    with call:
        chosen = _chosen(name, from_, call.problems, force=force)
        if chosen is None:
            chosen = _asked(name, color, force=force)
        created = _created(chosen)
    return call.end(created._replace(diagnostics=call.problems.found))


class _Chosen(NamedTuple):
    """What is written, and where.

    Attributes:
        name: The scenario's name, or its path.
        path: Its file.
        point: The starting point.
        users: The number of its users, or None for that of the starting point.
        near: A starting point that its name is spelled nearly as, or None.
    """

    name: str
    path: Path
    point: str
    users: str | None = None
    near: str | None = None


def _chosen(
    name: str | None, system: str | None, problems: Problems, *, force: bool
) -> _Chosen | None:
    """Return what the call says to write, or None where that is to be asked at the terminal.

    Raises:
        InputError: Where the system is unknown, or nothing may be written under the name.
    """
    from estimator.editor.starting_points import STARTER, nearest_point, point_meant

    can_ask = sys.stdin.isatty() and sys.stderr.isatty()
    name = system if name is None else name
    path = None if name is None else _free_path(name, problems, force=force)
    point = point_meant(path.stem) if path is not None and system is None else None
    if system is not None:
        point = _known_system(system, problems)
    if name is None and not can_ask:
        _refuse_nameless(problems)
    problems.check()
    if name is None or path is None or (point is None and can_ask):
        return None
    near = nearest_point(path.stem) if point is None and len(path.stem) > _SHORT else None
    return _Chosen(name, path, point or STARTER, near=near)


def _asked(name: str | None, color: Color, *, force: bool) -> _Chosen:
    """Return what somebody at the terminal wants to write.

    Args:
        name: The scenario's name, or None to ask for it.
        color: When to color the list of systems.
        force: Overwrite an existing file.
    """
    from estimator.diagnostics import Problems

    point = _ask_for_system(color)
    users = _ask_for_users(point)
    while True:
        chosen = name or _answered("Its name, or the path of a file?", _unused(point))
        problems = Problems()
        path = _free_path(chosen, problems, force=force)
        if path is not None:
            return _Chosen(chosen, path, point, users)
        complain(problems.found, color)
        name = None


def _created(chosen: _Chosen) -> Created:
    """Write a scenario that begins as a starting point, and the schema beside it."""
    from estimator.editor.starting_points import SCHEMA_FILE, begun, schema
    from estimator.files.project import shown
    from estimator.files.write import make_folder, write_whole
    from estimator.render.new import Created

    path = chosen.path
    text = begun(chosen.point, path.stem)
    if chosen.users is not None:
        from estimator.editor.user_count import with_users

        text = with_users(text, chosen.users)
    make_folder(path.parent)
    write_whole(path, text, [])
    written = [path]
    beside, text_of_schema = path.parent / SCHEMA_FILE, schema()
    if text_of_schema is not None and not os.path.lexists(beside):
        write_whole(beside, text_of_schema, [])
        written.append(beside)
    files = [shown(file) for file in written]
    return Created(files, chosen.point, _call(chosen.name, path), chosen.near)


def _known_system(system: str, problems: Problems) -> str | None:
    """Return the starting point that `--from` names, or None with the name refused."""
    from estimator.diagnostics import short
    from estimator.editor.starting_points import nearest_point, point_meant, starting_points

    point = point_meant(system)
    if point is None:
        near = nearest_point(system)
        problems.add(
            "E037",
            f"there is no system `{short(system)}` to start from",
            help=f"did you mean `{near}`?" if near else "there are " + ", ".join(starting_points()),
        )
    return point


def _refuse_nameless(problems: Problems) -> None:
    from estimator.editor.starting_points import CLASSICS

    first, *others = CLASSICS
    problems.add(
        "E034",
        "`estimator new` needs a name for the scenario",
        help=f"write `estimator new {first}`; the other systems are {', '.join(others)}",
    )


def _free_path(name: str, problems: Problems, *, force: bool) -> Path | None:
    """Return the file to write under a name, or None with the reason why not."""
    path = _path(name, problems)
    if path is None or not os.path.lexists(path) or force:
        return path
    _refuse(name, path, problems)
    return None


def _unused(point: str) -> str:
    """Return a name that no file has: that of the starting point, or with a number behind it."""
    from itertools import count

    from estimator.diagnostics import Problems

    names = (point if i == 1 else f"{point}_{i}" for i in count(1))
    return next(n for n in names if _free_path(n, Problems(), force=False) is not None)


def _path(name: str, problems: Problems) -> Path | None:
    """Return where the scenario of that name is to be, or None with the name refused."""
    from estimator.cli.scenarios import folders
    from estimator.diagnostics import short
    from estimator.files.project import ENDINGS, SCENARIOS

    *above, last = re.split(r"[/\\]" if os.sep == "\\" else "/", name)
    is_path = bool(above) or last.endswith(ENDINGS)
    stem = last.removesuffix(".yaml").removesuffix(".yml")
    if not _BARE.fullmatch(stem) or not name.isprintable():
        what = "does not end in a file name" if above else "is not a name for a scenario"
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


def _call(name: str, path: Path) -> str:
    """Return the call that computes what was written."""
    from estimator.cli.scenarios import find_scenario
    from estimator.diagnostics import Problems
    from estimator.files.project import shown

    found = find_scenario(name, Problems())
    finds = found is not None and os.path.exists(found.path) and path.samefile(found.path)  # noqa: PTH110
    return f"estimator run {shlex.quote(name if finds else shown(path))}"


# --- questions ------------------------------------------------------------------------------------
# Each has an answer that Enter takes.


def _ask_for_system(color: Color) -> str:
    """Return the starting point that somebody chooses from a list."""
    from estimator.diagnostics import short
    from estimator.editor.starting_points import (
        STARTER,
        about,
        nearest_point,
        point_meant,
        starting_points,
    )
    from estimator.render.page import Column, Table

    table = Table("Systems", [Column("system", whole=True), Column("what it does")])
    table.rows = [[point, about(point)] for point in starting_points()]
    draw_note(table, color)
    while True:
        answer = _answered("Which system?", STARTER)
        point = point_meant(answer)
        if point is not None:
            return point
        near = nearest_point(answer) if answer.isidentifier() else None
        hint = f"did you mean `{near}`?" if near else "choose one of the list"
        note(f"There is no `{short(answer)}`: {hint}")


def _ask_for_users(point: str) -> str | None:
    """Return how many users somebody says that a system has, or None where no user drives it."""
    from estimator.diagnostics import InputError
    from estimator.editor.starting_points import text_of
    from estimator.editor.user_count import user_count, with_users

    text = text_of(point)
    there = user_count(text)
    if there is None:
        return None
    who = "registered" if there.path == "users.registered" else "daily active"
    while True:
        count = _answered(f"How many {who} users?", there.value)
        try:
            with_users(text, count)
        except InputError as error:
            note(f"{error.diagnostics[0].message}: write a number such as 500k or 10M")
        else:
            return count


def _answered(question: str, default: str) -> str:
    """Return what somebody answers; Ctrl-D gives up as Ctrl-C does."""
    try:
        return ask(f"{question} [{default}] ").strip() or default
    except EOFError:
        raise KeyboardInterrupt from None
