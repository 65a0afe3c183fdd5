"""Runs an objective function as a scheduler's job: `python -m sherpa_core.function_job M:F`."""

from __future__ import annotations

import os
import sys

from sherpa_core.client import Client
from sherpa_core.errors import SherpaError
from sherpa_core.events import Event
from sherpa_core.jobs import JobStatus
from sherpa_core.objective import ObjectiveTrial, call, load_objective


def main(name: str) -> int:
    """Train the trial of this job with a function.

    Args:
        name: the function, `module:function`; the current folder is searched first.

    Returns:
        The exit code: 0 where the function returned, else 1.
    """
    sys.path.insert(0, os.getcwd())
    client = Client()
    trial = client.get_trial()

    def send(event: Event) -> tuple[str, bool]:
        client.send(event)
        return "", False  # the runner ends the job of a trial that is to stop

    folder = os.environ.get("SHERPA_OUTPUT_DIR", "")
    reporting = ObjectiveTrial(
        trial.id, trial.parameters, send, folder, trial.load_dir, trial.save_dir
    )
    reporting.attempt = trial.attempt
    report = call(load_objective(name), reporting)
    return 0 if report.status is JobStatus.finished else 1


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except SherpaError as error:
        sys.exit(str(error))
