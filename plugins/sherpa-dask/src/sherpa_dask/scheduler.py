"""DaskScheduler: submits, follows and ends jobs on a Dask cluster."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import attrs
from attrs import validators
from distributed import Client, Event, Future, fire_and_forget

from sherpa_core.errors import SchedulerError, Unreachable, UserError
from sherpa_core.jobs import JobReport, JobStatus
from sherpa_core.plugin import Scheduler, option
from sherpa_dask import clusters, work
from sherpa_local.remote import RemoteJob, from_dict, require_id, to_dict

_PREFIX = "sherpa-"
_KEPT = 100  # ended jobs that the cluster still knows of
#: Dask's customary names of what workers declare with `--resources`.
_NAMES = {"cpus": "CPU", "gpus": "GPU", "memory": "MEMORY"}


def _table(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


@attrs.define(eq=False)
class DaskScheduler(Scheduler):
    """Runs each job on a worker of a Dask cluster, a thread of the worker for each job.

    Args:
        address: address of the scheduler of a cluster that runs already; its jobs go on when
            the runner is gone.
        cluster: the cluster that is started otherwise, which ends with the runner: `local`, or
            a class with its module, such as `dask_jobqueue.SLURMCluster`.
        workers: number of workers that are started, by default one; of the local cluster number
            of jobs at a time, by default one for each CPU.
        cluster_options: arguments of the cluster's class.
        timeout: seconds to wait for an answer of the cluster.

    Raises:
        UserError: there is an address and a cluster.
    """

    address: str = option(
        "address of the scheduler of a cluster that runs already",
        default="",
        validator=validators.instance_of(str),
    )
    cluster: str = option(
        "the cluster that is started otherwise: `local`, or a class with its module",
        default="local",
        validator=validators.instance_of(str),
    )
    workers: int | None = option(
        "number of workers that are started; of the local cluster, jobs at a time",
        default=None,
        validator=validators.optional([validators.instance_of(int), validators.ge(1)]),
    )
    cluster_options: Mapping[str, Any] = option(
        "arguments of the cluster's class",
        factory=dict,
        converter=_table,
        validator=validators.instance_of(dict),
    )
    timeout: float = option(
        "seconds to wait for an answer of the cluster",
        default=10.0,
        validator=validators.gt(0),
    )
    _client: Client | None = attrs.field(init=False, repr=False, default=None)
    _started: Any = attrs.field(init=False, repr=False, default=None)
    _futures: dict[str, Future] = attrs.field(init=False, repr=False, factory=dict)
    _killed: set[str] = attrs.field(init=False, repr=False, factory=set)
    _ended: dict[str, JobReport] = attrs.field(init=False, repr=False, factory=dict)
    _kept: deque[str] = attrs.field(init=False, repr=False, factory=deque)

    def __attrs_post_init__(self) -> None:
        own = self.cluster != "local" or self.workers is not None or self.cluster_options
        if self.address and own:
            raise UserError(
                f"the Dask cluster at {self.address!r} runs already: give either `address`, or "
                "what is to be started (`cluster`, `workers`, `cluster_options`)"
            )
        self.remote = bool(self.address) or self.cluster != "local"
        self.poll_interval = 1.0 if self.remote else 0.1

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
            command: the command's words; no shell sees them. The worker's Python stands in for
                this process's.
            env: variables added to the worker's environment.
            job_name: what messages call the job.
            work_dir: folder on the worker's host to run in; the current one by default.
            output_path: file on the worker's host that standard output and error are appended to.
            resources: `cpus` above 1, `gpus` and `memory` are taken from what workers declare as
                CPU, GPU and MEMORY; `time` in seconds ends the job.

        Raises:
            UserError: no worker could ever run it.
            SchedulerError: the cluster cannot be reached or started.
        """
        job = RemoteJob.packed(command, env, job_name, work_dir, output_path, resources)
        wanted = _wanted(job.resources)
        job_id = f"{_family(job_name, output_path)}{time.time_ns():x}"
        with self._asking("submit a job") as client:
            if problem := _unfit(wanted, client.scheduler_info()["workers"]):
                raise UserError(problem)
            self._forget(client)
            work.publish(client, job_id, wanted=wanted)
            future = client.submit(
                work.run_job, job_id, job, key=job_id, pure=False, resources=wanted
            )
            fire_and_forget(future)  # a job outlives its runner, where the cluster does
            client.unpublish_dataset(f"{job_id}-")  # answered after what was sent before
        self._futures[job_id] = future
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
        asked = [require_id(job_id, _PREFIX, "dask") for job_id in job_ids]
        asked = [job_id for job_id in asked if job_id not in self._ended]
        reports = {}
        if asked:
            with self._asking("ask for jobs", Unreachable) as client:
                states = client.get_dataset(asked, default=None, callback_timeout=self.timeout)
                workers = client.scheduler_info()["workers"]
                for job_id, state in zip(asked, states, strict=True):
                    reports[job_id] = self._report(client, job_id, state, workers)
        for job_id, report in reports.items():
            if report.status.ended:
                self._ended[job_id] = report
                self._kept.append(job_id)
                self._futures.pop(job_id, None)
        return {job_id: self._ended.get(job_id) or reports[job_id] for job_id in job_ids}

    def find_job(self, job_name: str, output_path: str) -> str | None:
        """Return the id of the job that was submitted last under this name.

        Raises:
            Unreachable: the cluster does not answer.
        """
        family = _family(job_name, output_path)
        with self._asking("look for a job", Unreachable) as client:
            names = client.list_datasets()
        found = [name for name in names if isinstance(name, str) and name.startswith(family)]
        return max(found, default=None)

    def kill_job(self, job_id: str) -> None:
        """Ask a job and its children to end; what is left after some seconds is killed.

        Raises:
            SchedulerError: the id is none of this scheduler's, or the cluster does not answer.
        """
        if self.get_status(job_id).status.ended:
            return
        with self._asking("kill a job") as client:
            Event(work.kill_name(job_id), client).set()  # it may be about to start
            self._killed.add(job_id)
            state = client.get_dataset(job_id, default=None)
            if state and "worker" in state:
                client.run(work.end_job, job_id, workers=[state["worker"]], on_error="ignore")

    def close(self) -> None:
        """Leave the cluster; one that was started here ends."""
        client, self._client = self._client, None
        cluster, self._started = self._started, None
        self._futures.clear()
        if client is not None:
            client.close()
        if cluster is not None:
            cluster.close()

    @contextmanager
    def _asking(
        self, doing: str, failure: type[SchedulerError] = SchedulerError
    ) -> Iterator[Client]:
        """Provide the client; its errors become one sentence."""
        where = self.address or self.cluster
        try:
            if self._client is None or self._client.status == "closed":
                self._client = self._connect()
            yield self._client
        except (OSError, ValueError) as error:
            if isinstance(error, UserError):
                raise
            raise failure(
                f"cannot {doing}: the Dask cluster {where!r} does not answer "
                f"({type(error).__name__}: {error}); is it running, and is this its address?"
            ) from error

    def _connect(self) -> Client:
        if self.address:
            clusters.require_answer(self.address, self.timeout)
        elif self._started is None:
            self._started = clusters.start(self.cluster, self.workers, self.cluster_options)
        cluster = self.address or self._started
        return Client(cluster, timeout=self.timeout, set_as_default=False)

    def _report(
        self,
        client: Client,
        job_id: str,
        state: Mapping[str, Any] | None,
        workers: Mapping[str, Mapping[str, Any]],
    ) -> JobReport:
        if state is None:
            return JobReport(JobStatus.killed, None, None, "lost", "its Dask cluster is gone")
        if "report" in state:
            return from_dict(state["report"])
        future = self._futures.get(job_id)
        if future is not None and future.status == "error":
            problem = f"its Dask worker cannot run it: {future.exception()!r}"
            return _give_up(client, job_id, _not_started(problem))
        if "worker" in state:
            if state["worker"] in workers:
                return JobReport(JobStatus.running)
            last = client.get_dataset(job_id)  # it may have ended before its worker
            if "report" in last:
                return from_dict(last["report"])
            return _give_up(client, job_id, work.lost(state["worker"]))
        if job_id in self._killed:
            return JobReport(JobStatus.killed, None, None, "cancelled", work.KILLED_EARLY)
        if problem := _unfit(state["wanted"], workers):
            return _give_up(client, job_id, _not_started(problem))
        return JobReport(JobStatus.queued)

    def _forget(self, client: Client) -> None:
        """Make the cluster forget jobs whose end was told long ago."""
        while len(self._kept) > _KEPT:
            job_id = self._kept.popleft()
            client.unpublish_dataset(job_id)
            if job_id in self._killed:
                self._killed.remove(job_id)
                Event(work.kill_name(job_id), client).clear()


