"""`estimator kinds`: which kinds of components there are, and what each takes and gives."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from estimator.cli.call import Call
from estimator.cli.candidates import kinds as kind_names
from estimator.cli.candidates import paths
from estimator.cli.options import Colored, format_option
from estimator.cli.terminal import Color

if TYPE_CHECKING:
    from estimator.library.loader import Library


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
            help="Include a team's own kinds.",
            show_default=False,
            autocompletion=paths,
        ),
    ] = None,
    format_: Annotated[str, format_option("kinds", "the kinds")] = "text",
    color: Colored = Color.auto,
) -> int:
    """List the kinds of components, or show one of them.

    With `--library`, also checks a team's own kinds and their worked examples.

    Of one kind, shows the parameters with defaults and sources, the formulas, what it sends on, and
    an example to paste.
    """
    from estimator.catalog import catalogues
    from estimator.diagnostics import Text
    from estimator.evaluate.examples import check_examples, check_uses
    from estimator.files.snapshot import Typed
    from estimator.library.loader import Library
    from estimator.render.kinds import Kinds

    call = Call("kinds", color, format_)
    known = Library(catalogues())
    if library is not None:
        files = Typed(library)
        place = Text.of("--library", str(library)).place
        known.add(library, files, place, call.problems)
        check_examples(known.own(), str(library), call.problems, files)
        check_uses(known.own(), str(library), call.problems, files)
    names = known.names() if name is None else [name]
    found = [kind for kind in map(known.get, names) if kind is not None]
    if not found and name is not None:
        call.problems.add("E020", f"there is no kind `{name}`", help=_meant(name, known))
    return call.end(Kinds(found, name is not None, call.problems.found))


def _meant(name: str, known: Library) -> str:
    from estimator.diagnostics import did_you_mean
    from estimator.library.names import shipped_kinds

    near = did_you_mean(name, [*known.names(), *shipped_kinds()])
    if not near and (meant := known.meant(name)):
        near = "write " + " or ".join(f"`estimator kinds {kind}`" for kind in meant)
    return near or "the kinds are " + ", ".join(known.names())
