"""What becomes of an expectation; apart from the engine, as checks read it back without that."""

# Without postponed annotations: typing compiles each of them that is a text, as a run begins.
from typing import NamedTuple

from estimator.diagnostics import Place
from estimator.units.write import count, share

_TWICE = (0.5, 2.0)  # a ratio between these is written as a percentage


class Outcome(NamedTuple):
    """An expectation and whether it holds.

    Attributes:
        check: The condition as it was written.
        status: `pass`, `fail`, `warn` (fails, but only warns), `waived` (until a date), or
            `undecided` (it depends on what nobody knows).
        left: The value of its left side, for people.
        right: The value of its right side, for people.
        ratio: Left divided by right, or None.
        chance: The share of draws in which it holds, where it depends on ranges.
        reason: Why it is expected.
        owner: Who decides about it.
        until: The last day of a waiver, as `2027-03-31`.
        place: Where it stands.
        confidence: The share of draws in which it should hold.
        is_unrefuted: Does it hold only as far as the model goes, which gives a bound? A p99 by
            queueing alone refutes an objective that it exceeds, and does not confirm another.
        variant: The variant that it belongs to and was computed for, beside the file as it is.
        unknown: Of one that is undecided, the inputs that are `?`.
    """

    check: str
    status: str
    left: str
    right: str
    ratio: float | None
    chance: float | None
    reason: str
    owner: str
    until: str
    place: Place
    confidence: float = 0.95
    is_unrefuted: bool = False
    variant: str = ""
    unknown: tuple[str, ...] = ()

    @property
    def open_question(self) -> str:
        """Say by what it can be decided: `depends on cpu and likes, which are not known`."""
        names = [f"`{name}`" for name in self.unknown]
        listed = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
        return f"depends on {listed}, which {'are' if names[1:] else 'is'} not known"

    @property
    def title(self) -> str:
        """The condition, with the variant that it was computed for besides the file."""
        return f"{self.check} ({self.variant})" if self.variant else self.check

    @property
    def is_about(self) -> bool:
        """Whether it says that one value is about another, and so sets no limit."""
        return "~" in self.check or "≈" in self.check

    @property
    def distance(self) -> str:
        """Compare its left side with its right: `12% above 5 GB`, `3.2 times 5 GB`."""
        ratio = 1.0 if self.ratio is None else self.ratio
        if _TWICE[0] < ratio < 1.0 or ratio == 0.0:
            return f"{share(1.0 - ratio)} below {self.right}"
        if 1.0 <= ratio < _TWICE[1]:
            return f"{share(ratio - 1.0)} above {self.right}"
        return f"{count(ratio)} times {self.right}"

    @property
    def held(self) -> str:
        """In what share of the draws it holds, for people; empty where it depends on no range."""
        return "" if self.chance is None else f"holds in {share(round(self.chance, 4))} of samples"
