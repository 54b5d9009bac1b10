"""The formats of `estimator fmt`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from estimator.render.sanitize import sanitize

if TYPE_CHECKING:
    from estimator.diagnostics import Diagnostic


class Shows(Enum):
    """What text shows of the files that are not in their canonical form."""

    NOTHING = "nothing"
    NAMES = "names"
    DIFFERENCES = "differences"


class Formatted(NamedTuple):
    """A file and its canonical form.

    Attributes:
        file: The file, as the user calls it; `<stdin>` for standard input.
        before: What is in it.
        after: Its canonical form.
    """

    file: str
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        """Return whether it was in another form."""
        return self.before != self.after

    def difference(self) -> Iterator[str]:
        """Yield the lines of a unified diff, which has a missing line end as `diff` has it."""
        from estimator.render.patch import unified

        for line in unified(self.before, self.after, sanitize(self.file)):
            yield from line.removesuffix("\n").split("\n")


class Formatting(NamedTuple):
    """Files in their canonical form.

    Attributes:
        files: The files, as they come.
        is_written: Are they written? Else this is what would change.
        shows: What text shows of them.
        diagnostics: What is wrong with other files, complete once all files have come.
    """

    files: Iterable[Formatted]
    is_written: bool
    shows: Shows
    diagnostics: Sequence[Diagnostic] = ()
