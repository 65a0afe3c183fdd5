"""Checkpoints: a folder for each trial's model, there as long as a trial may load it."""

from __future__ import annotations

import shutil
from pathlib import Path

from sherpa_core.errors import SchedulerError
from sherpa_core.history import History
from sherpa_core.sockets import AlgorithmSocket
from sherpa_core.trial import Trial


class Checkpoints:
    """Makes a folder before a trial starts, and removes it when nobody can need it any more.

    Kept are the folders of running trials and of their parents, of the best trial, of the one
    that ended last, and those that the algorithm wants to keep: the disk use of a study is
    bounded.

    Args:
        folder: where the folders are; each is named by its trial's id.
        algorithm: the study's algorithm.
    """

    def __init__(self, folder: Path, algorithm: AlgorithmSocket) -> None:
        self._folder = folder.absolute()
        self._algorithm = algorithm
        names = [each.name for each in self._folder.iterdir()] if self._folder.is_dir() else []
        self._there = {int(name) for name in names if name.isdecimal()}

    def prepare(self, trial: Trial) -> tuple[str, str]:
        """Return the folders that a trial loads from (empty if there is none) and saves to."""
        save = self._folder / str(trial.id)
        try:
            save.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SchedulerError(f"its checkpoint's folder cannot be made: {error}") from error
        self._there.add(trial.id)
        load = self._folder / str(trial.parent)
        return str(load) if trial.parent is not None and load.is_dir() else "", str(save)

    def clean(self, history: History) -> None:
        """Remove the folders of ended trials that nobody can need any more."""
        ended = [id for id in self._there if id not in history.running and id in history.trials]
        if not ended:
            return
        needed = {trial.parent for trial in history.running.values()}
        if history.best is not None:
            needed.add(history.best.id)
        if history.ended:
            needed.add(history.ended[-1].id)
        if self._algorithm.implements("checkpoints_to_keep"):
            with self._algorithm.guarded("checkpoints_to_keep"):
                needed.update(self._algorithm.hook.checkpoints_to_keep(history=history))
                self._remove(ended, needed)
        else:
            self._remove(ended, needed)

    def _remove(self, ended: list[int], needed: set[int | None]) -> None:
        for id in ended:
            if id not in needed:
                place = self._folder / str(id)
                try:
                    place.rmdir()  # most trials save nothing
                except OSError:
                    shutil.rmtree(place, ignore_errors=True)
                self._there.discard(id)
