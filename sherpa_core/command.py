"""Commands: what a trial runs, as a list of words in which parameters have their places."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sherpa_core.errors import UserError, listed, nearest
from sherpa_core.events import to_json
from sherpa_core.space import SearchSpace

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][\w.-]*)\}")


def split_command(command: str | Sequence[str] | None, filename: str | None) -> list[str]:
    """Return the command of a trial as a list of words.

    Args:
        command: a line, split as a shell would (but never given to one), or its words.
        filename: a Python script, run by this interpreter, instead of `command`.

    Raises:
        UserError: neither or both are given, or what is to be run does not exist.
    """
    if (command is None) == (filename is None):
        raise UserError("give either a command or a filename (or an objective function)")
    if filename is not None:
        if not Path(filename).is_file():
            raise UserError(f"the trial script {str(filename)!r} does not exist")
        return [sys.executable, str(filename)]
    for word in command if isinstance(command, Sequence) else ():
        if not isinstance(word, str | os.PathLike):
            raise UserError(f"the words of a command must be texts, but one is {word!r}")
    try:
        words = (
            shlex.split(command) if isinstance(command, str) else [str(w) for w in command or ()]
        )
    except ValueError as error:
        raise UserError(f"command {command!r} cannot be split into words: {error}") from None
    if not words:
        raise UserError("command is empty: give the program that trains a trial")
    return words


def check_command(words: Sequence[str], space: SearchSpace, work_dir: Path, remote: bool) -> None:
    """Raise `UserError` if a command cannot run or names a parameter that there is not."""
    for word in words:
        for name in _PLACEHOLDER.findall(word):
            if name not in space.by_name:
                hint = nearest(name, space.by_name) or f"; there are {listed(space.by_name)}"
                raise UserError(f"the command names {{{name}}}, which is no parameter{hint}")
    if remote:
        return  # only the node knows what is there
    program = words[0]
    if os.path.sep in program:
        found = os.access(work_dir / program, os.X_OK) and (work_dir / program).is_file()
    else:
        found = shutil.which(program) is not None
    if not found:
        raise UserError(f"the command's program {program!r} does not exist or cannot be executed")
    if os.path.basename(program).startswith("python"):
        scripts = [word for word in words[1:] if word.endswith(".py") and "{" not in word]
        if len(words) > 1 and words[1] in scripts and not (work_dir / words[1]).is_file():
            raise UserError(f"the trial script {words[1]!r} does not exist in {work_dir}")


def fill_command(words: Sequence[str], parameters: Mapping[str, Any]) -> list[str]:
    """Return the words with `{name}` replaced by values; an inactive parameter is empty."""

    def value_of(match: re.Match[str]) -> str:
        value = parameters.get(match[1], "")
        return value if isinstance(value, str) else to_json(value)

    return [_PLACEHOLDER.sub(value_of, word) for word in words]
