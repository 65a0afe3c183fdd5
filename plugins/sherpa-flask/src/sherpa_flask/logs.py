"""The end of a trial's log file."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


def end_of_log(folder: Path | None, trial: int, size: int = 65536) -> dict[str, Any]:
    """Return what a trial's job printed last.

    Args:
        folder: the study's output folder, None if it is not known.
        trial: the trial's number; the file is `jobs/trial_<id>.out`.
        size: at most so many bytes.

    Returns:
        `name`, `text`, `size` of the file, `start` of the text in it, and `reason` where there is
        no text.
    """
    name = f"jobs/trial_{trial}.out"
    if folder is None:
        return _nothing(name, "The folder of this study's logs is not known here.")
    try:
        # Neither the file nor its folder may be a link to somewhere else.
        jobs = os.open(folder / "jobs", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
            file = os.fdopen(os.open(f"trial_{trial}.out", flags, dir_fd=jobs), "rb")
        finally:
            os.close(jobs)
        with file:
            length = file.seek(0, os.SEEK_END)
            start = file.seek(max(0, length - size))
            data = file.read(size)
    except FileNotFoundError:
        return _nothing(name, "This trial has no log file: it was not run as a job of its own.")
    except OSError as error:
        return _nothing(name, f"The log file cannot be read: {error.strerror}.")
    text = _ANSI.sub("", data.decode("utf-8", "replace")).replace("\r\n", "\n")
    return {"name": name, "text": text, "size": length, "start": start, "reason": None}


def _nothing(name: str, reason: str) -> dict[str, Any]:
    return {"name": name, "text": "", "size": 0, "start": 0, "reason": reason}
