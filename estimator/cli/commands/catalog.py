"""`estimator catalog`: the figures about hardware and prices that formulas and kinds can name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from estimator.cli.call import Call
from estimator.cli.candidates import catalogues, scopes
from estimator.cli.options import Colored, SchemaVersion, argument, format_option, option
from estimator.cli.terminal import Color

if TYPE_CHECKING:
    from estimator.diagnostics import Problems
    from estimator.render.catalog import Entries


def catalog(
    name: Annotated[
        str | None, argument("[CATALOG]", "A catalog to show in full.", offers=catalogues)
    ] = None,
    of: Annotated[
        str,
        option(
            "CLOUD|FAMILY",
            "Only the entries of a cloud or a family, such as aws or m7g.",
            offers=scopes,
        ),
    ] = "",
    format_: Annotated[str, format_option("catalog", "the catalogs")] = "text",
    schema_version: SchemaVersion = None,
    color: Colored = Color.auto,
) -> int:
    """List machines, prices and base rates, with sources.

    Every figure has its source and its date. Without a name, lists the catalogs.
    """
    from estimator.catalog import catalog as catalog_of
    from estimator.catalog import catalogues as names_of_catalogues
    from estimator.diagnostics import did_you_mean
    from estimator.render.catalog import Catalogs

    call = Call("catalog", color, format_, schema_version=schema_version)
    known = names_of_catalogues()
    found = Catalogs(diagnostics=call.problems.found)
    if name is None:
        found = found._replace(listed=[(n, catalog_of(n)) for n in known])
    elif name in known:
        found = found._replace(entries=_entries(name, of, call.problems))
    else:
        help_ = did_you_mean(name, known) or f"there are {', '.join(known)}"
        call.problems.add("E022", f"there is no catalog `{name}`", help=help_)
    return call.end(found)


def _entries(name: str, scope: str, problems: Problems) -> Entries | None:
    """Return the entries of a catalogue, or those of a cloud or a family."""
    from estimator.catalog import catalog as catalog_of
    from estimator.diagnostics import did_you_mean
    from estimator.render.catalog import Entries

    found = catalog_of(name)
    entries = found.candidates(scope or "*")
    if entries:
        return Entries(name, entries, list(found.fields))
    scopes = found.scopes()
    help_ = did_you_mean(scope, scopes) or "there are " + ", ".join(scopes)
    message = f"the catalog of {name} has no cloud or family `{scope}`"
    problems.add("E022", message, help=help_)
    return None
