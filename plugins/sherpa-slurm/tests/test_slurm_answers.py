"""What Slurm's words mean, also those that a small cluster never says."""

import json

import pytest

from sherpa_core.errors import SchedulerError, Unreachable, UserError
from sherpa_core.jobs import JobStatus
from sherpa_slurm import SLURMScheduler
from sherpa_testkit import FakeClock

FORGOTTEN = "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1"
DOWN = "echo 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)' >&2"
DETAILS = (
    "JobId=7 JobName={name} UserId=me(1) JobState={state} Reason={reason} Dependency=(null) "
    "DerivedExitCode=9:9 ExitCode={code} StdErr={output} StdOut={output} Power="
)


@pytest.fixture
def job_id(tmp_path):
    """A job that this process did not submit, and that has noted its start."""
    status = tmp_path / "trial_1.out.1234.status"
    status.write_text('name "study-1.1"\nstarted 1 node7 7\n')
    return json.dumps({"number": "7", "name": "study-1.1.1234", "status": str(status)})


@pytest.mark.parametrize(
    ("state", "reason", "status", "word"),
    [
        ("PENDING", "Priority", JobStatus.queued, ""),
        ("PENDING", "Resources", JobStatus.queued, ""),
        ("CONFIGURING", "None", JobStatus.queued, ""),
        ("REQUEUE_HOLD", "None", JobStatus.queued, ""),
        ("RUNNING", "None", JobStatus.running, ""),
        ("COMPLETING", "None", JobStatus.running, ""),
        ("SUSPENDED", "None", JobStatus.running, ""),
        ("A_WORD_OF_TOMORROW", "None", JobStatus.running, ""),
        ("CANCELLED", "None", JobStatus.killed, "cancelled"),
        ("TIMEOUT", "TimeLimit", JobStatus.killed, "timeout"),
        ("DEADLINE", "DeadLine", JobStatus.killed, "deadline"),
        ("OUT_OF_MEMORY", "OutOfMemory", JobStatus.killed, "out_of_memory"),
        ("NODE_FAIL", "NodeDown", JobStatus.killed, "lost"),
        ("BOOT_FAIL", "BootFail", JobStatus.killed, "lost"),
        ("PREEMPTED", "None", JobStatus.killed, "lost"),
        ("REVOKED", "None", JobStatus.killed, "lost"),
    ],
)
def test_states_in_the_queue(programs, scheduler, job_id, state, reason, status, word):
    programs(squeue=f"echo '7|{state}|{reason}|study-1.1.1234'")
    report = scheduler.get_status(job_id)
    assert (report.status, report.reason) == (status, word)


@pytest.mark.parametrize(
    ("code", "reason", "status", "word", "number"),
    [
        ("3:0", "NonZeroExitCode", JobStatus.failed, "exit", 3),
        ("0:9", "JobLaunchFailure", JobStatus.killed, "signal", 9),
        ("0:9", "RaisedSignal:9(Killed)", JobStatus.killed, "signal", 9),
        ("0:53", "JobLaunchFailure", JobStatus.failed, "not_started", None),
        ("1:0", "BadConstraints", JobStatus.failed, "not_started", None),
    ],
)
def test_failures_have_details(programs, scheduler, job_id, code, reason, status, word, number):
    details = DETAILS.format(
        name="study-1.1.1234", state="FAILED", code=code, reason=reason, output="/a b/c.out"
    )
    programs(squeue="echo '7|FAILED|x|study-1.1.1234'", scontrol=f"echo '{details}'")
    report = scheduler.get_status(job_id)
    assert (report.status, report.reason) == (status, word)
    assert number in (report.exit_code, report.signal)
    assert ("/a b/c.out" in report.message) == (code == "0:53")


@pytest.mark.parametrize(
    ("line", "status", "word"),
    [
        ("CANCELLED by 1000|0:15|None|study-1.1.1234", JobStatus.killed, "cancelled"),
        ("TIMEOUT|0:15|TimeLimit|study-1.1.1234", JobStatus.killed, "timeout"),
        ("FAILED|5:0|NonZeroExitCode|study-1.1.1234", JobStatus.failed, "exit"),
        ("FAILED|5:0|NonZeroExitCode|another", JobStatus.running, ""),  # a number used again
        ("", JobStatus.running, ""),  # no accounting: its own word may still come
    ],
)
def test_the_accounting_knows_jobs_that_are_forgotten(
    programs, scheduler, job_id, line, status, word
):
    programs(squeue="", scontrol=FORGOTTEN, sacct=f"echo '{line}'")
    report = scheduler.get_status(job_id)
    assert (report.status, report.reason) == (status, word)


