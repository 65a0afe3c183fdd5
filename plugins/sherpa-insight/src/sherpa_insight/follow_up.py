"""Follow-up: the next study as a study file and as Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import tomli_w

from sherpa_core import SearchSpace
from sherpa_core.errors import UserError
from sherpa_core.parameters import Parameter

#: Loads, and says what is missing when it is run: no study records what its trials run.
_COMMAND = ["python", "-c", "raise SystemExit('write under [run] what a trial runs')"]


@attrs.frozen
class Subject:
    """What is known of a study beside its trials.

    Args:
        name: the study's name.
        algorithm: its algorithm as recorded: `name` (or `class`) and `options`.
        rules: its stopping rules, likewise.
        lower_is_better: the direction.
        trials: after how many trials a next study is to end.
        best: the best configuration, empty if there is none.
    """

    name: str
    algorithm: Mapping[str, Any]
    rules: Iterable[Mapping[str, Any]]
    lower_is_better: bool
    trials: int
    best: Mapping[str, Any]


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
        `toml`: a study file, None where TOML cannot hold a value (null); `python`: a script.
    """
    parameters = changed(space, changes)
    initial = _initial(parameters, subject.best) if first else None
    algorithm = _algorithm(subject)
    rules = [_flat(rule) for rule in subject.rules if "class" not in rule]
    name = f"{subject.name} 2"
    return {
        "toml": _toml(subject, name, parameters, algorithm, rules, initial),
        "python": _python(subject, name, parameters, algorithm, rules, initial),
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
    recorded = subject.algorithm
    options = recorded.get("options", {})
    # Lists and tables among the options are configurations and ranges of the old space.
    if "class" in recorded or any(isinstance(each, list | dict) for each in options.values()):
        return {"name": "random", "max_num_trials": subject.trials}
    return _flat(recorded)


def _flat(config: Mapping[str, Any]) -> dict[str, Any]:
    options = {
        name: value for name, value in config.get("options", {}).items() if value is not None
    }
    return {"name": config["name"], **options}


def _toml(
    subject: Subject,
    name: str,
    parameters: list[Parameter],
    algorithm: dict[str, Any],
    rules: list[dict[str, Any]],
    initial: dict[str, Any] | None,
) -> str | None:
    table: dict[str, Any] = {
        "name": name,
        "lower_is_better": subject.lower_is_better,
        "output_dir": f"output_{_file_name(name)}",
        "algorithm": algorithm,
        "run": {"command": _COMMAND, "max_num_trials": subject.trials},
        "parameters": [parameter.to_dict() for parameter in parameters],
    }
    if rules:
        table["stopping_rules"] = rules
    if initial:
        table["initial"] = [initial]
    try:
        text = tomli_w.dumps(table)
    except TypeError:  # null is no value of TOML
        return None
    head = "# Under [run], write the command of the study before.\n"
    return head + text


def _python(
    subject: Subject,
    name: str,
    parameters: list[Parameter],
    algorithm: dict[str, Any],
    rules: list[dict[str, Any]],
    initial: dict[str, Any] | None,
) -> str:
    kinds = sorted({type(parameter).__name__ for parameter in parameters})
    lines = [
        f"from sherpa_core import {', '.join([*kinds, 'Study'])}",
        "",
        "study = Study(",
        "    parameters=[",
        *(f"        {parameter!r}," for parameter in parameters),
        "    ],",
        f"    algorithm={algorithm!r},",
        f"    lower_is_better={subject.lower_is_better},",
        *([f"    stopping_rules={rules!r},"] if rules else []),
        f"    name={name!r},",
        f"    output_dir={f'output_{_file_name(name)}'!r},",
        ")",
        *([f"study.enqueue({initial!r})"] if initial else []),
        "# Go on as in the study before: for trial in study: ...",
    ]
    return "\n".join(lines) + "\n"


def _file_name(name: str) -> str:
    return "".join(each if each.isalnum() or each in "-_" else "_" for each in name)
