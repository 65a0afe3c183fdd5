from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from sherpa_core import PluginError, UserError
from sherpa_core.config import StudyFile, load_study_file

PARAMETERS = """
[[parameters]]
name = "C"
type = "continuous"
range = [0.1, 10.0]
scale = "log"

[[parameters]]
name = "kernel"
type = "choice"
range = ["rbf", "linear"]

[[parameters]]
name = "gamma"
type = "continuous"
range = [0.0, 1.0]
when = { kernel = ["rbf"] }
"""
RUN = '[run]\ncommand = "true {C}"\n'
GOOD = f'algorithm = "random"\n{PARAMETERS}\n{RUN}'


@pytest.fixture(autouse=True)
def import_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))


def load(folder: Path, text: str, overrides: dict[str, Any] | None = None) -> StudyFile:
    path = folder / "digits.toml"
    path.write_text(text, "utf-8")
    return load_study_file(path, overrides, dashboard=False)


def complaint(folder: Path, text: str, error: type[Exception] = UserError) -> str:
    before = set(folder.rglob("*"))
    with pytest.raises(error) as caught:
        load(folder, text)
    assert set(folder.rglob("*")) - before <= {folder / "digits.toml"}
    start = f"{folder / 'digits.toml'}: "
    assert str(caught.value).startswith(start)
    return str(caught.value).removeprefix(start)


def test_a_whole_file_becomes_a_study(tmp_path: Path) -> None:
    (tmp_path / "goal.py").write_text("def objective(trial):\n    return 1.0\n")
    file = load(
        tmp_path,
        f"""
        name = "first"
        lower_is_better = false
        random_seed = 7
        output_dir = "results"
        tags = ["svc"]
        initial = [{{ C = 1.0, kernel = "linear" }}]
        {PARAMETERS}
        [algorithm]
        name = "random"
        max_num_trials = 4
        [[stopping_rules]]
        name = "median"
        min_trials = 3
        [storage]
        url = "here.db"
        [run]
        objective = "goal:objective"
        max_concurrent = 2
        max_num_trials = 50
        timeout = 3600
        trial_timeout = 600
        resubmit_failed_trials = true
        """,
    )

    study = file.open()
    assert study.name == "first"
    assert study.lower_is_better is False
    assert study.random_seed == 7
    assert study.history.tags == ["svc"]
    assert [parameter.name for parameter in study.parameters] == ["C", "kernel", "gamma"]
    assert study.history.algorithm == {"name": "random", "max_num_trials": 4}
    assert study.history.config["stopping_rules"] == [{"name": "median", "min_trials": 3}]
    assert study.get_suggestion().parameters == {"C": 1.0, "kernel": "linear"}
    assert (tmp_path / "here.db").is_file()
    assert file.output_dir == tmp_path / "results"
    assert (file.options.max_concurrent, file.options.max_num_trials) == (2, 50)
    assert (file.options.timeout, file.options.trial_timeout) == (3600, 600)
    assert file.options.resubmit_failed_trials is True


def test_what_may_be_left_out(tmp_path: Path) -> None:
    file = load(tmp_path, GOOD)

    assert file.name == "digits"
    assert file.output_dir == tmp_path / "output_digits"
    assert not file.output_dir.exists()
    assert file.arguments["lower_is_better"] is True
    assert file.options.max_concurrent == 1


def test_initial_configurations_are_queued_once(tmp_path: Path) -> None:
    text = 'initial = [{ C = 1.0, kernel = "linear" }, { C = 2.0, kernel = "linear" }]\n' + GOOD
    load(tmp_path, text).open()
    study = load(tmp_path, text).open(resume=True)

    assert [queued["parameters"]["C"] for queued in study.history.queue] == [1.0, 2.0]


def test_a_study_that_is_there_is_not_begun_again(tmp_path: Path) -> None:
    load(tmp_path, GOOD).open()

    with pytest.raises(UserError, match="'digits' exists already"):
        load(tmp_path, GOOD).open()


def test_another_space_cannot_continue_a_study(tmp_path: Path) -> None:
    load(tmp_path, GOOD).open()

    with pytest.raises(UserError, match=r"another search space.*'C'"):
        load(tmp_path, GOOD.replace("10.0", "20.0")).open(resume=True)


@pytest.mark.parametrize("storage", ["'sqlite:other.db'", "'other.db'", "{ url = 'other.db' }"])
def test_paths_begin_at_the_files_folder(storage: str, tmp_path: Path) -> None:
    load(tmp_path, f"storage = {storage}\n{GOOD}").open()

    assert (tmp_path / "other.db").is_file()


def test_overrides_replace_what_the_file_says(tmp_path: Path) -> None:
    file = load(tmp_path, GOOD, {"run.max_num_trials": 3, "name": "other"})

    assert (file.name, file.options.max_num_trials) == ("other", 3)


