"""A file as an editor has it open: what it is, what stands where, and its estimate."""

from __future__ import annotations

import os
from collections.abc import Mapping as MappingType
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from estimator.analyse import Estimate
from estimator.analyse.revise import Analysis
from estimator.analyse.revise import analysed as computed
from estimator.catalog import catalogues
from estimator.diagnostics import Diagnostic, InputError, Place, Problems, Source, Text
from estimator.editor.positions import Positions
from estimator.editor.semantic_tokens import Role, SemanticToken, semantic_tokens
from estimator.evaluate.examples import check_examples
from estimator.files.read import LARGEST
from estimator.files.snapshot import Disk
from estimator.library.loader import Library
from estimator.library.names import shipped_kinds
from estimator.model import Model
from estimator.scenario.load import load_source
from estimator.scenario.recognise import FileType, is_begun, recognise, top_keys
from estimator.scenario.sections import each_once
from estimator.scenario.yaml_tree import Mapping, Scalar, Tree, read_yaml
from estimator.units import Calendar

_TOO_MUCH = "E004"


@dataclass(frozen=True)
class Document:
    """A file as an editor has it.

    Attributes:
        source: Its text.
        path: Where it is saved, or None.
        file_type: What it is.
        tree: Its YAML; where the text is none for the moment, without the line that is being
            written, or None.
        library: The kinds that it may use.
        estimate: Its estimate; while it is wrong, the last one.
        found: What is wrong with it.
        is_whole: Is the YAML that of the whole text?
        remembered: The actions and components that it had when it was whole.
        analysis: What the next estimate can begin with.
    """

    source: Source
    path: Path | None
    file_type: FileType
    tree: Mapping | None
    library: Library
    estimate: Estimate | None = None
    found: tuple[Diagnostic, ...] = ()
    is_whole: bool = True
    remembered: MappingType[str, SemanticToken] = field(default_factory=dict)
    analysis: Analysis | None = None

    @cached_property
    def semantic_tokens(self) -> list[SemanticToken]:
        """Return the keys and values of the file, in its order."""
        if self.tree is None or self.file_type is not FileType.SCENARIO:
            return []
        return semantic_tokens(self.tree, self.library)

    @cached_property
    def lines(self) -> Positions:
        """Return the text's lines, with columns in characters."""
        return Positions(self.source.text, "utf-32")

    @property
    def calendar(self) -> Calendar:
        """Return how long its days, months and years are."""
        return self.estimate.model.calendar if self.estimate else Calendar()

    @property
    def folder(self) -> Path:
        """The folder that paths in it begin at."""
        return self.path.parent if self.path else Path()

    @property
    def library_paths(self) -> list[Path]:
        """Return the files and folders that it reads kinds from."""
        return [self.folder / text.value for text in self.library_texts]

    @property
    def paths_beside(self) -> list[Path]:
        """Return the files and folders that it depends on."""
        used = self.analysis.paths if self.analysis else ()
        return [*self.library_paths, *(self.folder / path for path in used)]

    @property
    def used(self) -> MappingType[str, Model]:
        """Return the models of the scenarios that it uses."""
        return self.analysis.used if self.analysis else {}

    @property
    def library_texts(self) -> list[Text]:
        """Return where it names the files and folders with kinds."""
        return each_once(s.text for s in self.semantic_tokens if s.role is Role.PATH)

    def token_at(self, offset: int) -> SemanticToken | None:
        """Return the smallest token at a character."""
        found = [s for s in self.semantic_tokens if s.text.place.start <= offset <= s.end]
        inside = [s for s in found if offset < s.end] or found
        return min(inside, key=lambda s: s.end - s.text.place.start, default=None)

    def owners(self) -> dict[str, SemanticToken]:
        """Return the actions and components by name."""
        here = {s.name: s for s in self.semantic_tokens if s.role is Role.OWNER}
        return here if self.is_whole else {**self.remembered, **here}


def analysed(
    text: str,
    path: Path | None,
    previous: Document | None = None,
    unsaved: MappingType[str, str] | None = None,
) -> Document:
    """Return a file with all that is known of it.

    Args:
        text: The text.
        path: Where it is saved, or None.
        previous: What was known of the text before; its values stand while there are no new ones.
        unsaved: The texts of other files that are open, by their real paths.
    """
    document = glanced(text, path, previous, unsaved)
    if document.file_type is not FileType.OTHER and _is_too_large(text):
        message = f"this file is larger than {LARGEST // 1024:,} KiB, the most that a file may have"
        found = Diagnostic(_TOO_MUCH, message, Place(document.source, 0, 1))
        return replace(document, estimate=None, analysis=None, found=(found,))
    if document.file_type is FileType.KIND:
        return _kind(document, unsaved or {})
    if document.file_type is FileType.OTHER or is_begun(text):
        return replace(document, found=())
    return _scenario(document, unsaved or {})


