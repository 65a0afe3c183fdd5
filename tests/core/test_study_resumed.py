from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sherpa_core as sherpa
from sherpa_core import AlgorithmState, Study, Trial, UserError

PARAMETERS = [
    sherpa.Continuous("lr", [1e-4, 1], "log"),
    sherpa.Choice("net", [[16], [32, 32], None, 1, "1"]),
    sherpa.Discrete("epochs", [1, 9], when={"net": [[16], None]}),
]


def new(algorithm: Any = "random", **more: Any) -> Study:
    return Study(PARAMETERS, algorithm, disable_dashboard=True, **more)


def load(place: Any, algorithm: Any = None, **more: Any) -> Study:
    return Study.load(place, algorithm, disable_dashboard=True, **more)


def run(study: Study, number: int) -> list[dict[str, Any]]:
    """Run trials one at a time and return their configurations."""
    seen = []
    for _ in range(number):
        trial = study.get_suggestion()
        assert isinstance(trial, Trial)
        study.add_observation(trial, trial.parameters["lr"])
        study.finalize(trial)
        seen.append(trial.parameters)
    return seen


class Global:
    """An old-style algorithm: NumPy's global generator and the table of results."""

    def get_suggestion(self, parameters, results, lower_is_better):  # type: ignore[no-untyped-def]
        import numpy as np

        if len(results) and np.random.rand() < 0.3:
            row = results.sort_values("Objective").iloc[0].to_dict()
            return {
                each.name: row[each.name] for each in parameters if row[each.name] == row[each.name]
            }
        return parameters.sample(np.random.default_rng(np.random.randint(2**31)))


@pytest.mark.parametrize("algorithm", ["random", Global()], ids=["random", "old-style"])
def test_a_seed_makes_a_study_reproducible(algorithm: Any) -> None:
    one, two, three = (run(new(algorithm, random_seed=seed), 10) for seed in (7, 7, 8))

    assert one == two != three


@settings(max_examples=8)
@given(breaks=st.sets(st.integers(1, 9), max_size=4), seed=st.integers(0, 2**63 - 1))
def test_an_interrupted_study_goes_on_as_the_uninterrupted_one(
    breaks: set[int], seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    uninterrupted = run(new(Global(), random_seed=seed), 10)
    folder = tmp_path_factory.mktemp("study")
    study = new(Global(), random_seed=seed, name="s")

    seen = []
    for number in range(10):
        if number in breaks:
            study.save(folder)
            study = load(folder, Global())
        seen += run(study, 1)

    assert seen == uninterrupted


def test_a_study_in_a_database_goes_on(tmp_path: Path) -> None:
    uninterrupted = run(new(random_seed=5), 6)
    seen = run(new(random_seed=5, output_dir=tmp_path), 3)

    study = load(tmp_path)

    assert seen + run(study, 3) == uninterrupted
    assert study.output_dir == tmp_path
    assert study.random_seed == 5


def test_save_and_load_keep_everything(tmp_path: Path) -> None:
    study = new(lower_is_better=False, tags=["a"], stopping_rule="median")
    run(study, 5)
    study.set_note("größer")
    trial = study.get_suggestion()
    assert isinstance(trial, Trial)
    study.add_observation(trial, math.nan, 3, {"sizes": [1, {"a": None}]})

    study.save(tmp_path)
    again = load(tmp_path)

    assert again.results.equals(study.results)
    assert again.get_best_result() == study.get_best_result()
    assert again.parameters == study.parameters
    assert again.lower_is_better is False
    assert (again.history.note, again.history.tags) == ("größer", ["a"])
    assert [rule.name for rule in again.engine.rules] == ["median"]
    assert repr(again.history.trials[6].observations) == repr(study.history.trials[6].observations)


def test_a_running_trial_can_be_finished_after_a_load(tmp_path: Path) -> None:
    study = new()
    trial = study.get_suggestion()
    study.save(tmp_path)

    again = load(tmp_path)
    again.add_observation(trial, 0.5)
    again.finalize(trial)

    assert again.get_best_result()["Trial-ID"] == 1
    assert study.history.count("RUNNING") == 1, "the saved study is another one from here on"


def test_a_study_says_where_it_goes(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"give save.. an output_dir"):
        new().save()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UserError, match="file cannot be an output folder"):
        new().save(tmp_path / "file")


def test_saving_writes_the_manuals_files(tmp_path: Path) -> None:
    study = new(output_dir=tmp_path, name="mine", random_seed=2)
    run(study, 2)
    study.save()

    names = {path.name for path in tmp_path.iterdir()}
    assert {"config.json", "results.csv", "study.db"} <= names
    config = json.loads((tmp_path / "config.json").read_text("utf-8"))
    assert (config["name"], config["seed"], config["algorithm"]) == ("mine", 2, {"name": "random"})
    lines = (tmp_path / "results.csv").read_text("utf-8").splitlines()
    assert len(lines) == 1 + 4
    assert not list(tmp_path.glob("*.part"))


