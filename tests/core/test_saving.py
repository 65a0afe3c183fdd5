from __future__ import annotations

from pathlib import Path

import pytest

import sherpa_core as sherpa
from sherpa_core import Study, UserError


def study() -> Study:
    made = Study([sherpa.Choice("c", ["a\u2028b", "c"])], "random", disable_dashboard=True)
    made.enqueue({"c": "a\u2028b"})
    trial = made.get_suggestion()
    assert isinstance(trial, sherpa.Trial)
    made.add_observation(trial, 1.0, context={"text": "\x85\x0b\x0c\u2029 \"'"})
    made.finalize(trial)
    made.set_note("one\ntwo\u2028three\x85")
    return made


def test_texts_with_odd_line_breaks_come_back(tmp_path: Path) -> None:
    made = study()
    made.save(tmp_path)

    again = Study.load(tmp_path, disable_dashboard=True)

    assert again.history.note == made.history.note
    assert again.get_best_result() == made.get_best_result()


def test_saving_again_replaces_what_was_there(tmp_path: Path) -> None:
    made = study()
    made.save(tmp_path)
    made.set_note("later")
    made.save(tmp_path)

    assert Study.load(tmp_path, disable_dashboard=True).history.note == "later"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "config.json", "results.csv", "study.jsonl",
    ]  # fmt: skip


def test_what_was_saved_elsewhere_can_be_loaded_from_there(tmp_path: Path) -> None:
    made = Study(
        [sherpa.Continuous("x", [0, 1])],
        "random",
        output_dir=tmp_path / "own",
        disable_dashboard=True,
    )
    trial = made.get_suggestion()
    assert isinstance(trial, sherpa.Trial)
    made.add_observation(trial, 0.5)
    made.save(tmp_path / "copy")
    made.save()

    copy = Study.load(tmp_path / "copy", disable_dashboard=True)
    assert copy.history.trials[1].objective == 0.5
    assert not (tmp_path / "own" / "study.jsonl").exists()


def test_a_file_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = study()
    made.save(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def fail(frame: object, space: object, path: Path) -> None:
        path.write_text("half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sherpa_core.results.write_csv", fail)
    with pytest.raises(OSError, match="No space left"):
        made.save(tmp_path)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(UserError, match="cannot be an output folder"):
        study().save(tmp_path / "file" / "below")
