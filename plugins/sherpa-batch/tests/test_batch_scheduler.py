"""How the jobs of a batch system are followed: with an engine and a clock that tests move."""

from pathlib import Path

import attrs
import pytest

from sherpa_batch import BatchScheduler, InQueue
from sherpa_core.errors import SchedulerError, Unreachable, UserError
from sherpa_core.jobs import JobReport, JobStatus
from sherpa_core.sockets import bind

QUEUED, RUNNING = JobReport(JobStatus.queued), JobReport(JobStatus.running)
FINISHED = JobReport(JobStatus.finished, 0, None, "exit")
LIMIT = JobReport(JobStatus.killed, None, None, "timeout", "too long")


@attrs.define(eq=False)
class Engine:
    """What is known to a cluster, and how often it was asked."""

    jobs: dict = attrs.field(factory=dict)
    ends: dict = attrs.field(factory=dict)
    submissions: list = attrs.field(factory=list)
    queries: int = 0
    searches: int = 0
    now: float = 1000.0
    down: bool = False

    def ask(self):
        if self.down:
            raise Unreachable("the cluster is down")


@attrs.define(eq=False)
class Scheduler(BatchScheduler):
    """A scheduler of that engine."""

    engine = "Test engine"
    number_variable = "JOB"
    forbidden = "$"
    cluster: Engine = attrs.field(factory=Engine, kw_only=True)

    def __attrs_post_init__(self):
        self._clock = lambda: self.cluster.now

    def resource_options(self, resources):
        return [f"--{name}={value}" for name, value in resources.items()]

    def submit(self, submission):
        self.cluster.ask()
        number = str(len(self.cluster.submissions) + 1)
        self.cluster.submissions.append(submission)
        self.cluster.jobs[number] = InQueue(submission.name, QUEUED)
        return number

    def cancel(self, number):
        self.cluster.ask()
        self.cluster.jobs.pop(number, None)

    def queue(self):
        self.cluster.ask()
        self.cluster.queries += 1
        return dict(self.cluster.jobs)

    def find_end(self, number, name):
        self.cluster.searches += 1
        return self.cluster.ends.get(number)


@pytest.fixture
def scheduler():
    return Scheduler()


@pytest.fixture
def cluster(scheduler):
    return scheduler.cluster


@pytest.fixture
def submit(scheduler, tmp_path):
    def submit(name="study-1.1", output="trial_1.out"):
        return scheduler.submit_job(["true"], job_name=name, output_path=str(tmp_path / output))

    return submit


def note(cluster, index, *lines):
    """Write into a job's status file as the job would."""
    script = cluster.submissions[index].script
    with open(script.with_suffix(".status"), "a") as status:
        status.write("".join(f"{line}\n" for line in lines))


def put(cluster, number, report):
    cluster.jobs[number] = attrs.evolve(cluster.jobs[number], report=report)


def test_it_is_a_scheduler_with_three_options(scheduler):
    bind("scheduler", scheduler)

    assert Scheduler("-q x", "profile", "logs").output_dir == "logs"
    assert scheduler.remote
    with pytest.raises(UserError, match="quotation"):
        Scheduler("-N 'x")


def test_a_job_is_followed_from_queue_to_end(scheduler, cluster, submit):
    job = submit()
    assert scheduler.get_status(job) == QUEUED
    put(cluster, "1", RUNNING)
    assert scheduler.get_status(job) == QUEUED, "the queue was asked less than a second ago"
    cluster.now += 1
    assert scheduler.get_status(job) == RUNNING
    note(cluster, 0, "started 1 node 1", "ended 2 exit 3")
    del cluster.jobs["1"]
    cluster.now += 1

    report = scheduler.get_status(job)

    assert (report.status, report.exit_code) == (JobStatus.failed, 3)
    assert cluster.searches == 0, "the job itself has said how it ended"
    assert not cluster.submissions[0].script.exists()
    assert Scheduler(cluster=cluster).get_status(job) == report


def test_one_query_a_second_however_many_jobs(scheduler, cluster, submit):
    jobs = [submit(f"study-{id}.1", f"{id}.out") for id in range(500)]
    for _ in range(20):
        cluster.now += 0.1
        scheduler.get_statuses(jobs)
        scheduler.get_status(jobs[0])

    assert cluster.queries <= 3