def _family(job_name: str, output_path: str) -> str:
    """Return how the ids of all jobs of that name begin."""
    named = hashlib.sha256(f"{job_name}\0{output_path}".encode())
    return f"{_PREFIX}{named.hexdigest()[:16]}-"


def _wanted(resources: Mapping[str, int]) -> dict[str, int]:
    """Return what a job takes of a worker's resources; the thread that runs it is one CPU."""
    wanted = {_NAMES[name]: amount for name, amount in resources.items() if name in _NAMES}
    if wanted.get("CPU") == 1:
        del wanted["CPU"]
    return {name: amount for name, amount in wanted.items() if amount}


def _unfit(wanted: Mapping[str, int], workers: Mapping[str, Mapping[str, Any]]) -> str:
    """Return why no worker can ever run a job; empty if one can, or none is there yet."""
    offers = [worker["resources"] for worker in workers.values()]
    if not offers or any(
        all(offer.get(name, 0) >= amount for name, amount in wanted.items()) for offer in offers
    ):
        return ""
    asked = " ".join(f"{name}={amount}" for name, amount in wanted.items())
    most = " ".join(f"{name}={max(o.get(name, 0) for o in offers):g}" for name in wanted)
    return (
        f"a trial asks for {asked}, but no worker of the Dask cluster has that (the most is "
        f"{most}): ask for less, or start workers with `--resources {asked!r}`"
    )


def _not_started(problem: str) -> JobReport:
    return JobReport(JobStatus.failed, None, None, "not_started", problem)


def _give_up(client: Client, job_id: str, report: JobReport) -> JobReport:
    """Note an end that no worker will note; a task that starts all the same does nothing."""
    work.publish(client, job_id, report=to_dict(report))
    return report
