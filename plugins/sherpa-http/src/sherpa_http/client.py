"""The client's side: the storage of another process, over connections that are kept open."""

from __future__ import annotations

import http.client
import json
import os
import select
import socket
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from sherpa_core.errors import Conflict, StorageError
from sherpa_core.events import Event, encode, to_json
from sherpa_http.address import Address
from sherpa_http.protocol import PIECE, PREFIX, VERSION, VERSION_HEADER, error_of

_CONNECTING = 10.0  # seconds in which a connection must be there


class RemoteStorage:
    """A storage that a server keeps. Safe to use from several threads, and after a fork.

    Args:
        address: the server's.
        timeout: seconds to wait for an answer.
    """

    def __init__(self, address: Address, timeout: float) -> None:
        self._address = address
        self._timeout = timeout
        self._lock = threading.Lock()
        self._idle: list[http.client.HTTPConnection] = []
        self._owner = os.getpid()
        self._headers = {
            "authorization": f"Bearer {address.token}",
            "content-type": "application/json",
        }

    def __del__(self) -> None:
        self.close()

    def append(self, study: str, events: Sequence[Event]) -> int:
        """See `StorageSpec.append`; a batch that is long travels in several requests."""
        texts = [encode(event) for event in events]
        name = to_json(study)
        position, all_new, sent = 0, True, 0
        for piece in _pieces(texts):
            try:
                answer = self._call("append", f'{{"study":{name},"events":[{",".join(piece)}]}}')
            except Conflict as conflict:
                raise Conflict(conflict.key, sent + conflict.index) from None
            position = self._number(answer, "position")
            all_new = all_new and position > 0
            sent += len(piece)
        return position if all_new else 0

    def read(self, study: str, after: int, limit: int | None) -> Sequence[Event]:
        """See `StorageSpec.read`; a long log arrives in pages."""
        found: list[Event] = []
        more = limit is None or limit > 0
        while more:
            rest = None if limit is None else limit - len(found)
            request = {"study": study, "after": after + len(found), "limit": rest}
            answer = self._call("read", to_json(request))
            events = answer.get("events")
            if not isinstance(events, list):
                raise self._stranger()
            found += events
            more = bool(answer.get("more")) and (limit is None or len(found) < limit)
        return found

    def list_studies(self) -> Sequence[str]:
        """See `StorageSpec.list_studies`."""
        found = self._call("list", "{}").get("studies")
        if not isinstance(found, list):
            raise self._stranger()
        return found

    def delete_study(self, study: str) -> None:
        """See `StorageSpec.delete_study`."""
        self._call("delete", to_json({"study": study}))

    def close(self) -> None:
        """Close the connections; the next call opens one again."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _call(self, operation: str, body: str) -> dict[str, Any]:
        """Return the answer to a request.

        Raises:
            Conflict, UserError: what the storage has raised there.
            StorageError: it failed there, or did not answer.
        """
        connection = self._connection()
        try:
            if connection.sock is None:
                self._connect(connection)
            connection.request("POST", PREFIX + operation, body.encode(), self._headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise self._silent(error) from error
        except BaseException:
            connection.close()
            raise
        version = response.headers.get(VERSION_HEADER)
        if response.will_close:
            connection.close()
        else:
            with self._lock:
                self._idle.append(connection)
        return self._checked(response.status, version, content)

    def _checked(self, status: int, version: str | None, content: bytes) -> dict[str, Any]:
        if status == 401:
            raise StorageError(
                f"{self._name} refuses the token: the URL belongs to another study's server; "
                "take it from the study's output folder again"
            )
        if version is None:
            raise self._stranger()
        if version != VERSION:
            raise StorageError(
                f"{self._name} speaks version {version[:20]} of the protocol, and this sherpa-http "
                f"version {VERSION}: install the same sherpa-http on both hosts"
            )
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise self._stranger()
        if status != 200:
            raise error_of(answer, self._name)
        return answer

    def _connection(self) -> http.client.HTTPConnection:
        """Return a connection that is open as far as can be seen, else a new one."""
        with self._lock:
            if self._owner != os.getpid():  # the parent goes on with those
                self._idle, self._owner = [], os.getpid()
            while self._idle:
                connection = self._idle.pop()
                if not _has_ended(connection):
                    return connection
                connection.close()
        return http.client.HTTPConnection(
            self._address.host, self._address.port, timeout=min(_CONNECTING, self._timeout)
        )

    def _connect(self, connection: http.client.HTTPConnection) -> None:
        connection.connect()
        opened: socket.socket = connection.sock
        opened.settimeout(self._timeout)

    @property
    def _name(self) -> str:
        return f"the storage's server at {self._address.place}"

    def _number(self, answer: dict[str, Any], name: str) -> int:
        value = answer.get(name)
        if not isinstance(value, int):
            raise self._stranger()
        return value

    def _stranger(self) -> StorageError:
        return StorageError(
            f"what answers at {self._address.place} is not a SHERPA storage: check host and port"
        )

    def _silent(self, error: Exception) -> StorageError:
        if isinstance(error, http.client.HTTPException) and not isinstance(error, OSError):
            return self._stranger()
        if isinstance(error, TimeoutError):
            why = "nothing came in time"
        else:
            why = (isinstance(error, OSError) and error.strerror) or "the connection was closed"
        return StorageError(
            f"{self._name} does not answer ({why}): the runner that serves the study may have "
            "ended (continue the study: it takes the same address again), or a firewall keeps "
            "this host from it"
        )


def _pieces(texts: Sequence[str]) -> Iterator[list[str]]:
    """Cut a batch so that each piece fits into one request."""
    piece: list[str] = []
    size = 0
    for text in texts:
        if piece and size + 4 * len(text) > 4 * PIECE:  # a character has at most four bytes
            yield piece
            piece, size = [], 0
        piece.append(text)
        size += 4 * len(text)
    if piece:
        yield piece


def _has_ended(connection: http.client.HTTPConnection) -> bool:
    """Return whether the server has closed a connection on which nobody waits for an answer."""
    if connection.sock is None:
        return True
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))
