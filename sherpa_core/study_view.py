"""StudyView: what is known of a study, and what can be made of it: results, files, pictures."""

from __future__ import annotations

from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from sherpa_core import saving
from sherpa_core.checkpoints import Checkpoints
from sherpa_core.engine import Engine
from sherpa_core.errors import UserError
from sherpa_core.history import History
from sherpa_core.parameters import Parameter
from sherpa_core.registry import load

if TYPE_CHECKING:
    import pandas as pd


class StudyView:
    """The side of a study that reads.

    Args:
        engine: the study's engine.
        output_dir: the folder for results, None if there is none.
    """

    def __init__(self, engine: Engine, output_dir: Path | None) -> None:
        self.engine = engine
        self.output_dir = output_dir
        self._log = engine.log
        self._lock = RLock()
        self._shared = getattr(engine.log.storage.plugin, "shared", True)

    @property
    def name(self) -> str:
        """The study's name in its storage."""
        return self._log.study

    @property
    def history(self) -> History:
        """The history as far as it was read; see `refresh`."""
        return self._log.history

    @property
    def parameters(self) -> list[Parameter]:
        """The search space as a list."""
        return list(self.history.space)

    @property
    def lower_is_better(self) -> bool:
        """Whether the objective is minimized."""
        return self.history.lower_is_better

    @property
    def random_seed(self) -> int:
        """The seed of all suggestions."""
        return int(self.history.config["seed"])

    @property
    def results(self) -> pd.DataFrame:
        """The results so far.

        Columns: Trial-ID, Status, Iteration, the parameters (sorted), Objective, the context
        (sorted), Failure, Attempt, Started, Duration (seconds). One row per observation (Status
        INTERMEDIATE), and one per trial that ended, with its best observation.
        """
        with self._lock:
            self.refresh()
            return self.history.results

    def get_best_result(self) -> dict[str, Any]:
        """Return the best trial's Trial-ID, Iteration, Objective, parameters and context.

        Looks at completed and stopped trials; `{}` when none of them has an objective.
        """
        with self._lock:
            self.refresh()
            return self.engine.best_result()

    def refresh(self) -> None:
        """Read what others have written."""
        self._log.refresh()

    @property
    def plot(self) -> Any:
        """Pictures: `plot.history()`, `.curves()`, `.importance()`, ... each a matplotlib figure.

        Raises:
            PluginError: the distribution that draws them is not installed; the message names it.
        """
        return load("callback", "plot")(self)

    def checkpoints(self) -> Checkpoints | None:
        """Return the folders for the trials' checkpoints, None where the study has no folder."""
        if self.output_dir is None:
            return None
        return Checkpoints(self.output_dir / "checkpoints", self.engine.algorithm)

    def save(self, output_dir: str | Path | None = None) -> None:
        """Write results.csv and config.json, and the log unless it is kept there already.

        Args:
            output_dir: the folder. Default: the study's own.

        Raises:
            UserError: there is no folder.
        """
        folder = output_dir or self.output_dir
        if folder is None:
            raise UserError("give save() an output_dir: this study has none of its own")
        with self._lock:
            self.refresh()
            elsewhere = (
                self.output_dir is None or self.output_dir.resolve() != Path(folder).resolve()
            )
            saving.save(self._log, Path(folder), with_log=elsewhere or not self._shared)
