"""The language server: the protocol, by pygls, around functions that know nothing of it.

Each key that is written is answered by what stands where in the text as it is now, with the values
of the last estimate; the next estimate is made on a thread of its own, and one that a newer edit
has overtaken is thrown away. Whole texts are sent with every change: what is a line to the
protocol is not always one to Python, and a scenario is small.
"""

from __future__ import annotations

import asyncio
import os
import sys
import traceback
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path

from estimator.catalog import catalog, catalogues
from estimator.diagnostics import InputError, Place, Source
from estimator.editor.canonical import canonical
from estimator.editor.completion import Completion, completions, documentation
from estimator.editor.diagnose import Finding, findings
from estimator.editor.document import Document, analysed, glanced
from estimator.editor.hints import hints
from estimator.editor.hover import hover
from estimator.editor.names import Refused, definitions, references, renamable, rename
from estimator.editor.positions import Positions
from estimator.editor.protocol import Protocol, path_of
from estimator.editor.symbols import Outline, outline
from estimator.scenario.recognise import FileType
from estimator.version import __version__

Result = TypeVar("Result")

MOST = 64
"""How many open files the server keeps the estimates of."""
_PAUSE = 0.005  # seconds to wait after an edit, so that edits sent together make one estimate
_SWITCH = 0.001  # seconds that an estimate may keep an answer waiting
_FAILED = -32803  # the protocol's RequestFailed
_TRIGGERS = [".", " ", "/", "{", "["]
_SEVERITIES = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "information": lsp.DiagnosticSeverity.Information,
}
_COMPLETIONS = {
    "key": lsp.CompletionItemKind.Property,
    "kind": lsp.CompletionItemKind.Class,
    "name": lsp.CompletionItemKind.Variable,
    "unit": lsp.CompletionItemKind.Unit,
    "function": lsp.CompletionItemKind.Function,
    "word": lsp.CompletionItemKind.EnumMember,
    "entry": lsp.CompletionItemKind.Value,
    "flow": lsp.CompletionItemKind.Event,
}
_SYMBOLS = {
    "section": lsp.SymbolKind.Namespace,
    "action": lsp.SymbolKind.Event,
    "component": lsp.SymbolKind.Class,
    "formula": lsp.SymbolKind.Variable,
    "scenario": lsp.SymbolKind.Module,
    "variant": lsp.SymbolKind.EnumMember,
}


def serve(stdin: BinaryIO, stdout: BinaryIO) -> bool:
    """Answer an editor until it ends the server or is gone.

    Returns:
        Whether it ended as the protocol has it: not by `exit` without `shutdown` before.
    """
    sys.setswitchinterval(_SWITCH)
    server = _Server()
    server.language.start_io(stdin, stdout)
    return server.is_shut_down or not server.exits


@dataclass
class _Open:
    """A file that the editor has open.

    Attributes:
        uri: What the editor calls it.
        path: Where it is saved, or None.
        real: The same without links, as other files may name it; empty for None.
        text: Its text now.
        version: The editor's number for that text.
        units: What the editor counts in a column.
        document: What is known of it, perhaps of an older text.
        is_due: Is there something that the last estimate does not know?
        reads: The files and folders that it reads kinds from, without links.
        task: Makes the next estimate.
    """

    uri: str
    path: Path | None
    real: str
    text: str
    version: int | None
    units: str
    document: Document | None = None
    found: list[Finding] = field(default_factory=list)
    is_due: bool = True
    reads: frozenset[str] = frozenset()
    task: asyncio.Task[None] | None = None
    _positions: Positions | None = None

    def now(self) -> Document:
        """Return the tokens of the text as it is now, with the last values."""
        if self.document is None or self.document.source.text != self.text:
            self.document = glanced(self.text, self.path, self.document)
        return self.document

    def write(self, text: str, version: int | None) -> None:
        """Take a new text."""
        self.text, self.version, self._positions = text, version, None

    @property
    def positions(self) -> Positions:
        """Return the text's lines, as the editor counts them."""
        if self._positions is None:
            self._positions = Positions(self.text, self.units)
        return self._positions

    def offset(self, position: lsp.Position) -> int:
        """Return the character at a position."""
        return self.positions.offset(position.line, position.character)

    def range(self, start: int, end: int) -> lsp.Range:
        """Return the range from one character to another."""
        return _range(self.positions, start, end)


