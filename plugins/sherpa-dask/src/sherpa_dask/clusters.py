"""The clusters that the scheduler starts itself, and whether another one answers."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dask.system import CPU_COUNT
from distributed import LocalCluster
from distributed.comm import connect
from distributed.security import Security
from distributed.system import MEMORY_LIMIT

from sherpa_core.errors import SchedulerError, UserError


def start(name: str, workers: int | None, options: Mapping[str, Any]) -> Any:
    """Start a cluster.

    Args:
        name: `local`, or a cluster's class with its module, such as `dask_jobqueue.SGECluster`.
        workers: number of workers; of the local cluster, number of jobs at a time.
        options: arguments of the class.

    Raises:
        UserError: there is no such class, or it does not take these options.
        SchedulerError: the cluster does not start.
    """
    make = LocalCluster if name == "local" else _find(name)
    if name == "local":
        options = {**_local_options(workers or CPU_COUNT), **options}
    try:
        cluster = make(**options)
    except (TypeError, ValueError) as error:
        raise UserError(f"the Dask cluster {name!r} does not take its options: {error}") from error
    except (OSError, RuntimeError) as error:
        raise SchedulerError(f"the Dask cluster {name!r} does not start: {error}") from error
    if name != "local":
        cluster.scale(workers or 1)
    return cluster


def require_answer(address: str, timeout: float) -> None:
    """Raise an error if no Dask scheduler answers; a client would wait for a mute one for ever."""

    async def call() -> None:
        comm = await connect(address, timeout, **Security().get_connection_args("client"))
        comm.abort()

    with ThreadPoolExecutor(1) as thread:  # this one may be inside an event loop
        thread.submit(lambda: asyncio.run(asyncio.wait_for(call(), timeout))).result()


def _local_options(threads: int) -> dict[str, Any]:
    """Return the options of a cluster within this process: jobs are processes anyway."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    gpus = len([name for name in visible if name.strip() not in ("", "-1")])
    return {
        "n_workers": 1,
        "threads_per_worker": threads,
        "processes": False,
        # Dask would listen on all interfaces, also without a dashboard.
        "scheduler_kwargs": {"dashboard": False, "dashboard_address": "127.0.0.1:0"},
        "worker_dashboard_address": "127.0.0.1:0",
        "resources": {"CPU": CPU_COUNT, "GPU": gpus, "MEMORY": MEMORY_LIMIT},
    }


def _find(name: str) -> Any:
    module, _, attribute = name.replace(":", ".").rpartition(".")
    try:
        found = getattr(importlib.import_module(module), attribute) if module else None
    except (ImportError, AttributeError) as error:
        raise UserError(
            f"there is no Dask cluster {name!r} ({error}): is its package installed? For example "
            "`dask_jobqueue.SGECluster` comes with `pip install dask-jobqueue`"
        ) from error
    if not hasattr(found, "scale"):
        raise UserError(
            f"{name!r} is no Dask cluster: give 'local', or a cluster's class with its module, "
            "such as 'dask_jobqueue.SGECluster'"
        )
    return found
