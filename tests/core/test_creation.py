from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

import sherpa_core as sherpa
from sherpa_core import Continuous, PluginError, SherpaError, StorageError, Study, UserError
from sherpa_core.memory import MemoryStorage
from sherpa_core.sockets import bind

PARAMETERS = [sherpa.Continuous("lr", [0.1, 1]), sherpa.Choice("c", ["a", "b"])]


def new(parameters: Any = None, algorithm: Any = "random", **more: Any) -> Study:
    return Study(parameters or PARAMETERS, algorithm, disable_dashboard=True, **more)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"parameters": []}, "at least one parameter"),
        ({"parameters": 5}, "parameters must be a list of Parameter objects"),
        ({"parameters": PARAMETERS[0]}, "parameters must be a list of Parameter objects"),
        ({"parameters": "lr"}, "parameters must be a list of Parameter objects"),
        ({"parameters": [PARAMETERS[0]] * 2}, "'lr' stands twice"),
        ({"parameters": [sherpa.Parameter("a", [1, 2])]}, "a: use one of"),
        ({"algorithm": "randon"}, "Did you mean 'random'"),
        ({"algorithm": {"name": "random", "max_num_trial": 3}}, "did you mean 'max_num_trials'"),
        ({"algorithm": {"name": "random", "max_num_trials": -1}}, "must be >= 1"),
        ({"algorithm": {"nam": "random"}}, "needs a 'name'"),
        ({"algorithm": sherpa.algorithms.RandomSearch}, r"not the class: RandomSearch\(\)"),
        ({"algorithm": None}, "lacks 'get_suggestion'"),
        ({"lower_is_better": "yes"}, "lower_is_better must be True or False"),
        ({"lower_is_better": None}, "lower_is_better must be True or False"),
        ({"random_seed": -1}, "random_seed must lie in"),
        ({"random_seed": 2**63}, "random_seed must lie in"),
        ({"random_seed": 1.5}, "random_seed must be a whole number"),
        ({"random_seed": "1"}, "random_seed must be a whole number"),
        ({"random_seed": math.nan}, "random_seed must be a whole number"),
        ({"name": ""}, "a study's name must be"),
        ({"name": "a#b"}, "a study's name must be"),
        ({"name": 3}, "a study's name must be"),
        ({"stopping_rule": "medium"}, "stopping rule 'medium' is not installed"),
        ({"stopping_rules": [{"name": "median", "min_trials": 0}]}, "median: 'min_trials'"),
        ({"observers": ["nobody"]}, "observer 'nobody' is not installed"),
        (
            {"dashboard": "nobody", "disable_dashboard": False},
            "dashboard 'nobody' is not installed",
        ),
        ({"storage": "nothing://x"}, "storage 'nothing' is not installed"),
        ({"storage": object()}, "lacks 'append'"),
    ],
)
def test_bad_input_writes_nothing(arguments: Any, sentence: str, tmp_path: Path) -> None:
    storage = MemoryStorage()
    given = {
        "parameters": PARAMETERS, "algorithm": "random", "disable_dashboard": True,
        "storage": storage, "output_dir": tmp_path / "out", **arguments,
    }  # fmt: skip

    with pytest.raises((UserError, PluginError), match=sentence) as caught:
        Study(**given)

    assert "\n" not in str(caught.value)
    assert storage.list_studies() == []
    assert list(tmp_path.iterdir()) == []


def test_an_output_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")

    with pytest.raises(UserError, match="out cannot be an output folder: File exists"):
        new(output_dir=tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


def test_an_output_folder_without_storage_holds_a_database(tmp_path: Path) -> None:
    study = new(output_dir=tmp_path / "deep" / "out", name="mine")

    assert study._log.storage.name == "sqlite"
    assert (tmp_path / "deep" / "out").is_dir()
    assert Study.load(tmp_path / "deep" / "out", disable_dashboard=True).name == "mine"


def test_without_either_a_study_is_in_memory() -> None:
    assert new()._log.storage.name == "memory"


# What exists already


@pytest.fixture
def storage() -> MemoryStorage:
    storage = MemoryStorage()
    study = new(storage=storage, name="first", random_seed=3)
    for trial in (study.get_suggestion(), study.get_suggestion()):
        assert isinstance(trial, sherpa.Trial)
        study.add_observation(trial, 1.0)
    return storage


def test_a_name_that_exists_is_refused(storage: MemoryStorage) -> None:
    before = storage.read("first", 0, None)

    with pytest.raises(
        UserError,
        match=r"'first' exists already: continue it \(resume=True, or --resume\)",
    ):
        new(storage=storage, name="first")
    assert storage.read("first", 0, None) == before


def test_resume_continues_it_by_name_or_as_the_only_one(storage: MemoryStorage) -> None:
    for name in ("first", None):
        study = new(storage=storage, name=name, resume=True)
        assert (study.name, len(study.history.trials), study.random_seed) == ("first", 2, 3)


def test_resume_creates_what_does_not_exist() -> None:
    storage = MemoryStorage()

    assert new(storage=storage, name="new", resume=True).name == "new"
    assert new(storage=storage, name="other", resume=True).name == "other"
    with pytest.raises(UserError, match=r"say by its name .*: 'new' and 'other'"):
        new(storage=storage, resume=True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"parameters": PARAMETERS[:1]}, "another search space: its parameter 'c' is missing"),
        (
            {"parameters": [*PARAMETERS, sherpa.Choice("d", [1])]},
            "another search space: it has no parameter 'd'",
        ),
        (
            {"parameters": [sherpa.Continuous("lr", [0.1, 2]), PARAMETERS[1]]},
            r"it has Continuous\(name='lr', range=\[0.1, 1.0\]\), but .*2.0",
        ),
        ({"parameters": PARAMETERS[::-1]}, "its parameters have another order"),
        ({"lower_is_better": False}, "has lower_is_better=True, but False was given"),
        ({"random_seed": 4}, "has random_seed 3, but 4 was given"),
    ],
)
def test_what_differs_from_the_study_is_refused(
    storage: MemoryStorage, arguments: Any, sentence: str
) -> None:
    before = storage.read("first", 0, None)
    given = {"parameters": PARAMETERS, "algorithm": "random", **arguments}

    with pytest.raises(UserError, match=sentence):
        Study(**given, storage=storage, name="first", resume=True, disable_dashboard=True)
    assert storage.read("first", 0, None) == before


