"""The command `sherpa serve`."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from sherpa_http import HTTPStorage
from sherpa_sqlite import SQLiteStorage


def start(*words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [Path(sys.executable).with_name("sherpa"), "serve", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_serves_a_folder_until_it_is_ended(tmp_path: Path) -> None:
    SQLiteStorage(f"{tmp_path}/study.db").append("s", [{"type": "note_set", "time": 0.0}])
    with start(tmp_path, "--host", "127.0.0.1") as served:
        line = served.stdout.readline()  # type: ignore[union-attr]
        assert f"its URL is in {tmp_path}/http-storage.url" in line
        storage = HTTPStorage(f"http:{tmp_path}/http-storage.url")
        assert storage.list_studies() == ["s"]

        with start(tmp_path, "--host", "127.0.0.1") as second:
            _, complaint = second.communicate()
        assert second.returncode == 2
        assert "is served already" in complaint

        assert storage.list_studies() == ["s"]
        served.send_signal(signal.SIGINT)
        output, complaint = served.communicate()
    assert (served.returncode, output, complaint) == (0, "", "")
    assert storage.url.split("@")[0].removeprefix("http://:") not in line


def test_a_folder_without_a_study(tmp_path: Path) -> None:
    with start(tmp_path) as served:
        _, complaint = served.communicate()
    assert served.returncode == 2
    assert "holds no study" in complaint
    assert list(tmp_path.iterdir()) == []