def test_what_a_job_has_noted_outlives_everything_else(programs, scheduler, job_id):
    with open(json.loads(job_id)["status"], "a") as file:
        file.write("ended 2 exit 4\n")
    programs(squeue="", scontrol=FORGOTTEN, sacct="exit 1")
    assert scheduler.get_status(job_id).exit_code == 4


def test_a_controller_that_is_down_says_nothing_about_jobs(programs, scheduler, job_id):
    programs(squeue=f"{DOWN}; exit 1")
    with pytest.raises(Unreachable, match=r"squeue: .*Unable to contact slurm controller"):
        scheduler.get_status(job_id)
    programs(squeue="", scontrol=f"{DOWN}; exit 1")
    with pytest.raises(Unreachable, match=r"scontrol: .*Unable to contact slurm controller"):
        scheduler.get_status(job_id)


def test_there_is_one_query_a_second_for_any_number_of_jobs(programs, tmp_path):
    names = [f"a-{number}.1.1234" for number in range(500)]
    jobs = [
        json.dumps({"number": str(number), "name": name, "status": str(tmp_path / name)})
        for number, name in enumerate(names)
    ]
    lines = "".join(f"{number}|RUNNING|None|{name}\n" for number, name in enumerate(names))
    (tmp_path / "queue").write_text(lines)
    programs(squeue=f"echo >>{tmp_path}/queries; cat {tmp_path}/queue")
    clock, scheduler = FakeClock(), SLURMScheduler()
    scheduler._clock = clock.time
    for _ in range(100):
        reports = scheduler.get_statuses(jobs)
        assert {report.status for report in reports.values()} == {JobStatus.running}
        clock.sleep(0.1)
    assert len((tmp_path / "queries").read_text()) == 10


def test_other_jobs_of_the_same_user_are_none_of_its_business(programs, scheduler, job_id, caplog):
    lines = "7|RUNNING|None|study-1.1.1234\\n8|PENDING|PartitionConfig|anothers\\n"
    programs(squeue=f"printf '{lines}'")
    assert scheduler.get_status(job_id).status is JobStatus.running
    assert not caplog.messages


def test_a_submission_whose_answer_was_lost_is_found(programs, scheduler, tmp_path):
    programs(
        sbatch="printf '%s\\n' \"$@\" | sed -n 's/^--job-name=//p' >$TMPDIR/name\n"
        "echo 'sbatch: error: Socket timed out on send/recv operation' >&2; exit 1",
        squeue='echo "7|PENDING|None|$(cat $TMPDIR/name)"',
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path))
        job_id = scheduler.submit_job(["true"], job_name="a", output_path=f"{tmp_path}/a.out")
        assert json.loads(job_id)["number"] == "7"
        assert scheduler.get_status(job_id).status is JobStatus.queued


def test_a_host_without_slurm_is_told(programs, scheduler, tmp_path):
    programs()
    with pytest.raises(SchedulerError, match="Slurm: job 'a' cannot be submitted: sbatch"):
        scheduler.submit_job(["true"], job_name="a", output_path=f"{tmp_path}/a.out")
    assert not list(tmp_path.glob("a.out*"))


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("invalid partition specified: x", "`sinfo -s`"),
        ("Invalid account or account/partition combination specified", "`sacctmgr show assoc"),
        ("Invalid qos specification", "`sacctmgr show qos`"),
        ("Invalid generic resource (gres) specification", "%P %G"),
        ("Memory specification can not be satisfied", "%P %c %m"),
    ],
)
def test_a_refusal_says_what_to_try(programs, scheduler, tmp_path, words, hint):
    programs(sbatch=f"echo 'sbatch: error: {words}' >&2; exit 1")
    with pytest.raises(SchedulerError) as caught:
        scheduler.submit_job(["true"], job_name="a", output_path=f"{tmp_path}/a.out")
    assert f"{words}; {hint}" in str(caught.value).replace("`sinfo -o '", "")


@pytest.mark.parametrize(
    "option", ["--array=1-3", "-a 1-3", "--wait", "-W", "--wrap=true", "-M other", "--test-only"]
)
def test_options_that_make_of_one_job_something_else_are_refused(option):
    with pytest.raises(UserError, match=option.split("=")[0].split()[0]):
        SLURMScheduler(submit_options=f"-p main {option}")


@pytest.mark.parametrize(
    ("resources", "options"),
    [
        ({}, []),
        ({"cpus": 3}, ["--cpus-per-task=3"]),
        ({"memory": 1}, ["--mem=1M"]),
        ({"memory": 4 * 10**9}, ["--mem=3815M"]),
        ({"time": 61}, ["--time=2"]),
        ({"time": 60}, ["--time=1"]),
        ({"gpus": 2}, ["--gres=gpu:2"]),
        ({"gpus": 0}, []),
    ],
)
def test_resources_in_words_of_sbatch(scheduler, resources, options):
    assert scheduler.resource_options(resources) == options
