"""The connection to a Ray cluster, of which a process has one at most."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Mapping
from typing import Any

from sherpa_core.errors import SchedulerError, UserError

#: Settings that Ray reads when it is imported. A local cluster listens on the loopback interface
#: only (the name is of the systems on which this is the rule) and reports its use to nobody.
_LOCAL = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}
#: A port at which something else answers is noticed in less than a minute.
_REMOTE = {"RAY_NUM_REDIS_GET_RETRIES": "1"}


def connect(address: str, options: Mapping[str, Any], timeout: float) -> bool:
    """Connect this process to a cluster, unless it is connected already.

    Args:
        address: `host:port`, `auto` for the one of this host, empty to start one.
        options: arguments of `ray.init` for a cluster that is started.
        timeout: seconds to wait for an answer.

    Returns:
        Whether the connection is new.

    Raises:
        UserError: `ray.init` does not take the options.
        SchedulerError: nothing answers at the address, or the cluster does not start.
    """
    for name, value in (_REMOTE if address else _LOCAL).items():
        os.environ.setdefault(name, value)
    import ray  # takes a second

    if ray.is_initialized():
        return False
    if address and address != "auto":
        _require_answer(address, timeout)
    if address:
        options = {"address": address}
    else:
        options = {"include_dashboard": False, "_node_ip_address": "127.0.0.1", **options}
        options["address"] = "local"
    main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGTERM) if main else None
    try:
        ray.init(**options, log_to_driver=False, logging_level="error")
    except (TypeError, ValueError, RuntimeError) as error:
        if not address and options.keys() - {"address", "include_dashboard", "_node_ip_address"}:
            raise UserError(f"ray.init does not take these options: {error}") from error
        raise SchedulerError(_failure(address, error)) from error
    except (OSError, ray.exceptions.RayError) as error:
        raise SchedulerError(_failure(address, error)) from error
    finally:
        if handler is not None:  # Ray's own ends the process at once
            signal.signal(signal.SIGTERM, handler)
    return True


def _require_answer(address: str, timeout: float) -> None:
    """Raise an error at once, where Ray would try for a minute."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        raise UserError(f"a Ray cluster's address is 'host:port' or 'auto', but is {address!r}")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout).close()
    except OSError as error:
        raise SchedulerError(_failure(address, error)) from error


def _failure(address: str, error: Exception) -> str:
    if not address:
        return f"a local Ray cluster cannot be started: {error}"
    return (
        f"the Ray cluster {address!r} does not answer: {error}; is it running, and is this its "
        "address? `ray status` shows its nodes; if it asks for a token, the runner needs "
        "RAY_AUTH_MODE=token in its environment"
    )
