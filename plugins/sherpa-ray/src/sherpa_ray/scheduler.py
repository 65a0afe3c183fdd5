"""RayScheduler: submits, follows and ends jobs on a Ray cluster."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from attrs import validators

from sherpa_core.errors import SchedulerError, Unreachable, UserError
from sherpa_core.jobs import JobReport
from sherpa_core.plugin import Scheduler, option
from sherpa_local.remote import RemoteJob, require_id
from sherpa_ray.connection import connect

_PREFIX = "sherpa-"
_OWNER = "sherpa-jobs-1"  # another number when another version could not talk to it
#: What Ray calls the resources of a task, and those of a node.
_NAMES = {"cpus": ("num_cpus", "CPU"), "gpus": ("num_gpus", "GPU"), "memory": ("memory", "memory")}


def _table(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


@attrs.define(eq=False)
class RayScheduler(Scheduler):
    """Runs each job as a task of a Ray cluster.

    Args:
        address: `host:port` of a cluster that runs already, `auto` for the one of this host; its
            jobs go on when the runner is gone. By default a local one is started, which ends with
            the runner. A process that is connected to a cluster already stays with that.
        init_options: arguments of `ray.init` for the local cluster, such as `num_gpus`.
        wait_for_nodes: whether a trial that fits no node waits for one to join, as on a cluster
            that grows by itself, instead of being refused.
        timeout: seconds to wait for an answer of the cluster.

    Raises:
        UserError: there is an address and options of a local cluster.
    """

    address: str = option(
        "`host:port` of a cluster that runs already, or `auto`",
        default="",
        validator=validators.instance_of(str),
    )
    init_options: Mapping[str, Any] = option(
        "arguments of `ray.init` for a local cluster",
        factory=dict,
        converter=_table,
        validator=validators.instance_of(dict),
    )
    wait_for_nodes: bool = option(
        "whether a trial that fits no node waits for one to join",
        default=False,
        validator=validators.instance_of(bool),
    )
    timeout: float = option(
        "seconds to wait for an answer of the cluster",
        default=30.0,
        validator=validators.gt(0),
    )
    _owner: Any = attrs.field(init=False, repr=False, default=None)
    _connected: bool = attrs.field(init=False, repr=False, default=False)

    def __attrs_post_init__(self) -> None:
        if self.address and self.init_options:
            raise UserError(
                f"the Ray cluster at {self.address!r} runs already: give either `address`, or "
                "`init_options` of a local one"
            )
        self.remote = bool(self.address)
        self.poll_interval = 1.0 if self.remote else 0.2

    def submit_job(
        self,
        command: Sequence[str],
        env: Mapping[str, str] | None = None,
        job_name: str = "",
        work_dir: str = "",
        output_path: str = "",
        resources: Mapping[str, int] | None = None,
    ) -> str:
        """Submit a job and return its id.

        Args:
            command: the command's words; no shell sees them. The node's Python stands in for
                this process's.
            env: variables added to the environment of Ray's worker.
            job_name: what messages call the job.
            work_dir: folder on the node to run in; the current one by default.
            output_path: file on the node that standard output and error are appended to.
            resources: `cpus` (1 by default), `gpus` and `memory` are Ray's; `time` in seconds
                ends the job.

        Raises:
            UserError: no node could ever run it.
            SchedulerError: the cluster cannot be reached or started.
        """
        job = RemoteJob.packed(command, env, job_name, work_dir, output_path, resources)
        job_id = f"{_family(job_name, output_path)}{time.time_ns():x}"
        options = {_NAMES[name][0]: job.resources[name] for name in _NAMES if name in job.resources}
        self._ask("find", "")  # connects
        if not self.wait_for_nodes:
            _require_room(job.resources)
        self._ask("submit", job_id, job, {"name": job_name or job.command[0], **options})
        return job_id

    def get_status(self, job_id: str) -> JobReport:
        """Return what is known of a job, whoever submitted it.

        Raises:
            SchedulerError: the id is none of this scheduler's.
            Unreachable: the cluster does not answer.
        """
        return self.get_statuses([job_id])[job_id]

    def get_statuses(self, job_ids: Sequence[str]) -> dict[str, JobReport]:
        """Return what `get_status` says of each job, with one query.

        Raises:
            SchedulerError: an id is none of this scheduler's.
            Unreachable: the cluster does not answer.
        """
        asked = [require_id(job_id, _PREFIX, "ray") for job_id in job_ids]
        reports: dict[str, JobReport] = self._query("reports", asked)
        return reports

    def find_job(self, job_name: str, output_path: str) -> str | None:
        """Return the id of the job that was submitted last under this name.

        Raises:
            Unreachable: the cluster does not answer.
        """
        found: str | None = self._query("find", _family(job_name, output_path))
        return found

    def kill_job(self, job_id: str) -> None:
        """Ask a job and its children to end; what is left after some seconds is killed.

        Raises:
            SchedulerError: the id is none of this scheduler's, or the cluster does not answer.
        """
        self._ask("kill", require_id(job_id, _PREFIX, "ray"))

    def close(self) -> None:
        """Leave the cluster; one that was started here ends."""
        self._owner = None
        if self._connected:
            import ray

            ray.shutdown()
            self._connected = False

    def _query(self, method: str, *arguments: Any) -> Any:
        """Ask for jobs; a cluster that does not answer says nothing about them."""
        try:
            return self._ask(method, *arguments)
        except SchedulerError as error:
            raise Unreachable(str(error)) from error

    def _ask(self, method: str, *arguments: Any) -> Any:
        """Call a method of the actor that owns the jobs."""
        try:
            if self._owner is None:
                self._connected |= connect(self.address, self.init_options, self.timeout)
                self._owner = _owner()
            from ray import get
            from ray.exceptions import RayError

            call = getattr(self._owner, method).remote(*arguments)
        except (OSError, RuntimeError, ValueError) as error:
            if isinstance(error, UserError):
                raise
            raise self._failed(method, error) from error
        try:
            return get(call, timeout=self.timeout)
        except (OSError, RuntimeError, RayError) as error:
            raise self._failed(method, error) from error

    def _failed(self, method: str, error: Exception) -> SchedulerError:
        self._owner = None  # there may be a new one
        reason = str(error).strip().partition("\n")[0]
        return SchedulerError(
            f"the Ray cluster {self.address or 'local'!r} does not answer to {method!r} "
            f"({type(error).__name__}: {reason}); `ray status` shows its nodes"
        )


def _owner() -> Any:
    """Return the actor that owns the jobs, made by the first who asks."""
    from sherpa_ray import work

    actor: Any = work.Owner
    return actor.options(
        name=_OWNER, namespace="sherpa", lifetime="detached", get_if_exists=True
    ).remote()


def _family(job_name: str, output_path: str) -> str:
    """Return how the ids of all jobs of that name begin."""
    named = hashlib.sha256(f"{job_name}\0{output_path}".encode())
    return f"{_PREFIX}{named.hexdigest()[:16]}-"


def _require_room(resources: Mapping[str, int]) -> None:
    """Raise `UserError` if no node could ever run a job."""
    import ray

    wanted = {"CPU": 1} | {
        _NAMES[name][1]: amount for name, amount in resources.items() if name in _NAMES
    }
    offers = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    fits = any(all(offer.get(n, 0) >= wanted[n] for n in wanted) for offer in offers)
    if not fits:
        asked = ", ".join(f"{name} = {amount}" for name, amount in wanted.items())
        most = ", ".join(f"{n} = {max((o.get(n, 0) for o in offers), default=0):g}" for n in wanted)
        raise UserError(
            f"a trial asks for {asked}, but no node of the Ray cluster has that (the most is "
            f"{most}): ask for less, or set the option `wait_for_nodes` if the cluster grows"
        )
