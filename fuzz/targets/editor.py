"""A file as an editor has it open: a machine of states that a script drives.

An input is a text and a script of lines such as `edit 120 3 tweet`, `hover 40`, `rename 12 post`
and `estimate`. Places count from the file's start and go around at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from random import Random

from estimator.diagnostics import InputError, Severity, Source
from estimator.editor.canonical import canonical
from estimator.editor.completion import completions, documentation
from estimator.editor.diagnose import findings
from estimator.editor.document import Document, analysed, glanced
from estimator.editor.edits import edited
from estimator.editor.hints import hints
from estimator.editor.hover import hover
from estimator.editor.names import (
    Refused,
    definitions,
    references,
    renamable,
    rename,
)
from estimator.editor.symbols import Outline, outline
from estimator.scenario.recognise import FileType
from fuzz import words
from fuzz.command import rules, told
from fuzz.fault import Fault
from fuzz.mutate import BREAK, Mutator
from fuzz.scratch import parts
from fuzz.target import Target

PATH = Path("open.yaml")
_MOST_STEPS = 12


class Session:
    """A file that is open, from one edit to the next.

    Attributes:
        text: The text as it is now.
        document: What was last said of it, perhaps of an older text; None before anything was.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.document: Document | None = None

    def now(self) -> Document:
        """Return what stands where in the text, with the values of the last estimate."""
        if self.document is None or self.document.source.text != self.text:
            self.document = glanced(self.text, PATH, self.document)
        return self.document

    def within(self, start: int, end: int, what: str) -> None:
        """Hold a span to the text.

        Raises:
            Fault: Where it leaves it.
        """
        if not 0 <= start <= end <= len(self.text):
            raise Fault("format", f"{what} from {start} to {end} of {len(self.text)} characters")

    def edit(self, at: int, argument: str) -> None:
        """Exchange some characters for others."""
        length, _, new = argument.partition(" ")
        end = at + (int(length) if length.isdigit() else 0)
        self.text = self.text[:at] + new.replace("\\n", "\n") + self.text[end:]

    def estimate(self, at: int, argument: str) -> None:
        """Make an estimate, which begins with what the last one found."""
        self.document = analysed(self.text, PATH, self.document)
        for found in findings(self.document):
            self.within(found.start, found.end, "a finding")

    def compare(self) -> None:
        """Hold an estimate after edits against that of a file just opened.

        Raises:
            Fault: Where they differ.
        """
        self.estimate(0, "")
        document, fresh = self.document, analysed(self.text, PATH)
        assert document is not None
        if fresh.file_type is not document.file_type:
            return  # what is no scenario yet is taken for what it was
        if _said(document) != _said(fresh):
            raise Fault("mismatch", f"after edits: {_said(document)}; opened: {_said(fresh)}")
        if fresh.estimate and not any(f.severity is Severity.ERROR for f in fresh.found):
            ours = document.estimate
            if ours is None or ours.report.values != fresh.estimate.report.values:
                raise Fault("mismatch", "after edits other values than in a file just opened")

    def hover(self, at: int, argument: str) -> None:
        """Ask what stands at a place."""
        found = hover(self.now(), at)
        if found is not None:
            self.within(found.start, found.end, "a hover")

    def complete(self, at: int, argument: str) -> None:
        """Ask what may be written, and what the first suggestions mean."""
        for item in completions(self.now(), at).items[:5]:
            self.within(item.start, item.end, "a completion")
            documentation(self.now(), item.label, item.sort, item.path)

    def define(self, at: int, argument: str) -> None:
        """Ask where a name comes from."""
        for place in definitions(self.now(), at):
            if not 0 <= place.start <= place.end <= len(place.source.text):
                raise Fault("format", f"a definition from {place.start} to {place.end}")

    def refer(self, at: int, argument: str) -> None:
        """Ask where a name is used."""
        for place in references(self.now(), at):
            self.within(place.start, place.end, "a use")

    def rename(self, at: int, argument: str) -> None:
        """Give a name another, after which all is as right as before.

        Where something is wrong, more may be seen once a name is another: one fault hides the next.
        """
        document = self.now()
        try:
            symbol = renamable(document, at)
            self.within(symbol.start, symbol.end, "a name")
            edits = rename(document, at, argument.strip())
        except Refused:
            return
        for one in edits:
            self.within(one.start, one.end, "a change")
        made = edited(self.text, edits)
        wrong = {d.rule for d in analysed(made, PATH).found if d.severity is Severity.ERROR}
        before = {d.rule for d in analysed(self.text, PATH).found if d.severity is Severity.ERROR}
        if wrong and not before:
            raise Fault("mismatch", f"`{symbol.name}` as `{argument}` makes {sorted(wrong)}")
        self.text = made

    def format(self, at: int, argument: str) -> None:
        """Format the text."""
        if self.now().file_type is FileType.OTHER:
            return
        try:
            self.text = canonical(Source(PATH.name, self.text))
        except InputError as error:
            rules(error.diagnostics)

    def hint(self, at: int, argument: str) -> None:
        """Ask for the values beside the lines."""
        for found in hints(self.now(), 0, len(self.text)):
            self.within(found.offset, found.offset, "a hint")

    def symbols(self, at: int, argument: str) -> None:
        """Ask for the outline."""
        for part in outline(self.now()):
            self._nested(part)

    def _nested(self, part: Outline) -> None:
        self.within(part.start, part.end, "a part")
        for inner in part.parts:
            self._nested(inner)

    def close(self, at: int, argument: str) -> None:
        """Close the file, and open it again."""
        self.document = None