class _Server:
    def __init__(self) -> None:
        self.language = LanguageServer(
            "estimator",
            __version__,
            text_document_sync_kind=lsp.TextDocumentSyncKind.Full,
            protocol_cls=Protocol,
        )
        self.open: dict[str, _Open] = {}
        self.latest: dict[str, _Open] = {}
        self.worker = ThreadPoolExecutor(1, "estimate")
        self.refreshes = False
        self.is_warm = False
        self.is_shut_down = self.exits = False
        self._register()

    def _register(self) -> None:
        self._handles(lsp.INITIALIZED, self.initialized)
        self._handles(lsp.SHUTDOWN, self.shutdown)
        self._handles(lsp.EXIT, self.exit)
        self._handles(lsp.TEXT_DOCUMENT_DID_OPEN, self.did_open)
        self._handles(lsp.TEXT_DOCUMENT_DID_CHANGE, self.did_change)
        self._handles(lsp.TEXT_DOCUMENT_DID_CLOSE, self.did_close)
        self._handles(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, self.files_changed)
        self._answers(lsp.COMPLETION_ITEM_RESOLVE, self.resolve)
        self._answers(lsp.TEXT_DOCUMENT_FORMATTING, self.formatting)
        self._answers_of(lsp.TEXT_DOCUMENT_HOVER, self.hover)
        self._answers_of(lsp.TEXT_DOCUMENT_INLAY_HINT, self.inlay_hints)
        options = lsp.CompletionOptions(trigger_characters=_TRIGGERS, resolve_provider=True)
        self._answers_of(lsp.TEXT_DOCUMENT_COMPLETION, self.completion, options)
        self._answers_of(lsp.TEXT_DOCUMENT_DEFINITION, self.definition)
        self._answers_of(lsp.TEXT_DOCUMENT_REFERENCES, self.references)
        self._answers_of(lsp.TEXT_DOCUMENT_PREPARE_RENAME, self.prepare_rename)
        prepares = lsp.RenameOptions(prepare_provider=True)
        self._answers_of(lsp.TEXT_DOCUMENT_RENAME, self.rename, prepares)
        fixes = lsp.CodeActionOptions([lsp.CodeActionKind.QuickFix])
        self._answers_of(lsp.TEXT_DOCUMENT_CODE_ACTION, self.code_actions, fixes)
        self._answers_of(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL, self.document_symbols)

    def _handles(self, method: str, handler: Callable[[Any], None]) -> None:
        def guarded(params: Any) -> None:
            try:
                handler(params)
            except Exception:
                self._log(traceback.format_exc())

        self.language.feature(method)(guarded)

    def _answers(
        self, method: str, handler: Callable[[Any], Awaitable[Any]], options: Any = None
    ) -> None:
        async def guarded(params: Any) -> Any:
            return await self._guarded(handler(params))

        self.language.feature(method, options)(guarded)

    def _answers_of(
        self, method: str, handler: Callable[[_Open, Any], Awaitable[Any]], options: Any = None
    ) -> None:
        """Let a handler answer what is asked of an open file, once it has an estimate."""

        async def answer(params: Any) -> Any:
            opened = await self._ready(params.text_document.uri)
            return None if opened is None else await handler(opened, params)

        self._answers(method, answer, options)

    async def _guarded(self, answer: Awaitable[Result]) -> Result | None:
        """Await an answer; log what goes wrong in us, and answer it with nothing."""
        try:
            return await answer
        except JsonRpcException:
            raise
        except Exception:
            self._log(traceback.format_exc())
            return None

    def _log(self, message: str) -> None:
        params = lsp.LogMessageParams(lsp.MessageType.Error, message)
        self.language.window_log_message(params)

    def shutdown(self, params: None) -> None:
        """Note that the editor is about to end the server."""
        self.is_shut_down = True

    def exit(self, params: None) -> None:
        """Note that the editor ends the server, which pygls does next."""
        self.exits = True

    # --- files ------------------------------------------------------------------------------------

    def initialized(self, params: lsp.InitializedParams) -> None:
        """Subscribe to changes of files with kinds."""
        workspace = self.language.client_capabilities.workspace
        hint = workspace.inlay_hint if workspace else None
        self.refreshes = bool(hint and hint.refresh_support)
        watched = workspace.did_change_watched_files if workspace else None
        if watched is not None and watched.dynamic_registration:
            options = lsp.DidChangeWatchedFilesRegistrationOptions(
                [lsp.FileSystemWatcher("**/*.{yaml,yml}")]
            )
            method = lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES
            registration = lsp.Registration("kinds", method, options)
            self.language.client_register_capability(lsp.RegistrationParams([registration]))

    def did_open(self, params: lsp.DidOpenTextDocumentParams) -> None:
        """Take a file that was opened."""
        document = params.text_document
        units = _units(self.language.workspace.position_encoding)
        path = path_of(document.uri)
        real = os.path.realpath(path) if path else ""
        opened = _Open(
            document.uri, path, real, document.text, version=document.version, units=units
        )
        self.open[document.uri] = opened
        self._changed(opened)

    def did_change(self, params: lsp.DidChangeTextDocumentParams) -> None:
        """Take a file's new text."""
        opened = self.open.get(params.text_document.uri)
        if opened is not None:
            text = self.language.workspace.get_text_document(opened.uri).source
            opened.write(text, params.text_document.version)
            self._changed(opened)

    def did_close(self, params: lsp.DidCloseTextDocumentParams) -> None:
        """Forget a file; what is saved of it counts again."""
        closed = self.open.pop(params.text_document.uri, None)
        self.latest.pop(params.text_document.uri, None)
        if closed is not None:
            gone = lsp.PublishDiagnosticsParams(closed.uri, [])
            self.language.text_document_publish_diagnostics(gone)
            self._concerned(closed.path)

    def files_changed(self, params: lsp.DidChangeWatchedFilesParams) -> None:
        """Estimate scenarios again whose kinds have changed."""
        for change in params.changes:
            self._concerned(path_of(change.uri))

    def _changed(self, opened: _Open) -> None:
        self._start(opened)
        self._concerned(opened.path)

    def _concerned(self, path: Path | None) -> None:
        """Estimate again what reads kinds, or another scenario, from a file."""
        if path is None:
            return
        real = os.path.realpath(path)
        around = {real, os.path.dirname(real)}  # noqa: PTH120 - of a real path
        for other in self.open.values():
            if other.path != path and not around.isdisjoint(other.reads):
                self._start(other)

    def _start(self, opened: _Open) -> None:
        """Start an estimate of what a file is now, unless one is being made."""
        opened.is_due = True
        if opened.task is None or opened.task.done():
            opened.task = asyncio.ensure_future(self._guarded(self._estimate(opened)))

    async def _estimate(self, opened: _Open) -> None:
        """Make estimates of a file until one is of what it is now."""
        while opened.is_due and self.open.get(opened.uri) is opened:
            await asyncio.sleep(_PAUSE)
            opened.is_due = False
            text, version = opened.text, opened.version
            loop = asyncio.get_running_loop()
            document = await loop.run_in_executor(
                self.worker, analysed, text, opened.path, opened.document, self._unsaved()
            )
            if self.open.get(opened.uri) is not opened:
                return
            if opened.text != text:  # overtaken; its values are newer than those before, though
                now = opened.now()
                opened.document = replace(
                    now,
                    library=document.library,
                    estimate=document.estimate,
                    analysis=document.analysis,
                )
                continue
            opened.document = document
            self._publish(opened, version)
            self._forget_oldest(opened)
            self._warm()

    def _forget_oldest(self, newest: _Open) -> None:
        """Keep the estimates of the files that were written last, and recompute others later."""
        newest.reads = _reads(newest.now())
        self.latest.pop(newest.uri, None)
        self.latest[newest.uri] = newest
        while len(self.latest) > MOST:
            oldest = self.latest.pop(next(iter(self.latest)))
            oldest.document, oldest._positions = None, None

    def _warm(self) -> None:
        """Read ahead what the first question about a machine would wait for."""
        if not self.is_warm:
            self.is_warm = True
            self.worker.submit(lambda: [catalog(name).candidates("*") for name in catalogues()])

    def _unsaved(self) -> dict[str, str]:
        return {o.real: o.text for o in self.open.values() if o.real}

    def _publish(self, opened: _Open, version: int | None) -> None:
        opened.found = findings(opened.now())
        found = [self._diagnostic(f, opened) for f in opened.found]
        params = lsp.PublishDiagnosticsParams(opened.uri, found, version)
        self.language.text_document_publish_diagnostics(params)
        if self.refreshes and opened.now().file_type is FileType.SCENARIO:
            self.language.workspace_inlay_hint_refresh(None)

    def _diagnostic(self, finding: Finding, opened: _Open) -> lsp.Diagnostic:
        related = [
            lsp.DiagnosticRelatedInformation(location, label.text or "here")
            for label in finding.labels
            if (location := self._location(label.place, opened)) is not None
        ]
        return lsp.Diagnostic(
            opened.range(finding.start, finding.end),
            finding.message,
            _SEVERITIES[finding.severity],
            finding.code,
            source="estimator",
            related_information=related or None,
        )

    def _location(self, place: Place, opened: _Open) -> lsp.Location | None:
        """Return a place in this file, in a file with kinds, or in what is shipped."""
        if place.source.text == opened.text:
            return lsp.Location(opened.uri, opened.range(place.start, place.end))
        path = Path(place.source.name)
        if not path.is_file():
            path = Path(__file__).parents[2] / path
        uri = from_fs_path(str(path.resolve())) if path.is_file() else None
        if uri is None:
            return None
        lines = Positions(place.source.text, opened.units)
        return lsp.Location(uri, _range(lines, place.start, place.end))

    async def _finished(self, opened: _Open) -> None:
        """Wait for the estimate of the text as it is now."""
        while opened.task is not None and not opened.task.done():
            await asyncio.wait([opened.task])

    # --- answers ----------------------------------------------------------------------------------

    async def _ready(self, uri: str) -> _Open | None:
        """Return an open file, with an estimate."""
        opened = self.open.get(uri)
        if opened is not None and opened.uri not in self.latest:
            if opened.task is None or opened.task.done():
                self._start(opened)
            await self._finished(opened)
        return opened

    async def hover(self, opened: _Open, params: lsp.HoverParams) -> lsp.Hover | None:
        """Answer what stands under the cursor."""
        found = hover(opened.now(), opened.offset(params.position))
        if found is None:
            return None
        content = lsp.MarkupContent(lsp.MarkupKind.Markdown, found.markdown)
        return lsp.Hover(content, opened.range(found.start, found.end))

    async def inlay_hints(self, opened: _Open, params: lsp.InlayHintParams) -> list[lsp.InlayHint]:
        """Answer the values behind lines; for an editor that cannot refresh them, of this text."""
        if not self.refreshes:
            await self._finished(opened)
        start, end = opened.offset(params.range.start), opened.offset(params.range.end)
        return [
            lsp.InlayHint(
                lsp.Position(*opened.positions.position(hint.offset)),
                hint.text,
                padding_left=True,
                tooltip=hint.name or None,
            )
            for hint in hints(opened.now(), start, end)
        ]

    async def completion(self, opened: _Open, params: lsp.CompletionParams) -> lsp.CompletionList:
        """Answer what may be written."""
        found = completions(opened.now(), opened.offset(params.position))
        items = [self._item(c, i, opened) for i, c in enumerate(found.items)]
        return lsp.CompletionList(found.is_cut, items)

    def _item(self, found: Completion, rank: int, opened: _Open) -> lsp.CompletionItem:
        span = opened.range(found.start, found.end)
        return lsp.CompletionItem(
            found.label,
            kind=_COMPLETIONS[found.sort],
            detail=found.detail or None,
            sort_text=f"{rank:04}",
            filter_text=found.label,
            text_edit=lsp.TextEdit(span, found.text or found.label),
            data={"uri": opened.uri, "sort": found.sort, "path": list(found.path)},
        )

    async def resolve(self, item: lsp.CompletionItem) -> lsp.CompletionItem:
        """Answer what a suggestion means."""
        data = item.data if isinstance(item.data, dict) else {}
        opened = self.open.get(str(data.get("uri")))
        if opened is not None:
            path = tuple(map(str, data.get("path", ())))
            meaning = documentation(opened.now(), item.label, str(data.get("sort")), path)
            if meaning:
                item.documentation = lsp.MarkupContent(lsp.MarkupKind.Markdown, meaning)
        return item

    async def formatting(self, params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit] | None:
        """Answer the canonical form; nothing where the file is wrong."""
        opened = self.open.get(params.text_document.uri)
        if opened is None or opened.now().file_type is FileType.OTHER:
            return None
        folder = opened.path.parent if opened.path else Path()
        try:
            text = canonical(Source(opened.uri, opened.text), folder)
        except InputError:
            return None
        if text == opened.text:
            return []
        return [lsp.TextEdit(opened.range(0, len(opened.text)), text)]

    async def definition(self, opened: _Open, params: lsp.DefinitionParams) -> list[lsp.Location]:
        """Answer where a name is defined."""
        places = definitions(opened.now(), opened.offset(params.position))
        return [at for place in places if (at := self._location(place, opened)) is not None]

    async def references(self, opened: _Open, params: lsp.ReferenceParams) -> list[lsp.Location]:
        """Answer where a name is used."""
        offset, keys = opened.offset(params.position), params.context.include_declaration
        places = references(opened.now(), offset, definition=keys)
        return [lsp.Location(opened.uri, opened.range(p.start, p.end)) for p in places]

    async def prepare_rename(
        self, opened: _Open, params: lsp.PrepareRenameParams
    ) -> lsp.PrepareRenamePlaceholder:
        """Answer what would be renamed, or why it cannot be."""
        try:
            symbol = renamable(opened.now(), opened.offset(params.position))
        except Refused as reason:
            raise JsonRpcException(str(reason), _FAILED) from None
        span = opened.range(symbol.start, symbol.end)
        return lsp.PrepareRenamePlaceholder(span, symbol.name)

    async def rename(self, opened: _Open, params: lsp.RenameParams) -> lsp.WorkspaceEdit:
        """Answer the edits that another name makes, or why it cannot be given."""
        await self._finished(opened)  # an error that was there before is not the new name's
        try:
            edits = rename(opened.now(), opened.offset(params.position), params.new_name.strip())
        except Refused as reason:
            raise JsonRpcException(str(reason), _FAILED) from None
        changes = [lsp.TextEdit(opened.range(e.start, e.end), e.text) for e in edits]
        return lsp.WorkspaceEdit({opened.uri: changes})

    async def code_actions(
        self, opened: _Open, params: lsp.CodeActionParams
    ) -> list[lsp.CodeAction]:
        """Answer what the help of a diagnostic says to write instead."""
        await self._finished(opened)
        start, end = opened.offset(params.range.start), opened.offset(params.range.end)
        return [
            lsp.CodeAction(
                f"Write `{fix}`",
                lsp.CodeActionKind.QuickFix,
                diagnostics=[self._diagnostic(finding, opened)],
                is_preferred=len(finding.fixes) == 1,
                edit=lsp.WorkspaceEdit(
                    {opened.uri: [lsp.TextEdit(opened.range(finding.start, finding.end), fix)]}
                ),
            )
            for finding in opened.found
            if finding.start <= end and start <= finding.end
            for fix in finding.fixes
        ]

    async def document_symbols(
        self, opened: _Open, params: lsp.DocumentSymbolParams
    ) -> list[lsp.DocumentSymbol]:
        """Answer the outline of a file."""
        return [_symbol(part, opened) for part in outline(opened.now())]


def _range(lines: Positions, start: int, end: int) -> lsp.Range:
    return lsp.Range(lsp.Position(*lines.position(start)), lsp.Position(*lines.position(end)))


def _units(encoding: lsp.PositionEncodingKind | str | None) -> str:
    return getattr(encoding, "value", None) or str(encoding or "utf-16")


def _symbol(part: Outline, opened: _Open) -> lsp.DocumentSymbol:
    return lsp.DocumentSymbol(
        part.name,
        _SYMBOLS[part.sort],
        opened.range(part.start, part.end),
        opened.range(part.start, part.key_end),
        part.detail or None,
        children=[_symbol(inner, opened) for inner in part.parts],
    )


def _reads(document: Document) -> frozenset[str]:
    """Return the files and folders that a file depends on, without links."""
    if document.path is None:
        return frozenset()
    if document.file_type is FileType.KIND:
        return frozenset({os.path.realpath(document.path.parent)})
    return frozenset(map(os.path.realpath, document.paths_beside))
