"""Sockets: configured plugins bound to the hook specifications, and their guarded calls."""

from __future__ import annotations

import inspect
import logging
import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, overload

import pluggy

from sherpa_core import registry
from sherpa_core.errors import PluginError, SherpaError, UserError, listed
from sherpa_core.hookspecs import PROJECT, REQUIRED, SPECS
from sherpa_core.parameter import current_rng
from sherpa_core.plugin import AlgorithmState, Run, Suggestion

if TYPE_CHECKING:
    import numpy as np

    from sherpa_core.history import History
    from sherpa_core.space import SearchSpace
    from sherpa_core.trial import Trial

logger = logging.getLogger(__name__)

_MAPPING = (dict, Mapping)  # dict first: the abstract class alone is slow to check


class _Manager(pluggy.PluginManager):
    """Takes every method with a hook's name as an implementation: plugins need no decorator."""

    def __init__(self, spec: type) -> None:
        super().__init__(PROJECT)
        self.add_hookspecs(spec)
        self._spec = spec

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        if name.startswith("_") or not hasattr(self._spec, name):
            return None
        return {} if callable(getattr(plugin, name)) else None


class Socket:
    """One plugin, bound to the hooks of its kind.

    Args:
        kind: the kind of plugin.
        plugin: the plugin object.

    Attributes:
        config: name and options, as the log keeps them.
        hook: the bound hooks, called with keyword arguments.

    Raises:
        PluginError: a required hook is missing, or a hook takes other arguments.
    """

    def __init__(self, kind: str, plugin: Any) -> None:
        self.kind = kind
        self.plugin = plugin
        self.config = registry.describe(kind, plugin)
        self.name: str = self.config["name"]
        spec = SPECS[kind]
        self._arguments: dict[str, frozenset[str]] = {}
        for hook in (name for name in vars(spec) if not name.startswith("_")):
            method = getattr(plugin, hook, None)
            if callable(method):
                self._arguments[hook] = self._check(hook, method, getattr(spec, hook))
        missing = [hook for hook in REQUIRED[kind] if hook not in self._arguments]
        if missing:
            raise self.error(f"lacks {listed(missing)}, which every {self._word} needs.")
        manager = _Manager(spec)
        try:
            manager.register(plugin, name=self.name)
        except Exception as error:  # whatever the plugin does wrong is named
            raise self.error(f"cannot be bound: {error}.") from error
        self.hook: Any = manager.hook

    @property
    def _word(self) -> str:
        return self.kind.replace("_", " ")

    def _check(self, hook: str, method: Any, spec: Any) -> frozenset[str]:
        allowed = list(inspect.signature(spec).parameters)[1:]
        for parameter in inspect.signature(method).parameters.values():
            if parameter.kind is parameter.KEYWORD_ONLY:
                problem = f"takes {parameter.name!r} as keyword only, but it must be positional"
            elif parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
                problem = f"takes *{parameter.name}, but must name the arguments that it wants"
            elif parameter.name not in allowed:
                problem = f"takes {parameter.name!r}, which is not an argument of this hook"
            else:
                continue
            raise self.error(f"cannot be bound: {hook} {problem}; there are {listed(allowed)}.")
        return frozenset(inspect.signature(method).parameters)

    def direct(self, hook: str) -> Any:
        """Return a caller of one hook that takes all of its arguments by name.

        Where the plugin names them all, this is its own method: the hottest hooks save the
        dispatch.
        """
        if (
            len(self._arguments[hook])
            == len(inspect.signature(getattr(SPECS[self.kind], hook)).parameters) - 1
        ):
            return getattr(self.plugin, hook)
        return getattr(self.hook, hook)

    def implements(self, hook: str) -> bool:
        """Return whether the plugin has this hook."""
        return hook in self._arguments

    def wants(self, hook: str, argument: str) -> bool:
        """Return whether the plugin's hook names this argument."""
        return argument in self._arguments.get(hook, ())

    def call(self, hook: str, **arguments: Any) -> Any:
        """Call a hook; what the plugin raises becomes a PluginError that names it."""
        try:
            return getattr(self.hook, hook)(**arguments)
        except SherpaError:
            raise
        except Exception as error:  # named and chained
            raise self.error(f"failed in {hook}: {type(error).__name__}: {error}.") from error

    def error(self, reason: str, hint: str = "") -> PluginError:
        """Return a PluginError that names this plugin and its distribution."""
        entry = registry.entries(self.kind).get(self.name)
        distribution, version = (entry.distribution, entry.version) if entry else ("", "")
        who = f"the {self._word} {self.name!r}"
        if distribution:
            who += f" ({distribution} {version})"
        return PluginError(
            f"{who} {reason}",
            name=self.name,
            distribution=distribution,
            version=version,
            hint=hint,
        )

    @contextmanager
    def guarded(self, doing: str) -> Iterator[None]:
        """Log, name and contain whatever the plugin raises inside."""
        try:
            yield
        except Exception as error:  # the study outlives its plugins
            logger.warning("%s", self.error(f"failed in {doing}: {type(error).__name__}: {error}."))
            logger.debug("the failure in full", exc_info=True)