def test_overrides_are_checked_likewise(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"digits.toml: run.max_num_trials: .* at least 1"):
        load(tmp_path, GOOD, {"run.max_num_trials": 0})


WRONG = {
    "an unknown key": (
        f"max_trials = 3\n{GOOD}",
        "max_trials: there is no such key; there are 'name', ",
    ),
    "a misspelt key": (
        f"stopping_rule = 'median'\n{GOOD}",
        "stopping_rule: there is no such key, did you mean 'stopping_rules'?",
    ),
    "a misspelt key of run": (
        GOOD + "max_concurent = 2\n",
        "run.max_concurent: there is no such key, did you mean 'max_concurrent'?",
    ),
    "a key below the wrong header": (
        f"{GOOD}random_seed = 1\n",
        "run.random_seed: there is no such key, but above the first [table] there is",
    ),
    "no parameters": ("algorithm = 'random'\n" + RUN, "parameters: this key is missing"),
    "an empty space": (
        f"parameters = []\nalgorithm = 'random'\n{RUN}",
        "parameters: a study needs at least one parameter",
    ),
    "no algorithm": (PARAMETERS + RUN, "algorithm: this key is missing"),
    "no run": (f"algorithm = 'random'\n{PARAMETERS}", "run: needs one of 'command', 'filename'"),
    "two things to run": (GOOD + "filename = 'a.py'\n", "run: needs one of"),
    "a wrong direction": (
        f"lower_is_better = 'no'\n{GOOD}",
        "lower_is_better: must be true or false, but is 'no'",
    ),
    "a wrong seed": (f"random_seed = 1.5\n{GOOD}", "random_seed: must be a whole number"),
    "a negative seed": (
        f"random_seed = -1\n{GOOD}",
        "random_seed: random_seed must lie in [0, 2**63), but is -1",
    ),
    "a name with a hash": (
        f"name = 'a#b'\n{GOOD}",
        "name: a study's name must be a text without '#', but is 'a#b'",
    ),
    "a table that is none": (f"parameters = 3\nalgorithm = 'random'\n{RUN}", "parameters: must"),
    "a parameter that is none": (
        f"parameters = [3]\nalgorithm = 'random'\n{RUN}",
        "parameters[0]: a parameter must be a table, but is 3",
    ),
    "tags that are none": (
        f"tags = [1]\n{GOOD}",
        "tags: tags must be a list of texts, but is [1]",
    ),
    "no type": (
        GOOD.replace('type = "choice"', ""),
        "parameters[1]: a parameter needs a 'type': one of 'continuous', 'discrete', 'ordinal'",
    ),
    "a wrong type": (
        GOOD.replace('"choice"', '"chioce"'),
        "parameters[1].type: type must be one of 'continuous', 'discrete', 'ordinal' and "
        "'choice', but is 'chioce', did you mean 'choice'?",
    ),
    "a wrong range": (
        GOOD.replace("[0.1, 10.0]", "[0.1]"),
        "parameters[0].range: C: range must be [low, high], but is [0.1]",
    ),
    "an infinite range": (GOOD.replace("10.0", "inf"), "parameters[0]: C: "),
    "a log scale over zero": (GOOD.replace("[0.1, 10.0]", "[0, 1]"), "parameters[0]: C: a log"),
    "a misspelt key of a parameter": (
        GOOD.replace('scale = "log"', 'scal = "log"'),
        "parameters[0].scal: 'scal' is not an option of a continuous parameter, did you mean",
    ),
    "a name that stands twice": (GOOD.replace('"gamma"', '"C"'), "parameters: the parameter 'C'"),
    "a condition on an unknown parameter": (
        GOOD.replace("{ kernel =", "{ kernal ="),
        "parameters[2].when: gamma: the condition names 'kernal', which is not a parameter, "
        "did you mean 'kernel'?",
    ),
    "a condition in a circle": (
        GOOD.replace('{ kernel = ["rbf"] }', "{ gamma = [0.5] }"),
        "parameters: the conditions of 'gamma' form a circle",
    ),
    "an initial configuration out of the space": (
        f"initial = [{{ C = 1.0, kernel = 'linear' }}, {{ C = 0.0, kernel = 'linear' }}]\n{GOOD}",
        "initial[1].C: C must lie in [0.1, 10.0], but is 0.0",
    ),
    "an initial configuration that is none": (f"initial = [1]\n{GOOD}", "initial[0]: must be"),
    "an option of the wrong value": (
        GOOD.replace("'random'", "0").replace('"random"', '{name = "random", repeat = 0}'),
        "algorithm.repeat: random: 'repeat' must be >= 1: 0",
    ),
    "a misspelt option": (
        GOOD.replace('"random"', '{name = "random", repeats = 2}'),
        "algorithm.repeats: random: 'repeats' is not an option, did you mean 'repeat'?",
    ),
    "an algorithm without a name": (
        GOOD.replace('"random"', "{repeat = 2}"),
        "algorithm: the algorithm needs a 'name'",
    ),
    "an algorithm that is a number": (GOOD.replace('"random"', "3"), "algorithm: must be a plugin"),
    "a wrong option of the second rule": (
        f"stopping_rules = ['median', {{ name = 'median', min_trials = 0 }}]\n{GOOD}",
        "stopping_rules[1].min_trials: median: 'min_trials' must be >= 1: 0",
    ),
    "a storage without an URL": (f"storage = {{ path = 'a' }}\n{GOOD}", "storage: must be"),
    "a wrong option of the storage": (
        f"storage = {{ url = 'a.db', timeout = -1 }}\n{GOOD}",
        "storage.timeout: sqlite: timeout is -1",
    ),
    "too few workers": (
        GOOD + "max_concurrent = 0\n",
        "run.max_concurrent: max_concurrent must be a whole number of at least 1, but is 0",
    ),
    "a wrong timeout": (GOOD + "timeout = '1h'\n", "run.timeout: timeout must be a positive"),
    "a wrong flag": (
        GOOD + "resubmit_failed_trials = 1\n",
        "run.resubmit_failed_trials: must be true or false, but is 1",
    ),
    "a placeholder without a parameter": (
        GOOD.replace("true {C}", "true {c}"),
        "run.command: the command names {c}, which is no parameter",
    ),
    "a program that does not exist": (
        GOOD.replace("true {C}", "./nothing {C}"),
        "run.command: the command's program './nothing' does not exist",
    ),
    "a script that does not exist": (
        GOOD.replace('command = "true {C}"', 'filename = "train.py"'),
        "run.filename: the trial script ",
    ),
    "a command that is a number": (
        GOOD.replace('"true {C}"', "3"),
        "run.command: must be a text, but is 3",
    ),
    "a module that does not exist": (
        GOOD.replace('command = "true {C}"', 'objective = "nothing_here:f"'),
        "run.objective: objective 'nothing_here:f' cannot be imported: ModuleNotFoundError: No ",
    ),
    "a resource that there is not": (
        f"{GOOD}\nresources_per_trial = {{cores = 2}}",
        "run.resources_per_trial: resources_per_trial has no 'cores'",
    ),
    "a storage that cannot be served": (
        f"storage = {{name = 'memory'}}\n{GOOD}",
        "storage: the storage 'memory' has no server of its own: give its URL (memory://...)",
    ),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_wrong_input_is_named_by_its_key_path(text: str, message: str, tmp_path: Path) -> None:
    assert complaint(tmp_path, text).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("random", "rndom"), "algorithm: the algorithm 'rndom' is not installed. Did"),
        (f"stopping_rules = ['medan']\n{GOOD}", "stopping_rules[0]: the stopping rule 'medan' is"),
        (f"scheduler = 'pbs-pro'\n{GOOD}", "scheduler: the scheduler 'pbs-pro' is not installed."),
        (f"storage = 'sqlit:a.db'\n{GOOD}", "storage: the storage 'sqlit' is not installed. Did"),
        (f"observers = ['none']\n{GOOD}", "observers[0]: the observer 'none' is not installed."),
    ],
)
def test_plugins_that_are_missing_are_named(text: str, message: str, tmp_path: Path) -> None:
    assert complaint(tmp_path, text, PluginError).startswith(message)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def objective(trial:\n", "SyntaxError"),
        ("raise ValueError('no data')\n", "ValueError: no data"),
        ("objective = 3\n", "is not a function"),
    ],
)
def test_a_broken_objective_is_named(code: str, reason: str, tmp_path: Path) -> None:
    name = f"broken_{abs(hash(code))}"
    (tmp_path / f"{name}.py").write_text(code)
    text = GOOD.replace('command = "true {C}"', f'objective = "{name}:objective"')

    message = complaint(tmp_path, text)

    assert message.startswith("run.objective: ")
    assert reason in message


def test_a_disabled_plugin_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHERPA_DISABLE_PLUGINS", "random")

    assert "algorithm: the algorithm 'random' (sherpa-random" in complaint(
        tmp_path, GOOD, PluginError
    )


def test_what_is_not_toml_says_where(tmp_path: Path) -> None:
    assert "this is not TOML" in complaint(tmp_path, "algorithm = random\n")
    (tmp_path / "digits.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(UserError, match="this is not TOML"):
        load_study_file(tmp_path / "digits.toml")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"'.*none.toml' does not exist"):
        load_study_file(tmp_path / "none.toml")
    with pytest.raises(UserError, match="cannot be read: Is a directory"):
        load_study_file(tmp_path)
