"""Client: the trial process's side. It reads its trial and reports observations."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from sherpa_core import locate
from sherpa_core.errors import Conflict, StorageError, UserError
from sherpa_core.events import Event, encode
from sherpa_core.log import Log
from sherpa_core.registry import load
from sherpa_core.reports import observation_event
from sherpa_core.sockets import bind
from sherpa_core.trial import TrainedTrial, Trial

T = TypeVar("T")

logger = logging.getLogger(__name__)

_OUTAGE = 120.0  # seconds that a storage may be out of reach before a report fails


class Client:
    """Connects a trial script with its study.

    Args:
        host: host of a MongoDB server. Default: the environment that the runner has set.
        port: its port, 27010 when only the host is given.
        test_mode: needs no study: `get_trial` gives an empty trial, reports are only checked.
        **mongo_client_args: further options of the MongoDB connection, such as `username`,
            `password` and `tls`.

    Raises:
        UserError: the script was not started by a runner.
    """

    def __init__(
        self,
        host: str | None = None,
        port: int | None = None,
        test_mode: bool = False,
        **mongo_client_args: Any,
    ) -> None:
        self.test_mode = test_mode
        self._attempt = int(os.environ.get("SHERPA_ATTEMPT", "1"))
        self._log: Log | None = None
        if test_mode:
            return
        if host is not None or port is not None:
            self._url = _mongodb_url(host or "localhost", port or 27010, mongo_client_args)
        else:
            self._url = _storage_of_the_run()

    def get_trial(self) -> TrainedTrial:
        """Return the trial that this process is to train.

        Its `load_dir` and `save_dir` are the folders of its parent's checkpoint and of its own.

        Raises:
            UserError: the script was not started by a runner, or there is no such trial.
        """
        if self.test_mode:
            return TrainedTrial(1, {})
        id = os.environ.get("SHERPA_TRIAL_ID")
        if not id or not id.isdigit():
            raise UserError(f"SHERPA_TRIAL_ID is not set. {_HOW}")
        text = os.environ.get("SHERPA_TRIAL")
        if text:
            parameters = json.loads(text)["parameters"]
        else:
            study = _study_of_the_run()
            log = self._patiently(lambda: locate.open_log(self._url, study, announce=False))
            if int(id) not in log.history.trials:
                raise UserError(f"the study {study!r} has no trial {id}")
            parameters = log.history.trials[int(id)].parameters
        folders = (os.environ.get(f"SHERPA_{name}_DIR", "") for name in ("LOAD", "SAVE"))
        trial = TrainedTrial(int(id), parameters, *folders)
        trial.attempt = self._attempt
        return trial

    def send_metrics(
        self,
        trial: Trial,
        iteration: int,
        objective: float,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        """Report one observation; returns when it is safely stored.

        A storage that is out of reach for a short time is tried again; nothing is lost or
        counted twice. When an iteration is sent again, the first report counts.

        Args:
            trial: the trial of `get_trial`.
            iteration: for example the epoch.
            objective: its value; NaN is kept but never best.
            context: other metrics by name.

        Raises:
            UserError: a value is not what it should be.
            StorageError: the storage was out of reach for two minutes.
        """
        self.send(
            observation_event(
                trial.id, self._attempt, objective, iteration, context, trial.parameters
            )
        )

    def send(self, event: Event) -> None:
        """Send an observation's event, as `send_metrics` does."""
        if self.test_mode:
            encode(event)  # refuses what is too long
            return
        try:
            self._patiently(lambda: self._open().append(event))
        except Conflict:
            logger.info("%s was there already", event["key"])

    def keras_send_metrics(
        self, trial: Trial, objective_name: str | None = None, context_names: Iterable[str] = ()
    ) -> Any:
        """Return a Keras callback that reports after each epoch.

        Args:
            trial: the trial of `get_trial`.
            objective_name: the metric that is the objective. Default: val_loss, else loss.
            context_names: other metrics to report.
        """
        return load("callback", "keras")(trial, self, objective_name, context_names)

    def _patiently(self, work: Callable[[], T]) -> T:
        """Return what `work` returns; a storage that is out of reach is tried again."""
        pause, deadline = 0.05, time.monotonic() + _OUTAGE
        while True:
            try:
                return work()
            except Conflict:
                raise
            except StorageError as error:
                if time.monotonic() > deadline:
                    raise
                logger.warning("the storage does not answer, trying again: %s", error)
                self._log = None
                time.sleep(pause)
                pause = min(2 * pause, 5.0)

    def _open(self) -> Log:
        if self._log is None:
            self._log = Log(bind("storage", self._url), _study_of_the_run(), announce=False)
            self._log.folding = False
        return self._log


_HOW = (
    "A trial script is started by a runner: `sherpa run STUDY.toml` or sherpa_core.optimize(...); "
    "to try it by itself use Client(test_mode=True)."
)


def _mongodb_url(host: str, port: int, options: Mapping[str, Any]) -> str:
    given = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in options.items()
    }
    user, password = given.pop("username", ""), given.pop("password", "")
    credentials = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
    query = f"/?{urlencode(given, quote_via=quote)}" if given else ""
    return f"mongodb://{credentials}{host}:{port}{query}"


def _study_of_the_run() -> str:
    study = os.environ.get("SHERPA_STUDY")
    if not study:
        raise UserError(f"SHERPA_STUDY is not set. {_HOW}")
    return study


def _storage_of_the_run() -> str:
    path = os.environ.get("SHERPA_STORAGE_FILE")
    url = Path(path).read_text("utf-8") if path else os.environ.get("SHERPA_STORAGE", "")
    if not url:
        raise UserError(f"SHERPA_STORAGE is not set. {_HOW}")
    return url