# Another algorithm


def test_random_first_and_then_another(tmp_path: Path) -> None:
    study = new(sherpa.algorithms.RandomSearch(max_num_trials=3))
    run(study, 3)
    assert study.get_suggestion() is AlgorithmState.DONE
    study.save(tmp_path)

    again = load(tmp_path, sherpa.algorithms.GridSearch())
    run(again, 2)

    assert [each.origin for each in again.history.trials.values()] == ["random"] * 3 + ["grid"] * 2
    assert again.history.num_own == 2


def test_an_algorithm_that_is_no_plugin_must_be_given_again(tmp_path: Path) -> None:
    study = new(Global())
    run(study, 2)
    study.save(tmp_path)

    with pytest.raises(
        UserError, match=r"algorithm .*Global is no installed plugin: give the algo"
    ):
        load(tmp_path)
    assert load(tmp_path, Global()).history.num_own == 2


def test_load_is_told_how_many_trials_there_are(tmp_path: Path) -> None:
    class Loaded(Global):
        told = None

        def load(self, num_trials: int) -> None:
            self.told = num_trials

    study = new()
    run(study, 4)
    study.save(tmp_path)
    algorithm = Loaded()

    load(tmp_path, algorithm)

    assert algorithm.told == 4


# Places


@pytest.mark.parametrize("name", ["with space", "run #1", "100%", "größe", "a?b=c&d"])
def test_folders_of_any_name(tmp_path: Path, name: str) -> None:
    for number, saved in enumerate((True, False)):
        folder = tmp_path / f"{name} {number}"
        study = new() if saved else new(output_dir=folder)
        run(study, 2)
        study.save(folder)

        assert len(load(folder).history.trials) == 2
        assert len(load(str(folder)).history.trials) == 2


def test_one_of_several_studies_is_chosen_by_name(tmp_path: Path) -> None:
    for name in ("one", "two"):
        run(new(output_dir=tmp_path, name=name), 2 if name == "two" else 1)

    assert len(load(f"{tmp_path}#two").history.trials) == 2
    with pytest.raises(
        UserError, match="does not name one study: it holds 'one' and 'two'; choose"
    ):
        load(tmp_path)
    with pytest.raises(UserError, match="holds no study 'tow', did you mean 'two'"):
        load(f"{tmp_path}#tow")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "holds no study: there is neither study.db nor study.jsonl"),
        ("", "this is not an event of a study"),
        ("hello\n", "study.jsonl, line 1: this is not an event of a study"),
        ('{"type": "note_set"}\n{"type": "no', "line 2: this is not an event"),
        ("[1]\n", "line 1: this is not an event"),
        ('{"type": "study_created"}\n', "is not the log of a study"),
        ('{"type": "session_started"}\n', "is not the log of a study"),
    ],
)
def test_a_folder_that_holds_no_study_says_so(
    tmp_path: Path, content: str | None, sentence: str
) -> None:
    if content is not None:
        (tmp_path / "study.jsonl").write_text(content)
    before = sorted(tmp_path.iterdir())

    with pytest.raises(UserError, match=sentence):
        load(tmp_path)
    assert sorted(tmp_path.iterdir()) == before


def test_a_place_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere does not exist: give an output folder or"):
        load(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


# A process that died


def test_a_trial_that_died_with_its_process_comes_first_again(tmp_path: Path) -> None:
    script = (
        "import os, sys\n"
        "import sherpa_core as sherpa\n"
        "study = sherpa.Study([sherpa.Continuous('lr', [0, 1])], 'random', random_seed=1,\n"
        "                     output_dir=sys.argv[1], disable_dashboard=True)\n"
        "for trial in study:\n"
        "    study.add_observation(trial, 0.5, 1)\n"
        "    if trial.id == 2:\n"
        "        os._exit(9)\n"
        "    study.finalize(trial)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], env=os.environ)
    assert done.returncode == 9

    study = load(tmp_path)
    lost = study.history.trials[2]
    assert lost.status == "RUNNING"
    trial = study.get_suggestion()

    assert isinstance(trial, Trial)
    assert (trial.id, trial.attempt, trial.observations) == (2, 2, [])
    study.add_observation(trial, 0.4, 1)
    study.finalize(trial)
    following = study.get_suggestion()
    assert isinstance(following, Trial)
    whole = Study(
        [sherpa.Continuous("lr", [0, 1])], "random", random_seed=1, disable_dashboard=True
    )
    expected = [each.parameters for each, _ in zip(whole, range(3), strict=False)]
    assert [each.parameters for each in study.history.trials.values()] == expected
