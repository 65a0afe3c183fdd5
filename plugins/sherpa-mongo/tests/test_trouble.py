"""What goes wrong with servers: one clear sentence each, and no secret in it."""

from __future__ import annotations

import socket
import threading
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from pymongo import MongoClient

from sherpa_core.errors import StorageError
from sherpa_mongo import MongoStorage
from sherpa_testkit.storage_log import note

QUICK = "serverSelectionTimeoutMS=500"


def refuses(storage: MongoStorage, *words: str) -> None:
    """Check that every call fails with a sentence that names the database, but no secret."""
    for call in (
        lambda: storage.append("s", [note()]),
        lambda: storage.read("s", 0, None),
        storage.list_studies,
        lambda: storage.delete_study("s"),
    ):
        with pytest.raises(StorageError) as caught:
            call()
        for word in words:
            assert word in str(caught.value)
        assert "secret" not in "".join(traceback.format_exception(caught.value))
    storage.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def web_server() -> Iterator[int]:
    """A server that is not MongoDB, but answers."""

    class Quiet(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_server_that_is_down() -> None:
    port = free_port()
    storage = MongoStorage(f"mongodb://me:secret@127.0.0.1:{port}/runs?{QUICK}")
    refuses(storage, f"mongodb://127.0.0.1:{port}/runs does not answer", "refused")


def test_a_host_that_is_not_there() -> None:
    refuses(MongoStorage(f"mongodb://me:secret@nowhere.invalid/?{QUICK}"), "does not answer")


def test_a_server_that_is_not_mongodb(web_server: int) -> None:
    storage = MongoStorage(f"mongodb://127.0.0.1:{web_server}/?{QUICK}")
    refuses(storage, "is not served by MongoDB", "check the port")


def test_wrong_credentials(server: str) -> None:
    place = server.removeprefix("mongodb://")
    refuses(MongoStorage(f"mongodb://me:secret@{place}runs"), "refused user name or password")


def test_a_cluster_that_no_name_server_knows() -> None:
    storage = MongoStorage("mongodb+srv://me:secret@nowhere.invalid/")
    refuses(storage, "mongodb+srv://nowhere.invalid/sherpa")


def test_a_study_of_a_newer_version(database: str, client: MongoClient[Any]) -> None:
    storage = MongoStorage(database)
    storage.append("old", [note(1)])
    storage.append("new", [note(1)])
    studies = client.get_database(database.rpartition("/")[2]).studies
    studies.update_one({"study": "new"}, {"$set": {"version": 2}})

    for call in (
        lambda: storage.append("new", [note(2)]),
        lambda: MongoStorage(database).read("new", 0, None),
    ):
        with pytest.raises(StorageError, match=r"'new' was written by a newer sherpa-mongo.*2"):
            call()
    assert len(storage.read("old", 0, None)) == 1


def test_a_database_of_another_program(database: str, client: MongoClient[Any]) -> None:
    client.get_database(database.rpartition("/")[2]).studies.insert_one({"_id": "s"})

    with pytest.raises(StorageError, match="another program"):
        MongoStorage(database).append("s", [note()])


def test_a_damaged_event(database: str, client: MongoClient[Any]) -> None:
    storage = MongoStorage(database)
    storage.append("s", [note(1)])
    client.get_database(database.rpartition("/")[2]).log.update_one(
        {"number": 1}, {"$set": {"events": "[{"}}
    )

    with pytest.raises(StorageError, match="slot 1 of the study 's'"):
        storage.read("s", 0, None)


def test_it_goes_on_after_close(database: str) -> None:
    storage = MongoStorage(database)
    storage.append("s", [note(1)])
    storage.close()
    assert storage.append("s", [note(2)]) == 2
    storage.close()
    storage.close()
