"""The command `sherpa plot`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sherpa_core import Study

Make = Callable[..., Study]


def sherpa(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    code = "from sherpa_core.cli import main; main(prog_name='sherpa')"
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def folder(tmp_path: Path, make: Make) -> Path:
    make(5, iterations=2, output_dir=tmp_path / "out", name="five").close()
    return tmp_path / "out"


def test_writes_a_summary_into_the_folder_and_prints_where(folder: Path) -> None:
    done = sherpa("plot", "out", cwd=folder.parent)

    assert done.returncode == 0, done.stderr
    assert done.stdout == "out/summary.png\n"
    assert (folder / "summary.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", ["history", "parallel", "curves"])
@pytest.mark.parametrize(
    ("ending", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("SVG", b"<?xml")]
)
def test_kinds_and_formats(kind: str, ending: str, start: bytes, folder: Path) -> None:
    path = folder.parent / f"picture.{ending}"

    done = sherpa("plot", folder, "--kind", kind, "-o", path, cwd=folder.parent)

    assert done.returncode == 0, done.stderr
    assert path.read_bytes().startswith(start)


@pytest.mark.parametrize("kind", ["importance", "slices"])
def test_kinds_that_take_more_trials_say_so_in_the_picture(kind: str, folder: Path) -> None:
    done = sherpa("plot", folder, "--kind", kind, "-o", "few.svg", cwd=folder.parent)

    assert done.returncode == 0, done.stderr
    assert (folder.parent / "few.svg").read_bytes().startswith(b"<?xml")


def test_lineages_of_a_population(tmp_path: Path, make: Make) -> None:
    pbt = {"name": "pbt", "num_generations": 2, "population_size": 3}
    make(6, algorithm=pbt, output_dir=tmp_path / "out").close()

    done = sherpa("plot", "out", "--kind", "lineage", cwd=tmp_path)

    assert done.stdout == "out/lineage.png\n", done.stderr


def test_of_a_url_it_is_written_here(folder: Path, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()

    done = sherpa("plot", f"sqlite://{folder / 'study.db'}#five", cwd=here)

    assert done.returncode == 0, done.stderr
    assert [path.name for path in here.iterdir()] == ["summary.png"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("nowhere",), "nowhere"),
        (("out", "-o", "picture.jpg"), "must end in .png or .pdf or .svg, but is picture.jpg"),
        (("out", "-o", "no/where.png"), "the folder 'no' for the picture does not exist"),
        (("out", "--kind", "pie"), "pie"),
        (("out", "--kind", "lineage"), "'five' has no lineages: its algorithm is random"),
        (("out", "--kind", "rungs"), "'five' has no rungs: its algorithm is random"),
    ],
)
def test_wrong_input(words: tuple[str, ...], says: str, folder: Path) -> None:
    before = sorted(folder.parent.rglob("*"))

    done = sherpa("plot", *words, cwd=folder.parent)

    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1, "one sentence"
    assert sorted(folder.parent.rglob("*")) == before


def test_help_does_not_wait_for_matplotlib() -> None:
    script = "import sys, sherpa_plot.command; print('matplotlib' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert done.stdout == "False\n"