def test_a_job_submitted_since_the_last_query_is_queued(scheduler, submit):
    scheduler.get_status(submit())
    other = submit("study-2.1", "2.out")

    assert scheduler.get_status(other) == QUEUED


def test_an_end_that_the_engine_has_missed_is_noticed(scheduler, cluster, submit):
    job = submit()
    put(cluster, "1", RUNNING)
    cluster.now += 1
    assert scheduler.get_status(job) == RUNNING
    note(cluster, 0, "started 1 node 1")
    cluster.now += scheduler.grace
    assert scheduler.get_status(job) == RUNNING
    note(cluster, 0, "ended 2 exit 0")
    cluster.now += scheduler.grace

    assert scheduler.get_status(job).status is JobStatus.finished


def test_what_the_engine_alone_can_know_wins(scheduler, cluster, submit):
    job = submit()
    note(cluster, 0, "started 1 node 1", "ended 2 exit 0")
    put(cluster, "1", LIMIT)
    cluster.now += 1

    report = scheduler.get_status(job)

    assert (report.status, report.reason) == (JobStatus.killed, "timeout")
    assert report.message == "Test engine job 1: too long"


def test_a_job_without_a_word_is_searched_now_and_then(scheduler, cluster, submit):
    job = submit()
    note(cluster, 0, "started 1 node 1")
    del cluster.jobs["1"]
    for _ in range(100):
        cluster.now += 0.1
        assert scheduler.get_status(job).status is JobStatus.running
    assert 1 <= cluster.searches <= 3
    cluster.ends["1"] = LIMIT
    cluster.now += 6

    assert scheduler.get_status(job).reason == "timeout"


@pytest.mark.parametrize(
    ("started", "end"), [(False, None), (True, None), (True, FINISHED), (False, FINISHED)]
)
def test_a_job_that_left_no_word_of_its_end_is_lost_after_a_while(
    scheduler, cluster, submit, started, end
):
    job = submit()
    if started:
        note(cluster, 0, "started 1 node7 1")
    del cluster.jobs["1"]
    if end:  # so a deletion by force looks
        cluster.ends["1"] = end
    cluster.now += 1
    assert scheduler.get_status(job).status is JobStatus.running
    cluster.now += scheduler.grace

    report = scheduler.get_status(job)

    assert (report.status, report.reason) == (JobStatus.killed, "lost")
    assert ("node7" if started else "before it had started") in report.message


def test_a_success_is_believed_when_the_status_file_is_gone(scheduler, cluster, submit):
    job = submit()
    cluster.submissions[0].script.with_suffix(".status").unlink()
    put(cluster, "1", FINISHED)
    cluster.now += 1

    assert scheduler.get_status(job) == FINISHED


def test_a_job_that_cannot_start_is_asked_about(scheduler, cluster, submit):
    job = submit()
    put(cluster, "1", None)
    cluster.ends["1"] = JobReport(JobStatus.failed, None, None, "not_started", "no folder")
    cluster.now += 1

    assert scheduler.get_status(job).message == "Test engine job 1: no folder"


def test_an_own_kill_needs_no_proof(scheduler, cluster, submit):
    job = submit()
    scheduler.kill_job(job)
    cluster.now += 1

    assert scheduler.get_status(job).status is JobStatus.killed
    scheduler.kill_job(job)


def test_a_number_that_was_given_out_again_is_another_job(scheduler, cluster, submit):
    job = submit()
    cluster.jobs["1"] = InQueue("somebody.else", RUNNING)
    cluster.now += 1

    scheduler.get_status(job)
    scheduler.kill_job(job)
    cluster.now += scheduler.grace + 1

    assert scheduler.get_status(job).reason == "lost"
    assert "1" in cluster.jobs


def test_a_cluster_that_is_down_gives_no_job_up(scheduler, cluster, submit):
    job = submit()
    cluster.down = True
    cluster.now += 100
    for ask in (scheduler.get_status, scheduler.kill_job):
        with pytest.raises(Unreachable, match="down"):
            ask(job)
    with pytest.raises(Unreachable, match=r"Test engine: job 'study-2\.1' cannot be submitted"):
        submit("study-2.1")
    cluster.down = False

    assert scheduler.get_status(job) == QUEUED
    submit("study-2.1")
    files = [path.suffix for path in cluster.submissions[0].script.parent.iterdir()]
    assert sorted(files) == 2 * [".job"] + 2 * [".status"], "the try that failed leaves no files"


