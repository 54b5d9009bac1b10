"""Two versions of some scenarios, paired: which were changed, renamed, added or taken away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from estimator.analyse.difference import (
    Difference,
    InputChange,
    changed_inputs,
    difference,
    differing,
)
from estimator.analyse.estimate import Estimate, estimated
from estimator.diagnostics import Diagnostic, InputError, Problems
from estimator.files.read import source_of
from estimator.files.snapshot import Snapshot
from estimator.scenario.load import Loaded, load_source
from estimator.scenario.recognise import FileType, recognise
from estimator.scenario.used_files import used_files
from estimator.scenario.yaml_tree import Mapping, Scalar, read_yaml

_ALIKE = 0.6  # of the lines: what has less in common is another scenario
_MOST_ALIKE = 100  # files whose lines are compared with each other


class Version(NamedTuple):
    """A scenario's file as it was, or is.

    Attributes:
        key: What it is known by in both versions: its path from where they begin.
        file: What the user calls it.
        data: What is in it, or why it cannot be read.
        folder: Where paths in it begin.
        snapshot: The files beside it, where it is not the one that is there now.
        named: Does the call name it?
    """

    key: str
    file: str
    data: bytes | InputError
    folder: Path
    snapshot: Snapshot | None = None
    named: bool = False


class Compared(NamedTuple):
    """A scenario in two versions.

    Attributes:
        before: Its file before; empty for a new one.
        after: Its file now; empty for one that is gone.
        status: `same`, `changed`, `renamed`, `new`, `removed`, `mended` (it could not be computed
            before), or `wrong`, where that cannot be known.
        difference: What is different; None for what is new, gone, the same or wrong.
        estimate: The estimate of what is new or gone.
        found: What is wrong with it.
    """

    before: str
    after: str
    status: str
    difference: Difference | None = None
    estimate: Estimate | None = None
    found: tuple[Diagnostic, ...] = ()


def compared(before: Iterable[Version], after: Iterable[Version]) -> Iterator[Compared]:
    """Yield what is different between two versions of some scenarios, by the order of files."""
    for old, new in _pairs(before, after):
        one = _compared(old, new)
        if one is not None:
            yield one


def _pairs(
    before: Iterable[Version], after: Iterable[Version]
) -> list[tuple[Version | None, Version | None]]:
    """Return the versions of each scenario; what is called otherwise is known by what it says."""
    olds, news = ({v.key: v for v in versions} for versions in (before, after))
    pairs: list[tuple[Version | None, Version | None]]
    pairs = [(olds[key], news[key]) for key in news if key in olds]
    gone = [v for key, v in olds.items() if key not in news]
    fresh = [v for key, v in news.items() if key not in olds]
    for old, new in _renamed(gone, fresh):
        gone.remove(old)
        fresh.remove(new)
        pairs.append((old, new))
    pairs += [(v, None) for v in gone]
    pairs += [(None, v) for v in fresh]
    return sorted(pairs, key=lambda p: (p[1] or p[0] or _NOTHING).key)


_NOTHING = Version("", "", b"", Path())


def _renamed(gone: Sequence[Version], fresh: Sequence[Version]) -> list[tuple[Version, Version]]:
    """Return what was probably renamed: the same, or most lines alike, the most alike first."""
    likeness: list[tuple[float, int, int]] = []
    olds, news = (
        [_counted(version.data) for version in versions[:_MOST_ALIKE]] for versions in (gone, fresh)
    )
    for i, old in enumerate(olds):
        for j, new in enumerate(news):
            ratio = 1.0 if gone[i].data == fresh[j].data else _likeness(old, new)
            if ratio >= _ALIKE:
                likeness.append((-ratio, i, j))
    found: dict[int, int] = {}
    for _, i, j in sorted(likeness):
        if i not in found and j not in found.values():
            found[i] = j
    return [(gone[i], fresh[j]) for i, j in found.items()]


def _counted(data: bytes | InputError) -> Counter[bytes]:
    """Return the lines of a file, with how often each is there; none of what cannot be read."""
    return Counter() if isinstance(data, InputError) else Counter(data.splitlines())


def _likeness(one: Counter[bytes], other: Counter[bytes]) -> float:
    """Return the share of lines that two files have in common, in whatever order."""
    common = (one & other).total()
    return 2.0 * common / max(one.total() + other.total(), 1)


def _compared(old: Version | None, new: Version | None) -> Compared | None:
    """Return what is different in one scenario; None for a file that is something else."""
    if old is None or new is None:
        return _alone(old, new)
    was, now = Problems(), Problems()
    before, after = _loaded(old, was), _loaded(new, now)
    if after is None and not now.errors:
        return None if before is None else _alone(old, None)
    if before is not None and after is not None:
        return _of_both(old, new, before, after)
    if now.errors:
        return Compared(old.file, new.file, "wrong", found=tuple(now.found))
    return _unknown_before(old, new, was)


def _of_both(old: Version, new: Version, before: Loaded, after: Loaded) -> Compared | None:
    """Return what is different in a scenario that can be read in both versions."""
    status = "changed" if old.key == new.key else "renamed"
    library = [*changed_kinds(before, after), *changed_scenarios(before, after)]
    if old.data == new.data and not library and status == "changed":
        return Compared(old.file, new.file, "same")
    problems = Problems()
    found = difference(before, after, library, problems)
    if found is None:
        wrong = [d for d in problems.errors if d.file != before.source.name]
        if wrong or old.snapshot is None:
            return Compared(old.file, new.file, "wrong", found=tuple(problems.errors))
        return _unknown_before(old, new, problems)
    comparison = found.comparison
    inputs = [change for change in found.inputs if not change.is_used]
    nothing = not (inputs or found.expected or comparison.quantities or comparison.expectations)
    if nothing and status == "changed":
        status = "same"
    return Compared(old.file, new.file, status, found)


def _unknown_before(old: Version, new: Version, was: Problems) -> Compared | None:
    """Return a scenario that could not be computed in the past, which is as good as new."""
    if old.snapshot is None:
        return Compared(old.file, new.file, "wrong", found=tuple(was.found))
    alone = _alone(None, new)
    return alone and alone._replace(before=old.file, status="mended")


def _alone(old: Version | None, new: Version | None) -> Compared | None:
    one = new or old
    assert one is not None
    problems = Problems()
    loaded = _loaded(one, problems)
    estimate = None if loaded is None else estimated(loaded, problems)
    files = ("" if old is None else old.file, "" if new is None else new.file)
    if estimate is not None:
        return Compared(*files, "removed" if new is None else "new", estimate=estimate)
    if not problems.errors:
        return None
    if new is None and one.snapshot is not None:
        return Compared(*files, "removed")  # what it came to does not matter any more
    return Compared(*files, "wrong", found=tuple(problems.errors))


def _loaded(version: Version, problems: Problems) -> Loaded | None:
    """Return a scenario's content; None for what is none, or with what is wrong in `problems`."""
    try:
        if isinstance(version.data, InputError):
            raise version.data
        source = source_of(version.data, version.file)
        if not version.named and recognise(source.text) is not FileType.SCENARIO:
            return None
        file = version.folder / Path(version.key).name
        return load_source(source, version.folder, file.stem, files=version.snapshot, file=file)
    except InputError as error:
        problems.found.extend(error.diagnostics)
        return None


