from __future__ import annotations

import os
from pathlib import Path

import pytest

from sherpa_core import registry
from sherpa_core.errors import UserError
from sherpa_sqlite import SQLiteStorage


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///data/study.db", "/data/study.db"),
        ("sqlite:////data/study.db", "/data/study.db"),
        ("sqlite:/data/study.db", "/data/study.db"),
        ("sqlite:///data/study.db?timeout=1", "/data/study.db"),
        ("sqlite:///what?/100%20/study.db", "/what?/100%20/study.db"),
        ("sqlite:runs/study.db", "runs/study.db"),
        ("sqlite://runs/study.db", "runs/study.db"),
        ("/data/study.db", "/data/study.db"),
        ("study.db", "study.db"),
        ("what?.db", "what?.db"),
    ],
)
def test_urls_and_paths(url: str, path: str) -> None:
    assert SQLiteStorage(url).path == os.path.abspath(path)


def test_a_relative_path_stays_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    storage = SQLiteStorage("sqlite:study.db")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    storage.append("s", [{"type": "note_set", "time": 0.0}])
    assert (tmp_path / "study.db").exists()


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "study.db")
    SQLiteStorage(f"{tmp_path}/link.db").append("s", [{"type": "note_set", "time": 0.0}])
    assert len(SQLiteStorage(f"{tmp_path}/study.db").read("s", 0, None)) == 1


def test_options_in_the_url_win() -> None:
    storage = SQLiteStorage("sqlite:a.db?synchronous=full&timeout=2.5", synchronous="NORMAL")
    assert (storage.synchronous, storage.timeout) == ("FULL", 2.5)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:", "names no file"),
        ("sqlite://", "names no file"),
        ("sqlite:///data/", "names no file"),
        ("sqlite://:memory:", "memory://"),
        ("", "names no file"),
        ("sqlite:a.db?synchrones=FULL", "unknown option 'synchrones', did you mean 'synchronous'"),
        ("sqlite:a.db?FULL", "options unlike"),
        ("sqlite:a.db?synchronous=OFF", "allowed are 'NORMAL' and 'FULL'"),
        ("sqlite:a.db?timeout=soon", "timeout is 'soon'"),
        ("sqlite:a.db?timeout=0", "above 0"),
        ("sqlite:a.db?timeout=nan", "above 0"),
    ],
)
def test_wrong_urls(url: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        SQLiteStorage(url)
    assert words in str(caught.value)


@pytest.mark.parametrize("options", [{"timeout": -1}, {"timeout": True}, {"synchronous": "no"}])
def test_wrong_options(options: dict[str, object]) -> None:
    with pytest.raises(UserError, match="allowed are"):
        SQLiteStorage("study.db", **options)  # type: ignore[arg-type]


def test_the_registry_finds_it(tmp_path: Path) -> None:
    storage = registry.open_storage(f"sqlite://{tmp_path}/study.db")
    assert isinstance(storage, SQLiteStorage)
    shown = {option.name: option for option in registry.options_of(SQLiteStorage)}
    assert sorted(shown) == ["network", "synchronous", "timeout", "url"]
    assert all(option.help for option in shown.values())


@pytest.mark.parametrize("options", ["", "?synchronous=FULL&timeout=2.5"])
def test_its_url_leads_there_from_every_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: str
) -> None:
    monkeypatch.chdir(tmp_path)
    storage = SQLiteStorage(f"sqlite:study.db{options}")
    monkeypatch.chdir("/")

    again = SQLiteStorage(storage.url)

    assert storage.url == f"sqlite://{tmp_path.resolve()}/study.db{options}"
    assert (again.path, again.synchronous, again.timeout) == (
        storage.path,
        storage.synchronous,
        storage.timeout,
    )
