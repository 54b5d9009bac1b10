"""An editor for tests: a client that starts `estimator lsp` and speaks to it over stdio."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types as lsp
from pygls.lsp.client import BaseLanguageClient

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
_PATIENCE = 30  # seconds; nothing here takes long


def at(text: str, needle: str, inside: int = 0) -> lsp.Position:
    """Return the position of a text, or of a `|` in it, in UTF-16 as the protocol has it."""
    inside = needle.index("|") if "|" in needle else inside
    needle = needle.replace("|", "")
    assert text.count(needle) >= 1, needle
    before = text[: text.index(needle) + inside]
    lines = before.replace("\r\n", "\n").split("\n")
    return lsp.Position(len(lines) - 1, len(lines[-1].encode("utf-16-le")) // 2)


def span(text: str, found: lsp.Range) -> str:
    """Return the text of a range."""
    return text[offset(text, found.start) : offset(text, found.end)]


def offset(text: str, position: lsp.Position) -> int:
    lines = text.split("\n")
    line = lines[position.line].encode("utf-16-le")[: 2 * position.character]
    return sum(len(n) + 1 for n in lines[: position.line]) + len(line.decode("utf-16-le"))


def changed(text: str, edits: list[lsp.TextEdit]) -> str:
    """Return a text with the edits of an editor made."""
    spots = [(offset(text, e.range.start), offset(text, e.range.end), e.new_text) for e in edits]
    for start, end, new in sorted(spots, reverse=True):
        text = text[:start] + new + text[end:]
    return text


class Editor:
    """An editor with a language server; each call waits for its answer.

    Attributes:
        diagnostics: What was last published, by URI.
        logged: What the server logged.
        refreshed: How often the server asked for hints to be read again.
    """

    def __init__(self, capabilities: lsp.ClientCapabilities | None = None) -> None:
        self.diagnostics: dict[str, lsp.PublishDiagnosticsParams] = {}
        self.logged: list[str] = []
        self.refreshed = 0
        self.registered: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._news = threading.Condition()
        self._version = 0
        self.client = BaseLanguageClient("tests", "1")
        self._listen()
        command = ("-X", "utf8", "-m", "estimator", "lsp")
        self.wait(self.client.start_io(sys.executable, *command, cwd=str(ROOT)))
        asked = lsp.InitializeParams(capabilities or lsp.ClientCapabilities(), process_id=None)
        self.server = self.wait(self.client.initialize_async(asked))
        self.client.initialized(lsp.InitializedParams())

    def _listen(self) -> None:
        def published(params: lsp.PublishDiagnosticsParams) -> None:
            with self._news:
                self.diagnostics[params.uri] = params
                self._news.notify_all()

        def logged(params: lsp.LogMessageParams) -> None:
            self.logged.append(params.message)

        def refresh(params: Any) -> None:
            with self._news:
                self.refreshed += 1
                self._news.notify_all()

        def register(params: lsp.RegistrationParams) -> None:
            with self._news:
                self.registered += [r.method for r in params.registrations]
                self._news.notify_all()

        self.client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(published)
        self.client.feature(lsp.WINDOW_LOG_MESSAGE)(logged)
        self.client.feature(lsp.WORKSPACE_INLAY_HINT_REFRESH)(refresh)
        self.client.feature(lsp.CLIENT_REGISTER_CAPABILITY)(register)

    def wait(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(_PATIENCE)

    def until(self, holds: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(holds, _PATIENCE), self.logged

    def close(self) -> None:
        self.wait(self.client.shutdown_async(None))
        self.client.exit(None)
        self.wait(self.client.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)
        self._loop.close()

    def open(self, text: str, path: Path) -> Buffer:
        """Open a text as the file of a path, which need not be there."""
        return Buffer(self, text, path.as_uri())


class Buffer:
    """A file that is open in the editor."""

    def __init__(self, editor: Editor, text: str, uri: str) -> None:
        self.editor, self.uri, self.text, self.version = editor, uri, text, 1
        item = lsp.TextDocumentItem(uri, "yaml", 1, text)
        editor.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        self.settle()

    @property
    def this(self) -> lsp.TextDocumentIdentifier:
        return lsp.TextDocumentIdentifier(self.uri)

    def settle(self) -> list[lsp.Diagnostic]:
        """Wait for what is wrong with the text as it is now."""

        def is_new() -> bool:
            found = self.editor.diagnostics.get(self.uri)
            return found is not None and found.version == self.version

        self.editor.until(is_new)
        return self.found

    @property
    def found(self) -> list[lsp.Diagnostic]:
        return list(self.editor.diagnostics[self.uri].diagnostics)

    def write(self, text: str, *, settle: bool = True) -> list[lsp.Diagnostic]:
        """Give the file another text."""
        self.text, self.version = text, self.version + 1
        whole = lsp.TextDocumentContentChangeWholeDocument(text)
        this = lsp.VersionedTextDocumentIdentifier(self.version, self.uri)
        changes = lsp.DidChangeTextDocumentParams(this, [whole])
        self.editor.client.text_document_did_change(changes)
        return self.settle() if settle else []

    def replace(self, old: str, new: str, *, settle: bool = True) -> list[lsp.Diagnostic]:
        """Write something in the place of something else."""
        assert old in self.text
        return self.write(self.text.replace(old, new, 1), settle=settle)

    def close(self) -> None:
        self.editor.client.text_document_did_close(lsp.DidCloseTextDocumentParams(self.this))

    def hover(self, needle: str, inside: int = 0) -> str:
        params = lsp.HoverParams(self.this, at(self.text, needle, inside))
        found = self.editor.wait(self.editor.client.text_document_hover_async(params))
        if found is None:
            return ""
        assert isinstance(found.contents, lsp.MarkupContent)
        return found.contents.value

    def hovered(self, needle: str, inside: int = 0) -> str:
        """Return the text that a hover is about."""
        params = lsp.HoverParams(self.this, at(self.text, needle, inside))
        found = self.editor.wait(self.editor.client.text_document_hover_async(params))
        return span(self.text, found.range) if found and found.range else ""

    def hints(self, first: int = 0, last: int = 10_000) -> str:
        """Return the text of some lines with the hints in it, between ⟨ and ⟩."""
        lines = lsp.Range(lsp.Position(first, 0), lsp.Position(last, 0))
        params = lsp.InlayHintParams(self.this, lines)
        found = self.editor.wait(self.editor.client.text_document_inlay_hint_async(params))
        edits = [
            lsp.TextEdit(lsp.Range(h.position, h.position), f" ⟨{h.label}⟩") for h in found or []
        ]
        return changed(self.text, edits)

    def complete(self) -> list[lsp.CompletionItem]:
        """Return what may be written where a `|` stands in the text, which is taken out."""
        place = at(self.text, self.text[: self.text.index("|") + 1])
        self.write(self.text.replace("|", "", 1), settle=False)
        params = lsp.CompletionParams(self.this, place)
        found = self.editor.wait(self.editor.client.text_document_completion_async(params))
        if found is None:
            return []
        assert isinstance(found, lsp.CompletionList)
        return list(found.items)

    def meaning(self, item: lsp.CompletionItem) -> str:
        found = self.editor.wait(self.editor.client.completion_item_resolve_async(item))
        content = found.documentation
        return content.value if isinstance(content, lsp.MarkupContent) else content or ""

    def definition(self, needle: str, inside: int = 0) -> list[lsp.Location]:
        params = lsp.DefinitionParams(self.this, at(self.text, needle, inside))
        found = self.editor.wait(self.editor.client.text_document_definition_async(params))
        assert isinstance(found, list | tuple)
        return [f for f in found if isinstance(f, lsp.Location)]

    def references(self, needle: str, inside: int = 0) -> list[lsp.Location]:
        params = lsp.ReferenceParams(
            lsp.ReferenceContext(True), self.this, at(self.text, needle, inside)
        )
        found = self.editor.wait(self.editor.client.text_document_references_async(params))
        return list(found or [])

    def rename(self, needle: str, name: str, inside: int = 0) -> str:
        """Return the text after a renaming."""
        params = lsp.RenameParams(self.this, at(self.text, needle, inside), name)
        found = self.editor.wait(self.editor.client.text_document_rename_async(params))
        assert found is not None
        assert found.changes is not None
        return changed(self.text, list(found.changes[self.uri]))

    def formatted(self) -> str:
        """Return the text in its canonical form."""
        options = lsp.FormattingOptions(2, True)
        params = lsp.DocumentFormattingParams(self.this, options)
        found = self.editor.wait(self.editor.client.text_document_formatting_async(params))
        return changed(self.text, list(found or []))

    def fixes(self, diagnostic: lsp.Diagnostic) -> dict[str, str]:
        """Return the text after each quick fix, by title."""
        context = lsp.CodeActionContext([diagnostic])
        params = lsp.CodeActionParams(self.this, diagnostic.range, context)
        found = self.editor.wait(self.editor.client.text_document_code_action_async(params))
        texts = {}
        for action in found or []:
            assert isinstance(action, lsp.CodeAction)
            assert action.edit is not None
            assert action.edit.changes is not None
            texts[action.title] = changed(self.text, list(action.edit.changes[self.uri]))
        return texts

    def symbols(self) -> list[lsp.DocumentSymbol]:
        params = lsp.DocumentSymbolParams(self.this)
        found = self.editor.wait(self.editor.client.text_document_document_symbol_async(params))
        return [s for s in found or [] if isinstance(s, lsp.DocumentSymbol)]
