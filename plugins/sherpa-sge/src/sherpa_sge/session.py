"""A DRMAA session in a process of its own: `python -m sherpa_sge.session`.

It reads requests from standard input and writes answers to standard output, one JSON object a
line; it ends with its input. A process of its own, since libdrmaa needs thread-local storage that
must be reserved before a process starts, allows one session per process, and prints what it likes.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def submit(session: Any, request: dict[str, str]) -> str:
    """Submit a job and return its number."""
    template = session.createJobTemplate()
    try:
        template.remoteCommand = "/bin/bash"
        template.args = [request["script"]]
        template.jobName = request["name"]
        template.outputPath = f":{request['output']}"
        template.joinFiles = True
        template.workingDirectory = "/"  # the script enters its own, and says if it cannot
        # Not `-r y`: what is to run again, the study decides.
        template.nativeSpecification = f"-r n {request['options']} -b y -shell n"
        return str(session.runJob(template))
    finally:
        session.deleteJobTemplate(template)


def answer(session: Any, request: dict[str, str]) -> dict[str, str]:
    """Do what a request says; an error is an answer too."""
    from drmaa import errors

    try:
        if request["do"] == "submit":
            return {"number": submit(session, request)}
        session.control(request["number"], "terminate")
    except errors.InvalidJobException:
        pass  # it has ended
    except Exception as error:  # noqa: BLE001 - drmaa raises bare ones; the other side reports them
        return {"error": str(error), "kind": type(error).__name__}
    return {}


def main() -> None:
    """Answer requests until the input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the library prints is no answer

    def write(message: dict[str, str]) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    try:
        import drmaa

        session = drmaa.Session()
        session.initialize()
    except Exception as error:  # noqa: BLE001 - the library may be missing in any way
        return write({"error": str(error), "kind": type(error).__name__})
    write({})
    for line in sys.stdin:
        write(answer(session, json.loads(line)))
    session.exit()


if __name__ == "__main__":
    main()
