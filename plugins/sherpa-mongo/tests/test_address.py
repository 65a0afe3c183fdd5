from __future__ import annotations

import pytest

from sherpa_core import registry
from sherpa_core.errors import UserError
from sherpa_mongo import MongoStorage
from sherpa_mongo.address import parse


@pytest.mark.parametrize(
    ("url", "place", "first"),
    [
        ("mongodb://localhost", "mongodb://localhost/sherpa", ("localhost", 27017)),
        ("mongodb://h:1/?tls=true", "mongodb://h:1/sherpa", ("h", 1)),
        ("mongodb://h:1,i:2/runs", "mongodb://h:1,i:2/runs", ("h", 1)),
        ("mongodb://me:s%40cret@h/runs?authSource=admin", "mongodb://h/runs", ("h", 27017)),
        ("mongodb+srv://me:secret@cluster.example/x", "mongodb+srv://cluster.example/x", None),
    ],
)
def test_urls(url: str, place: str, first: tuple[str, int] | None) -> None:
    address = parse(url)

    assert address.place == place
    assert first is None or address.first == first
    assert "cret" not in repr(address)


def test_a_majority_confirms_unless_the_url_says_otherwise() -> None:
    assert parse("mongodb://h/").options["w"] == "majority"
    assert parse("mongodb://h/").options["journal"] is True
    own = parse("mongodb://h/?w=1&JOURNAL=false&serverSelectionTimeoutMS=9").options
    assert not {"w", "journal", "serverSelectionTimeoutMS"} & own.keys()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mongodb://", "names no host"),
        ("mongodb:///study", "names no host"),
        ("mongodb://me:secret@h:port/", "non-digit"),
        ("mongodb://me:se:cret@h/", "must be escaped"),
        ("mongodb://me:secret@h/?tsl=true", "tsl"),
        ("mongodb://me:secret@h/?w=-3", "non negative"),
        ("mongodb://me:secret@h/?w=0", "a majority"),
        ("mongodb://me:secret@h/?serverSelectionTimeoutMS=soon", "must be an integer"),
        ("mongodb://me:secret@h/?tls=true&tlsCAFile=missing.pem", "missing.pem"),
    ],
)
def test_wrong_urls_are_refused_without_their_secrets(url: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        MongoStorage(url)

    assert words in str(caught.value)
    assert "cret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_registry_finds_it_by_both_schemes() -> None:
    for scheme in ("mongodb", "mongodb+srv"):
        storage = registry.open_storage(f"{scheme}://me:secret@cluster.example/runs")
        assert isinstance(storage, MongoStorage)
        assert storage.remote
        assert "secret" not in repr(storage)
