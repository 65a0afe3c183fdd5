"""Server: waitress in a thread of its own, its port, and how to reach it from elsewhere."""

from __future__ import annotations

import getpass
import ipaddress
import logging
import os
import socket
import threading
import weakref
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sherpa_core.errors import PluginError

PORTS = range(8880, 10000)
_THREADS = 24  # those that wait for news hold one each
WAITING = 16
_IN_MEMORY = 2**28  # bytes of answers, which would else go through a file
MAX_BODY = 65536  # bytes of a request

_JOB_VARIABLES = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "JOB_ID")
_LOGIN_VARIABLES = ("SLURM_SUBMIT_HOST", "PBS_O_HOST", "LSB_SUB_HOST", "SGE_O_HOST")


class Server:
    """Serves an application until it is stopped.

    Args:
        app: the WSGI application.
        listening: a socket that listens already; the server closes it.
    """

    def __init__(self, app: Any, listening: socket.socket) -> None:
        from waitress.server import create_server

        self._server = create_server(
            app,
            sockets=[listening],
            threads=_THREADS,
            ident=None,
            clear_untrusted_proxy_headers=True,
            max_request_body_size=MAX_BODY,
            outbuf_overflow=_IN_MEMORY,
        )
        queue = logging.getLogger("waitress.queue")
        if queue.level == logging.NOTSET:
            queue.setLevel(logging.ERROR)  # nobody can act on a request that waits for a moment
        self._thread = threading.Thread(
            target=self._server.run, name="sherpa-dashboard", daemon=True
        )
        _servers.add(self)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and free the port; requests under way are cut off."""
        with suppress(OSError):  # it may be closed before it was pulled
            self._server.trigger.pull_trigger(self._close)  # in the server's own thread
        self._thread.join(timeout=5)
        self._server.task_dispatcher.shutdown()

    def _close(self) -> None:
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()
        self._server.close()

    def leave(self) -> None:
        """Let a forked process let go of the port and of all connections."""
        for channel in list(self._server._map.values()):
            channel.socket.close()


_servers: weakref.WeakSet[Server] = weakref.WeakSet()


def _leave() -> None:
    for server in list(_servers):
        server.leave()


os.register_at_fork(after_in_child=_leave)


def listen(host: str, port: int | None) -> socket.socket:
    """Return a socket that listens on a port, without one on the first free of 8880 to 9999.

    Raises:
        PluginError: the port is taken, the host is not this machine's, or no port is free.
    """
    ports: Sequence[int] = PORTS if port is None else [port]
    for each in ports:
        try:
            family, kind, _, _, address = socket.getaddrinfo(
                host, each, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            listening = socket.socket(family, kind)
            try:
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listening.bind(address)
                listening.listen(128)
                return listening
            except OSError:
                listening.close()
                raise
        except OSError as error:
            reason = error.strerror or str(error)
            if not isinstance(error, PermissionError) and getattr(error, "errno", 0) != 98:
                break
    where = f"port {port}" if port is not None else f"any port of {PORTS[0]} to {PORTS[-1]}"
    raise PluginError(f"the dashboard cannot listen on {host}, {where}: {reason}")


def _is_every_address(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def reachable_name(host: str) -> str:
    """Return the name under which a browser reaches a host that a server listens on."""
    if not host or _is_every_address(host):
        return socket.getfqdn()
    return f"[{host}]" if ":" in host else host


def tunnel(port: int) -> str | None:
    """Return the ssh command that brings a page to one's own computer, None at a screen.

    Args:
        port: the port on this machine.
    """
    connection = os.environ.get("SSH_CONNECTION", "").split()
    on_node = any(os.environ.get(name) for name in _JOB_VARIABLES)
    if not connection and not on_node:
        return None
    user = getpass.getuser()
    if not on_node:
        return f"ssh -N -L {port}:127.0.0.1:{port} {user}@{connection[2]}"
    login = next((os.environ[name] for name in _LOGIN_VARIABLES if os.environ.get(name)), "")
    jump = f"-J {user}@{login} " if login else ""
    return f"ssh -N -L {port}:127.0.0.1:{port} {jump}{user}@{socket.gethostname()}"
