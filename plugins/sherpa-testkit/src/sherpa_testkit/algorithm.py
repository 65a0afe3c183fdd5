"""The contract of algorithms: what each promises about its suggestions, and how it is adopted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import strategies as st

from sherpa_core import registry
from sherpa_core.errors import UserError
from sherpa_core.history import History
from sherpa_core.parameters import Continuous, Parameter
from sherpa_core.space import SearchSpace
from sherpa_core.study import Study
from sherpa_testkit.algorithm_study import FATES, PHASES, STORY, AlgorithmStudy
from sherpa_testkit.contract import PluginContract, global_randomness
from sherpa_testkit.elsewhere import ask_elsewhere
from sherpa_testkit.promises import promised
from sherpa_testkit.showcase import CONDITIONAL, MIXED, SPACES
from sherpa_testkit.simulation import (
    Drawn,
    Simulation,
    Step,
    bowl,
    decide_afresh,
    fingerprint,
    text_of,
)
from sherpa_testkit.strategies import scripts, spaces


@pytest.mark.contract("algorithm")
class AlgorithmContract(PluginContract):
    """What every algorithm promises. Adopt it by defining `make_algorithm`.

    ```python
    class TestMine(AlgorithmContract):
        startup_trials = 10

        def make_algorithm(self):
            return MyAlgorithm(max_num_trials=100)
    ```

    Whether it supports conditions is read from the plugin's own `supports_conditions`.

    Attributes:
        finite: it may be DONE by itself, within the first hundred trials of a space.
        may_wait: it may WAIT while trials are running.
        startup_trials: number of its own trials after which its model phase begins.
        trials: number of trials that the suite looks at in the model phase.
        direction_symmetric: the negated objective in the other direction gives the same trials.
        learns: after 24 trials it suggests what is clearly better than random.
        space: the only space that it can search, as a list. Default: any.
    """

    kind = "algorithm"
    finite: bool = False
    may_wait: bool = False
    startup_trials: int = 0
    trials: int = 6
    direction_symmetric: bool = True
    learns: bool = False
    space: Sequence[Parameter] | None = None

    def study(
        self,
        space: Iterable[Parameter] = MIXED,
        warm: bool = False,
        algorithm: Any = None,
        **options: Any,
    ) -> AlgorithmStudy:
        """Return a simulated study of the algorithm, with a model phase begun if `warm`."""
        plugin = self.fresh() if algorithm is None else algorithm
        study = AlgorithmStudy(plugin, self.space or space, **options)
        study.finite, study.may_wait = self.finite, self.may_wait
        if warm:
            with promised("trials that complete one after the other are followed by others"):
                study.go_on(self.startup_trials + 2)
        return study

    def can_condition(self) -> bool:
        """Return whether the algorithm declares that it supports conditions."""
        return bool(getattr(self.fresh(), "supports_conditions", True))

    def check_resumption(self, study: Simulation) -> None:
        """Ask a fresh object at every position that was asked at."""
        again = [
            decide_afresh(self.fresh(), study.events[:position], study.seed)
            for position, _ in study.decisions
        ]
        with promised("a fresh object with the same log and seed suggests the same"):
            assert text_of(again) == text_of(decision for _, decision in study.decisions)

    # The space

    @pytest.mark.parametrize("name", SPACES)
    def test_searches_a_space(self, name: str) -> None:
        if self.space and name != "mixed":
            pytest.skip("this algorithm declares its only space")
        study = self.study(SPACES[name])
        with promised(f"trials follow one another in a space like {name!r}"):
            study.go_on(self.startup_trials + self.trials)
            assert study.history.trials

    def test_conditions_are_supported_or_refused(self) -> None:
        if self.space:
            pytest.skip("this algorithm declares its only space")
        if self.can_condition():
            study = self.study(CONDITIONAL)
            with promised("an algorithm that supports conditions searches a space with conditions"):
                study.go_on(self.startup_trials + self.trials)
        else:
            with (
                promised("a study of a space with conditions is refused where it is made"),
                pytest.raises(UserError, match="condition"),
            ):
                Study(CONDITIONAL, self.fresh(), disable_dashboard=True)

    # What becomes of trials

    @pytest.mark.parametrize("phase", PHASES)
    @pytest.mark.parametrize("fate", FATES)
    def test_goes_on_whatever_becomes_of_trials(self, fate: str, phase: str) -> None:
        objectives, status = FATES[fate]
        study = self.study(warm=phase == "model")
        with promised(f"an algorithm goes on after trials that are {fate}, in the {phase} phase"):
            for _ in range(4 if phase == "model" else self.startup_trials + 4):
                trial = study.next()
                if trial is None:
                    break
                for objective in objectives:
                    study.observe(trial, objective)
                if status:
                    study.finish(trial, status)
            study.go_on(3)

    @pytest.mark.parametrize("phase", PHASES)
    def test_eight_at_once(self, phase: str) -> None:
        study = self.study(warm=phase == "model", max_concurrent=8)
        with promised(f"eight trials at a time need no results, in the {phase} phase"):
            for _ in range(8):
                study.ask()
            for _ in range(self.startup_trials + 8):
                if study.running:
                    study.complete(study.running[-1])
                study.ask()
            while study.running:
                study.complete(study.running[0])
            study.ask()

    def test_takes_over_a_history(self) -> None:
        study = self.study(algorithm=Drawn())
        study.finite = study.may_wait = False
        study.play(STORY)
        study.finite, study.may_wait = self.finite, self.may_wait
        study.change(self.fresh())
        study.decisions.clear()
        with promised("an algorithm goes on with a history that another one made"):
            study.play(STORY)
            study.go_on(self.startup_trials + self.trials)
        self.check_resumption(study)

    def test_makes_way_for_queued_trials(self) -> None:
        study = self.study(warm=True)
        with promised("an algorithm goes on after trials that the user queued"):
            for place in (0.0, 0.5, 1.0):
                study.queue(place)
                study.go_on(2)

    # A pure function of the history

    @pytest.mark.parametrize("phase", PHASES)
    def test_a_continued_study_goes_on_alike(self, phase: str) -> None:
        study = self.study(warm=phase == "model")
        study.play(STORY)
        study.go_on(self.trials)
        self.check_resumption(study)

    def test_it_does_not_matter_when_it_was_asked(self) -> None:
        study, nosy = self.study(warm=True), self.study(warm=True)
        study.play(STORY)
        for step in STORY:
            nosy.consider()
            nosy.play([step])
        with promised("suggestions do not depend on when the algorithm was asked before"):
            assert nosy.events == study.events

    def test_another_process_suggests_the_same(self) -> None:
        config = registry.describe("algorithm", self.fresh())
        if "class" in config:
            pytest.skip("this algorithm is not installed, so no other process can make it")
        study = self.study(warm=True)
        study.play(STORY)
        positions = [position for position, _ in study.decisions]
        with promised("another process with the same log and seed suggests the same"):
            assert ask_elsewhere(config, study.events, study.seed, positions) == text_of(
                decision for _, decision in study.decisions
            )

    def test_keeps_to_its_own_random_generator(self) -> None:
        decisions = []
        for seed in (1, 2):
            study = self.study(warm=True)
            with global_randomness(seed) as state:
                before = state()
                study.play(STORY)
                after = state()
            decisions.append(text_of(decision for _, decision in study.decisions))
        with promised("suggestions do not depend on the global random state"):
            assert decisions[0] == decisions[1]
        with promised("asking leaves the global random state as it was"):
            assert before == after

    def test_leaves_the_history_alone(self) -> None:
        study = self.study(warm=True)
        for step in STORY:
            before = fingerprint(study.history)
            study.consider()
            with promised("an algorithm changes nothing in the history, its trials and the space"):
                assert fingerprint(study.history) == before
            study.play([step])
        with promised("an algorithm that writes into the results changes nothing"):
            assert study.history.results.equals(History.of(study.events).results)

    def test_any_study(self) -> None:
        conditions = self.can_condition()

        def check(
            space: SearchSpace, warm: bool, lower_is_better: bool, seed: int, script: list[Step]
        ) -> None:
            study = self.study(space, warm, lower_is_better=lower_is_better, seed=seed)
            with promised("an algorithm goes on whatever happens in a study"):
                study.play(script)
            self.check_resumption(study)

        self.for_all(
            check,
            space=spaces(max_size=8, conditions=conditions),
            warm=st.booleans(),
            lower_is_better=st.booleans(),
            seed=st.integers(0, 2**63 - 1),
            script=scripts(20),
        )

    # The direction

    def test_both_directions(self) -> None:
        if not self.direction_symmetric:
            pytest.skip("this algorithm does not declare direction_symmetric")
        decisions = []
        for lower_is_better in (True, False):
            sign = 1 if lower_is_better else -1
            study = self.study(warm=True, lower_is_better=lower_is_better)
            study.play(
                Step(s.action, s.which, sign * s.value, s.iteration) if s.action != "queue" else s
                for s in STORY
            )
            study.go_on(self.trials)
            decisions.append(text_of(decision for _, decision in study.decisions))
        with promised("the negated objective in the other direction gives the same suggestions"):
            assert decisions[0] == decisions[1]

    @pytest.mark.parametrize("lower_is_better", [True, False])
    def test_learns(self, lower_is_better: bool) -> None:
        if not self.learns:
            pytest.skip("this algorithm does not declare learns")
        plane = [Continuous("x", [0, 1]), Continuous("y", [0, 1])]
        found = []
        for seed in (1, 2, 3):
            study = self.study(plane, lower_is_better=lower_is_better, seed=seed)
            study.go_on(24)
            found += [
                bowl(study.history.space, each.parameters)
                for each in list(study.history.trials.values())[16:]
            ]
        with promised("after 24 trials an algorithm that learns is clearly better than random"):
            assert math.fsum(found) / len(found) < 0.75 * 0.2467  # the mean of random points

    # Options and hooks

    def test_options_matter_as_the_log_keeps_them(self) -> None:
        study, remade = self.study(warm=True), self.study(warm=True, algorithm=self.remade())
        for each in (study, remade):
            each.play(STORY)
            each.go_on(self.trials)
        with promised("an algorithm made from its options in the log suggests the same"):
            assert text_of(d for _, d in remade.decisions) == text_of(d for _, d in study.decisions)

    def test_max_num_trials(self) -> None:
        names = [option.name for option in registry.options_of(type(self.fresh()))]
        if "max_num_trials" not in names:
            pytest.skip("this algorithm has no option max_num_trials")
        with promised("max_num_trials below 1 is refused"), pytest.raises((UserError, ValueError)):
            self.remade(max_num_trials=0)
        study = self.study(algorithm=self.remade(max_num_trials=5))
        study.finite = True
        study.queue(0.5)
        with promised("max_num_trials is the number of own trials, whatever becomes of them"):
            for index in range(6):
                trial = study.next()
                assert trial is not None
                study.finish(trial, "FAILED") if index % 2 else study.complete(trial)
            assert study.next() is None
            assert study.history.num_own == 5
        with promised("DONE stays DONE"):
            assert study.next() is None

    @pytest.mark.parametrize("warm", [False, True])
    def test_hooks_that_answer(self, warm: bool) -> None:
        study = self.study(warm=warm)
        if warm:
            study.play(STORY)
        history, hook = study.history, study.algorithm.hook
        before = fingerprint(history)
        hooks = ("get_best_result", "checkpoints_to_keep")
        if not any(map(study.algorithm.implements, hooks)):
            pytest.skip("this algorithm has no optional hooks that answer")
        if study.algorithm.implements("get_best_result"):
            with promised("get_best_result answers a dict of names, or None"):
                best = hook.get_best_result(
                    parameters=history.space, history=history, lower_is_better=True
                )
                assert best is None or all(isinstance(name, str) for name in best)
        if study.algorithm.implements("checkpoints_to_keep"):
            with promised("checkpoints_to_keep answers ids of trials"):
                assert set(hook.checkpoints_to_keep(history=history)) <= set(history.trials)
        with promised("an algorithm changes nothing in the history, its trials and the space"):
            assert fingerprint(history) == before
