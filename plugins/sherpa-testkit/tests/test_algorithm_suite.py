"""The algorithm suite accepts a good algorithm, and names the promise that a broken one breaks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import sherpa_testkit.checking  # noqa: F401 - or each nested run would import it anew
from sherpa_testkit import AlgorithmContract

pytest_plugins = "pytester"

FOLDER = Path(__file__).with_name("broken")

#: A broken algorithm, the test that must reject it, and the promise that it must name.
BROKEN = [
    ("CannotReadLists", "searches_a_space", "in a space like 'choice'"),
    ("LeavesTheRange", "searches_a_space", "a suggestion lies in the search space"),
    ("ForgetsAParameter", "searches_a_space", "a suggestion lies in the search space"),
    (
        "KnowsNoConditions",
        "conditions_are_supported_or_refused",
        "searches a space with conditions",
    ),
    ("ExpectsObservations", "goes_on_whatever", "goes on after trials that are failed, in the mod"),
    ("CannotBearNaN", "goes_on_whatever", "goes on after trials that are NaN, in the model phase"),
    ("CannotBearInfinity", "goes_on_whatever", "after trials that are minus infinite"),
    ("ExpectsTheEnd", "goes_on_whatever", "goes on after trials that are running"),
    ("ExpectsTheEnd", "eight_at_once", "eight trials at a time need no results"),
    ("WaitsForEver", "searches_a_space", "waits only while trials are running"),
    ("WaitsUnannounced", "eight_at_once", "only an algorithm that declares may_wait waits"),
    ("IsDoneUnannounced", "eight_at_once", "only an algorithm that declares finite is DONE"),
    ("ReadsForeignMetadata", "takes_over_a_history", "with a history that another one made"),
    ("CountsOnItsMetadata", "makes_way_for_queued", "after trials that the user queued"),
    ("CountsItsCalls", "a_continued_study", "a fresh object with the same log and seed suggests"),
    ("CountsItsCalls", "any_study", "a fresh object with the same log and seed suggests the same"),
    (
        "FitsSometimes",
        "it_does_not_matter_when",
        "do not depend on when the algorithm was asked before",
    ),
    ("DrawsGlobally", "keeps_to_its_own", "suggestions do not depend on the global random state"),
    ("SeedsGlobally", "keeps_to_its_own", "asking leaves the global random state as it was"),
    ("SortsTheHistory", "leaves_the_history_alone", "changes nothing in the history"),
    ("MarksTrials", "leaves_the_history_alone", "changes nothing in the history"),
    ("NarrowsTheSpace", "leaves_the_history_alone", "changes nothing in the history"),
    ("AlwaysMinimizes", "both_directions", "the negated objective in the other direction"),
    ("TakesTheWorst", "learns", "an algorithm that learns is clearly better than random"),
    ("HidesAnOption", "options_can_be_read", "every option is an attribute of the same name"),
    ("DoublesAnOption", "options_come_back", "options come back from their JSON as they were"),
    ("SetAfterwards", "options_matter", "made from its options in the log suggests the same"),
    ("CountsAllTrials", "max_num_trials", "max_num_trials is the number of own trials"),
    ("CountsSuccesses", "max_num_trials", "max_num_trials is the number of own trials"),
    ("RunsZeroTrials", "max_num_trials", "max_num_trials below 1 is refused"),
    ("RemembersArrays", "searches_a_space", "and what it carries besides is JSON"),
    ("HasTextForBest", "hooks_that_answer", "get_best_result answers a dict of names, or None"),
    ("KeepsUnknownCheckpoints", "hooks_that_answer", "checkpoints_to_keep answers ids of trials"),
]
DIFFERS = "another_process"


@pytest.fixture
def run(pytester, monkeypatch):
    """Return a function that runs the suite against one of the broken algorithms."""

    def suite(name, test="", declared="startup_trials = 5; learns = True; shrinks = False"):
        monkeypatch.setenv("PYTHONPATH", str(FOLDER))
        pytester.syspathinsert(FOLDER)
        pytester.makepyfile(
            f"""
from broken_algorithms import {name}
from sherpa_testkit import AlgorithmContract

class TestBroken(AlgorithmContract):
    {declared}

    def make_algorithm(self):
        return {name}()
"""
        )
        return pytester.runpytest("-q", "-rs", "-p", "no:cacheprovider", "-k", test)

    return suite


@pytest.mark.parametrize(("name", "test", "promise"), BROKEN, ids=lambda value: value[:24])
def test_rejects_an_algorithm_that_breaks_a_promise(run, name, test, promise):
    done = run(name, test)
    assert done.parseoutcomes().get("failed")
    done.stdout.fnmatch_lines(f"*broken promise: *{promise}*")


@pytest.mark.parametrize("name", ["Climber", "DeclaresNoConditions"])
def test_accepts_a_good_algorithm(run, name):
    done = run(name)
    assert set(done.parseoutcomes()) == {"passed", "skipped"}


def test_rejects_an_algorithm_that_differs_between_processes(pytester, monkeypatch):
    metadata = pytester.path / "site" / "broken_algorithms-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: broken-algorithms\nVersion: 1.0\n"
    )
    (metadata / "entry_points.txt").write_text(
        "[sherpa.algorithms]\nbroken = broken_algorithms:OrdersBySets\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(FOLDER), str(metadata.parent)]))
    pytester.makepyfile(
        """
        from sherpa_testkit import suite_for

        class TestBroken(suite_for("algorithm", "broken")):
            pass
        """
    )
    done = pytester.runpytest_subprocess("-k", DIFFERS, "-p", "no:cacheprovider")
    assert done.parseoutcomes()["failed"] == 1
    done.stdout.fnmatch_lines("*broken promise: another process with the same log and seed*")


def test_every_test_of_the_suite_rejects_something():
    tests = [name for name in dir(AlgorithmContract) if name.startswith("test_")]
    rejecting = [DIFFERS, *(test for _, test, _ in BROKEN)]
    assert not [name for name in tests if not any(test in name for test in rejecting)]


def test_says_how_it_is_adopted(pytester):
    pytester.makepyfile(
        """
        from sherpa_testkit import AlgorithmContract

        class TestMine(AlgorithmContract):
            pass
        """
    )
    done = pytester.runpytest("-k", "mixed")
    done.stdout.fnmatch_lines("*TestMine must define make_algorithm(self)*")


def test_wants_a_fresh_object_for_each_call(pytester):
    pytester.makepyfile(
        """
        from sherpa_core.algorithms import RandomSearch
        from sherpa_testkit import AlgorithmContract

        ONE = RandomSearch()

        class TestMine(AlgorithmContract):
            def make_algorithm(self):
                return ONE
        """
    )
    done = pytester.runpytest("-k", "mixed")
    done.stdout.fnmatch_lines("*TestMine.make_algorithm must return a new object at each call*")
