"""The storage plugin: the client of a server, or the one that serves."""

from __future__ import annotations

import os
import random
import secrets
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import attrs

from sherpa_core import registry
from sherpa_core.errors import StorageError, UserError
from sherpa_core.events import Event
from sherpa_core.locate import storage_url
from sherpa_core.plugin import option
from sherpa_core.session import hide_secrets
from sherpa_http.address import Address, is_loopback, own_address, resolve
from sherpa_http.client import RemoteStorage
from sherpa_http.server import BACKLOG, Server

#: The file in an output folder that holds the URL of the server, for its owner's eyes only.
URL_FILE = "http-storage.url"

_PORTS = range(20_000, 32_000)  # systems give none of these to outgoing connections

_PROBE = 5.0  # seconds in which a server that runs already answers


def _valid_timeout(_: object, __: object, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e6:
        raise UserError(f"timeout is {value!r}; allowed are seconds above 0 and below 1,000,000")


@attrs.define(eq=False)
class HTTPStorage:
    """Uses the storage of a runner over HTTP, from any host that reaches it.

    The runner's own side is made by `HTTPStorage.serve`.

    Args:
        url: `http://:TOKEN@HOST:PORT/`, or `http:FILE` with the name of a file that holds that.
        timeout: seconds to wait for an answer.

    Attributes:
        shared: True: other processes write to it.
        remote: whether other hosts may use the URL.

    Raises:
        UserError: the URL is wrong.
        StorageError: its file cannot be read.
    """

    url: str = option(
        "`http://:TOKEN@HOST:PORT/`, or `http:FILE`: a file that holds that",
        repr=hide_secrets,
    )
    timeout: float = option("seconds to wait for an answer", default=60.0, validator=_valid_timeout)
    shared: bool = attrs.field(default=True, init=False, repr=False)
    remote: bool = attrs.field(default=True, init=False, repr=False)
    _inner: Any = attrs.field(init=False, repr=False)
    _server: Server | None = attrs.field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        address = Address.parse(self.url)
        self.url = address.url
        self._inner = RemoteStorage(address, self.timeout)

    @classmethod
    def serve(
        cls,
        folder: Path,
        port: int | None = None,
        remote: bool = False,
        host: str | None = None,
    ) -> Self:
        """Serve the storage of an output folder, or connect to the process that does so already.

        Host, port and token are kept in the folder, in a file that only its owner can read: a
        resumed study is served at the same address again, where its jobs go on reporting.

        Args:
            folder: the output folder. The default storage keeps the study in it.
            port: the TCP port. Default: the one used before, else a free one.
            remote: whether other hosts are to reach it; otherwise only this one can.
            host: the name or address by which they do, which is the only one that is listened
                on. Default: the address of this host's name, else that of its default route.

        Returns:
            A storage that uses the folder's own directly; its `url` is for other processes.

        Raises:
            UserError: there is no such host, or it is not this one's.
            StorageError: the port is taken.
        """
        if port is not None and not (type(port) is int and 0 < port < 65_536):
            raise UserError(f"port is {port!r}; allowed are whole numbers from 1 to 65535")
        if host is not None and not _is_name(host):
            raise UserError(f"host is {host!r}; allowed is the name or an address of this host")
        file = Path(folder) / URL_FILE
        before = Address.parse(f"http:{file}") if file.exists() else None
        if before is not None and _answers(before):
            return cls._joined(before, host)
        own = host or (own_address() if remote else "127.0.0.1")
        try:
            listener = _listen(own, port or (before.port if before else None), file)
        except StorageError:
            if before is not None and _answers(before):  # another process was faster
                return cls._joined(before, host)
            raise
        token = before.token if before else secrets.token_urlsafe(32)
        address = Address(own, listener.getsockname()[1], token)
        if not _write(file, address.url, replaces=before is not None):
            listener.close()
            return cls.serve(folder, port, remote, host)
        storage = cls(address.url)
        storage.remote = remote
        # The output folder must be seen by the nodes, so that it often is on a network file system.
        storage._inner = registry.open_storage(f"{storage_url(folder)}?network=exclusive")
        storage._server = Server(storage._inner, listener, token)
        return storage

    @classmethod
    def _joined(cls, address: Address, host: str | None) -> Self:
        """Return the client of the process that serves the folder."""
        storage = cls(address.url)
        storage.remote = host is not None or not is_loopback(address.host)
        return storage

    def append(self, study: str, events: Sequence[Event]) -> int:
        """See `StorageSpec.append`."""
        position: int = self._inner.append(study, events)
        return position

    def read(self, study: str, after: int, limit: int | None) -> Sequence[Event]:
        """See `StorageSpec.read`."""
        found: Sequence[Event] = self._inner.read(study, after, limit)
        return found

    def list_studies(self) -> Sequence[str]:
        """See `StorageSpec.list_studies`."""
        found: Sequence[str] = self._inner.list_studies()
        return found

    def delete_study(self, study: str) -> None:
        """See `StorageSpec.delete_study`."""
        self._inner.delete_study(study)

    @property
    def serves(self) -> bool:
        """Whether this object is the server, not the client of one."""
        return self._server is not None

    def close(self) -> None:
        """Stop serving, if this object does, and close connections and files."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._inner.close()


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _answers(address: Address) -> bool:
    """Return whether the folder's server runs there."""
    storage = RemoteStorage(address, _PROBE)
    try:
        storage.list_studies()
    except StorageError:
        return False
    finally:
        storage.close()
    return True


def _listen(host: str, port: int | None, file: Path) -> socket.socket:
    """Return a socket that listens on that port, or on a free one."""
    family, address = resolve(host)
    tried = [port] if port else random.SystemRandom().sample(_PORTS, 50)
    for number in tried:
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, number))
            listener.listen(BACKLOG)
        except OSError as error:
            listener.close()
            failed = error
        else:
            return listener
    raise StorageError(
        f"the study's storage cannot be served at {host}, port {tried[-1]}: {failed.strerror}. "
        + (
            f"Its jobs may still report to this port, so that no other is taken by itself: end "
            f"what uses it, or choose a port, or delete {file} if no job is running"
            if file.exists()
            else "Choose another port or host"
        )
    ) from failed


def _write(file: Path, url: str, replaces: bool) -> bool:
    """Write the URL into a file that only its owner may read; False if another was faster."""
    temporary = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as stream:
        stream.write(url + "\n")
    try:
        if not replaces:
            os.link(temporary, file)
            temporary.unlink()
            return True
    except FileExistsError:
        temporary.unlink()
        return False
    except OSError:  # no file system for links
        pass
    os.replace(temporary, file)
    return True
