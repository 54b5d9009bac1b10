"""The scenarios that a scenario names, and those that they name, each read once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import NamedTuple

from estimator.diagnostics import Diagnostic, InputError, Label, Problems, Source, Text
from estimator.scenario.links import Named, links_of
from estimator.scenario.load import Loaded, load_source

MOST_USED = 100
"""The most scenarios that one may use, with all that these use in turn."""
MOST_LINKS = 10
"""The most scenarios on the way to one that is used."""


class Link(NamedTuple):
    """A scenario that another names.

    Attributes:
        name: What it is called there.
        key: What its file is known by, however it is written; with the variant, where one is meant.
        text: The path, as it is written.
        is_user: Whether it uses the other one, instead of being used by it.
    """

    name: str
    key: str
    text: Text
    is_user: bool


@dataclass(slots=True, eq=False, repr=False)
class UsedFiles:
    """A scenario with all that it uses, read once.

    Attributes:
        key: What the scenario's own file is known by.
        loaded: The scenarios by key, its own first.
        links: What each of them names.
        variants: The variants that are meant, by key.
        paths: The files and folders that were named on the way, from the scenario's folder.
        notes: Who uses a file, by what it is called in messages.
    """

    key: str
    loaded: dict[str, Loaded] = field(default_factory=dict)
    links: dict[str, list[Link]] = field(default_factory=dict)
    variants: dict[str, Text] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    _reached: dict[str, frozenset[str]] = field(default_factory=dict)
    _received: dict[str, frozenset[str]] = field(default_factory=dict)

    def others(self) -> Iterator[Loaded]:
        """Yield the scenarios that are used."""
        return (loaded for key, loaded in self.loaded.items() if key != self.key)

    def received(self, key: str) -> frozenset[str]:
        """Return the flows of a scenario that others receive."""
        if not self._received:
            found: dict[str, set[str]] = {key: set() for key in self.loaded}
            for owner, links in self.links.items():
                keys = {link.name: link.key for link in links}
                for name, flow in _received(self.loaded[owner]):
                    if name in keys:
                        found[keys[name]].add(flow)
            self._received = {key: frozenset(flows) for key, flows in found.items()}
        return self._received.get(key, frozenset())

    def reached(self, start: str) -> frozenset[str]:
        """Return a scenario with those that it names, directly or by what it names."""
        if start not in self._reached:
            found = {start}
            pending = [start]
            for key in pending:
                fresh = {link.key for link in self.links.get(key, ())} - found
                found |= fresh
                pending += fresh
            self._reached[start] = frozenset(found)
        return self._reached[start]

    def noted(self, found: Diagnostic) -> Diagnostic:
        """Return a diagnostic with who uses the file that it is about."""
        note = self.notes.get(found.file)
        return found if note is None or note in found.notes else _with_note(found, note)


def _with_note(found: Diagnostic, note: str) -> Diagnostic:
    return found._replace(notes=(*found.notes, note))


def _received(loaded: Loaded) -> Iterator[tuple[str, str]]:
    """Yield what components receive: the first part of each name, and the rest."""
    for said in (loaded.scenario.components or {}).values():
        flows = said.get("receives")
        listed = flows if isinstance(flows, dict | list) else [flows]
        for flow in listed:
            whole = flow.value if isinstance(flow, Text) else flow
            owner, _, own = str(whole).partition(".")
            yield owner, own


def used_files(loaded: Loaded, problems: Problems) -> UsedFiles:
    """Return a scenario with all that it names, and that these name in turn.

    Args:
        loaded: The scenario.
        problems: Where it is said what cannot be read (E001, E046), what is no scenario, that there
            are too many (E004), and which use each other in a circle (E018).
    """
    own = "" if loaded.file is None else _key(loaded, loaded.file)
    found = UsedFiles(own, {own: loaded})
    _Reading(found, problems).all()
    _report_circles(found, problems)
    return found


def paths_beside(loaded: Loaded) -> tuple[str, ...]:
    """Return the files and folders that a scenario depends on besides its own, from its folder."""
    libraries = [text.value for text in loaded.scenario.library or ()]
    if any(True for _ in links_of(loaded)):
        libraries += used_files(loaded, Problems()).paths
    return tuple(dict.fromkeys(libraries))


def _key(loaded: Loaded, file: Path) -> str:
    """Return what a file is known by; its path where that leads nowhere that may be read."""
    try:
        return loaded.files.real(file)
    except InputError:
        return str(file)


class _Reading:
    """Reads scenarios, each once."""

    def __init__(self, found: UsedFiles, problems: Problems) -> None:
        self.found = found
        self.problems = problems
        self.is_full = False

    def all(self) -> None:
        """Read what the scenario names, then what that names, and so on: by the shortest ways."""
        waiting = [(self.found.key, PurePath(), 0)]
        for key, folder, many in waiting:
            links = self.found.links[key] = []
            loaded = self.found.loaded[key]
            if many:
                libraries = loaded.scenario.library or []
                self.found.paths += [str(folder / text.value) for text in libraries]
            for named in links_of(loaded):
                if many == MOST_LINKS:
                    message = f"scenarios use each other over more than {MOST_LINKS} files"
                    self.problems.add("E004", message, named.text.place)
                    break
                before = len(self.found.loaded)
                other = self._read(named, loaded, folder)
                if other is not None:
                    links.append(Link(named.name, other, named.text, named.is_user))
                if other is not None and len(self.found.loaded) > before:
                    waiting.append((other, (folder / named.text.value).parent, many + 1))

    def _read(self, named: Named, loaded: Loaded, folder: PurePath) -> str | None:
        """Return the key of a file that is named; None with what is in the way reported."""
        text = named.text
        path = loaded.folder / text.value
        self.found.paths.append(str(folder / text.value))
        try:
            key = loaded.files.real(path)
            plain = Path(os.path.normpath(path))  # but for `..` behind a link
            path = plain if _key(loaded, plain) == key else path
            listed = loaded.files.files(path)
        except InputError as error:
            self.problems.found.extend(d._replace(place=text.place) for d in error.diagnostics)
            return None
        if listed != [path]:
            what = "there is no file" if listed is None else "a scenario is a file, not the folder"
            self.problems.add("E001", f"{what} `{path}`", text.place)
            return None
        if named.variant is not None:
            key = f"{key}#{named.variant.value}"
            self.found.variants.setdefault(key, named.variant)
        if key in self.found.loaded:
            return key
        return key if self._has_room(text) and self._load(key, path, named, loaded) else None

    def _has_room(self, text: Text) -> bool:
        """Return whether one more scenario may be read; it is reported once that it may not."""
        is_full = len(self.found.loaded) > MOST_USED
        if is_full and not self.is_full:
            message = f"at most {MOST_USED} scenarios are used by one, with what they use"
            self.problems.add("E004", message, text.place)
        self.is_full = self.is_full or is_full
        return not is_full

    def _load(self, key: str, path: Path, named: Named, loaded: Loaded) -> bool:
        """Read a file, and return whether it is a scenario."""
        name, text = named.name, named.text
        user = text.place.source.name
        how = f"which uses `{user}`" if named.is_user else f"which `{user}` uses"
        self.found.notes[str(path)] = f"it is `{name}`, {how}"
        try:
            source = loaded.files.source(path)
            self.found.notes[source.name] = f"it is `{name}`, {how}"
            read = _parsed(source, path)._replace(files=loaded.files)
        except InputError as error:
            noted = (self.found.noted(d) for d in error.diagnostics)
            self.problems.found.extend(d._replace(place=d.place or text.place) for d in noted)
            return False
        self.found.loaded[key] = read
        return True


_MOST_PARSED = 1000
_known: dict[tuple[str, str, str], Loaded] = {}
"""What was parsed before, by file and text. In a check of a platform and its users each of these
files is read again for every other."""


def _parsed(source: Source, path: Path) -> Loaded:
    """Return a scenario's content, without the files beside it."""
    key = (str(path), source.name, source.text)
    found = _known.get(key)
    if found is None:
        if len(_known) >= _MOST_PARSED:
            _known.clear()
        found = _known[key] = load_source(source, path.parent, path.stem, file=path)
    return found


