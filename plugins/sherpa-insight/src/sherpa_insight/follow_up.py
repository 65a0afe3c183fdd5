"""Follow-up: the next study as a study file and as Python."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import tomli_w

from sherpa_core import SearchSpace
from sherpa_core.errors import UserError
from sherpa_core.parameters import Parameter
from sherpa_core.plugin import Run

_HIDDEN = "***"  # what a log holds in place of a secret


@attrs.frozen
class Subject:
    """What is known of a study beside its trials.

    Args:
        name: the study's name.
        algorithm: its algorithm as recorded: its name with its options, and `class` where it is
            no installed plugin.
        rules: its stopping rules, likewise.
        lower_is_better: the direction.
        trials: after how many trials a next study is to end.
        best: the best configuration, empty if there is none.
        run: its last run, with what its trials run as far as that is known.
    """

    name: str
    algorithm: Mapping[str, Any]
    rules: Iterable[Mapping[str, Any]]
    lower_is_better: bool
    trials: int
    best: Mapping[str, Any]
    run: Run = attrs.field(factory=Run)


def follow_up(
    subject: Subject, space: SearchSpace, changes: Mapping[str, Parameter], first: bool = False
) -> dict[str, str | None]:
    """Return the next study.

    Args:
        subject: the study before.
        space: its search space.
        changes: parameters in place of those of their names.
        first: whether it begins with the best configuration.

    Returns:
        `toml`: a study file that `sherpa run` takes as it is, None where there can be none: what
        its trials run has no name, or TOML cannot hold a value (null). `python`: the same as a
        script; where the trials' function has no name, the part before the loop over the trials.
    """
    parameters = changed(space, changes)
    name = _next_name(subject.name)
    rules = [_given(rule) for rule in subject.rules if "class" not in rule]
    study = {
        "algorithm": _algorithm(subject),
        "lower_is_better": subject.lower_is_better,
        **({"stopping_rules": rules} if rules else {}),
        "name": name,
        "output_dir": f"output_{_file_name(name)}",
    }
    initial = _initial(parameters, subject.best) if first else None
    return {
        "toml": _toml(study, subject, parameters, initial),
        "python": _python(study, subject, parameters, initial),
    }


def changed(space: SearchSpace, changes: Mapping[str, Parameter]) -> list[Parameter]:
    """Return the parameters with changes; conditions that cannot hold any more are gone."""
    kept: dict[str, Parameter] = {}
    for old in space.ordered:
        new = changes.get(old.name, old)
        when = {
            name: [value for value in values if name in kept and _accepts(kept[name], value)]
            for name, values in old.when.items()
        }
        if not all(when.values()):
            continue
        kept[old.name] = Parameter.from_dict(
            {**new.to_dict(), "when": when} if when else new.to_dict()
        )
    return [kept[name] for name in space.names if name in kept]


def _accepts(parameter: Parameter, value: Any) -> bool:
    try:
        parameter.restore(value)
    except UserError:
        return False
    return True


def _initial(parameters: list[Parameter], best: Mapping[str, Any]) -> dict[str, Any] | None:
    space = SearchSpace(parameters)
    known = {name: value for name, value in best.items() if name in space.by_name}
    try:
        return space.validate(known)
    except UserError:
        return None  # it lies outside of the new ranges


def _algorithm(subject: Subject) -> dict[str, Any]:
    """Return the algorithm of the study before, or random search where it would not fit."""
    if not _fits(subject.algorithm):
        return {"name": "random", "max_num_trials": subject.trials}
    return _given(subject.algorithm)


def _fits(option: Any) -> bool:
    """Return whether an algorithm is installed and has no configurations or ranges in its options.

    These are of the old space; tables with a name are further plugins.
    """
    if isinstance(option, Mapping):
        return "name" in option and "class" not in option and all(map(_fits, option.values()))
    if isinstance(option, list):
        return all(isinstance(each, Mapping) and _fits(each) for each in option)
    return True


def _given(config: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if value is not None}


def _task(subject: Subject) -> dict[str, Any]:
    """Return what a trial runs, as `optimize` and study files call it; empty if that is unknown."""
    task = subject.run.task
    if "objective" in task:
        return {"objective": task["objective"]}
    if "class" in task.get("scheduler", {"class": ""}):
        return {}
    resources = {"resources_per_trial": task["resources"]} if task["resources"] else {}
    return {"command": task["command"], "scheduler": task["scheduler"], **resources}


def _limits(subject: Subject) -> dict[str, int]:
    concurrent = subject.run.max_concurrent
    several = {"max_concurrent": concurrent} if concurrent > 1 else {}
    return {"max_num_trials": subject.trials, **several}


def _where(subject: Subject, task: Mapping[str, Any], how: str) -> list[str]:
    """Return the comments about the place in which the next study is to run."""
    folder = repr(subject.run.task["work_dir"])  # one line, whatever it holds
    lines = [f"# To be run in {folder}, like the study before, with: {how}"]
    if any(_HIDDEN in word for word in task.get("command", ())):
        lines.append(f"# Secrets are not recorded: put them in the command in place of {_HIDDEN}.")
    return lines


def _toml(
    study: Mapping[str, Any],
    subject: Subject,
    parameters: list[Parameter],
    initial: dict[str, Any] | None,
) -> str | None:
    task = _task(subject)
    if not task or str(task.get("objective")).startswith("__main__:"):
        return None
    table = {
        **study,
        **({"scheduler": task.pop("scheduler")} if "scheduler" in task else {}),
        "run": {**task, **_limits(subject)},
        "parameters": [parameter.to_dict() for parameter in parameters],
        **({"initial": [initial]} if initial else {}),
    }
    try:
        text = tomli_w.dumps(table)
    except TypeError:  # null is no value of TOML
        return None
    return "\n".join([*_where(subject, task, "sherpa run FILE"), text])


def _python(
    study: Mapping[str, Any],
    subject: Subject,
    parameters: list[Parameter],
    initial: dict[str, Any] | None,
) -> str:
    task = _task(subject)
    kinds = sorted({type(parameter).__name__ for parameter in parameters})
    by_command = "command" in task
    lines = [
        *(_where(subject, task, "python FILE") if task else []),
        f"from sherpa_core import {', '.join([*kinds, 'Study', *(['optimize'] * by_command)])}",
        "",
        "study = Study(",
        "    parameters=[",
        *(f"        {parameter!r}," for parameter in parameters),
        "    ],",
        *_arguments(study),
        *(["    disable_dashboard=True,  # that of the run below shows it"] * by_command),
        ")",
        *([f"study.enqueue({initial!r})"] if initial else []),
    ]
    if by_command:
        given = {name: study[name] for name in ("algorithm", "lower_is_better", "output_dir")}
        lines += [
            "study.close()",
            "optimize(",
            "    parameters=study.parameters,",
            *_arguments({**given, **task, **_limits(subject), "load": True}),
            ")",
        ]
    elif task:
        lines += _with_function(task["objective"], subject)
    else:
        lines.append("# Your loop over the trials follows, as before.")
    return "\n".join(lines) + "\n"


def _arguments(values: Mapping[str, Any]) -> list[str]:
    return [f"    {name}={value!r}," for name, value in values.items()]


def _with_function(objective: str, subject: Subject) -> list[str]:
    module, _, name = objective.partition(":")
    own = module == "__main__"  # of the script itself, which must not be imported by another one
    call = [
        f"study.optimize({name if own else repr(objective)}, max_num_trials={subject.trials}, "
        f"workers={subject.run.max_concurrent})"
    ]
    where = "# This takes the place of the study in the script that it is from."
    return [*([where] if own else []), *call]


def _next_name(name: str) -> str:
    before = re.fullmatch(r"(.*) (\d{1,9})", name, re.S)
    return f"{before[1]} {int(before[2]) + 1}" if before else f"{name} 2"


def _file_name(name: str) -> str:
    return "".join(each if each.isalnum() or each in "-_" else "_" for each in name)
