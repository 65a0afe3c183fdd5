"""What the local scheduler does beyond the contract: orphans, groups, resources, output."""

import json
import os
import signal
import subprocess
import sys

import pytest

from sherpa_core.jobs import JobStatus, process_start
from sherpa_local import LocalScheduler, wrapper
from sherpa_testkit.waiting import end_of, until

SLEEP = "import sys, time; open(sys.argv[1], 'w').close(); time.sleep(60)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"
GATE = """
import os, sys, time
while not os.path.exists(sys.argv[1]):
    time.sleep(0.01)
sys.exit(int(sys.argv[2]))
"""
CHILD = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
with open(sys.argv[1] + ".part", "w") as file:
    file.write(str(child.pid))
os.rename(sys.argv[1] + ".part", sys.argv[1])
time.sleep(float(sys.argv[2]))
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def started():
    """The jobs that a test started, to be ended with it."""
    jobs = []
    yield jobs
    for job_id in jobs:
        LocalScheduler().kill_job(job_id)


@pytest.fixture
def scheduler():
    return LocalScheduler(grace=0.5)


@pytest.fixture
def submit(scheduler, started, tmp_path):
    def submit(command, scheduler=scheduler, **options):
        options = {"output_path": str(tmp_path / "job.out"), "work_dir": str(tmp_path), **options}
        started.append(scheduler.submit_job(list(map(str, command)), **options))
        return started[-1]

    return submit


def python(code, *arguments):
    return [sys.executable, "-c", code, *arguments]


def printed(scheduler, submit, tmp_path, command):
    output = tmp_path / "printed.out"
    output.unlink(missing_ok=True)
    end_of(scheduler, submit(command, scheduler, output_path=str(output)))
    return output.read_text()


# ---- how a job ends -------------------------------------------------------------------------


def test_reports_say_how_a_job_ended(scheduler, submit):
    report = end_of(scheduler, submit(["sh", "-c", "exit 7"]))
    assert (report.reason, report.exit_code, report.message) == ("exit", 7, "exited with code 7")
    report = end_of(scheduler, submit(["sh", "-c", "kill -SEGV $$"]))
    assert (report.status, report.reason) == (JobStatus.killed, "signal")
    assert (report.signal, report.message) == (signal.SIGSEGV, "ended by SIGSEGV")


def test_what_cannot_be_executed_is_not_started(scheduler, submit, tmp_path):
    script = tmp_path / "script"
    script.write_text("echo a script without its interpreter's name\n")
    script.chmod(0o755)
    report = end_of(scheduler, submit([script]))
    assert (report.status, report.exit_code) == (JobStatus.failed, 126)
    assert report.reason == "not_started"
    assert str(script) in report.message


def test_a_killed_job_is_killed_even_if_it_exits_by_itself(scheduler, submit, tmp_path):
    polite = f"import signal, sys; signal.signal(15, lambda *_: sys.exit(0)); {SLEEP}"
    job_id = submit(python(polite, tmp_path / "up"))
    until((tmp_path / "up").exists)
    scheduler.kill_job(job_id)
    report = end_of(scheduler, job_id)
    assert (report.status, report.signal) == (JobStatus.killed, signal.SIGTERM)
    assert report.message == "killed as asked by SIGTERM"


def test_a_kill_may_come_before_the_job_is_up(scheduler, submit):
    for _ in range(10):
        job_id = submit(python(SLEEP, "up"))
        scheduler.kill_job(job_id)
        report = end_of(scheduler, job_id)
        assert (report.status, report.reason) == (JobStatus.killed, "signal")


def test_a_job_that_is_killed_from_outside_leaves_no_children(scheduler, submit, tmp_path):
    report = end_of(scheduler, submit(python(CHILD, tmp_path / "child", 0)))
    assert (report.status, report.signal) == (JobStatus.killed, signal.SIGKILL)
    child = int((tmp_path / "child").read_text())
    until(lambda: process_start(child) is None)


def test_a_lost_wrapper_takes_its_job_along(scheduler, submit, tmp_path):
    job_id = submit(python(CHILD, tmp_path / "child", 60))
    until((tmp_path / "child").exists)
    os.kill(json.loads(job_id)["pid"], signal.SIGKILL)
    report = end_of(scheduler, job_id)
    assert (report.status, report.reason, report.signal) == (JobStatus.killed, "lost", 9)
    assert LocalScheduler().get_status(job_id).reason == "lost"
    child = int((tmp_path / "child").read_text())
    until(lambda: process_start(child) is None)