# --- circles --------------------------------------------------------------------------------------


def _report_circles(found: UsedFiles, problems: Problems) -> None:
    """Report scenarios that use each other in a circle, and take out the link that closes it."""
    done: set[str] = set()
    for start in found.links:
        _close(found, [start], [], done, problems)


def _close(
    found: UsedFiles, keys: list[str], way: list[Link], done: set[str], problems: Problems
) -> None:
    """Follow what a scenario uses, as far as that is not known to lead into no circle."""
    key = keys[-1]
    if key in done:
        return
    for link in list(found.links.get(key, ())):
        if link.is_user and link.key != key:
            continue
        if link.key in keys:
            circle = [*way[keys.index(link.key) :], link]
            _report_circle(found, [*keys[keys.index(link.key) :], link.key], circle, problems)
            found.links[key].remove(link)
        else:
            _close(found, [*keys, link.key], [*way, link], done, problems)
    done.add(key)


def _report_circle(
    found: UsedFiles, keys: list[str], circle: list[Link], problems: Problems
) -> None:
    names = [found.loaded[key].source.name for key in keys]
    labels = [Label(link.text.place, f"uses `{names[i + 2]}`") for i, link in enumerate(circle[1:])]
    problems.add(
        "E018",
        "these scenarios use each other in a circle: " + " → ".join(names),
        circle[0].text.place,
        caret=f"uses `{names[1]}`",
        labels=labels[:5],
        help="one of them may name the other under `used_by` instead, to carry its load",
    )
