"""Plots: the pictures of one study, behind `study.plot`."""

from __future__ import annotations

from matplotlib.figure import Figure

from sherpa_core import History
from sherpa_core.study_view import StudyView
from sherpa_plot import pictures


class Plots:
    """The pictures of one study; each is a matplotlib figure, which a notebook shows by itself.

    Args:
        study: the study, or its history.
    """

    def __init__(self, study: StudyView | History) -> None:
        self._study = study

    def summary(self) -> Figure:
        """Return all at a glance: the best, the objective over trials, parallel coordinates."""
        return pictures.summary(self._study)

    def history(self) -> Figure:
        """Return the objective over the trials, with the best so far."""
        return pictures.history(self._study)

    def curves(self) -> Figure:
        """Return each trial's objective over its iterations, the best highlighted."""
        return pictures.curves(self._study)

    def parallel_coordinates(self) -> Figure:
        """Return parallel coordinates of parameters and objective, the best highlighted."""
        return pictures.parallel_coordinates(self._study)

    def importance(self) -> Figure:
        """Return how much each parameter matters, with the uncertainty."""
        return pictures.importance(self._study)

    def slices(self) -> Figure:
        """Return the objective against each parameter, and where it is best."""
        return pictures.slices(self._study)

    def lineage(self) -> Figure:
        """Return what each lineage of population based training did over the generations.

        Raises:
            UserError: the study's trials are no generations.
        """
        return pictures.lineage(self._study)

    def rungs(self) -> Figure:
        """Return the rungs of successive halving, with the promotions.

        Raises:
            UserError: the study has no rungs.
        """
        return pictures.rungs(self._study)
