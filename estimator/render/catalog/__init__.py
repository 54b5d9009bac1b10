"""The formats of `estimator catalog`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from estimator.catalog import Catalog, Entry
    from estimator.diagnostics import Diagnostic


class Entries(NamedTuple):
    """Entries of a catalogue.

    Attributes:
        catalog: The catalogue's name.
        entries: The entries.
        fields: The fields that entries may have, in their order.
    """

    catalog: str
    entries: Sequence[Entry]
    fields: Sequence[str]


class Catalogs(NamedTuple):
    """Catalogues, or the entries of one.

    Attributes:
        listed: The catalogues by name, where they are listed.
        entries: The entries of one, where it is named.
        diagnostics: What is wrong with the call.
    """

    listed: Sequence[tuple[str, Catalog]] = ()
    entries: Entries | None = None
    diagnostics: Sequence[Diagnostic] = ()
