"""The trial script of `test_http_storage.py`: `python served_trial.py ITERATIONS`.

It also looks for the storage's token wherever others could see it.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from study import say

import sherpa_core as sherpa


def public_texts(folder: Path) -> dict[str, bytes]:
    """What other users may see: command lines, files; and all environments of this user."""
    found = {}
    for path in (*Path("/proc").glob("[0-9]*/environ"), *Path("/proc").glob("[0-9]*/cmdline")):
        try:
            found[str(path)] = path.read_bytes()
        except OSError:  # it has ended, or is another user's
            continue
    for path in folder.rglob("*"):
        if path.is_file() and path.stat().st_mode & 0o077:
            found[str(path)] = path.read_bytes()
    return found


def main() -> None:
    folder = os.environ["SHERPA_OUTPUT_DIR"]
    url = urlsplit(Path(os.environ["SHERPA_STORAGE_FILE"]).read_text("utf-8"))
    client = sherpa.Client()
    trial = client.get_trial()
    network = os.readlink("/proc/self/ns/net") if Path("/proc/self/ns").exists() else ""
    say(folder, "began", trial.id, url.hostname, network)
    for iteration in range(1, int(sys.argv[1]) + 1):
        time.sleep(0.05)  # training takes its time
        client.send_metrics(trial, iteration, trial.parameters["x"] / iteration)
        say(folder, "sent", trial.id, iteration)
    for place, text in public_texts(Path(folder)).items():
        if str(url.password).encode() in text:
            say(folder, "leak", place)
    say(folder, "searched", trial.id)


if __name__ == "__main__":
    main()
