"""A client of language servers, over standard input and output: enough of the protocol to test.

with LanguageClient(["some-server", "--stdio"], folder) as client:
    told = client.open(file, text)
    items = client.request("textDocument/completion", client.at(file, 3, 2))
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple

CAPABILITIES: dict[str, Any] = {
    "workspace": {"configuration": True, "workspaceFolders": True},
    "textDocument": {
        "synchronization": {"didSave": True},
        "publishDiagnostics": {"relatedInformation": True},
        "hover": {"contentFormat": ["markdown", "plaintext"]},
        "completion": {
            "completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}
        },
    },
}


class ServerError(Exception):
    """The server answered a request with an error, or not at all."""


class Told(NamedTuple):
    """What a server publishes of a file: its diagnostics, for the version that it looked at."""

    version: int | None
    diagnostics: list[dict[str, Any]]

    @property
    def messages(self) -> list[str]:
        return [d["message"] for d in self.diagnostics]


class LanguageClient:
    """Starts a server and speaks with it; leaving the `with` ends it.

    Args:
        command: The server.
        folder: The workspace.
        settings: What the server is told when it asks for its configuration, by section.
        timeout: The most seconds that any answer may take.
    """

    def __init__(
        self,
        command: list[str],
        folder: Path,
        settings: dict[str, Any] | None = None,
        timeout: float = 60,
    ) -> None:
        self.folder = folder
        self.settings = settings or {}
        self.timeout = timeout
        self.logged: list[str] = []
        self._last_id = 0
        self._versions: dict[str, int] = {}
        self._told: dict[str, Told] = {}
        self._answers: dict[int, dict[str, Any]] = {}
        self._received: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self._process.stdin
        assert self._process.stdout
        assert self._process.stderr
        self._out: BinaryIO = self._process.stdin  # type: ignore[assignment]
        self._threads = [
            threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._log, args=(self._process.stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> LanguageClient:
        folder = {"uri": self.folder.as_uri(), "name": self.folder.name}
        try:
            self.server = self.request(
                "initialize",
                {
                    "processId": None,
                    "rootUri": folder["uri"],
                    "workspaceFolders": [folder],
                    "capabilities": CAPABILITIES,
                },
            )
            self.notify("initialized", {})
            self.notify("workspace/didChangeConfiguration", {"settings": self.settings})
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self.request("shutdown", None)
                self.notify("exit", None)
                self._process.wait(self.timeout)
        finally:
            self._end()

    # --- asking -----------------------------------------------------------------------------------

    def notify(self, method: str, params: Any) -> None:
        """Tell the server something that it does not answer."""
        self._send({"method": method, "params": params})

    def request(self, method: str, params: Any) -> Any:
        """Ask the server, and wait for its answer.

        Raises:
            ServerError: Where it answers with an error, ends, or takes too long.
        """
        self._last_id += 1
        number = self._last_id
        self._send({"id": number, "method": method, "params": params})
        self._wait(method, lambda: number in self._answers)
        answer = self._answers.pop(number)
        if "error" in answer:
            raise ServerError(f"{method}: {answer['error']}")
        return answer.get("result")

    def open(self, file: Path, text: str, language: str = "yaml") -> Told:
        """Open a file with that text, or change it to that text; what the server finds in it."""
        uri = file.as_uri()
        version = self._versions[uri] = self._versions.get(uri, 0) + 1
        self._told.pop(uri, None)
        if version == 1:
            document = {"uri": uri, "languageId": language, "version": version, "text": text}
            self.notify("textDocument/didOpen", {"textDocument": document})
        else:
            changed = {"uri": uri, "version": version}
            self.notify(
                "textDocument/didChange",
                {"textDocument": changed, "contentChanges": [{"text": text}]},
            )
        self._wait(f"diagnostics of {file.name}", lambda: self._is_told(uri, version))
        return self._told[uri]

    def _is_told(self, uri: str, version: int) -> bool:
        told = self._told.get(uri)
        return told is not None and told.version in (None, version)

    @staticmethod
    def at(file: Path, line: int, character: int) -> dict[str, Any]:
        """Return a place in a file, counted from zero."""
        position = {"line": line, "character": character}
        return {"textDocument": {"uri": file.as_uri()}, "position": position}

    # --- what is sent and received ----------------------------------------------------------------

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        try:
            self._out.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            self._out.flush()
        except OSError as error:
            raise ServerError(f"the server is gone: {self._last_words()}") from error

    def _wait(self, what: str, done: Any) -> None:
        latest = time.monotonic() + self.timeout
        while not done():
            try:
                message = self._received.get(timeout=max(0.0, latest - time.monotonic()))
            except queue.Empty:
                raise ServerError(f"no answer in {self.timeout} s: {what}") from None
            if message is None:
                raise ServerError(f"the server ended before {what}: {self._last_words()}")
            self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method is None:
            self._answers[message["id"]] = message
        elif "id" in message:
            self._send({"id": message["id"], "result": self._result(method, message["params"])})
        elif method == "textDocument/publishDiagnostics":
            params = message["params"]
            self._told[params["uri"]] = Told(params.get("version"), params["diagnostics"])
        elif method == "window/logMessage":
            self.logged.append(message["params"]["message"])

    def _result(self, method: str, params: Any) -> Any:
        """Return what the client says when the server asks it."""
        if method == "workspace/configuration":
            return [self.settings.get(item.get("section")) for item in params["items"]]
        if method == "workspace/workspaceFolders":
            return [{"uri": self.folder.as_uri(), "name": self.folder.name}]
        return None

    def _read(self, stream: BinaryIO) -> None:
        while True:
            length = 0
            while line := stream.readline().strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if not length:
                break
            self._received.put(json.loads(stream.read(length)))
        self._received.put(None)

    def _log(self, stream: BinaryIO) -> None:
        for line in stream:
            self.logged.append(line.decode("utf-8", "replace").rstrip())

    def _last_words(self) -> str:
        return "\n".join(self.logged[-20:])

    def _end(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join(self.timeout)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