# --- a team's own kinds ---------------------------------------------------------------------------


def changed_kinds(before: Loaded, after: Loaded) -> Iterator[InputChange]:
    """Yield what is different in the kinds that two versions of a scenario have beside them."""
    olds, news = _kinds(before), _kinds(after)
    for kind in dict.fromkeys((*olds, *news)):
        old, new = olds.get(kind), news.get(kind)
        if old is None or new is None:
            was, now = ("a kind" if tree else None for tree in (old, new))
            at, there = (tree.place if tree else None for tree in (old, new))
            yield InputChange(f"kind {kind}", (kind,), was, now, at, there, True)
            continue
        for change in differing((kind,), old, new):
            if change.path[1:] not in (("about",), ("examples",)):
                name = f"kind {kind}: {'.'.join(change.path[1:])}"
                yield change._replace(name=name, is_library=True)


def changed_scenarios(before: Loaded, after: Loaded) -> Iterator[InputChange]:
    """Yield what is different in scenarios that both versions of one use, and in their kinds."""
    olds, news = (
        {str(used.file): used for used in used_files(loaded, Problems()).others()}
        for loaded in (before, after)
    )
    for file in (file for file in news if file in olds):  # who names another says so
        old, new = olds[file], news[file]
        for change in (*changed_inputs(old.tree, new.tree), *changed_kinds(old, new)):
            name = f"{file}: {change.name}"
            yield change._replace(
                name=name, path=(file, *change.path), is_library=True, is_used=True
            )


def _kinds(loaded: Loaded) -> dict[str, Mapping]:
    """Return the files of a scenario's own kinds, by their names."""
    found: dict[str, Mapping] = {}
    for text in loaded.scenario.library or ():
        path = loaded.folder / text.value
        for file in _files(loaded.files, path):
            try:
                tree = read_yaml(loaded.files.source(file))
            except InputError:
                continue  # where the kind is used, that is an error
            name = tree.get("kind") if isinstance(tree, Mapping) else None
            if isinstance(tree, Mapping) and isinstance(name, Scalar):
                found[name.text.value] = tree
    return found


def _files(files: Snapshot, path: Path) -> list[Path]:
    try:
        return files.files(path) or []
    except InputError:
        return []  # where the kind is used, that is an error
