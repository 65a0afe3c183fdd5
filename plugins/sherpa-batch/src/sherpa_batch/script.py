"""Job scripts: what a node runs, with every word quoted and every step checked."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from sherpa_core.errors import SchedulerError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# The names of functions and variables begin with `sherpa_`: the environment file is run by the
# same shell, and may have its own. Programs are not used before it, builtins wherever they do.
_TEMPLATE = r"""#!/bin/bash
# Runs one job of SHERPA and notes in a status file how it went. Removed when the job ends.
sherpa_status={status}
sherpa_script={script}
sherpa_note() {{
    builtin printf '%s\n' "$*" >>"$sherpa_status"
}}
sherpa_end() {{
    sherpa_note "ended $(builtin printf '%(%s)T' -1) $*"
    PATH=/usr/bin:/bin command rm -f -- "$sherpa_script"
}}
sherpa_fail() {{
    builtin trap - EXIT
    builtin printf 'sherpa: %s\n' "$*" >&2
    sherpa_end not_started "$*"
    builtin exit 1
}}
# A job without its status file is one that its runner took for refused.
[[ -e $sherpa_status ]] || builtin exit 1
sherpa_note "started $(builtin printf '%(%s)T' -1) $HOSTNAME ${number}" || builtin exit 1
exec </dev/null
{environment}
builtin cd -- {work_dir} >/dev/null ||
    sherpa_fail {no_folder}" on $HOSTNAME"
{exports}
sherpa_command=({command})

# Bash has the same number for exit code 137 and for SIGKILL. But of a signal it also tells in
# words, which go to the status file (SIGINT, SIGPIPE, SIGTERM may go without). A signal that asks a
# job to end goes to all its processes: this one outlives it, to note the end.
exec {{sherpa_err}}>&2 2>>"$sherpa_status"
builtin set +xv
builtin trap : HUP INT TERM USR1 USR2 XCPU
sherpa_before=$(<"$sherpa_status")
sherpa_code=0
(
    exec 2>&"$sherpa_err" {{sherpa_err}}>&-
    exec -- "${{sherpa_command[@]}}"
) || sherpa_code=$?
if (( sherpa_code > 128 )) && [[ $(<"$sherpa_status") != "$sherpa_before" ||
    $sherpa_code == 130 || $sherpa_code == 141 || $sherpa_code == 143 ]]
then
    sherpa_end signal "$(( sherpa_code - 128 ))"
    builtin ulimit -c 0
    builtin trap - "$(( sherpa_code - 128 ))"
    builtin kill -"$(( sherpa_code - 128 ))" $$
fi
sherpa_end exit "$sherpa_code"
# Grid Engine takes 99 for "run me again" and 100 for "hold me".
(( sherpa_code == 99 || sherpa_code == 100 )) && builtin exit 1
builtin exit "$sherpa_code"
"""

_ENVIRONMENT = r"""[[ -r {file} ]] || sherpa_fail {missing}" on $HOSTNAME"
builtin trap 'sherpa_fail '{ended}' with code $?' EXIT
builtin source {file} || sherpa_fail {failed}" with code $?"
builtin trap - EXIT
"""


@attrs.frozen
class Submission:
    """One job as an engine is to start it.

    Args:
        name: its name, unique and legal in every engine.
        script: the job script, run as `/bin/bash script`.
        output: file that standard output and error are appended to.
        options: the user's submit options as words, then those for the resources.
    """

    name: str
    script: Path
    output: Path
    options: tuple[str, ...]


def write_script(
    path: Path,
    status: Path,
    command: Sequence[str],
    env: Mapping[str, str],
    work_dir: Path,
    environment: Path | None,
    number: str,
) -> None:
    """Write a job script that only its owner reads; it may hold what the environment holds.

    Args:
        path: where.
        status: the status file that the script appends to.
        command: the job's words.
        env: its variables; they win over the environment file's.
        work_dir: the folder that it runs in.
        environment: file that is sourced first.
        number: name of the variable in which the engine tells a job its number.

    Raises:
        SchedulerError: a word or a variable cannot be given to a program.
        OSError: the file cannot be written.
    """
    text = _TEMPLATE.format(
        status=shlex.quote(str(status)),
        script=shlex.quote(str(path)),
        number=number,
        environment=_source(environment) if environment else "",
        work_dir=shlex.quote(str(work_dir)),
        no_folder=shlex.quote(f"cannot enter the folder {str(work_dir)!r}"),
        exports="\n".join(_export(name, value) for name, value in env.items()),
        command=" ".join(map(shlex.quote, command)),
    )
    if "\0" in text:
        raise SchedulerError("a job's words and variables cannot hold a NUL character")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o700)
    with open(descriptor, "wb") as file:
        file.write(text.encode("utf-8", "surrogateescape"))


def _source(file: Path) -> str:
    name = f"the environment file {str(file)!r}"
    return _ENVIRONMENT.format(
        file=shlex.quote(str(file)),
        missing=shlex.quote(f"{name} does not exist or cannot be read"),
        ended=shlex.quote(shlex.quote(f"{name} ended the shell")),
        failed=shlex.quote(f"{name} failed"),
    )


def _export(name: str, value: str) -> str:
    if not _NAME.fullmatch(name):
        raise SchedulerError(
            f"{name!r} cannot be the name of a job's variable: allowed are letters, digits and _"
        )
    return f"builtin export {name}={shlex.quote(value)}"
