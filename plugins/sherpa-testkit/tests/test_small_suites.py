"""The suites of rules and observers accept good ones, and name the promise that is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

import sherpa_testkit.checking  # noqa: F401 - or each nested run would import it anew
from sherpa_testkit import DashboardContract, ObserverContract, StoppingRuleContract

pytest_plugins = "pytester"

FOLDER = Path(__file__).with_name("broken")

#: For each suite: where broken plugins are, the good one, and how the suite is adopted.
SUITES = {
    "stopping_rule": (StoppingRuleContract, "broken_rules", "Patience", "shrinks = False"),
    "observer": (ObserverContract, "broken_observers", "Notes", "shrinks = False; at_once = 0.25"),
    "dashboard": (
        DashboardContract,
        "broken_dashboards",
        "Plain",
        'pages = ("", "data.json"); changes = ("stop/1",); patience = 1.0',
    ),
}

OPTIONS = [
    ("HidesAnOption", "options_can_be_read", "every option is an attribute of the same name"),
    ("DoublesAnOption", "options_come_back", "options come back from their JSON as they were"),
]

#: For each suite: a broken plugin, the test that must reject it, and the promise it must name.
BROKEN = {
    "stopping_rule": [
        *OPTIONS,
        ("HasNoHook", "has_a_hook", "a stopping rule judges trials (should_trial_stop) or the"),
        ("AnswersWithNumbers", "whatever_was_observed", "should_trial_stop answers True or False"),
        ("AnswersNothing", "without_trials", "should_study_stop answers True or False"),
        ("CannotBearNaN", "whatever_was_observed", "should_trial_stop answers True or False"),
        ("ExpectsObservations", "without_observations", "should_trial_stop answers True or False"),
        ("ExpectsTrials", "study_without_trials", "should_study_stop answers True or False"),
        ("CountsItsCalls", "continued_study", "a fresh object with the same log gives the same"),
        ("CountsItsCalls", "any_study", "a fresh object with the same log gives the same verdict"),
        ("StopsOnSecondQuestion", "does_not_matter_when", "do not depend on when the rule was ask"),
        ("ThrowsDice", "does_not_throw_dice", "verdicts do not depend on the global random state"),
        ("Seeds", "does_not_throw_dice", "judging leaves the global random state as it was"),
        ("StopsByItself", "leaves_the_history_alone", "a rule changes nothing in the history"),
        ("AlwaysMinimizes", "both_directions", "the negated objective in the other direction"),
        ("SetAfterwards", "options_matter", "a rule made from its options in the log gives the"),
    ],
    "observer": [
        *OPTIONS,
        ("HasNoHook", "has_a_hook", "an observer has at least one of the hooks that there are"),
        ("CannotBearNaN", "takes_everything", "an observer takes observation_added, whatever"),
        ("KnowsOnlyTheFirstAttempt", "takes_everything", "an observer takes trial_started, whatev"),
        ("CannotBearNaN", "takes_any_study", "an observer takes observation_added, whatever it"),
        ("ExpectsTheStart", "may_come_late", "an observer takes trial_finalized, whatever it is"),
        ("ExpectsAnOwnRow", "is_told_again", "an observer takes trial_started, whatever it is"),
        ("ExpectsABestTrial", "several_runs", "an observer takes study_finished, whatever it is"),
        ("BelongsToItsThread", "another_thread", "an observer takes trial_started, whatever it"),
        ("Marks", "takes_everything", "an observer changes nothing in the history and its trials"),
        ("Waits", "takes_everything", "an observer returns from study_finished at once"),
        ("ThrowsDice", "leaves_randomness_alone", "leaves the global random state as it was"),
    ],
    "dashboard": [
        *OPTIONS,
        ("ReturnsItsPort", "shows_a_page", "start_dashboard returns the page's URL"),
        ("SaysPlainText", "shows_a_page", "the URL answers with an HTML page"),
        ("ExpectsTrials", "study_without_trials", "a dashboard shows a study that has no trials"),
        ("HidesTheName", "names_and_escapes", "a dashboard shows the study's name"),
        ("EscapesNothing", "names_and_escapes", "names and values are escaped in HTML"),
        ("SendsNaN", "what_a_browser_reads", "JSON holds no NaN or Infinity, which no browser"),
        ("ReadsOnce", "shows_what_comes_in", "a new observation appears while the study runs"),
        ("ExpectsSilence", "while_the_study_writes", "while another thread goes on with the study"),
        ("ChoosesItsPort", "the_port_that_it_is_given", "listens on the port that it is given"),
        ("ListensEverywhere", "one_host_only", "a dashboard listens on no other address"),
        ("HasOnePort", "different_ports", "start_dashboard returns the page's URL"),
        ("StaysOpen", "stops", "a dashboard that was stopped has freed its port"),
        ("StopsOnlyOnce", "stops", "a dashboard can be stopped, and once more, from another"),
        ("KeepsTheProcess", "stops", "keeps no process alive with its threads"),
        ("StopsOnlyOnce", "before_it_started", "a dashboard that was not started is no error"),
        ("ChangesByLooking", "looking_changes_nothing", "a GET changes nothing"),
        ("TrustsEverybody", "without_its_token", "a POST without the right token is refused"),
        ("TrustsAnyToken", "without_its_token", "a POST without the right token is refused"),
        ("AnswersForeignPages", "other_hosts", "a request under another host's name is refused"),
        ("LoadsFromElsewhere", "without_a_network", "a page loads nothing from other hosts"),
        ("AnswersAnything", "unknown_addresses", "an address that does not exist is refused"),
    ],
}


@pytest.fixture
def run(pytester):
    """Return a function that runs a suite against a plugin of the folder `broken`."""

    def suite(kind, name, test=""):
        contract, module, _, declared = SUITES[kind]
        pytester.syspathinsert(FOLDER)
        pytester.makepyfile(
            f"""
from {module} import {name}
from sherpa_testkit import {contract.__name__}

class TestBroken({contract.__name__}):
    {declared}

    def make_{kind}(self):
        return {name}()
"""
        )
        return pytester.runpytest("-q", "-rs", "-p", "no:cacheprovider", "-k", test)

    return suite


@pytest.mark.parametrize(
    ("kind", "name", "test", "promise"),
    [
        pytest.param(kind, *case, id=f"{kind}-{case[0]}-{case[1]}")
        for kind, cases in BROKEN.items()
        for case in cases
    ],
)
def test_rejects_what_breaks_a_promise(run, kind, name, test, promise):
    done = run(kind, name, test)
    assert done.parseoutcomes().get("failed")
    lines = [line for line in done.outlines if "broken promise: " in line]
    assert any(promise in line for line in lines), lines


@pytest.mark.parametrize("kind", SUITES)
def test_accepts_a_good_plugin(run, kind):
    assert set(run(kind, SUITES[kind][2]).parseoutcomes()) == {"passed"}


@pytest.mark.parametrize("kind", SUITES)
def test_every_test_of_the_suite_rejects_something(kind):
    tests = [name for name in dir(SUITES[kind][0]) if name.startswith("test_")]
    idle = [name for name in tests if not any(test in name for _, test, _ in BROKEN[kind])]
    assert not idle