def test_a_query_that_cannot_be_made_gives_no_job_up(scheduler, submit, monkeypatch):
    job = submit()

    def refuse(*arguments):
        raise SchedulerError("its programs are not on the PATH")

    with monkeypatch.context() as patch:
        patch.setattr(Scheduler, "find_end", refuse)
        scheduler.cluster.jobs.clear()
        scheduler.cluster.now += 1
        with pytest.raises(Unreachable, match="not on the PATH"):
            scheduler.get_status(job)
    monkeypatch.setattr(Scheduler, "queue", refuse)
    with pytest.raises(Unreachable, match="not on the PATH"):
        Scheduler(cluster=scheduler.cluster).get_status(job)


def test_a_job_is_not_submitted_twice_when_the_first_answer_was_lost(
    scheduler, cluster, submit, monkeypatch
):
    scheduler.get_status(submit())

    def submit_and_fall_silent(self, submission):
        cluster.submissions.append(submission)
        cluster.jobs["2"] = InQueue(submission.name, QUEUED)
        raise Unreachable("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(Scheduler, "submit", submit_and_fall_silent)
        with pytest.raises(Unreachable, match="no answer"):
            submit("study-2.1", "2.out")

    job = submit("study-2.1", "2.out")

    assert len(cluster.submissions) == 2
    assert scheduler.get_status(job) == QUEUED


def test_a_job_is_found_again_by_its_name(scheduler, cluster, submit, tmp_path):
    first = submit()
    submit("study-1.2")
    submit("other-1.1", "elsewhere/trial_1.out")
    fresh = Scheduler(cluster=cluster)
    output = str(tmp_path / "trial_1.out")

    assert fresh.find_job("study-1.1", output) == first
    note(cluster, 0, "started 1 node 1", "ended 2 exit 0")
    cluster.jobs.clear()
    cluster.now += 1
    assert fresh.find_job("study-1.1", output) == first
    assert fresh.find_job("study-1.2", output) is None, "it was deleted before it had started"
    assert fresh.find_job("study-1.3", output) is None
    assert fresh.find_job("study-1.1", str(tmp_path / "none" / "trial_1.out")) is None


def test_what_is_submitted(cluster, tmp_path):
    scheduler = Scheduler("-q 'a b'", output_dir=tmp_path / "logs", cluster=cluster)

    scheduler.submit_job(
        ["true"], job_name="Müller's/study 1-7.1", resources={"cpus": 2}, output_path="x/7.out"
    )

    [submission] = cluster.submissions
    assert submission.options == ("-q", "a b", "--cpus=2")
    assert submission.output == tmp_path / "logs" / "7.out"
    assert submission.name.startswith("M_ller_s_study_1-7.1.")
    assert submission.script.parent == tmp_path / "logs"


@pytest.mark.parametrize(
    ("options", "arguments", "words"),
    [
        ({}, {"command": []}, "list of words"),
        ({}, {"command": "true"}, "list of words"),
        ({"environment": "none/profile"}, {}, "none/profile' does not exist"),
        ({"output_dir": "/proc/none"}, {}, "'/proc/none' cannot be written here (No such"),
        ({"output_dir": "for $5"}, {}, "for $5/o', whose path holds '$'; give an output_dir"),
        ({}, {"env": {"A.B": "x"}}, "'A.B' cannot be the name"),
    ],
)
def test_what_cannot_be_submitted_says_why(options, arguments, words, tmp_path, cluster):
    scheduler = Scheduler(**options, cluster=cluster)

    with pytest.raises(SchedulerError) as caught:
        scheduler.submit_job(
            **{"command": ["true"], "output_path": str(tmp_path / "o"), **arguments}
        )

    assert words in str(caught.value)
    assert not cluster.submissions
    assert not list(Path(tmp_path).iterdir())


@pytest.mark.parametrize("wrong", ["", "7", "{}", '{"number": "x", "name": "a", "status": ""}'])
def test_a_foreign_id_is_refused(scheduler, wrong):
    with pytest.raises(SchedulerError, match="not a job of Test engine"):
        scheduler.get_status(wrong)
