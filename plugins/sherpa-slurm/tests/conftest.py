"""Schedulers for a real cluster, and programs that answer in its place."""

import pytest

from sherpa_slurm import SLURMScheduler


@pytest.fixture
def scheduler():
    return patient()


def patient(**options):
    scheduler = SLURMScheduler(**options)
    scheduler.poll_interval = 0.2
    return scheduler


@pytest.fixture
def make():
    """Makes a scheduler with options."""
    return patient


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Puts a program on the PATH: shell code in the place of one of Slurm's."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def programs(**code):
        for name, text in code.items():
            (folder / name).write_text(f"#!/bin/bash\nPATH=/usr/bin:/bin\n{text}\n")
            (folder / name).chmod(0o755)

    return programs
