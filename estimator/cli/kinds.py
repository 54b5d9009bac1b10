"""`estimator kinds`: which kinds of components there are, and what each takes and gives."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from estimator.cli.candidates import kinds as kind_names
from estimator.cli.candidates import paths
from estimator.cli.options import Colored
from estimator.cli.terminal import Color


def kinds(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[KIND]",
            help="A kind to show in full.",
            show_default=False,
            autocompletion=kind_names,
        ),
    ] = None,
    library: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="A team's own kinds, too.",
            show_default=False,
            autocompletion=paths,
        ),
    ] = None,
    color: Colored = Color.auto,
) -> int:
    """List the kinds of components, or show one of them.

    With `--library`, a team's own kinds are used once each, and their worked examples checked.

    Of one kind: its parameters with defaults and sources, its formulas, what it sends on, and an
    example to paste.
    """
    from estimator.catalog import catalogues
    from estimator.cli import terminal
    from estimator.diagnostics import Problems, Text, did_you_mean
    from estimator.evaluate.examples import check_examples, check_uses
    from estimator.files.snapshot import Typed
    from estimator.library import Library, shipped_kinds
    from estimator.render.kinds import kind_page, kinds_page

    problems = Problems()
    known = Library(catalogues())
    if library is not None:
        files = Typed(library)
        known.add(library, files, Text.of("--library", str(library)).place, problems)
        check_examples(known.own(), str(library), problems, files)
        check_uses(known.own(), str(library), problems, files)
    kind = None if name is None else known.get(name)
    if name is None:
        listed = [k for k in map(known.get, known.names()) if k is not None]
        terminal.show(kinds_page(listed), color)
    elif kind is not None:
        terminal.show(kind_page(kind), color)
    else:
        words = [*known.names(), *shipped_kinds()]
        help_ = did_you_mean(name, words)
        if not help_ and (meant := known.meant(name)):
            help_ = "write " + " or ".join(f"`estimator kinds {kind}`" for kind in meant)
        help_ = help_ or "the kinds are " + ", ".join(known.names())
        problems.add("E020", f"there is no kind `{name}`", help=help_)
    if problems.found:
        terminal.complain(problems.found, color)
    return 2 if problems.errors else 0
