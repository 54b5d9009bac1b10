"""The questions that `estimator new` asks at a terminal, each with an answer that Enter takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from estimator.cli.terminal import Color, ask, draw_note, note


def ask_for_system(color: Color) -> str:
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
        answer = answered("Which system?", STARTER)
        point = point_meant(answer)
        if point is not None:
            return point
        near = nearest_point(answer) if answer.isidentifier() else None
        hint = f"did you mean `{near}`?" if near else "choose one of the list"
        note(f"There is no `{short(answer)}`: {hint}")


def ask_for_users(point: str) -> str | None:
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
        count = answered(f"How many {who} users?", there.value)
        try:
            with_users(text, count)
        except InputError as error:
            note(f"{error.diagnostics[0].message}: write a number such as 500k or 10M")
        else:
            return count


def ask_for_name(default: str, free: Callable[[str], Path | None]) -> tuple[str, Path]:
    """Return the name of the new scenario, or its path, and the file.

    Args:
        default: The name that Enter takes.
        free: Returns the file to write under a name, or None once it has said why not.
    """
    while True:
        name = answered("Its name, or the path of a file?", default)
        path = free(name)
        if path is not None:
            return name, path


def answered(question: str, default: str) -> str:
    """Return what somebody answers; Ctrl-D gives up as Ctrl-C does."""
    try:
        return ask(f"{question} [{default}] ").strip() or default
    except EOFError:
        raise KeyboardInterrupt from None
