"""The protocol as pygls speaks it, where that keeps or forgets more than it should."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol
from pygls.uris import to_fs_path


class Protocol(LanguageServerProtocol):
    """The protocol, with an answer to each request, and nothing kept of what is done."""

    def _execute_handler(
        self,
        msg_id: str | int,
        handler: Callable[..., Any],
        callback: Callable[[Future[Any]], None],
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        """Run a handler, and let go of it; pygls keeps those of notifications, with the texts."""

        def done(future: Future[Any]) -> None:
            self._request_futures.pop(msg_id, None)
            callback(future)

        super()._execute_handler(msg_id, handler, done, args, kwargs)

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Read a message; a request that makes no sense is answered before it is refused."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "method" in data and isinstance(data.get("id"), str | int):
                self._send_response(data["id"], error=error.to_response_error())
            raise


def path_of(uri: str) -> Path | None:
    """Return the path that a URI names, or None where no file can be there."""
    try:
        name = to_fs_path(uri)
    except ValueError:  # such as the address of a host that is none
        return None
    return Path(name) if name and "\0" not in name else None