def glanced(
    text: str,
    path: Path | None,
    previous: Document | None = None,
    unsaved: MappingType[str, str] | None = None,
) -> Document:
    """Return the tokens of a text with its earlier values: fast enough for each key stroke."""
    source = Source(path.name if path else "untitled", text)
    file_type = _file_type(text, previous)
    tree, is_whole = None, False
    if file_type is not FileType.OTHER and not _is_too_large(text):
        tree, is_whole = _tree(source)
    if previous is not None and previous.file_type is file_type:
        library, estimate, found = previous.library, previous.estimate, previous.found
    else:
        library, estimate, found = Library(catalogues()), None, ()
    known = {} if previous is None or is_whole else previous.owners()
    before = previous.analysis if previous else None
    document = Document(
        source,
        path,
        file_type,
        tree,
        library=library,
        estimate=estimate,
        found=found,
        is_whole=is_whole,
        remembered=known,
        analysis=before,
    )
    if file_type is FileType.SCENARIO and previous is None and document.library_paths:
        return replace(document, library=_library(document, unsaved or {}))
    return document


def _file_type(text: str, previous: Document | None) -> FileType:
    """Return what a file is; while no key stands in it, what it was."""
    found = recognise(text)
    if found is FileType.OTHER and previous is not None and not top_keys(text):
        return previous.file_type
    return found


def _is_too_large(text: str) -> bool:
    """Return whether a text has more bytes than a file may have."""
    return len(text) > LARGEST // 4 and len(text.encode("utf-8", "replace")) > LARGEST


def _tree(source: Source) -> tuple[Mapping | None, bool]:
    """Return the YAML, perhaps without lines that are not YAML yet, and whether it is whole."""
    tree, problem = _read(source)
    if problem is None:
        return (tree if isinstance(tree, Mapping) else None), True
    if problem.rule == _TOO_MUCH:  # which no single line is to blame for
        return None, False
    lines = Positions(source.text, "utf-32")
    at = lines.line_of(problem.place.start) if problem.place else 0
    for gone in ((at,), (at - 1,), (at, at - 1), (at + 1,)):
        tree, still = _read(Source(source.name, _blanked(source.text, lines, gone)))
        if still is None:
            return (tree if isinstance(tree, Mapping) else None), False
    return None, False


def _read(source: Source) -> tuple[Tree | None, Diagnostic | None]:
    try:
        return read_yaml(source), None
    except InputError as error:
        return None, error.diagnostics[0]


def _blanked(text: str, lines: Positions, gone: tuple[int, ...]) -> str:
    for number in gone:
        if number >= 0:
            start, length = lines.start(number), len(lines.line(number))
            text = text[:start] + " " * length + text[start + length :]
    return text


def _library(document: Document, unsaved: MappingType[str, str]) -> Library:
    library = Library(catalogues())
    files = Disk.around(document.folder, unsaved)
    for text in document.library_texts:
        library.add(document.folder / text.value, files, text.place, Problems())
    return library


def _scenario(document: Document, unsaved: MappingType[str, str]) -> Document:
    source, path = document.source, document.path
    library = _library(document, unsaved)
    title = path.stem if path else "untitled"
    estimate, analysis = document.estimate, document.analysis
    try:
        tree = document.tree if document.is_whole else None
        files = Disk.around(document.folder, unsaved)
        loaded = load_source(source, document.folder, title, tree=tree, files=files, file=path)
    except InputError as error:
        found = error.diagnostics
        if estimate is None and document.tree is not None:
            estimate = _mended(document, unsaved)
    else:
        analysis = computed(loaded)
        estimate, found = analysis.estimate or estimate, analysis.found
    return replace(
        document,
        library=library,
        estimate=estimate,
        found=tuple(dict.fromkeys(found)),
        analysis=analysis,
    )


def _mended(document: Document, unsaved: MappingType[str, str]) -> Estimate | None:
    """Return the estimate of a scenario without the line that is being written."""
    assert document.tree is not None
    source = document.tree.place.source
    try:
        files = Disk.around(document.folder, unsaved)
        loaded = load_source(source, document.folder, "", files=files, file=document.path)
    except InputError:
        return None
    return computed(loaded).estimate


def _kind(document: Document, unsaved: MappingType[str, str]) -> Document:
    """Return a kind's file, read with the kinds beside it, which it may extend."""
    path = document.path or Path("untitled.yaml")
    files = Disk.around(path.parent, {**unsaved, os.path.realpath(path): document.source.text})
    library, problems = Library(catalogues()), Problems()
    library.read([path, *_kinds_beside(path, files)], files, problems)
    name = document.tree.get("kind") if document.tree is not None else None
    if isinstance(name, Scalar):
        own = [k for k in library.own() if k.kind.value == name.text.value]
        alone = [k for k in own if k.extends is None or k.extends.value in shipped_kinds()]
        check_examples(alone, str(path), problems, files)
    found = [d for d in problems.found if d.file == str(path)]
    return replace(document, library=library, found=tuple(dict.fromkeys(found)))


def _kinds_beside(path: Path, files: Disk) -> list[Path]:
    beside: list[Path] = []
    with suppress(InputError):
        for file in files.files(path.parent) or ():
            with suppress(InputError):
                if file.name != path.name and recognise(files.source(file).text) is FileType.KIND:
                    beside.append(file)
    return beside
