"""The runner's side of the DRMAA session: starts its process, asks, and translates errors."""

from __future__ import annotations

import glob
import json
import os
import re
import select
import subprocess
import sys
import weakref
from contextlib import suppress
from typing import Any

from sherpa_core.errors import SchedulerError, Unreachable

_TIMEOUT = 60.0  # seconds that Grid Engine may take for an answer
_TUNABLE = "glibc.rtld.optional_static_tls"
#: Where libdrmaa lies, unless DRMAA_LIBRARY_PATH says it.
_LIBRARIES = ("{root}/lib/*/libdrmaa.so*", "/usr/lib/gridengine-drmaa/lib/libdrmaa.so*")
#: What to try when Grid Engine's answer holds these words.
_HINTS = {
    "unknown queue": "`qconf -sql` lists the queues",
    "project": "`qconf -sprjl` lists the projects",
    "parallel environment": "`qconf -spl` lists them; the option `parallel_environment` names one",
    "unknown resource": "`qconf -sc` lists them; `memory` and `gpu` are options, too",
    "suitable queues": "no queue has all that the job asks for: ask for less",
}
_DEBIAN = "/usr/lib/gridengine"  # its programs; those in /usr/bin are slow shell scripts


def program(name: str) -> str:
    """Return the path of one of Grid Engine's programs.

    Raises:
        SchedulerError: SGE_ROOT is not set.
    """
    if not os.environ.get("SGE_ROOT"):
        raise SchedulerError(
            "SGE_ROOT is not set: source your cluster's settings file first, such as "
            "`. /opt/sge/default/common/settings.sh`"
        )
    path = os.path.join(_DEBIAN, name)
    return path if os.access(path, os.X_OK) else name


class Client:
    """A DRMAA session, started when it is needed, and started again when it has ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, **request: str) -> dict[str, Any]:
        """Send a request and return the answer.

        Raises:
            SchedulerError: Grid Engine refuses, in its words; or it is out of reach.
        """
        if self._process is None or self._process.poll() is not None:
            self._process = self._start()
        return self._exchange(self._process, json.dumps(request))

    def _start(self) -> subprocess.Popen[bytes]:
        program("qstat")  # complains of what is missing more clearly than the library does
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "sherpa_sge.session"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for the runner, which may still want to kill jobs
        )
        weakref.finalize(self, _stop, process)
        self._exchange(process, "")
        return process

    def _exchange(self, process: subprocess.Popen[bytes], line: str) -> dict[str, Any]:
        assert process.stdin is not None and process.stdout is not None
        try:
            if line:
                process.stdin.write(line.encode() + b"\n")
                process.stdin.flush()
            if not select.select([process.stdout], [], [], _TIMEOUT)[0]:
                process.kill()
                raise Unreachable(f"Grid Engine has not answered for {_TIMEOUT:g} s")
            answer = json.loads(process.stdout.readline() or b"null")
        except BrokenPipeError:
            answer = None
        if answer is None:
            code = process.wait()
            raise Unreachable(f"the DRMAA session ended with code {code}")
        if "error" in answer:
            raise _error(answer["kind"], answer["error"])
        return dict(answer)


def _stop(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None and process.stdout is not None
    with suppress(OSError):  # it has ended before
        process.stdin.close()
    try:
        process.wait(5.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()


def _environment() -> dict[str, str]:
    """Return the environment in which libdrmaa can be loaded."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    # libdrmaa may be linked with jemalloc, whose thread-local storage does not fit otherwise
    # (`cannot allocate memory in static TLS block`).
    tunables = environment.get("GLIBC_TUNABLES", "")
    if _TUNABLE not in tunables:
        environment["GLIBC_TUNABLES"] = ":".join(filter(None, [tunables, f"{_TUNABLE}=16384"]))
    if not environment.get("DRMAA_LIBRARY_PATH"):
        for pattern in _LIBRARIES:
            for path in sorted(glob.glob(pattern.format(root=os.environ["SGE_ROOT"])))[:1]:
                environment.setdefault("DRMAA_LIBRARY_PATH", path)
    return environment


def _error(kind: str, error: str) -> SchedulerError:
    """Return what the library has said, in its own words and with what to do."""
    text = re.sub(r"^code \d+: ", "", error.strip())
    if kind == "DrmCommunicationException":
        return Unreachable(f"{text}; does `qhost` answer?")
    if "drmaa" in text.lower() and ("find" in text or "open shared" in text):
        text += "; set DRMAA_LIBRARY_PATH to your cluster's libdrmaa.so"
    text += "".join(f"; {hint}" for words, hint in _HINTS.items() if words in text)
    return SchedulerError(text)
