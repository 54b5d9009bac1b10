"""Finding and reading kinds: the shipped ones, and a team's own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path

from estimator.diagnostics import InputError, Place, Problems, Source, did_you_mean
from estimator.files.snapshot import Snapshot
from estimator.library.check import check_kind
from estimator.library.kind import KindFile
from estimator.library.names import FOLDER, shipped_kinds
from estimator.scenario.plain import trusted, validated
from estimator.scenario.yaml_tree import Mapping, read_yaml


@cache
def shipped_kind(name: str) -> KindFile:
    """Return a shipped kind, on top of what it extends."""
    text = (FOLDER / f"{name}.yaml").read_text("utf-8")
    tree = read_yaml(Source(f"estimator/library/{name}.yaml", text))
    assert isinstance(tree, Mapping)
    kind = trusted(KindFile, tree)
    return kind.extended(shipped_kind(kind.extends.value)) if kind.extends else kind


def read_kind(source: Source, problems: Problems) -> KindFile | None:
    """Return a kind from the text of its file, or None with what is wrong added to `problems`."""
    try:
        tree = read_yaml(source)
    except InputError as error:
        problems.found.extend(error.diagnostics)
        return None
    if not isinstance(tree, Mapping):
        place = Place(source, 0, 1) if source.text else None
        problems.add("E031", f"`{source.name}` does not hold a kind", place)
        return None
    return validated(KindFile, tree, problems, "kind")


def _joined(word: str) -> str:
    """Return a word as one, so that `loadbalancer` is a `load_balancer`."""
    return word.replace("_", "")


class Library:
    """The kinds that a scenario may use: the shipped ones, and its own before them.

    Args:
        catalogues: The names of the catalogues.
    """

    def __init__(self, catalogues: Collection[str]) -> None:
        self._catalogues = catalogues
        self._own: dict[str, tuple[KindFile, Source]] = {}
        self.refused: set[str] = set()

    def names(self, section: str = "components") -> list[str]:
        """Return the names of the kinds for a section of the scenario."""
        own = [n for n, (k, _) in self._own.items() if k.used_in == section and not k.abstract]
        shipped = [
            n
            for n in shipped_kinds()
            if shipped_kind(n).used_in == section and not shipped_kind(n).abstract
        ]
        return own + [n for n in shipped if n not in own]

    def meant(self, word: str) -> list[str]:
        """Return the kinds that go by another word, such as a product's: `redis` is a `cache`.

        A part of the word does where the whole does not, as in `redis_cluster`.
        """
        whole = re.sub(r"\W+", "_", word.lower())
        called = {
            name: {_joined(text.value) for text in kind.also_called or ()} | {_joined(name)}
            for name in self.names()
            if (kind := self.get(name)) is not None
        }
        for candidate in (whole, *whole.split("_")):
            found = [name for name, words in called.items() if _joined(candidate) in words]
            if found:
                return found
        return []

    def own(self) -> list[KindFile]:
        """Return a team's own kinds."""
        return [kind for kind, _ in self._own.values()]

    def own_kind(self, name: str) -> KindFile | None:
        """Return a team's own kind of that name, or None."""
        return self._own[name][0] if name in self._own else None

    def get(self, name: str) -> KindFile | None:
        """Return the kind of that name, or None."""
        if name in self._own:
            return self._own[name][0]
        return shipped_kind(name) if name in shipped_kinds() else None

    def add(self, path: Path, files: Snapshot, place: Place, problems: Problems) -> None:
        """Read a team's own kinds from a file, or from every YAML file of a folder.

        Args:
            path: The file or the folder.
            files: What there is.
            place: Where it is named.
            problems: Where errors go.
        """
        try:
            found = files.files(path)
        except InputError as error:
            problems.found.extend(d._replace(place=place) for d in error.diagnostics)
            return
        if found is None:
            problems.add("E031", f"there is no file or folder `{path}` to read kinds from", place)
            return
        if not found:
            problems.add("E031", f"the folder `{path}` has no YAML files in it", place)
        self.read(found, files, problems, place)

    def read(
        self,
        paths: Iterable[Path],
        files: Snapshot,
        problems: Problems,
        place: Place | None = None,
    ) -> None:
        """Read a team's own kinds from files, which may extend each other.

        Args:
            paths: The files.
            files: What there is.
            problems: Where errors go.
            place: Where the files are named, for what cannot be read at all.
        """
        read: list[tuple[KindFile, Source]] = []
        for file in paths:
            try:
                source = files.source(file)
            except InputError as error:
                problems.found.extend(d._replace(place=d.place or place) for d in error.diagnostics)
                continue
            kind = read_kind(source, problems)
            if kind is None:
                self.refused.add(file.stem)
            else:
                read.append((kind, source))
        self._adopt(read, problems)

    def _adopt(self, read: list[tuple[KindFile, Source]], problems: Problems) -> None:
        plain = {kind.kind.value: (kind, source) for kind, source in read}
        for kind, source in read:
            name = kind.kind.value
            if plain[name][1] is not source:
                problems.add("E031", f"the kind `{name}` is defined twice", kind.kind.place)
                continue
            whole = self._extended(kind, plain, problems, (name,))
            self.refused.add(name)
            if whole is None:
                continue
            before = len(problems.found)
            if name in shipped_kinds() and shipped_kind(name).used_in != whole.used_in:
                message = f"`{name}` is a kind for {shipped_kind(name).used_in}"
                problems.add("E031", f"{message}, not for {whole.used_in}", kind.kind.place)
            elif whole.used_in == "actions" and kind.extends is None:
                help_ = "write `extends: action`"
                message = "a kind of action extends `action`"
                problems.add("E031", message, kind.kind.place, help=help_)
            check_kind(whole, self._catalogues, problems)
            if len(problems.found) == before:
                self._own[name] = (whole, source)
                self.refused.discard(name)

    def _extended(
        self,
        kind: KindFile,
        beside: dict[str, tuple[KindFile, Source]],
        problems: Problems,
        path: tuple[str, ...],
    ) -> KindFile | None:
        if kind.extends is None:
            return kind
        name = kind.extends.value
        if name == path[-1] and name in shipped_kinds():
            return kind.extended(shipped_kind(name))  # a team's own `cache` on top of ours
        if name in path and name in beside:
            problems.add(
                "E018", "kinds extend each other: " + " → ".join((*path, name)), kind.extends.place
            )
            return None
        base: KindFile | None
        if name in beside and name not in path:
            base = self._extended(beside[name][0], beside, problems, (*path, name))
        else:
            base = self.get(name)
        if base is None:
            problems.add(
                "E020",
                f"there is no kind `{name}` to extend",
                kind.extends.place,
                help=did_you_mean(name, [*beside, *shipped_kinds()]),
            )
            return None
        if base.used_in != kind.used_in:
            problems.add(
                "E031",
                f"`{name}` is a kind for {base.used_in}, not for {kind.used_in}",
                kind.extends.place,
            )
            return None
        return kind.extended(base)
