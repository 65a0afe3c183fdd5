"""Real Ray clusters: one that a scheduler starts, and one that runs already."""

import os
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sherpa_ray import RayScheduler
from sherpa_testkit.waiting import until


@pytest.fixture(scope="session", autouse=True)
def settings():
    """What Ray reads once: that 127.0.0.1 is meant, and a token of these tests' own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
        patch.delenv("OMP_NUM_THREADS", raising=False)  # Ray sets it by a job's resources
        yield


@pytest.fixture(scope="module")
def local(settings):
    """A scheduler with a local cluster."""
    scheduler = RayScheduler(init_options={"num_cpus": 8})
    scheduler.find_job("none", "none")  # starts it
    yield scheduler
    scheduler.close()


@pytest.fixture(scope="module")
def address(settings, tmp_path_factory):
    """The address of a cluster that runs already."""
    log = tmp_path_factory.mktemp("ray") / "ray.log"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = str(Path(sys.executable).with_name("ray"))
    options = ["--node-ip-address=127.0.0.1", "--include-dashboard=false", "--disable-usage-stats"]
    options += [f"--port={port}", "--num-cpus=4", "--num-gpus=2", f"--memory={2 * 10**9}"]
    with open(log, "wb") as output:
        ray = subprocess.Popen(
            [program, "start", "--head", "--block", *options],
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    until(lambda: "Ray runtime started" in log.read_text() or ray.poll() is not None)
    assert ray.poll() is None, log.read_text()
    yield f"127.0.0.1:{port}"
    os.killpg(ray.pid, signal.SIGKILL)  # asked to end, it would take half a minute
    ray.wait()
