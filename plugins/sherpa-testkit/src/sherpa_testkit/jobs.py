"""What the scheduler suite runs, and how it starts and watches it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sherpa_core import sockets
from sherpa_core.jobs import JobReport, JobStatus
from sherpa_testkit.promises import BrokenPromise, promised

# Programs of jobs: Python code that gets its arguments in `sys.argv[1:]`. Each ends by itself.
EXIT = "import sys; sys.exit(int(sys.argv[1]))"
SLEEP = "import sys, time; open(sys.argv[1], 'w').close(); time.sleep(60)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEP
SIGNAL = "import os, sys; os.kill(os.getpid(), int(sys.argv[1]))"
GATE = """
import os, sys, time
for _ in range(6000):
    if os.path.exists(sys.argv[1]):
        sys.exit(int(sys.argv[2]))
    time.sleep(0.01)
"""
TELL = """
import json, os, sys
text = {"arguments": sys.argv[2:], "folder": os.getcwd(),
        "env": {key: text for key, text in os.environ.items() if key.startswith("SHERPA_")}}
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump(text, file)
"""
PRINT = "import sys; print('to output'); print('to error', file=sys.stderr)"
READ = "import sys; sys.exit(len(sys.stdin.read()))"
BEAT = """
import sys, time
with open(sys.argv[1], "ab", buffering=0) as file:
    for _ in range(600):
        file.write(b".")
        time.sleep(0.05)
"""
LIMITS = "import os; print(os.environ['OMP_NUM_THREADS'], os.environ['CUDA_VISIBLE_DEVICES'])"
SECRET = """
import os
path = os.environ["SHERPA_STORAGE_FILE"]
print(path, open(path).read(), os.stat(path).st_mode)
"""
PARENT = f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {BEAT!r}, sys.argv[1]])
time.sleep(60)
"""

# The program of a runner: it starts a job of the scheduler, says its id, and is killed.
RUNNER = """
import json, os, sys
from pathlib import Path
from sherpa_core import registry
from sherpa_testkit import jobs
scheduler = registry.create("scheduler", json.loads(sys.argv[1]))
folder = Path(sys.argv[2])
started = jobs.Jobs(scheduler, sys.executable, folder, 60.0)
print(started.run(jobs.GATE, folder / "gate", 5), flush=True)
os.kill(os.getpid(), 9)
"""


class Jobs:
    """Starts and asks a scheduler's jobs the way the core does: through its hooks.

    Args:
        scheduler: the plugin.
        python: the interpreter that jobs run under.
        folder: a folder that jobs reach.
        patience: seconds after which what was waited for counts as not happening.
    """

    def __init__(self, scheduler: object, python: str, folder: Path, patience: float) -> None:
        self.socket = sockets.bind("scheduler", scheduler)
        self.python = python
        self.folder = folder
        self.patience = patience
        self.interval: float = getattr(scheduler, "poll_interval", 0.02)
        self.started: list[str] = []

    def run(self, code: str, *arguments: object, **options: Any) -> str:
        """Start a job that runs Python code; return its id."""
        return self.submit([self.python, "-c", code, *map(str, arguments)], **options)

    def submit(
        self,
        command: Sequence[str],
        env: Mapping[str, str] | None = None,
        work_dir: Path | None = None,
        output_path: Path | None = None,
        name: str = "",
        resources: Mapping[str, int] | None = None,
    ) -> str:
        """Start a job; return its id."""
        name = name or f"job_{len(self.started)}"
        job_id = self.socket.hook.submit_job(
            command=list(command),
            env=dict(env or {}),
            job_name=name,
            resources=dict(resources or {}),
            work_dir=str(work_dir or self.folder),
            output_path=str(output_path or self.folder / f"{name}.out"),
        )
        with promised("submit_job returns the job's id, a text"):
            assert isinstance(job_id, str) and job_id, f"it returned {job_id!r}"
        self.started.append(job_id)
        return job_id

    def status(self, job_id: str) -> JobReport:
        """Return a job's report, also where the scheduler gives a bare status."""
        return _as_report(self.socket.hook.get_status(job_id=job_id), "get_status")

    def statuses(self, job_ids: Sequence[str]) -> dict[str, JobReport]:
        """Return the reports of many jobs, asked at once where the scheduler can."""
        if not self.socket.implements("get_statuses"):
            return {job_id: self.status(job_id) for job_id in job_ids}
        answer = self.socket.hook.get_statuses(job_ids=list(job_ids))
        return {job_id: _as_report(given, "get_statuses") for job_id, given in answer.items()}

    def find(self, name: str, output_path: Path) -> Any:
        """Return the id of the job that was started under a name, None if there is none."""
        return self.socket.hook.find_job(job_name=name, output_path=str(output_path))

    def kill(self, job_id: str) -> None:
        """End a job."""
        self.socket.hook.kill_job(job_id=job_id)

    def end(self, job_id: str) -> JobReport:
        """Wait for a job's end and return its last report."""
        self.until(lambda: self.status(job_id).status.ended, "a job's end is reported")
        return self.status(job_id)

    def until(self, condition: Callable[[], bool], promise: str) -> None:
        """Wait for a condition to come true.

        Raises:
            BrokenPromise: it does not come true in time.
        """
        deadline = time.monotonic() + self.patience
        while not condition():
            if time.monotonic() > deadline:
                raise BrokenPromise(f"broken promise: {promise}.\nnot within {self.patience:g} s")
            time.sleep(self.interval)

    def file(self, name: str) -> Path:
        """Return the path of a file that jobs and test share."""
        return self.folder / name


def _as_report(answer: object, hook: str) -> JobReport:
    if isinstance(answer, JobStatus):
        return JobReport(answer)
    with promised(f"{hook} gives a JobStatus or a JobReport"):
        assert isinstance(answer, JobReport), f"it gave {answer!r}"
    return answer
