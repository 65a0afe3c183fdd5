"""Where a server listens: its URL, and which address of this machine others reach."""

from __future__ import annotations

import ipaddress
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import attrs

from sherpa_core.errors import StorageError, UserError

_HOW = "write http://:TOKEN@HOST:PORT/, or http:FILE with the name of a file that holds that"
_TOKEN = re.compile(r"[A-Za-z0-9_.~-]+")


@attrs.frozen
class Address:
    """Host, port and token of a server.

    Args:
        host: a name or an IP address.
        port: its TCP port.
        token: what a client must know.
    """

    host: str
    port: int
    token: str = attrs.field(repr=False)

    @property
    def place(self) -> str:
        """Host and port, for people."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL, with the token."""
        return f"http://:{self.token}@{self.place}/"

    @classmethod
    def parse(cls, url: str) -> Address:
        """Return the address that a URL names, or one that a file holds (`http:FILE`).

        Raises:
            UserError: it names none. The message never shows a token.
            StorageError: the file cannot be read.
        """
        source = "the URL of an HTTP storage"
        if not url.startswith("http://"):
            path = url.removeprefix("http:")
            if not path:
                raise UserError(f"the URL {url!r} names no server: {_HOW}")
            try:
                url = Path(path).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                why = error.strerror if isinstance(error, OSError) else "it is not a text"
                raise StorageError(
                    f"the storage's address in {path} cannot be read: {why}"
                ) from None
            source = f"what {path} holds"
        try:
            parts = urlsplit(url)
            host, port, token = parts.hostname, parts.port, parts.password
            (host or "").encode("idna")  # as whoever looks it up will do
        except ValueError:
            raise UserError(f"{source} is not a valid URL: {_HOW}") from None
        if parts.scheme != "http" or not host or not port:
            raise UserError(f"{source} lacks host or port: {_HOW}")
        if not token or not _TOKEN.fullmatch(token) or parts.username:
            raise UserError(f"{source} for {host}:{port} lacks the token: {_HOW}")
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise UserError(f"{source} for {host}:{port} goes on behind the port: {_HOW}")
        return cls(host, port, token)


def own_address() -> str:
    """Return the address by which other hosts reach this one.

    It is the one that this host's name stands for, which is how the nodes of a cluster know each
    other; where that is none of this machine's (or its loopback), the one of the default route.

    Raises:
        UserError: this machine has neither.
    """
    try:
        named = [info[4][0] for info in _resolved(socket.gethostname())]
    except (OSError, UnicodeError):
        named = []
    for found in map(str, [*named, *_routed()]):
        if "%" not in found and not is_loopback(found) and _is_own(found):  # %: of one cable only
            return found
    raise UserError(
        "this machine has no address that other hosts reach: its name stands for none and there "
        "is no default route; say with `host` on which address the storage is to be served"
    )


def resolve(host: str) -> tuple[socket.AddressFamily, str]:
    """Return family and IP address of a name.

    Raises:
        UserError: there is no such host, or it means all addresses of this machine.
    """
    try:
        family, _, _, _, (found, *_) = _resolved(host)[0]
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "this is no name of a host"
        raise UserError(f"host {host!r} is not known here: {why}") from None
    found = str(found)
    if ipaddress.ip_address(found.partition("%")[0]).is_unspecified:
        raise UserError(
            f"host {host!r} means every network of this machine: give the one address (or the "
            "name of it) by which trial processes reach it"
        )
    return family, found


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches that address."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


def _resolved(host: str) -> list[tuple[socket.AddressFamily, int, int, str, tuple[str, int]]]:
    return socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)  # type: ignore[return-value]


def _routed() -> list[str]:
    """Return the address from which packets to the world would leave; none is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # kept for documentation: nobody has it
        except OSError:
            return []
        return [str(probe.getsockname()[0])]


def _is_own(address: str) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
        return True
