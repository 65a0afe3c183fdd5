"""How a study comes to be: everything is checked before the first event is written."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs

from sherpa_core import events as ev
from sherpa_core import registry
from sherpa_core.errors import Conflict, SherpaError, UserError, listed
from sherpa_core.history import History
from sherpa_core.locate import in_output_dir
from sherpa_core.log import Log
from sherpa_core.parameters import Parameter
from sherpa_core.plugin import Algorithm
from sherpa_core.saving import make_folder
from sherpa_core.serving import Served, close
from sherpa_core.sockets import (
    AlgorithmSocket,
    RuleSocket,
    Socket,
    bind,
    bind_all,
    check_space,
)
from sherpa_core.space import SearchSpace
from sherpa_core.values import whole_number

#: Version of the log's layout; a study of a newer one is refused.
FORMAT = 1


@attrs.frozen
class Plan:
    """A study's parts, bound and checked."""

    space: SearchSpace
    algorithm: AlgorithmSocket
    rules: list[RuleSocket]
    observers: list[Socket]
    lower_is_better: bool = True
    seed: int | None = None
    name: str | None = None
    tags: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        parameters: Iterable[Parameter],
        algorithm: Any,
        lower_is_better: Any,
        stopping_rule: Any,
        stopping_rules: Any,
        observers: Any,
        seed: int | None,
        name: Any,
        tags: Iterable[str],
    ) -> Plan:
        """Return the plan of a new study, or raise `UserError` or `PluginError`."""
        if not hasattr(parameters, "__iter__"):
            raise UserError(f"parameters must be a list of Parameter objects, not {parameters!r}")
        if not isinstance(lower_is_better, bool):
            raise UserError(f"lower_is_better must be True or False, but is {lower_is_better!r}")
        if seed is not None and not 0 <= whole_number(seed, "random_seed") < 2**63:
            raise UserError(f"random_seed must lie in [0, 2**63), but is {seed!r}")
        if name is not None and (not isinstance(name, str) or not name.strip() or "#" in name):
            raise UserError(f"a study's name must be a text without '#', but is {name!r}")
        tags = (tags,) if isinstance(tags, str) else tuple(tags)
        if not all(isinstance(tag, str) for tag in tags):
            raise UserError(f"tags must be a list of texts, but is {list(tags)!r}")
        space = SearchSpace(parameters)
        bound = bind("algorithm", algorithm)
        check_space(bound, space)
        rules = [*bind_all("stopping_rule", stopping_rule)]
        rules += bind_all("stopping_rule", stopping_rules)
        return cls(
            space,
            bound,
            rules,
            bind_all("observer", observers),
            lower_is_better,
            None if seed is None else int(seed),
            name,
            tags,
        )

    @classmethod
    def recorded(cls, log: Log, algorithm: Any, rules: Any, observers: Any) -> Plan:
        """Return the plan of a study that exists, with what is given in place of its own."""
        history = log.history
        if algorithm is None:
            algorithm = history.algorithm
            if "class" in algorithm:
                raise UserError(
                    f"the study's algorithm {algorithm['class']} is no installed plugin: "
                    "give the algorithm again"
                )
        if rules is None:
            rules = [
                rule for rule in history.config.get("stopping_rules", ()) if "class" not in rule
            ]
        plan = cls(
            history.space,
            bind("algorithm", algorithm),
            bind_all("stopping_rule", rules),
            bind_all("observer", observers),
        )
        check_space(plan.algorithm, plan.space)
        plan._continue(log)
        return plan

    @classmethod
    def shown(cls, log: Log) -> Plan:
        """Return the plan of a study that is looked at, even if its plugins are not here."""
        try:
            return cls.recorded(log, None, None, None)
        except SherpaError as error:
            return cls(log.history.space, bind("algorithm", _Absent(str(error))), [], [])

    def open(
        self,
        storage: Any,
        output_dir: str | Path | None,
        clock: Callable[[], float],
        resume: bool,
    ) -> Log:
        """Create the study, or continue the one of that name."""
        in_folder = output_dir is not None and (storage is None or isinstance(storage, Served))
        if isinstance(storage, Served) and output_dir is None:
            raise UserError(
                f"give an output_dir: the storage {storage.name!r} keeps the study in it"
            )
        if in_folder:
            make_folder(Path(output_dir or ""))
            storage = in_output_dir(Path(output_dir or ""), storage)
        socket = bind("storage", "memory://" if storage is None else storage)
        try:
            return self._open(socket, output_dir if in_folder else None, clock, resume)
        except BaseException:
            close(socket.plugin)
            raise

    def _open(
        self,
        socket: Socket,
        folder: str | Path | None,
        clock: Callable[[], float],
        resume: bool,
    ) -> Log:
        name = self.name
        names = socket.hook.list_studies() if name is None and (resume or folder) else ()
        if names and not resume:  # one folder, one study: its results would be overwritten
            raise UserError(
                f"{folder} holds the study {names[0]!r} already: continue it (resume=True, "
                "load=True or --resume), or give another output_dir, or a name"
            )
        if name is None and resume:
            if len(names) > 1:
                raise UserError(f"say by its name which study to continue: {listed(names)}")
            name = names[0] if names else None
        name = name or f"study-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
        log = Log(socket, name, clock)
        log.refresh()
        if not log.history.config:
            with suppress(Conflict):  # another process was faster
                self._create(log)
                return log
        if not resume:
            raise UserError(
                f"the study {name!r} exists already: continue it (resume=True, or --resume), "
                "or choose another name"
            )
        self._continue(log)
        return log

    def _create(self, log: Log) -> None:
        config = {
            "format": FORMAT,
            "name": log.study,
            "parameters": self.space.to_list(),
            "algorithm": self.algorithm.config,
            "lower_is_better": self.lower_is_better,
            "seed": secrets.randbits(63) if self.seed is None else self.seed,
            "stopping_rules": [rule.config for rule in self.rules],
            "tags": list(self.tags),
        }
        log.distributions = self.distributions()
        log.append({"type": ev.STUDY_CREATED, "key": "study", "config": config})

    def _continue(self, log: Log) -> None:
        """Check that this plan fits the study, and record another algorithm."""
        history = log.history
        if history.config.get("format", 1) > FORMAT:
            raise UserError(
                f"the study {log.study!r} was written by a newer version of sherpa-core "
                f"(format {history.config['format']}, this one knows {FORMAT}): upgrade it"
            )
        if self.space != history.space:
            raise UserError(_space_difference(log.study, self.space, history.space))
        recorded = self.space is history.space
        if not recorded and self.lower_is_better != history.lower_is_better:
            raise UserError(
                f"the study {log.study!r} has lower_is_better={history.lower_is_better}, "
                f"but {self.lower_is_better} was given"
            )
        if self.seed is not None and self.seed != history.config["seed"]:
            raise UserError(
                f"the study {log.study!r} has random_seed {history.config['seed']}, "
                f"but {self.seed} was given"
            )
        log.distributions = self.distributions()
        if self.algorithm.config != history.algorithm:
            log.append({"type": ev.ALGORITHM_CHANGED, "algorithm": self.algorithm.config})

    def distributions(self) -> list[str]:
        """Return the distributions of all plugins that take part."""
        found = []
        for socket in (self.algorithm, *self.rules, *self.observers):
            entry = registry.entries(socket.kind).get(socket.name)
            if entry is not None and entry.distribution not in found:
                found.append(entry.distribution)
        return found


class _Absent(Algorithm):
    """Stands for an algorithm that is not here; says so when it is asked."""

    def __init__(self, why: str) -> None:
        self._why = why

    def get_suggestion(self, history: History) -> Any:
        """Say why there is none."""
        raise UserError(f"this study can be looked at, but not continued: {self._why}")


def _space_difference(study: str, given: SearchSpace, known: SearchSpace) -> str:
    """Return a sentence about the first difference between two spaces."""
    start = f"the study {study!r} has another search space: "
    for parameter in known:
        if parameter.name not in given.by_name:
            return f"{start}its parameter {parameter.name!r} is missing"
        if given.by_name[parameter.name] != parameter:
            return f"{start}it has {parameter!r}, but {given.by_name[parameter.name]!r} was given"
    for parameter in given:
        if parameter.name not in known.by_name:
            return f"{start}it has no parameter {parameter.name!r}"
    return f"{start}its parameters have another order"