class AlgorithmSocket(Socket):
    """An algorithm, called as `(parameters, history, rng, lower_is_better, run)`."""

    def __init__(self, plugin: Any) -> None:
        super().__init__("algorithm", plugin)
        self.widens_ranges = bool(getattr(plugin, "widens_ranges", False))
        self._wants_results = self.wants("get_suggestion", "results")
        ask = self.hook.get_suggestion
        self._ask = ask if self.wants("get_suggestion", "rng") else _seeding_globals(ask)

    def checkpoints_to_keep(self, history: History) -> Collection[int]:
        """Return the trials whose checkpoints the plugin needs, none if it does not say."""
        if not self.implements("checkpoints_to_keep"):
            return ()
        kept: Collection[int] = self.hook.checkpoints_to_keep(history=history)
        return kept

    def __call__(
        self,
        parameters: SearchSpace,
        history: History,
        rng: np.random.Generator,
        lower_is_better: bool,
        run: Run,
    ) -> Suggestion | AlgorithmState:
        """Return the plugin's suggestion; its exceptions become a PluginError that names it."""
        token = current_rng.set(rng)
        try:
            answer = self._ask(
                parameters=parameters,
                results=history.results if self._wants_results else None,
                lower_is_better=lower_is_better,
                history=history,
                rng=rng,
                run=run,
            )
        except SherpaError:
            raise
        except Exception as error:  # named and chained
            raise self.error(
                f"failed in get_suggestion: {type(error).__name__}: {error}."
            ) from error
        finally:
            current_rng.reset(token)
        if isinstance(answer, _MAPPING):
            return Suggestion(answer)
        if isinstance(answer, Suggestion | AlgorithmState):
            return answer
        if answer is None:
            return AlgorithmState.DONE
        raise self.error(
            f"returned {answer!r:.80} of type {type(answer).__name__}, but a suggestion is a dict, "
            "a Suggestion, AlgorithmState.WAIT, AlgorithmState.DONE or None."
        )


class RuleSocket(Socket):
    """A stopping rule; a failing one is logged, and stops nothing."""

    def __init__(self, plugin: Any) -> None:
        super().__init__("stopping_rule", plugin)
        self._judges_trials = self.implements("should_trial_stop")
        self._judges_study = self.implements("should_study_stop")
        if not (self._judges_trials or self._judges_study):
            raise self.error(
                "has neither 'should_trial_stop' nor 'should_study_stop': "
                "a stopping rule needs one of them."
            )
        self._wants_results = self.wants("should_trial_stop", "results")

    def should_trial_stop(self, trial: Trial, history: History) -> bool:
        """Return whether the rule ends this trial."""
        if not self._judges_trials:
            return False
        try:
            answers = self.hook.should_trial_stop(
                trial=trial,
                parameters=history.space,
                results=history.results if self._wants_results else None,
                lower_is_better=history.lower_is_better,
                history=history,
            )
            return any(answers)
        except Exception:  # contained by the guard
            with self.guarded("should_trial_stop"):
                raise
            return False

    def should_study_stop(self, history: History) -> bool:
        """Return whether the rule ends the study."""
        if not self._judges_study:
            return False
        with self.guarded("should_study_stop"):
            lower = history.lower_is_better
            return any(self.hook.should_study_stop(history=history, lower_is_better=lower))
        return False


@overload
def bind(kind: Literal["algorithm"], spec: Any) -> AlgorithmSocket: ...
@overload
def bind(kind: Literal["stopping_rule"], spec: Any) -> RuleSocket: ...
@overload
def bind(kind: str, spec: Any) -> Socket: ...
def bind(kind: str, spec: Any) -> Socket:
    """Bind a plugin of a kind.

    Args:
        kind: the kind of plugin.
        spec: its name, a dict of name and options, or the object.

    Raises:
        PluginError: it is not installed, cannot be imported, or does not fit its hooks.
        UserError: its options are wrong.
    """
    if kind == "storage" and isinstance(spec, str | PathLike):
        plugin = registry.open_storage(str(spec))
    else:
        plugin = registry.create(kind, spec)
    if kind == "algorithm":
        return AlgorithmSocket(plugin)
    if kind == "stopping_rule":
        return RuleSocket(plugin)
    return Socket(kind, plugin)


def bind_all(kind: str, specs: Any) -> list[Any]:
    """Bind a list of plugins, or a single one; None means none."""
    if specs is None:
        return []
    if isinstance(specs, str | Mapping) or not isinstance(specs, Sequence):
        specs = [specs]
    return [bind(kind, spec) for spec in specs]


def check_space(algorithm: AlgorithmSocket, space: SearchSpace) -> None:
    """Raise `UserError` if the algorithm cannot search the space."""
    if space.conditional and not getattr(algorithm.plugin, "supports_conditions", True):
        names = listed(parameter.name for parameter in space if parameter.when)
        raise UserError(
            f"the algorithm {algorithm.name!r} does not support conditional parameters, "
            f"but {names} have conditions"
        )
    if algorithm.implements("check_parameters"):
        try:
            algorithm.hook.check_parameters(parameters=space)
        except (UserError, ValueError) as error:
            raise UserError(f"{algorithm.name}: {error}") from error


def _seeding_globals(ask: Callable[..., Any]) -> Callable[..., Any]:
    """Return `ask` with NumPy's and `random`'s global generators seeded from its `rng`.

    They are as before when it returns.
    """

    def seeded(**facts: Any) -> Any:
        from numpy.random import get_state, seed, set_state

        saved, saved_numpy = random.getstate(), get_state()
        drawn = int(facts["rng"].random() * 2**32)
        random.seed(drawn)
        seed(drawn)
        try:
            return ask(**facts)
        finally:
            random.setstate(saved)
            set_state(saved_numpy)

    return seeded