STEPS: dict[str, Callable[[Session, int, str], None]] = {
    name: getattr(Session, name)
    for name in (
        *("edit", "estimate", "hover", "complete", "define", "refer", "rename", "format", "hint"),
        *("symbols", "close"),
    )
}


def run(data: bytes) -> Hashable:
    """Let a script drive a file that is open."""
    text, script = (part.decode("utf-8", "replace") for part in parts(data, 2))
    session = Session(text.replace("\r\n", "\n"))
    for line in script.splitlines()[:_MOST_STEPS]:
        name, _, rest = line.partition(" ")
        place, _, argument = rest.partition(" ")
        if name in STEPS:
            at = int(place[:9]) % (len(session.text) + 1) if place.isdecimal() else 0
            STEPS[name](session, at, argument)
    session.compare()
    assert session.document is not None
    return session.document.file_type, told(session.document.found)


def _said(document: Document) -> list[tuple[str, str, int]]:
    return sorted({(d.rule, d.message, d.place.start if d.place else -1) for d in document.found})


_TEXT = Mutator(words.words(), words.without_ranges)


def mutate(data: bytes, random: Random, corpus: Sequence[bytes]) -> bytes:
    """Change the text, or write steps of the script anew."""
    text, script = parts(data, 2)
    if random.random() < 0.35:
        whole = [parts(other, 2)[0] for other in corpus[:200]]
        text = _TEXT(text, random, whole)
    lines = script.decode("utf-8", "replace").splitlines()
    for _ in range(random.randint(1, 4)):
        at = random.randint(0, len(lines))
        if lines and random.random() < 0.4:
            del lines[min(at, len(lines) - 1)]
        else:
            lines.insert(at, _step(text.decode("utf-8", "replace"), random))
    return BREAK.join((text, "\n".join(lines[:_MOST_STEPS]).encode("utf-8", "replace")))


def _step(text: str, random: Random) -> str:
    name = random.choice((*STEPS, "edit", "edit", "estimate"))
    at = random.randint(0, len(text))
    if name == "edit":
        new = random.choice(
            (random.choice(words.words()), words.without_ranges(random), "", "\\n", " ")
        )
        return f"edit {at} {random.choice((0, 0, 1, 3, 10, 60))} {new}"
    if name == "rename":
        return f"rename {at} {random.choice(('a', 'posts', 'users', 'day', '1x', 'a.b', '', 'é'))}"
    return f"{name} {at}"


TARGET = Target(
    "editor",
    "an open file: edit, estimate, hover, complete, rename, format, close",
    run,
    mutate,
    ("editor", "analyse/revise.py"),
)
