"""The HTTP server: a thread that serves a storage to whoever knows the token."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import os
import resource
import socket
import threading
import weakref
from contextlib import suppress
from typing import Any

import h11

from sherpa_http.protocol import MAX_BODY, PREFIX, VERSION, VERSION_HEADER
from sherpa_http.service import Service

#: Connections that may wait to be accepted.
BACKLOG = 1024
_MAX_HEAD = 16_384  # bytes of a request's first lines
_PATIENCE = 60.0  # seconds in which a request must have arrived, or an answer have been taken
_LINGER = 5.0  # seconds for which a refused request's body is still taken
_MAX_CONNECTIONS = 1000
_PIECE = 65_536  # bytes that are taken from a connection at once

logger = logging.getLogger(__name__)


class Server:
    """Serves a storage on a socket until it is closed.

    One thread handles all connections, so that a slow client holds up nobody. The token is
    compared before a request's body is read. What a bad client does ends its connection only.

    Args:
        storage: the storage that is served.
        listener: a socket that is bound and listens.
        token: what clients must know.
    """

    def __init__(self, storage: Any, listener: socket.socket, token: str) -> None:
        self._service = Service(storage)
        self._listener = listener
        self._authorization = f"Bearer {token}".encode()
        self._connections: dict[_Connection, None] = {}  # the one longest without a request first
        self._most = _most_connections()
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sherpa-http", daemon=True)
        _servers.add(self)
        self._thread.start()
        self._ready.wait()

    def close(self) -> None:
        """Answer what has arrived, then stop; the port is free afterwards."""
        if self._thread.is_alive():
            with suppress(RuntimeError):  # it has ended meanwhile
                self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())
        self._service.close()

    async def _serve(self) -> None:
        try:
            server = await asyncio.start_server(
                self._connected, sock=self._listener, limit=_PIECE, backlog=BACKLOG
            )
        finally:
            self._ready.set()
        await self._stopping.wait()
        # Not yet `server.close()`: it fails for those whom it has accepted just now.
        self._loop.remove_reader(self._listener.fileno())
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGER):
                while others := asyncio.all_tasks() - {asyncio.current_task()}:
                    for connection in self._connections:
                        if not connection.busy:
                            connection.abort()
                    await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
        server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(self, reader, writer)
        self._make_room()
        self._connections[connection] = None
        try:
            await connection.serve()
        except OSError:
            pass  # it has gone, or was too slow
        except Exception:
            logger.exception("a request to the storage's server failed")
        finally:
            del self._connections[connection]
            connection.abort()

    def _make_room(self) -> None:
        """Close the connections that were idle for the longest time where there are too many."""
        surplus = len(self._connections) + 1 - self._most
        for connection in list(self._connections):
            if surplus <= 0:
                return
            if not connection.busy and not connection.closing:
                connection.abort()
                surplus -= 1

    def _is_authorized(self, request: h11.Request) -> bool:
        given = dict(request.headers).get(b"authorization", b"")
        return hmac.compare_digest(given, self._authorization)

    def _used(self, connection: _Connection) -> None:
        """Note that a connection has been used just now."""
        del self._connections[connection]
        self._connections[connection] = None


class _Connection:
    """One client's connection.

    Attributes:
        busy: a request with the right token is being worked on.
        closing: it is being closed.
    """

    def __init__(
        self,
        server: Server,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.busy = self.closing = self._head_only = False
        self._server = server
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD)
        self.fileno = writer.get_extra_info("socket").fileno()
        writer.transport.set_write_buffer_limits(0)  # what is drained has been sent

    def abort(self) -> None:
        """Close the connection, whatever its state."""
        self.closing = True
        self._writer.transport.abort()

    async def serve(self) -> None:
        """Answer requests until one of both sides closes the connection."""
        while not self._server._stopping.is_set():
            try:
                async with asyncio.timeout(_PATIENCE):
                    request = await self._event()
            except h11.RemoteProtocolError as error:
                await self._answer(400, _sentence(f"this is not valid HTTP: {error}"))
                return await self._linger()
            if not isinstance(request, h11.Request):
                return None
            self._head_only = request.method == b"HEAD"
            if not self._server._is_authorized(request):
                await self._answer(401, b"")
                return await self._linger()
            self.busy = True
            self._server._used(self)
            status, answer = await self._handle(request)
            await self._answer(status, answer)
            self.busy = False
            if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                return await self._linger()
            self._http.start_next_cycle()
        return None

    async def _handle(self, request: h11.Request) -> tuple[int, bytes]:
        path = request.target.decode("ascii", "replace")
        if not path.startswith(PREFIX):
            return 404, _sentence(f"a storage of version {VERSION} is served here, at {PREFIX}")
        if request.method != b"POST":
            return 405, _sentence("only POST is understood")
        try:
            async with asyncio.timeout(_PATIENCE):
                body = await self._body(request)
        except h11.RemoteProtocolError as error:
            return 400, _sentence(f"this is not valid HTTP: {error}")
        if body is None:
            return 413, _sentence(f"a request may have {MAX_BODY:,} bytes, and this one has more")
        return await self._server._service.answer(path.removeprefix(PREFIX), body)

    async def _body(self, request: h11.Request) -> bytes | None:
        """Return the request's body, None if it is too long."""
        for name, value in request.headers:
            if name == b"content-length" and int(value) > MAX_BODY:
                return None
        if self._http.they_are_waiting_for_100_continue:
            await self._send(h11.InformationalResponse(status_code=100, headers=[]))
        pieces = bytearray()
        while isinstance(event := await self._event(), h11.Data):
            pieces += event.data
            if len(pieces) > MAX_BODY:
                return None
        return bytes(pieces)

    async def _event(self) -> Any:
        """Return the next event; raises what h11 thinks of one that is none."""
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(await self._reader.read(_PIECE))
        return event

    async def _answer(self, status: int, body: bytes) -> None:
        headers = [("content-length", str(len(body)))]
        if status == 401:
            headers.append(("www-authenticate", "Bearer"))
        else:
            headers += [("content-type", "application/json"), (VERSION_HEADER, VERSION)]
        if self._http.their_state is not h11.DONE:  # what is left of the request is not looked at
            headers.append(("connection", "close"))
        await self._send(
            h11.Response(status_code=status, headers=headers),
            h11.Data(data=b"" if self._head_only else body),
            h11.EndOfMessage(),
        )

    async def _send(self, *events: Any) -> None:
        self._writer.write(b"".join(self._http.send(event) or b"" for event in events))
        async with asyncio.timeout(_PATIENCE):
            await self._writer.drain()

    async def _linger(self) -> None:
        """Take what a client still sends: a close before that would lose the answer."""
        with suppress(OSError):
            self._writer.write_eof()
            async with asyncio.timeout(_LINGER):
                while await self._reader.read(_PIECE):
                    pass


def _most_connections() -> int:
    """Return how many connections may be open at once."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return _MAX_CONNECTIONS
    return min(_MAX_CONNECTIONS, files // 2)  # the other half is the runner's own


def _sentence(text: str) -> bytes:
    return json.dumps({"message": text}).encode()


#: The servers of this process. A forked child must not hold their ports and connections.
_servers: weakref.WeakSet[Server] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for server in list(_servers):
        for number in (server._listener.fileno(), *(c.fileno for c in list(server._connections))):
            if number >= 0:
                os.dup2(nothing, number, inheritable=False)  # closed later by whoever owns it
    os.close(nothing)
    _servers.clear()


os.register_at_fork(after_in_child=_after_fork_in_child)