def test_the_same_space_written_otherwise_is_the_same(storage: MemoryStorage) -> None:
    same = [sherpa.Continuous("lr", (1.0, 0.1)), sherpa.Choice("c", ("a", "b"))]

    assert new(same, storage=storage, name="first", resume=True).name == "first"


def test_a_study_of_a_newer_version_is_refused() -> None:
    storage = MemoryStorage()
    config = {
        "format": 99, "name": "future", "parameters": [PARAMETERS[0].to_dict()],
        "algorithm": {"name": "random"}, "lower_is_better": True, "seed": 1,
    }  # fmt: skip
    event = {"type": "study_created", "time": 1.0, "writer": "w", "config": config}
    storage.append("future", [event])

    with pytest.raises(UserError, match=r"newer version of sherpa-core \(format 99"):
        new(PARAMETERS[:1], storage=storage, name="future", resume=True)


def test_two_processes_that_create_one_study_at_once() -> None:
    class Racing(MemoryStorage):
        """Another process is faster by a hair."""

        raced = False

        def append(self, study: str, events: Any) -> int:
            if not self.raced:
                self.raced = True
                new(storage=self, name=study)
            return super().append(study, events)

    with pytest.raises(UserError, match="'both' exists already"):
        new(storage=Racing(), name="both")
    storage = Racing()
    assert new(storage=storage, name="both", resume=True).name == "both"
    assert storage.list_studies() == ["both"]


# What is recorded


def test_a_study_records_what_it_was_made_with(storage: MemoryStorage) -> None:
    events = storage.read("first", 0, None)
    created = next(event for event in events if event["type"] == "study_created")
    session = next(event for event in events if event["type"] == "session_started")

    assert created["config"] == {
        "format": 1,
        "name": "first",
        "parameters": [each.to_dict() for each in PARAMETERS],
        "algorithm": {"name": "random"},
        "lower_is_better": True,
        "seed": 3,
        "stopping_rules": [],
        "tags": [],
    }
    assert {"python", "sherpa-core", "sherpa-random"} <= set(session["versions"])


def test_another_algorithm_is_recorded_once(storage: MemoryStorage) -> None:
    for _ in range(2):
        new(storage=storage, name="first", resume=True, algorithm={"name": "grid"})

    changes = [
        event["algorithm"]
        for event in storage.read("first", 0, None)
        if event["type"] == "algorithm_changed"
    ]
    assert changes == [{"name": "grid"}]


def test_a_failing_storage_is_named() -> None:
    class Failing(MemoryStorage):
        def append(self, study: str, events: Any) -> int:
            raise OSError("disk full")

    with pytest.raises(StorageError, match="the storage 'Failing' failed in append: OSError: disk"):
        new(storage=Failing())
    with pytest.raises(SherpaError):
        new(storage=Failing())


def test_an_algorithm_that_does_not_support_conditions_says_so() -> None:
    class Plain:
        supports_conditions = False

        def get_suggestion(self, parameters: Any) -> None:
            return None

    conditional = [*PARAMETERS, sherpa.Choice("d", [1], when={"c": "a"})]
    with pytest.raises(UserError, match="'Plain' does not support conditional parameters, but 'd'"):
        new(conditional, Plain())
    assert bind("algorithm", Plain()).name == "Plain"


def test_a_folder_holds_one_unnamed_study(tmp_path: Path) -> None:
    options: dict[str, Any] = {"output_dir": tmp_path, "disable_dashboard": True}
    first = Study([Continuous("x", [0, 1])], "random", **options)
    with pytest.raises(UserError, match=f"holds the study '{first.name}' already: continue it"):
        Study([Continuous("x", [0, 1])], "random", **options)
    Study([Continuous("x", [0, 1])], "random", name="another", **options)


def test_unnamed_studies_share_a_storage_that_is_named(tmp_path: Path) -> None:
    shared = f"sqlite://{tmp_path}/shared.db"
    names = {
        Study(
            [Continuous("x", [0, 1])],
            "random",
            storage=shared,
            output_dir=tmp_path / folder,
            disable_dashboard=True,
        ).name
        for folder in ("a", "b")
    }
    assert len(names) == 2
