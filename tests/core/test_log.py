from __future__ import annotations

from typing import Any

import pytest

from sherpa_core import History, StorageError, UserError
from sherpa_core.errors import Conflict
from sherpa_core.events import Event
from sherpa_core.log import Log
from sherpa_core.memory import MemoryStorage
from sherpa_core.sockets import bind


def note(text: Any, **more: Any) -> Event:
    return {"type": "note_set", "note": text, **more}


def open_log(storage: Any, **more: Any) -> Log:
    return Log(bind("storage", storage), "s", clock=lambda: 5.0, **more)


def kinds(storage: MemoryStorage) -> list[str]:
    return [event["type"] for event in storage.read("s", 0, None)]


def test_the_first_append_says_who_writes_and_no_other() -> None:
    storage = MemoryStorage()
    log = open_log(storage)
    assert storage.list_studies() == []

    log.append(note("a"))
    log.append(note("b"), note("c"))

    assert kinds(storage) == ["session_started", "note_set", "note_set", "note_set"]
    events = storage.read("s", 0, None)
    assert {event["writer"] for event in events} == {log.writer}
    assert {event["time"] for event in events} == {5.0}
    assert log.history.note == "c"
    assert log.history.position == 4


def test_who_owns_no_trial_need_not_say_so() -> None:
    storage = MemoryStorage()
    open_log(storage, announce=False).append(note("a"))

    assert kinds(storage) == ["note_set"]


def test_appending_reads_what_others_wrote_before() -> None:
    storage = MemoryStorage()
    one, two = open_log(storage), open_log(storage)
    one.append(note("one"))
    two.append(note("two", tags=["two"]))
    one.append({"type": "note_set", "tags": ["one"]})

    assert (one.history.note, one.history.tags) == ("two", ["one"])
    assert one.history.position == len(storage.read("s", 0, None))


def test_a_conflict_leaves_the_log_read_and_the_writer_known() -> None:
    storage = MemoryStorage()
    one, two = open_log(storage), open_log(storage)
    one.append(note("one", key="k"))

    with pytest.raises(Conflict):
        two.append(note("two", key="k"))
    assert two.history.note == "one"
    two.append(note("again"))

    assert kinds(storage).count("session_started") == 2
    assert two.history.note == "again"


def test_sending_again_changes_nothing() -> None:
    storage = MemoryStorage()
    log = open_log(storage)
    log.append(note("a", key="k"))
    log.append(note("b"))

    log.append(note("a", key="k"))

    assert (log.history.note, log.history.position) == ("b", 3)


def test_what_is_not_json_is_refused_before_anything_is_written() -> None:
    storage = MemoryStorage()
    log = open_log(storage)

    with pytest.raises(UserError, match="not JSON"):
        log.append(note("a"), note(object()))
    assert storage.list_studies() == []
    assert log.history.position == 0
    log.append(note("b"))
    assert kinds(storage) == ["session_started", "note_set"]


def test_listeners_hear_each_event_after_it_was_folded() -> None:
    storage = MemoryStorage()
    log = open_log(storage)
    heard: list[tuple[Any, int]] = []
    log.listeners.append(lambda event: heard.append((log.history.note, log.history.position)))

    log.append(note("a"), note("b"))

    assert heard == [("", 1), ("a", 2), ("b", 3)]


def test_a_listener_may_append() -> None:
    storage = MemoryStorage()
    log = open_log(storage)

    def echo(event: Event) -> None:
        if event.get("note") == "a":
            log.append(note("echo"))

    log.listeners.append(echo)
    log.append(note("a"), note("b"))

    notes = [event["note"] for event in storage.read("s", 1, None)]
    assert notes == ["a", "b", "echo"]
    assert log.history.note == "echo"
    assert log.history.position == 4


def test_a_failing_storage_is_named_with_its_cause() -> None:
    class Failing(MemoryStorage):
        def append(self, study: str, events: Any) -> int:
            raise OSError("disk full")

        def read(self, study: str, after: int, limit: int | None) -> Any:
            raise KeyError("page 7")

    log = open_log(Failing())

    with pytest.raises(StorageError, match="'Failing' failed in append: OSError: disk full") as got:
        log.append(note("a"))
    assert isinstance(got.value.__cause__, OSError)
    with pytest.raises(StorageError, match="'Failing' failed in read: KeyError: 'page 7'"):
        log.refresh()
    assert log.history.position == 0


def test_a_long_log_is_read_in_pieces_and_whole() -> None:
    storage = MemoryStorage()
    limits = []

    class Counting:
        append, list_studies, delete_study = (
            storage.append,
            storage.list_studies,
            storage.delete_study,
        )

        def read(self, study: str, after: int, limit: int | None) -> Any:
            limits.append(limit)
            return storage.read(study, after, limit)

    storage.append("s", [note(str(number)) for number in range(120_000)])
    log = open_log(Counting())
    log.refresh()

    assert log.history.note == "119999"
    assert log.history.position == 120_000
    assert None not in limits, "the memory stays bounded"
    assert isinstance(log.history, History)
