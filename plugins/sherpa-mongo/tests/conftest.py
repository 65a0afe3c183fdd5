from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from sherpa_testkit.services import require_service

SERVER = os.environ.get("SHERPA_TEST_MONGODB", "mongodb://127.0.0.1:27217/")


@pytest.fixture(scope="session")
def reachable() -> bool:
    with MongoClient(SERVER, serverSelectionTimeoutMS=2000) as client:
        try:
            client.admin.command("ping")
        except PyMongoError:
            return False
    return True


@pytest.fixture
def server(reachable: bool) -> str:
    """The URL of the server that the tests share."""
    require_service("MongoDB", reachable)
    return SERVER


@pytest.fixture
def client(server: str) -> Iterator[MongoClient[dict[str, Any]]]:
    with MongoClient(server) as client:
        yield client


@pytest.fixture
def database(server: str, client: MongoClient[Any]) -> Iterator[str]:
    """The URL of a database of this test's own."""
    name = f"sherpa_test_{uuid4().hex[:12]}"
    yield f"{server}{name}"
    client.drop_database(name)
