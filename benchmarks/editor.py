"""How long an editor waits for the language server, with a scenario of 500 lines.

A real server is asked over standard input and output, as an editor does it. An answer should come
within a tenth of a second, which feels like at once; beside it stands the time of a run of the
same file by the command line.
"""

from __future__ import annotations

import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, BinaryIO

from benchmarks.measure import ROOT, Row, Skipped, process

_LIMIT = 0.1
_LINES = 500
_PAUSE = 0.3  # between two edits, as of somebody who stops to look


def measure(*, quick: bool) -> list[Row]:
    """Measure the times from a question to its answer, and from an edit to its diagnostics."""
    if importlib.util.find_spec("pygls") is None:
        raise Skipped("pygls is not installed; the extra `lsp` brings it")
    text, times = scenario(_LINES), 5 if quick else 15
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "large.yaml"
        file.write_text(text, "utf-8")
        run = process("-m", "estimator", "run", "--format", "json", str(file))
        whole = statistics.median(run() for _ in range(3))
        with _server() as server:
            server.open(file, text)
            return [
                _row(what, [ask() for _ in range(times)], whole)
                for what, ask in _questions(server, text)
            ]


def scenario(lines: int) -> str:
    """Return a scenario with so many lines or a few more: a system of many services, written out.

    It has about as many quantities a line as the shipped scenarios, which have 5 to 12.
    """
    actions: list[str] = []
    components: list[str] = []
    derived: list[str] = []
    expected: list[str] = []
    number = 0
    while len(actions) + len(components) + len(derived) + len(expected) < lines - 12:
        number += 1
        actions += [
            f"  # What a user keeps, part {number}.",
            f"  save_{number}:",
            f"    per_user: {number % 9 + 1}/day",
            f"    payload: {number * 100} B",
            "    retention: 3 years",
            f"  read_{number}:",
            f"    per: {{save_{number}: {number * 10}}}",
            f"    response: 10 * save_{number}.payload",
            "",
        ]
        components += [
            f"  # What serves part {number}.",
            f"  api_{number}:",
            "    kind: service",
            f"    receives: [save_{number}, read_{number}]",
            "    cpu_time: 5 ms",
            "    node: m7g.2xlarge",
            f"  cache_{number}:",
            "    kind: cache",
            f"    receives: [read_{number}]",
            "    hit_ratio: 99%",
            "    hot_share: 10%",
            "    node: r7g.2xlarge",
            f"  store_{number}:",
            "    kind: database",
            "    receives:",
            f"      save_{number}: 1",
            f"      cache_{number}.misses: 1",
            "    replicas: 3",
            "    node: i3en.2xlarge",
            "",
        ]
        derived += [
            f"  kept_{number}: store_{number}.storage.retained in TB",
            f"  busy_{number}: api_{number}.nodes + cache_{number}.nodes + store_{number}.nodes",
        ]
        expected += [
            f"  - check: kept_{number} <= 9_{number:03} EB",
            "    reason: what the disks hold",
            "    owner: storage",
        ]
    head = ["name: Large", "users: {registered: 500M, daily_active: 40%}", ""]
    parts = (("actions", actions), ("components", components), ("derive", derived))
    body = [line for name, said in parts for line in (f"{name}:", *said, "")]
    return "\n".join([*head, *body, "expect:", *expected]) + "\n"


def _row(what: str, seconds: list[float], whole: float) -> Row:
    median = statistics.median(seconds)
    cells = {
        "what": what,
        "time": f"{median * 1000:.0f} ms ({min(seconds) * 1000:.0f} to {max(seconds) * 1000:.0f})",
        "at most": f"{_LIMIT * 1000:.0f} ms",
        "of estimator run": f"{median / whole:.3f}",
    }
    return Row(cells, median <= _LIMIT)


