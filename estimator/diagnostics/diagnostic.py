"""One type for everything that is wrong, and the list that gathers it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from estimator.diagnostics.place import Place


class Severity(Enum):
    """How bad it is: an error stops the scenario, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Label(NamedTuple):
    """A further place that matters, and what is there."""

    place: Place
    text: str


class Diagnostic(NamedTuple):
    """A problem.

    Attributes:
        rule: The code of the rule, such as `E012`; `estimator explain` tells its meaning.
        message: What is wrong, in one sentence.
        place: Where, or None for what has no place, such as a missing file.
        caret: A few words beside the caret.
        labels: Other places that matter.
        help: What to write instead.
        notes: What else to know of it, a line each.
    """

    rule: str
    message: str
    place: Place | None = None
    caret: str = ""
    labels: tuple[Label, ...] = ()
    help: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The file it is about, or nothing where it has no place."""
        return self.place.source.name if self.place else ""

    @property
    def identity(self) -> tuple[str, str, str, int]:
        """Return what makes it the same as another, however often its file was read."""
        return self.rule, self.message, self.file, self.place.start if self.place else -1

    @property
    def severity(self) -> Severity:
        """Return the severity that the letter of the rule stands for."""
        return Severity.WARNING if self.rule.startswith("W") else Severity.ERROR


def told_once(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return diagnostics, each once, with the notes of all that are the same."""
    merged: dict[tuple[str, str, str, int], Diagnostic] = {}
    for one in found:
        first = merged.setdefault(one.identity, one)
        more = [note for note in one.notes if note not in first.notes]
        merged[one.identity] = first._replace(notes=(*first.notes, *more))
    return list(merged.values())


@dataclass
class Problems:
    """What was found wrong so far, in one scenario or in a whole run."""

    found: list[Diagnostic] = field(default_factory=list)

    def add(
        self,
        rule: str,
        message: str,
        place: Place | None = None,
        *,
        caret: str = "",
        labels: Iterable[Label] = (),
        help: str | None = None,
        notes: Iterable[str] = (),
    ) -> None:
        """Add one; the arguments are those of `Diagnostic`."""
        self.found.append(
            Diagnostic(rule, message, place, caret, tuple(labels), help, tuple(notes))
        )

    @property
    def errors(self) -> list[Diagnostic]:
        """Those that stop the scenario."""
        return [d for d in self.found if d.severity is Severity.ERROR]

    def sort(self) -> None:
        """Order them by file, as files were met, and by place; those without a place first."""
        met: dict[str, int] = {}
        for found in self.found:
            met.setdefault(found.file, len(met))
        self.found.sort(key=lambda d: (met[d.file], d.place.start if d.place else -1))

    def check(self) -> None:
        """Go no further if there are errors.

        Raises:
            InputError: With everything found so far.
        """
        if self.errors:
            raise InputError(tuple(self.found))


class InputError(Exception):
    """The input is wrong; it carries every diagnostic that was found."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(d.message for d in self.diagnostics))

    def __str__(self) -> str:
        """Return what is wrong, each with its line and what to write instead."""
        wrong = [d for d in self.diagnostics if d.severity is Severity.ERROR]
        return "; ".join(map(_in_a_line, wrong or self.diagnostics))


def refusal(
    rule: str, message: str, place: Place | None = None, *, help: str | None = None
) -> InputError:
    """Return what refuses an input for one reason; the arguments are those of `Diagnostic`."""
    return InputError([Diagnostic(rule, message, place, help=help)])


def _in_a_line(found: Diagnostic) -> str:
    place = found.place
    is_of_lines = place is not None and "\n" in place.source.text  # other than an option
    where = f"{place.source.name}:{place.line}: " if place is not None and is_of_lines else ""
    return f"{where}{found.message}{f': {found.help}' if found.help else ''}"


class UnknownNameError(InputError, KeyError):
    """Nothing has this name; the message says what is near."""
