"""Runs one job beside the runner, so that its end is known even when the runner is gone.

A program of its own: `python -I -S wrapper.py STATUS GRACE MAX_OUTPUT LIMIT LINE COMMAND...`,
started in a session of its own, with SIGTERM blocked and the output file as standard output. It
imports little, since every trial waits for it.

LIMIT is the job's time in seconds, 0 for any. LINE says what standard input is good for:
`queued`: the job starts when a line names its resources; `tied`: the job ends with the process at
the other end; both words, or none.

STATUS holds one record of fixed size. It is written over in place, which needs no space on a full
disk, and read only when this process is gone, so that nobody sees half a record.
"""

import os
import select
import signal
import sys
import time

RECORD = 512  # bytes
CHUNK = 65536  # bytes; a pipe holds no more


class Output:
    """Copies what a job prints to standard output: the first bytes and the very last ones."""

    def __init__(self, limit: int) -> None:
        self.room = limit
        self.tail = b""
        self.left_out = 0

    def copy(self, pipe: int) -> bool:
        """Copy what is there; return whether more may come."""
        data = os.read(pipe, CHUNK)
        self._write(data)
        return bool(data)

    def close(self) -> None:
        """Write the last bytes of an output that was too long."""
        self.room = len(self.tail) + 100
        last, self.tail = self.tail, b""
        if left_out := self.left_out - len(last):
            self._write(b"\n[sherpa: %d bytes of output left out]\n" % left_out)
        self._write(last)

    def _write(self, data: bytes) -> None:
        try:
            while data and self.room:
                written = os.write(1, data[: self.room])
                self.room -= written
                data = data[written:]
        except OSError:  # a full disk is no reason to end the job
            self.room = 0
        self.left_out += len(data)
        self.tail = (self.tail + data)[-CHUNK:] if data else self.tail


def out_of_memory_kills(root: str = "") -> int:
    """Return how many processes of this control group the kernel has ended to free memory."""
    count = 0
    try:
        with open(f"{root}/proc/self/cgroup") as groups:
            paths = {line.rstrip("\n").split(":", 2)[2] for line in groups} | {""}
    except OSError:  # not Linux
        return 0
    for path in paths:
        for file in (f"{path}/memory.events", f"/memory{path}/memory.oom_control"):
            try:
                with open(f"{root}/sys/fs/cgroup{file}") as counters:
                    count += sum(int(c.split()[1]) for c in counters if c.startswith("oom_kill "))
            except OSError:  # the other version of control groups, or another mount
                continue
    return count


def signal_group(job: int, number: int) -> None:
    """Send a signal to the job and its children, if there are any."""
    try:  # noqa: SIM105 - contextlib would cost as much to import as all the rest
        os.killpg(job, number)
    except OSError:  # all have ended
        pass


def await_turn(woken: int) -> bool:
    """Wait until a line names the job's resources; return whether one came."""
    while woken not in (ready := select.select([woken, 0], [], [])[0]):
        if ready:
            names = os.read(0, CHUNK).decode().rstrip("\n")
            os.environ["SHERPA_RESOURCE"] = os.environ["CUDA_VISIBLE_DEVICES"] = names
            return bool(names)
    return False


def run(
    grace: float, max_output: int, limit: float, line: str, command: list[str], status: int
) -> str:
    """Run the command to its end and return the last record."""
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    signal.signal(signal.SIGCHLD, lambda *_: None)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])

    if "queued" in line and not await_turn(woken):
        return f"killed {int(signal.SIGTERM)}" if asked else "queued 0"

    kills = out_of_memory_kills()
    pipe, end = os.pipe()
    try:
        job = os.posix_spawnp(
            command[0],
            command,
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, end, 1),
                (os.POSIX_SPAWN_DUP2, end, 2),
            ],
            setpgroup=0,
            setsigmask=(),
            setsigdef=(signal.SIGINT, signal.SIGHUP, signal.SIGPIPE, signal.SIGXFSZ),
        )
    except OSError as error:
        code = 127 if isinstance(error, FileNotFoundError) else 126  # as shells say it
        return f"not_started {code} {command[0]}: {error.strerror}"
    os.close(end)
    write(status, f"running {job} {os.environ.get('SHERPA_RESOURCE', '')}")

    output = Output(max_output)
    watched = [woken, pipe, 0] if "tied" in line else [woken, pipe]
    late = time.monotonic() + limit if limit else float("inf")
    kill_at, why = None, "killed"
    while not (ended := os.waitpid(job, os.WNOHANG))[0]:
        now = time.monotonic()
        if kill_at is None and (asked or now >= late):
            signal_group(job, signal.SIGTERM)
            kill_at, why = now + grace, "killed" if asked else "timeout"
        wait = (late if kill_at is None else kill_at) - now
        if kill_at is not None and wait <= 0:
            signal_group(job, signal.SIGKILL)
            wait = 1.0
        ready = select.select(watched, [], [], min(wait, 86400.0))[0]
        if woken in ready:
            os.read(woken, CHUNK)
        if 0 in ready and not os.read(0, CHUNK):
            asked.append(signal.SIGTERM)
            watched.remove(0)
        if pipe in ready and not output.copy(pipe):
            watched.remove(pipe)
    signal_group(job, signal.SIGKILL)  # what it left behind would share the next attempt's work
    for _ in range(16):  # what it printed last; bounded, for a child in a session of its own
        if not (select.select([pipe], [], [], 0)[0] and output.copy(pipe)):
            break
    output.close()

    code = os.waitstatus_to_exitcode(ended[1])
    if kill_at is not None:
        return f"{why} {-code if code < 0 else int(signal.SIGTERM)}"
    if code == -signal.SIGKILL and out_of_memory_kills() > kills:
        return f"out_of_memory {-code}"
    return f"exit {code}" if code >= 0 else f"signal {-code}"


def write(status: int, record: str) -> None:
    """Replace the record."""
    os.pwrite(status, record.encode(errors="replace")[:RECORD].ljust(RECORD), 0)


def main() -> None:
    """Run the command that the arguments name."""
    status = os.open(sys.argv[1], os.O_WRONLY)
    grace, max_output, limit = float(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    write(status, run(grace, max_output, limit, sys.argv[5], sys.argv[6:], status))
    os._exit(0)  # a runner waits for this end: no time for tidying up


if __name__ == "__main__":
    main()
