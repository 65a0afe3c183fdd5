"""Study files: TOML in which every piece is chosen by name, checked key by key."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, suppress
from pathlib import Path
from typing import Any

import attrs

from sherpa_core import events as ev
from sherpa_core import registry
from sherpa_core.creation import Plan
from sherpa_core.errors import Conflict, SherpaError, UserError, listed, nearest
from sherpa_core.optimization import Job
from sherpa_core.options import RunOptions
from sherpa_core.parameters import Parameter
from sherpa_core.resources import resources_of
from sherpa_core.serving import Served, is_name
from sherpa_core.sockets import bind, check_space
from sherpa_core.space import SearchSpace
from sherpa_core.study import Study

_KEYS = (
    *("name", "lower_is_better", "random_seed", "output_dir", "tags", "initial", "parameters"),
    *("algorithm", "stopping_rules", "scheduler", "storage", "dashboard", "dashboard_port"),
    *("observers", "run"),
)
_TASKS = ("command", "filename", "objective")
_OPTIONS = tuple(field.name for field in attrs.fields(RunOptions))
_WORDS = {
    bool: "true or false",
    str: "a text",
    int: "a whole number",
    list: "a list",
    dict: "a table",
}


@attrs.frozen
class StudyFile:
    """A study file, read and checked; nothing was written.

    Args:
        path: the file.
        name: the study's name. Default: the file's name without its ending.
        output_dir: folder for results. Default: `output_<file's name>` beside the file.
        arguments: what `Study` is called with.
        initial: configurations that come before the algorithm's.
        job: what a trial consists of.
        options: how many trials, how long.
    """

    path: Path
    name: str
    output_dir: Path
    arguments: dict[str, Any]
    initial: list[dict[str, Any]]
    job: Job
    options: RunOptions

    def open(self, resume: bool = False) -> Study:
        """Create the study and queue its initial configurations.

        Args:
            resume: continue the study if it is there.

        Raises:
            UserError: the study is there and `resume` is False, or it is another one.
            StorageError: the storage cannot be used.
        """
        study = Study(**self.arguments, resume=resume)
        for number, parameters in enumerate(self.initial):
            # The key queues each of them once, however often the study is continued.
            event = {"type": ev.TRIAL_QUEUED, "key": f"initial/{number}", "parameters": parameters}
            with suppress(Conflict):
                study.engine.log.append(event)
        return study


def load_study_file(
    path: str | Path, overrides: Mapping[str, Any] | None = None, dashboard: bool = True
) -> StudyFile:
    """Read and check a study file.

    The folder of the file goes to the front of `sys.path`, so that an objective is found there.

    Args:
        path: the file.
        overrides: values that replace the file's by their key paths (`run.max_num_trials`).
        dashboard: False starts none, whatever the file says.

    Raises:
        UserError: file, key path, what was found and what is allowed.
        PluginError: a plugin is missing or broken; the message begins with file and key path.
    """
    path = Path(path)
    table = _read(path)
    for key, value in (overrides or {}).items():
        outer, _, inner = key.rpartition(".")
        place = table.setdefault(outer, {}) if outer else table
        if isinstance(place, dict):
            place[inner] = value
    file = _File(path, table)
    with chdir(file.folder):  # whatever a plugin makes of a relative path, it begins there
        return file.load(dashboard)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise UserError(f"the study file {str(path)!r} does not exist") from None
    except OSError as error:
        raise UserError(f"the study file {str(path)!r} cannot be read: {error.strerror}") from None
    except ValueError as error:  # not TOML, or not even text
        raise UserError(f"{path}: this is not TOML: {error}") from None


class _File:
    """Reads the tables of one study file."""

    def __init__(self, path: Path, table: dict[str, Any]) -> None:
        self.path = path
        self.table = table
        self.folder = path.absolute().parent

    def load(self, with_dashboard: bool) -> StudyFile:
        self._check_keys("", self.table, _KEYS)
        self.table.setdefault("run", {})
        run = self._get("run", dict)
        self._check_keys("run.", run, (*_TASKS, "resources_per_trial", *_OPTIONS))
        space = self._space()
        algorithm = self._plugin("algorithm", "algorithm", self._need("algorithm"))
        with self._at("algorithm"):
            check_space(algorithm, space)
        lower = self._get("lower_is_better", bool, True)
        seed, tags = self._get("random_seed", int), self._get("tags", list, [])
        name = self._get("name", str, self.path.stem)
        with self._at("", self.table):
            Plan.of(space, algorithm.plugin, lower, None, None, None, seed, name, tags)
        self._get("run.resubmit_failed_trials", bool)
        with self._at("run", run):
            options = RunOptions(**{key: run[key] for key in _OPTIONS if key in run})
        dashboards = self._dashboards() if with_dashboard else False
        output_dir = self.folder / self._get("output_dir", str, f"output_{self.path.stem}")
        arguments = {
            "parameters": space,
            "algorithm": algorithm.plugin,
            "lower_is_better": lower,
            "random_seed": seed,
            "name": name,
            "tags": tags,
            "output_dir": output_dir,
            "storage": self._storage(),
            "stopping_rules": self._plugins("stopping_rule", "stopping_rules"),
            "observers": self._plugins("observer", "observers"),
            "dashboard": dashboards if isinstance(dashboards, list) else None,
            "disable_dashboard": dashboards is False,
            "dashboard_port": self._get("dashboard_port", int),
        }
        initial, job = self._initial(space), self._job(space, run)
        with self._at("storage"):
            arguments["storage"] = job.storage(arguments["storage"])
        return StudyFile(self.path, name, output_dir, arguments, initial, job, options)

    @contextmanager
    def _at(self, key: str, table: Any = None) -> Iterator[None]:
        """Begin what is raised inside with file and key path.

        Where the sentence begins with a key of `table`, if that is one, it is about this key.
        """
        try:
            yield
        except SherpaError as error:
            about = re.match(r"(?:[^\s']+: |a study's )?'?([\w.-]+)", str(error))
            if about and isinstance(table, dict) and about[1] in table:
                key = f"{key}.{about[1]}".removeprefix(".")
            error.args = (f"{self.path}: {key}: {error}",)
            raise

    def _check_keys(self, where: str, table: dict[str, Any], allowed: Sequence[str]) -> None:
        for key in table:
            if key not in allowed:
                hint = nearest(key, allowed) or f"; there are {listed(allowed)}"
                if where and key in _KEYS:
                    hint = ", but above the first [table] there is"
                raise UserError(f"{self.path}: {where}{key}: there is no such key{hint}")

    def _get(self, path: str, kind: type, plain: Any = None) -> Any:
        """Return the value at a key path if it is of this type, `plain` if there is none."""
        outer, _, key = path.rpartition(".")
        table = self.table[outer] if outer else self.table
        value = table.get(key, plain)
        if key in table and type(value) is not kind:
            raise UserError(f"{self.path}: {path}: must be {_WORDS[kind]}, but is {value!r}")
        return value

    def _need(self, key: str) -> Any:
        if key not in self.table:
            raise UserError(f"{self.path}: {key}: this key is missing, every study needs it")
        return self.table[key]

    def _space(self) -> SearchSpace:
        self._need("parameters")
        parameters: list[Parameter] = []
        for number, config in enumerate(self._get("parameters", list)):
            with self._at(f"parameters[{number}]", config):
                parameters.append(Parameter.from_dict(config))
        try:
            return SearchSpace(parameters)
        except UserError as error:
            names = [f"{parameter.name}: " for parameter in parameters]
            wrong = [number for number, each in enumerate(names) if str(error).startswith(each)]
            with self._at(f"parameters[{wrong[0]}].when" if wrong else "parameters"):
                raise

    def _initial(self, space: SearchSpace) -> list[dict[str, Any]]:
        found = []
        for number, values in enumerate(self._get("initial", list, [])):
            with self._at(f"initial[{number}]", values):
                if not isinstance(values, dict):
                    raise UserError(f"must be a table of parameter values, but is {values!r}")
                found.append(space.validate(values))
        return found

    def _plugin(self, kind: str, key: str, spec: Any) -> Any:
        """Return a plugin's socket."""
        with self._at(key, spec):
            if not isinstance(spec, str | dict):
                raise UserError(f"must be a plugin's name or a table, but is {spec!r}")
            return bind(kind, spec)

    def _plugins(self, kind: str, key: str) -> list[Any]:
        specs = self.table.get(key, [])
        if not isinstance(specs, list):
            return [self._plugin(kind, key, specs).plugin]
        return [self._plugin(kind, f"{key}[{i}]", spec).plugin for i, spec in enumerate(specs)]

    def _dashboards(self) -> list[Any] | bool:
        """Return the dashboards, or whether to start the one that is installed."""
        spec = self.table.get("dashboard", True)
        return spec if isinstance(spec, bool) else self._plugins("dashboard", "dashboard")

    def _storage(self) -> Any:
        spec = self.table.get("storage")
        with self._at("storage", spec):
            if spec is None:
                registry.find("storage", registry.default("storage"))
                return None
            options = dict(spec) if isinstance(spec, dict) else {"url": spec}
            name = options.get("name") if "url" not in options else None
            if isinstance(name, str) or is_name(spec):
                served = {"name": spec} if name is None else options
                return Served(served.pop("name"), served, served.pop("port", None))
            url = options.pop("url", None)
            if not isinstance(url, str):
                raise UserError(
                    "must be a storage's URL, a table with a url, or the name of a storage that "
                    f"can be served, but is {spec!r}"
                )
            if ":" not in url:  # a path, of the default storage
                url = f"{registry.default('storage')}://{self.folder / url}"
            name = url.partition(":")[0]
            return bind(
                "storage", registry.create("storage", {"name": name, **options}, url)
            ).plugin

    def _job(self, space: SearchSpace, run: dict[str, Any]) -> Job:
        tasks = [key for key in _TASKS if key in run]
        if len(tasks) != 1:
            found = listed(tasks) if tasks else "none of them"
            raise UserError(f"{self.path}: run: needs one of {listed(_TASKS)}, but has {found}")
        task = tasks[0]
        scheduler = self.table.get("scheduler")
        if task != "objective" and scheduler is None:
            scheduler = registry.default("scheduler")
        if scheduler is not None:
            scheduler = self._plugin("scheduler", "scheduler", scheduler).plugin
        if task != "command" or not isinstance(run[task], list):
            self._get(f"run.{task}", str)
        if str(self.folder) not in sys.path:
            sys.path.insert(0, str(self.folder))
        resources = self._get("run.resources_per_trial", dict)
        with self._at("run", run):
            rest: dict[str, Any] = {"resources": resources_of(resources)}
        with self._at(f"run.{task}"):
            return Job(
                space, scheduler=scheduler, work_dir=self.folder, **{task: run[task]}, **rest
            )
