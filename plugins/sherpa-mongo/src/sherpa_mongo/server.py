"""A study's own `mongod`: started beside the study, found again by its file, and stopped."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import attrs
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from sherpa_core.errors import StorageError, UserError, listed
from sherpa_core.jobs import is_alive, process_start

_PORTS = range(27010, 27110)  # where a free one is looked for; SHERPA's own is the first
_START = 120.0  # seconds that a server may take to answer: it may have to recover first
_STOP = 60.0  # seconds that it may take to end before it is killed
_PAUSE = 0.05  # seconds between two looks
_OURS = ("dbpath", "port", "logpath", "bind_ip", "fork")
_LOOPBACK = "127.0.0.1"
_children: dict[int, subprocess.Popen[bytes]] = {}


@attrs.define
class Server:
    """A server that runs.

    Args:
        pid: its process.
        started: when that started, as `process_start` says.
        host: the address by which it is reached.
        port: its port.
        owner: id and start of the process that is to stop it.
    """

    pid: int
    started: str
    host: str
    port: int
    owner: tuple[int, str]

    @property
    def url(self) -> str:
        """Where its clients connect to."""
        return f"mongodb://{self.host}:{self.port}/"

    def answers(self) -> bool:
        """Return whether the server takes commands, and not another one at its port."""
        client: MongoClient[Any] = MongoClient(
            self.url, directConnection=True, serverSelectionTimeoutMS=1000
        )
        with client, suppress(PyMongoError):
            client.admin.command("ping")
            try:
                return bool(client.admin.command("serverStatus")["pid"] == self.pid)
            except OperationFailure:  # it asks for a login
                return True
        return False

    def stop(self) -> None:
        """End the server and wait until it has ended."""
        deadline = time.monotonic() + _STOP
        self._signal(signal.SIGTERM)
        while self.is_alive():
            if time.monotonic() > deadline:
                self._signal(signal.SIGKILL)
            time.sleep(_PAUSE)

    def is_alive(self) -> bool:
        """Return whether the process is there."""
        if self.pid in _children:
            _children[self.pid].poll()  # collects what has ended
        return is_alive(self.pid, self.started)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


def start(
    folder: Path, port: int | None, remote: bool, options: Mapping[str, Any]
) -> tuple[Server, bool]:
    """Return the server that keeps its data in `folder`, and whether the caller has to stop it.

    One that runs is used; it is to be stopped if nobody is left who would.

    Args:
        folder: the study's output folder.
        port: its port. Default: the one it had before, else a free one.
        remote: whether other hosts must reach it.
        options: further options of `mongod`, by name.

    Raises:
        UserError: `mongod` is not installed, an option is not allowed, or the port is taken.
        StorageError: the server does not start.
    """
    for name in options:
        if name.lstrip("-") in _OURS:
            raise UserError(f"mongodb_args has {name!r}, which is set by SHERPA: {listed(_OURS)}")
    place = folder / "mongodb"
    place.mkdir(exist_ok=True)
    with _alone(place):
        found = _read(place)
        if found is not None and found.is_alive():
            if port not in (None, found.port):
                raise UserError(
                    f"the database of {folder} runs already, at port {found.port}, not {port}"
                )
            if _answers_in_time(found, place):
                adopted = not is_alive(*found.owner)  # its runner was killed
                if adopted:
                    found.owner = _this_process()
                    _write(place, found)
                return found, adopted
        while True:
            server = _launch(place, port, found, remote, options)
            if _answers_in_time(server, place):
                return server, True
            if _is_free(server.port):  # else another server has just taken it: the next one
                raise StorageError(f"mongod has ended at once: {_last_words(place)}")


def stop(folder: Path, server: Server) -> None:
    """Stop a server."""
    with _alone(folder / "mongodb"):
        if server.owner == _this_process():  # not a fork of the one that has started it
            server.stop()


def _launch(
    place: Path, port: int | None, known: Server | None, remote: bool, options: Mapping[str, Any]
) -> Server:
    program = shutil.which("mongod")
    if program is None:
        raise UserError(
            "mongod is not on the PATH: install the MongoDB Community Server, use a server that "
            'runs (storage="mongodb://host:port/database"), or another storage ("http" needs '
            "nothing installed)"
        )
    host = _own_address() if remote else _LOOPBACK
    port = _free_port(port, known.port if known else None)
    hosts = _LOOPBACK if host == _LOOPBACK else f"{_LOOPBACK},{host}"
    command = [program, "--dbpath", str(place), "--port", str(port), "--bind_ip", hosts]
    command += ["--logpath", str(_log(place))]
    for name, value in options.items():
        command.append(f"--{name.lstrip('-')}")
        if value not in ("", None, True):
            command.append(str(value))
    with open(place.with_name("mongod.out"), "wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is the runner's: it still needs its database
        )
    _children[process.pid] = process
    server = Server(process.pid, process_start(process.pid) or "", host, port, _this_process())
    _write(place, server)
    return server


def _answers_in_time(server: Server, place: Path) -> bool:
    """Wait until a server answers; return False when it ends instead."""
    deadline = time.monotonic() + _START
    while not server.answers():
        if not server.is_alive():
            return False
        if time.monotonic() > deadline:
            raise StorageError(
                f"mongod (process {server.pid}) does not answer after {_START:g} s: "
                f"{_last_words(place)}"
            )
        time.sleep(_PAUSE)
    return True


def _free_port(wanted: int | None, before: int | None) -> int:
    if wanted is not None:
        if not _is_free(wanted):
            raise UserError(
                f"port {wanted} is taken, perhaps by another study's database: give another "
                "db_port, or none: then a free one is found"
            )
        return wanted
    candidates: list[int] = [before or _PORTS[0], *_PORTS]
    for each in candidates:
        if _is_free(each):
            return each
    raise UserError(f"no port from {_PORTS[0]} to {_PORTS[-1]} is free: give a db_port")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
        except OSError:
            return False
    return True


def _own_address() -> str:
    """Return the address that other hosts reach this one by, as far as it can know."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; only the route is looked up
        except OSError:
            return socket.gethostbyname(socket.gethostname())
        return str(probe.getsockname()[0])


def _last_words(place: Path) -> str:
    for path in (place.with_name("mongod.out"), _log(place)):
        with suppress(OSError):
            lines = path.read_text("utf-8", "replace").strip().splitlines()
            if lines:
                return f"{lines[-1][:300]} (see {path})"
    return "it said nothing"


def _log(place: Path) -> Path:
    return place.with_name("mongod.log")


def _this_process() -> tuple[int, str]:
    return os.getpid(), process_start(os.getpid()) or ""


def _read(place: Path) -> Server | None:
    try:
        found = json.loads(_file(place).read_text("utf-8"))
        return Server(**(found | {"owner": tuple(found["owner"])}))
    except (OSError, ValueError, TypeError, KeyError):  # none, or cut off: then it is not known
        return None


def _write(place: Path, server: Server) -> None:
    new = _file(place).with_suffix(".new")
    new.write_text(json.dumps(attrs.asdict(server)), "utf-8")
    new.replace(_file(place))


def _file(place: Path) -> Path:
    return place.with_name("mongod.json")


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Let one process at a time start or stop this folder's server."""
    with open(place.with_name("mongod.lock"), "wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
