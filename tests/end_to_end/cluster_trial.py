"""A trial of `cluster_study.py`: what becomes of it is one of its parameters."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from pathlib import Path

import sherpa_core as sherpa

FOLDER = Path(os.environ["SHERPA_OUTPUT_DIR"])


def say(*words: object) -> None:
    """Append a line to the diary, in one piece."""
    diary = os.open(FOLDER / "diary", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(diary, f"{' '.join(map(str, words))}\n".encode())
    os.close(diary)


def main() -> None:
    client = sherpa.Client()
    trial = client.get_trial()
    say("began", trial.id, os.environ["SHERPA_ATTEMPT"])
    fate = trial.parameters["fate"]
    if fate == "fails":
        sys.exit(3)
    if fate == "crashes":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.raise_signal(signal.SIGSEGV)
    if fate == "is killed once" and os.environ["SHERPA_ATTEMPT"] == "1":
        signal.raise_signal(signal.SIGKILL)
    if fate == "hoards":
        hoard = b"x" * 1_000_000_000
        signal.pause()  # until the engine ends it
        del hoard
    if fate == "dawdles":
        signal.pause()  # until the engine ends it
    client.send_metrics(trial, 1, 2.0)
    while fate == "waits" and not (FOLDER / "gate").exists():
        time.sleep(0.05)
    client.send_metrics(trial, 2, 1.0)
    say("ended", trial.id, os.environ["SHERPA_ATTEMPT"])


if __name__ == "__main__":
    main()
