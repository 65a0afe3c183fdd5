"""What a real process of the storage suite does: `python -m sherpa_testkit.storage_worker`.

Every answer is a line of JSON on standard output, an error `{"error": "..."}`.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from sherpa_core import registry
from sherpa_core.errors import Conflict
from sherpa_core.events import Event


class Worker:
    """A running worker process, as the suite sees it.

    Args:
        command: `write`, `contend` or `scan`.
        *arguments: those of the function of that name below.
    """

    def __init__(self, command: str, *arguments: object) -> None:
        words = [sys.executable, "-m", __name__, command, *map(str, arguments)]
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def go(self) -> None:
        """Let a worker begin that is ready."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        """Return the next answer, None when there is no more.

        Raises:
            AssertionError: the worker reported an error.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.endswith("\n"):  # it was killed, perhaps within a line
            return None
        answer = json.loads(line)
        if isinstance(answer, dict) and "error" in answer:
            raise AssertionError(f"a process that uses the storage failed: {answer['error']}")
        return answer

    def ended(self) -> bool:
        """Return whether the process has ended."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """End the process as `kill -9` does, and wait until it is gone."""
        self._process.kill()
        self._process.wait()


def start_together(workers: Iterable[Worker]) -> None:
    """Wait until all workers are ready, then let them go."""
    workers = list(workers)
    assert [worker.answer() for worker in workers] == ["ready"] * len(workers)
    for worker in workers:
        worker.go()


def numbered(writer: str, number: int) -> Event:
    """Return the event that `write` appends as its `number`-th: every second one has a key."""
    event: Event = {"type": "note_set", "time": 1.0, "writer": writer, "number": number}
    return event | {"key": f"{writer}/{number}"} if number % 2 else event


def write(url: str, study: str, writer: str, batches: str, size: str) -> None:
    """Wait for `go`, then append batches of numbered events; answer what each append returned."""
    storage = _ready(url, study)
    for batch in range(int(batches)):
        first = batch * int(size)
        events = [numbered(writer, first + offset) for offset in range(int(size))]
        _answer(storage.append(study, events))


def contend(url: str, study: str, writer: str, keys: str) -> None:
    """Wait for `go`, then append one event for each key; answer once what became of each.

    That is what `append` returned, or `conflict`.
    """
    storage = _ready(url, study)
    found: list[int | str] = []
    for number in range(int(keys)):
        event = {"type": "trial_added", "time": time.time(), "writer": writer}
        try:
            found.append(storage.append(study, [event | {"key": f"trial/{number}"}]))
        except Conflict:
            found.append("conflict")
    _answer(found)


def scan(url: str, study: str, piece: str) -> None:
    """Read a log in pieces; answer whether it is in order and what memory that took.

    The answer has `count`, `ordered` (each event's `number` is its position) and `grown`, the
    bytes by which the process's largest size rose.
    """
    storage = registry.open_storage(url)
    before = _largest_size()
    count, ordered = 0, True
    while events := storage.read(study, count, int(piece)):
        for event in events:
            count += 1
            ordered = ordered and event["number"] == count
    _answer({"count": count, "ordered": ordered, "grown": _largest_size() - before})


def _ready(url: str, study: str) -> Any:
    """Open the storage, wait until all others are ready too, and return it."""
    storage = registry.open_storage(url)
    storage.read(study, 0, None)
    _answer("ready")
    sys.stdin.readline()
    return storage


def _largest_size() -> int:
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else 1024 * size


def _answer(value: object) -> None:
    print(json.dumps(value), flush=True)


_COMMANDS: dict[str, Callable[..., None]] = {"write": write, "contend": contend, "scan": scan}

if __name__ == "__main__":
    try:
        _COMMANDS[sys.argv[1]](*sys.argv[2:])
    except Exception as error:  # noqa: BLE001 - the suite reports whatever a storage raises
        _answer({"error": f"{type(error).__name__}: {error}"})
