"""What a harness raises where the program does what it never should."""

from __future__ import annotations


class Fault(Exception):  # noqa: N818 - not a fault of the harness
    """Something that should not happen.

    Attributes:
        sort: `traceback`, `exit`, `control`, `format`, `mismatch`, `hang` or `memory`.
    """

    def __init__(self, sort: str, what: str) -> None:
        super().__init__(f"{sort}: {what}")
        self.sort = sort
