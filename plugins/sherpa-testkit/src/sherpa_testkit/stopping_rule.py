"""The contract of stopping rules: what each promises about its verdicts, and how it is adopted."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import strategies as st

from sherpa_core import events as ev
from sherpa_core import registry
from sherpa_core.history import History
from sherpa_core.sockets import RuleSocket, bind
from sherpa_core.space import SearchSpace
from sherpa_core.trial import Trial
from sherpa_testkit.contract import PluginContract, global_randomness
from sherpa_testkit.promises import promised
from sherpa_testkit.showcase import CONDITIONAL, MIXED
from sherpa_testkit.simulation import Drawn, Simulation, Step, fingerprint
from sherpa_testkit.strategies import scripts, spaces

_OBSERVING = ("ask", "observe", "observe", "observe", "observe", "complete", "fail", "restart")

#: Six trials that learn at their own pace, side by side; then some that do not.
CURVES = [
    *(Step("ask") for _ in range(6)),
    *(
        Step("observe", which, which + 3.0 / iteration, iteration)
        for iteration in (1, 2, 3, 4)
        for which in range(6)
    ),
    *(Step("observe", 0, 0.1, 9), Step("observe", 5, 0.3, 7), Step("observe", 5, 0.2, 6)),
    *(Step("complete"), Step("fail"), Step("stop"), Step("restart"), Step("observe", 0, 9.0, 1)),
    *(Step("ask"), Step("observe", 3, math.nan, 1), Step("observe", 3, 99.0, 2)),
    *(Step("complete"), Step("run", value=0.5), Step("run", value=math.inf), Step("ask")),
]


class RuleStudy(Simulation):
    """A simulated study that asks a rule where the core does, and writes its verdicts down.

    Args:
        rule: the stopping rule, as an object.
        space: the search space.
        lower_is_better: the direction.
        obeys: whether trials are stopped when the rule says so.

    Attributes:
        verdicts: position of the log, trial id (0 for the study), and what the rule said.
    """

    def __init__(
        self,
        rule: Any,
        space: Iterable[Any] = MIXED,
        lower_is_better: bool = True,
        obeys: bool = False,
    ) -> None:
        self.rule: RuleSocket = bind("stopping_rule", rule)
        self.obeys = obeys
        self.verdicts: list[tuple[int, int, bool]] = []
        super().__init__(Drawn(), space, lower_is_better)

    def write(self, event: dict[str, Any]) -> None:
        """Append an event, and ask the rule about an observation's trial or a trial's end."""
        super().write(event)
        history = self.history
        if event["type"] == ev.OBSERVATION_ADDED:
            trial = history.trials[event["trial"]]
            stop = trial_verdict(self.rule, history, trial)
            self.verdicts.append((history.position, trial.id, stop))
            if stop and self.obeys:
                self.finish(trial, "STOPPED")
        elif event["type"] == ev.TRIAL_FINALIZED:
            self.verdicts.append((history.position, 0, study_verdict(self.rule, history)))


def trial_verdict(rule: RuleSocket, history: History, trial: Trial) -> bool:
    """Return what the rule says about a trial; errors are not contained as they are in a study."""
    if not rule.implements("should_trial_stop"):
        return False
    with promised("should_trial_stop answers True or False"):
        answers = rule.hook.should_trial_stop(
            trial=trial,
            parameters=history.space,
            results=history.results if rule.wants("should_trial_stop", "results") else None,
            lower_is_better=history.lower_is_better,
            history=history,
        )
        return _verdict(answers)


def study_verdict(rule: RuleSocket, history: History) -> bool:
    """Return what the rule says about the study."""
    if not rule.implements("should_study_stop"):
        return False
    with promised("should_study_stop answers True or False"):
        lower = history.lower_is_better
        return _verdict(rule.hook.should_study_stop(history=history, lower_is_better=lower))


def _verdict(answers: list[Any]) -> bool:
    assert [type(answer).__name__.removesuffix("_") for answer in answers] == ["bool"], answers
    return bool(answers[0])


@pytest.mark.contract("stopping_rule")
class StoppingRuleContract(PluginContract):
    """What every stopping rule promises. Adopt it by defining `make_stopping_rule`.

    ```python
    class TestMine(StoppingRuleContract):
        def make_stopping_rule(self):
            return MyRule(patience=3)
    ```

    Attributes:
        direction_symmetric: the negated objective in the other direction gives the same verdicts.
    """

    kind = "stopping_rule"
    direction_symmetric: bool = True

    def study(self, **options: Any) -> RuleStudy:
        """Return a simulated study with a fresh object of the rule."""
        return RuleStudy(self.fresh(), **options)

    def check_resumption(self, study: RuleStudy) -> None:
        """Ask fresh objects at every position that was asked at."""
        again = []
        for position, id, _ in study.verdicts:
            rule = bind("stopping_rule", self.fresh())
            history = History.of(study.events[:position])
            stop = (
                trial_verdict(rule, history, history.trials[id])
                if id
                else study_verdict(rule, history)
            )
            again.append((position, id, stop))
        with promised("a fresh object with the same log gives the same verdict"):
            assert again == study.verdicts

    def test_has_a_hook(self) -> None:
        with promised("a stopping rule judges trials (should_trial_stop) or the study "
                      "(should_study_stop)"):  # fmt: skip
            rule = bind("stopping_rule", self.fresh())
            assert rule.implements("should_trial_stop") or rule.implements("should_study_stop")

    @pytest.mark.parametrize("objective", [math.nan, math.inf, -math.inf, 0.0, 1e300])
    def test_judges_whatever_was_observed(self, objective: float) -> None:
        study = self.study()
        steps = [Step("run", value=objective), Step("ask"), Step("ask"), Step("ask")]
        for iteration in (1, 2, 3):
            for which in range(3):
                steps.append(Step("observe", which, objective, iteration))
        with promised(f"a rule judges trials that have observed {objective}"):
            study.play([*steps, Step("complete"), Step("fail"), Step("stop")])
            study.play(CURVES)

    def test_judges_a_trial_without_observations(self) -> None:
        study = self.study()
        with promised("a rule judges a trial that has observed nothing yet"):
            study.ask()
            trial_verdict(study.rule, study.history, study.running[0])
            study.play(CURVES)
            for trial in study.running:
                trial_verdict(study.rule, study.history, trial)

    def test_judges_a_study_without_trials(self) -> None:
        study = self.study(space=CONDITIONAL)
        with promised("a rule judges a study without trials"):
            study_verdict(study.rule, study.history)

    @pytest.mark.parametrize("obeys", [False, True])
    def test_a_continued_study_is_judged_alike(self, obeys: bool) -> None:
        study = self.study(obeys=obeys)
        study.play(CURVES)
        self.check_resumption(study)

    def test_it_does_not_matter_when_it_was_asked(self) -> None:
        study, nosy = self.study(), self.study()
        study.play(CURVES)
        for step in CURVES:
            for trial in nosy.running:
                trial_verdict(nosy.rule, nosy.history, trial)
            study_verdict(nosy.rule, nosy.history)
            nosy.play([step])
        with promised("verdicts do not depend on when the rule was asked before"):
            assert nosy.verdicts == study.verdicts

    def test_does_not_throw_dice(self) -> None:
        verdicts = []
        for seed in (1, 2):
            study = self.study()
            with global_randomness(seed) as state:
                before = state()
                study.play(CURVES)
                after = state()
            verdicts.append(study.verdicts)
        with promised("verdicts do not depend on the global random state"):
            assert verdicts[0] == verdicts[1]
        with promised("judging leaves the global random state as it was"):
            assert before == after

    def test_leaves_the_history_alone(self) -> None:
        study = self.study()
        for step in CURVES:
            study.play([step])
            before = fingerprint(study.history)
            for trial in study.running:
                trial_verdict(study.rule, study.history, trial)
            study_verdict(study.rule, study.history)
            with promised("a rule changes nothing in the history, its trials and the space"):
                assert fingerprint(study.history) == before
        with promised("a rule changes nothing in the history, its trials and the space"):
            assert fingerprint(study.history) == fingerprint(History.of(study.events))

    def test_any_study(self) -> None:
        def check(
            space: SearchSpace, lower_is_better: bool, obeys: bool, script: list[Step]
        ) -> None:
            study = self.study(space=space, lower_is_better=lower_is_better, obeys=obeys)
            with promised("a rule judges whatever happens in a study"):
                study.play(script)
            self.check_resumption(study)

        self.for_all(
            check,
            space=spaces(max_size=3),
            lower_is_better=st.booleans(),
            obeys=st.booleans(),
            script=scripts(40, _OBSERVING),
        )

    def test_both_directions(self) -> None:
        if not self.direction_symmetric:
            pytest.skip("this rule does not declare direction_symmetric")
        verdicts = []
        for lower_is_better in (True, False):
            sign = 1 if lower_is_better else -1
            study = self.study(lower_is_better=lower_is_better)
            study.play(
                Step(each.action, each.which, sign * each.value, each.iteration) for each in CURVES
            )
            verdicts.append(study.verdicts)
        with promised("the negated objective in the other direction gives the same verdicts"):
            assert verdicts[0] == verdicts[1]

    def test_options_matter_as_the_log_keeps_them(self) -> None:
        study, remade = self.study(), RuleStudy(self.remade())
        for each in (study, remade):
            each.play(CURVES)
        with promised("a rule made from its options in the log gives the same verdicts"):
            assert registry.describe("stopping_rule", remade.rule.plugin) == registry.describe(
                "stopping_rule", study.rule.plugin
            )
            assert remade.verdicts == study.verdicts
