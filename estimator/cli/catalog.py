"""`estimator catalog`: the figures about hardware and prices that formulas and kinds can name."""

from __future__ import annotations

from typing import Annotated

import typer

from estimator.cli.candidates import catalogues, scopes
from estimator.cli.options import Colored
from estimator.cli.terminal import Color


def catalog(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[CATALOGUE]",
            help="A catalogue to show in full.",
            show_default=False,
            autocompletion=catalogues,
        ),
    ] = None,
    of: Annotated[
        str,
        typer.Option(
            metavar="CLOUD|FAMILY",
            help="Only the entries of a cloud or a family, such as aws or m7g.",
            show_default=False,
            autocompletion=scopes,
        ),
    ] = "",
    color: Colored = Color.auto,
) -> int:
    """List the catalogues of machines, prices and base rates, or show the entries of one.

    Every figure has its source and its date.
    """
    from estimator.catalog import catalog as catalog_of
    from estimator.catalog import catalogues as names_of_catalogues
    from estimator.cli.terminal import complain, show
    from estimator.diagnostics import Problems, did_you_mean
    from estimator.render.catalog import catalog_page, catalogues_page

    problems = Problems()
    if name is None:
        show(catalogues_page((n, catalog_of(n)) for n in names_of_catalogues()), color)
    elif name not in names_of_catalogues():
        known = ", ".join(names_of_catalogues())
        problems.add(
            "E022",
            f"there is no catalogue `{name}`",
            help=did_you_mean(name, names_of_catalogues()) or f"there are {known}",
        )
    else:
        entries = catalog_of(name).candidates(of or "*")
        scopes = catalog_of(name).scopes()
        if entries:
            show(catalog_page(name, entries, list(catalog_of(name).fields)), color)
        else:
            problems.add(
                "E022",
                f"the catalogue of {name} has no cloud or family `{of}`",
                help=did_you_mean(of, scopes) or "there are " + ", ".join(scopes),
            )
    if problems.found:
        complain(problems.found, color)
    return 2 if problems.errors else 0