def test_ended_jobs_leave_no_zombies(scheduler, submit):
    ids = [submit(["true"]) for _ in range(3)]
    for job_id in ids:
        end_of(scheduler, job_id)
    with pytest.raises(ChildProcessError):
        os.waitpid(json.loads(ids[0])["pid"], os.WNOHANG)


@pytest.mark.parametrize(
    ("version", "counter"),
    [("0::/a/b\n", "a/b/memory.events"), ("4:memory:/a\n", "memory/a/memory.oom_control")],
)
def test_processes_ended_for_want_of_memory_are_counted(tmp_path, version, counter):
    groups = tmp_path / "proc/self/cgroup"
    groups.parent.mkdir(parents=True)
    groups.write_text(version)
    assert wrapper.out_of_memory_kills(str(tmp_path)) == 0
    counters = tmp_path / "sys/fs/cgroup" / counter
    counters.parent.mkdir(parents=True)
    counters.write_text("oom 5\noom_kill 3\noom_group_kill 7\n")
    assert wrapper.out_of_memory_kills(str(tmp_path)) == 3


# ---- other processes ------------------------------------------------------------------------

RUNNER = """
import json, os, signal, sys
from sherpa_local import LocalScheduler
scheduler = LocalScheduler(grace=0.5)
job_id = scheduler.submit_job(sys.argv[2:], work_dir=os.getcwd(), output_path="job.out")
while sys.argv[1] == "kill" and not os.path.exists("up"):
    pass
if sys.argv[1] == "kill":
    scheduler.kill_job(job_id)
print(job_id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def orphan(what, command, tmp_path):
    """Start a job from a runner that is killed at once, and return its id."""
    ran = subprocess.run(
        python(RUNNER, what, *command), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    return ran.stdout.strip()


def test_the_end_of_an_orphan_is_known(scheduler, started, tmp_path):
    job_id = orphan("leave", python(GATE, "gate", "5"), tmp_path)
    started.append(job_id)
    assert scheduler.get_status(job_id).status is JobStatus.running
    (tmp_path / "gate").touch()
    assert end_of(scheduler, job_id).exit_code == 5


def test_a_kill_is_carried_through_without_the_runner(scheduler, started, tmp_path):
    job_id = orphan("kill", python(DEAF, "up"), tmp_path)
    started.append(job_id)
    report = end_of(scheduler, job_id)
    assert (report.status, report.signal) == (JobStatus.killed, signal.SIGKILL)


def test_another_process_with_the_same_id_is_left_alone(scheduler):
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as bystander:
        names = {"pid": bystander.pid, "start": "long ago", "status": "gone", "resource": ""}
        scheduler.kill_job(json.dumps(names))
        report = scheduler.get_status(json.dumps(names))
        assert (report.status, report.reason) == (JobStatus.killed, "lost")
        assert bystander.poll() is None
        bystander.kill()


def test_a_fork_may_ask_too(scheduler, submit, tmp_path):
    job_id = submit(python(GATE, tmp_path / "gate", 3))
    child = os.fork()
    if not child:
        running = scheduler.get_status(job_id).status is JobStatus.running
        (tmp_path / "gate").touch()
        os._exit(0 if running and end_of(scheduler, job_id).exit_code == 3 else 1)
    until((tmp_path / "gate").exists)
    until(lambda: scheduler.get_status(job_id).status.ended)
    assert os.waitpid(child, 0)[1] == 0
    assert scheduler.get_status(job_id).exit_code == 3


# ---- what a job gets ------------------------------------------------------------------------


def test_submit_options_come_before_the_command(submit, tmp_path):
    nice = LocalScheduler(submit_options="nice -n 3 sh -c 'exec \"$@\"' 'a name'")
    show = python("import os; print(os.nice(0))")
    before = os.nice(0)
    assert int(printed(nice, submit, tmp_path, show)) == min(before + 3, 19)


def test_a_relative_command_is_looked_for_in_the_jobs_folder(scheduler, submit, tmp_path):
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\nexit 4\n")
    script.chmod(0o755)
    assert end_of(scheduler, submit(["./script"])).exit_code == 4


def test_resources_go_round(submit, tmp_path):
    scheduler = LocalScheduler(resources=["0", "1"])
    command = ["sh", "-c", "echo $SHERPA_RESOURCE; while ! test -e $0; do sleep 0.01; done"]

    def take(name):
        output = tmp_path / f"{name}.out"
        job_id = submit([*command, tmp_path / name], scheduler, output_path=str(output))
        until(lambda: output.exists() and output.read_text())
        return job_id, output.read_text().strip()

    def give(job_id, name):
        (tmp_path / name).touch()
        end_of(scheduler, job_id)

    (first, zero), (second, one), (_, none) = take("a"), take("b"), take("c")
    assert (zero, one, none) == ("0", "1", "")
    give(second, "b")
    give(first, "a")
    assert [take("d")[1], take("e")[1], take("f")[1]] == ["1", "0", ""]


def test_a_fresh_instance_knows_who_holds_what(submit, tmp_path):
    first = LocalScheduler(resources=["0", "1"])
    job_id = submit(python(GATE, tmp_path / "gate", 0), first)
    second = LocalScheduler(resources=["0", "1"])
    second.get_statuses([job_id])
    show = ["sh", "-c", "echo $SHERPA_RESOURCE"]
    assert printed(second, submit, tmp_path, show) == "1\n"
    assert printed(second, submit, tmp_path, show) == "1\n"
    (tmp_path / "gate").touch()
    end_of(second, job_id)
    seen = {printed(second, submit, tmp_path, show) for _ in range(2)}
    assert seen == {"0\n", "1\n"}


def test_variables_of_an_outer_job_are_not_inherited(scheduler, submit, tmp_path, monkeypatch):
    monkeypatch.setenv("SHERPA_TRIAL", '{"of": "an outer job"}')
    monkeypatch.setenv("SHERPA_RESOURCE", "7")
    monkeypatch.setenv("SHERPA_DISABLE_PLUGINS", "mongo")
    show = ["sh", "-c", 'echo "$SHERPA_TRIAL,$SHERPA_RESOURCE,$SHERPA_DISABLE_PLUGINS"']
    assert printed(scheduler, submit, tmp_path, show) == ",,mongo\n"


def test_a_job_has_the_usual_signals(scheduler, submit, tmp_path):
    show = python("import signal; print(signal.pthread_sigmask(signal.SIG_BLOCK, []))")
    assert printed(scheduler, submit, tmp_path, show) == "set()\n"
    report = end_of(scheduler, submit(["sh", "-c", "kill -PIPE $$"]))
    assert report.signal == signal.SIGPIPE


# ---- output ---------------------------------------------------------------------------------


def test_a_second_attempt_keeps_the_output_of_the_first(scheduler, submit, tmp_path):
    for word in ("first", "second"):
        end_of(scheduler, submit(["echo", word]))
    assert (tmp_path / "job.out").read_text() == "first\nsecond\n"


def test_of_endless_output_the_beginning_and_the_end_are_kept(submit, tmp_path):
    scheduler = LocalScheduler(max_output=100_000)
    code = "print('begin'); [print('x' * 9999) for _ in range(1000)]; print('end')"
    end_of(scheduler, submit(python(code), scheduler))
    text = (tmp_path / "job.out").read_text()
    assert text.startswith("begin\n")
    assert text.endswith("x\nend\n")
    assert len(text) < 100_000 + 65_536 + 100
    left_out = 6 + 1000 * 10_000 + 4 - 100_000 - 65_536
    assert f"[sherpa: {left_out} bytes of output left out]" in text


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device here")
def test_a_full_disk_does_not_end_the_job(scheduler, submit, tmp_path):
    (tmp_path / "full.out").symlink_to("/dev/full")
    code = "for _ in range(1000): print('x' * 9999)"
    report = end_of(scheduler, submit(python(code), output_path=str(tmp_path / "full.out")))
    assert report.status is JobStatus.finished


def test_a_child_that_stays_behind_does_not_hold_the_end_up(scheduler, submit, tmp_path):
    code = (
        "import subprocess, sys; print(subprocess.Popen(['sleep', '60'], start_new_session=True)"
        ".pid)"
    )
    report = end_of(scheduler, submit(python(code)))
    assert report.status is JobStatus.finished
    os.kill(int((tmp_path / "job.out").read_text()), signal.SIGKILL)


def test_output_dir_replaces_the_studys_folder(submit, tmp_path):
    scheduler = LocalScheduler(output_dir=tmp_path / "new" / "folder")
    end_of(scheduler, submit(["echo", "hello"], scheduler, output_path="elsewhere/trial_1.out"))
    assert (tmp_path / "new/folder/trial_1.out").read_text() == "hello\n"