def _questions(server: _Server, text: str) -> Iterator[tuple[str, Callable[[], float]]]:
    lines = text.split("\n")
    derived = next(n for n, line in enumerate(lines) if line.startswith("  kept_9:"))
    name = {"line": derived, "character": lines[derived].index("store_9") + 2}
    behind = {"line": derived, "character": lines[derived].index(" in TB")}
    seen = {
        "start": {"line": derived - 25, "character": 0},
        "end": {"line": derived, "character": 0},
    }
    yield "hover over a name", lambda: server.asked("hover", position=name)
    yield "inlay hints of 25 lines", lambda: server.asked("inlayHint", range=seen)
    yield "completion of a name", lambda: server.asked("completion", position=behind)
    limit, number, formula = (
        "kept_9 <= 9_009",
        "save_9:\n    per_user: 1/day",
        "store_9.storage.retained",
    )
    assert all(part in text for part in (limit, number, formula))
    yield "an edit, then hover", lambda: server.edited(text, limit, "kept_9 <= {}", position=name)
    told = "then what is wrong"
    yield f"a number, {told}", lambda: server.edited(text, number, "save_9:\n    per_user: {}/day")
    yield f"a limit, {told}", lambda: server.edited(text, limit, "kept_9 <= {}")
    yield f"a wrong name, {told}", lambda: server.edited(text, formula, formula + "x{}")
    yield f"a formula, {told}", lambda: server.edited(text, formula, "{} * " + formula)


class _Server:
    """A language server and what it takes to talk to it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self.into: BinaryIO = process.stdin  # type: ignore[assignment]
        self.out: BinaryIO = process.stdout  # type: ignore[assignment]
        self.number = 0
        self.uri = ""
        self.version = 1

    def open(self, file: Path, text: str) -> None:
        self.uri = file.as_uri()
        self.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        self.send("initialized", {})
        item = {"uri": self.uri, "languageId": "yaml", "version": 1, "text": text}
        self.send("textDocument/didOpen", {"textDocument": item})
        self.until(self.published)

    def asked(self, what: str, **more: Any) -> float:
        """Return the seconds until an answer."""
        start = perf_counter()
        found = self.request(f"textDocument/{what}", {"textDocument": {"uri": self.uri}, **more})
        if not found:
            raise RuntimeError(f"there is no answer to {what}")
        return perf_counter() - start

    def edited(self, text: str, old: str, new: str, position: Any = None) -> float:
        """Return the seconds from an edit to its diagnostics, or to the answer to a hover."""
        from time import sleep

        sleep(_PAUSE)
        self.version += 1
        whole = text.replace(old, new.format(9_100 + self.version), 1)
        this = {"uri": self.uri, "version": self.version}
        start = perf_counter()
        changes = {"textDocument": this, "contentChanges": [{"text": whole}]}
        self.send("textDocument/didChange", changes)
        if position is None:
            self.until(self.published)
            return perf_counter() - start
        self.asked("hover", position=position)
        seconds = perf_counter() - start
        self.until(self.published)
        return seconds

    def published(self, message: dict[str, Any]) -> bool:
        """Are these the diagnostics of the text as it is now?"""
        is_it = message.get("method") == "textDocument/publishDiagnostics"
        return is_it and message["params"].get("version") == self.version

    def request(self, method: str, params: Any) -> Any:
        self.number += 1
        self.write({"id": self.number, "method": method, "params": params})
        return self.until(lambda m: m.get("id") == self.number and "method" not in m).get("result")

    def send(self, method: str, params: Any) -> None:
        self.write({"method": method, "params": params})

    def write(self, message: dict[str, Any]) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.into.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self.into.flush()

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while True:
            length = 0
            while line := self.out.readline().strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if not length:
                raise RuntimeError("the language server has ended")
            message: dict[str, Any] = json.loads(self.out.read(length))
            if message.get("method") == "window/logMessage":
                raise RuntimeError(message["params"]["message"])
            if wanted(message):
                return message


@contextmanager
def _server() -> Iterator[_Server]:
    command = [sys.executable, "-m", "estimator", "lsp"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe) as process:
        server = _Server(process)
        yield server
        server.request("shutdown", None)
        server.send("exit", None)
