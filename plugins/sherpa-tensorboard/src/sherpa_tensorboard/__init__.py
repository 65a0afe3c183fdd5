"""The observer `tensorboard`: scalars of each trial and the HParams tab."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import attrs
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, metadata
from tensorboard.plugins.hparams.plugin_data_pb2 import (
    HParamsPluginData,
    SessionEndInfo,
    SessionStartInfo,
)
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from sherpa_core.plugin import option
from sherpa_core.trial import Observation
from sherpa_tracking import Attempt, Tracker, numbers

_FLUSH = 5.0  # seconds after which an observation is on disk, for a TensorBoard that looks on
_COMPLETE = ".sherpa-complete"  # a file beside those of TensorBoard
_STATUS = {
    "COMPLETED": api_pb2.STATUS_SUCCESS,
    "STOPPED": api_pb2.STATUS_SUCCESS,  # TensorBoard knows no other word for an early end
    "FAILED": api_pb2.STATUS_FAILURE,
    "LOST": api_pb2.STATUS_FAILURE,
}


@attrs.define(eq=False)
class TensorBoardTracker(Tracker):
    """Writes each trial as a run of TensorBoard, in the folder `log_dir/STUDY-CREATED/trial_7`."""

    log_dir: str = option(
        "folder for TensorBoard, `tensorboard --logdir FOLDER`",
        default="runs",
        validator=attrs.validators.instance_of(str),
    )
    _writers: dict[Attempt, EventFileWriter] = attrs.field(factory=dict, init=False)

    def delivered(self, study: str, created: float) -> set[str]:
        """Return the names of the runs that are complete."""
        return {path.parent.name for path in self._folder(study, created).glob(f"*/{_COMPLETE}")}

    def begin(self, attempt: Attempt) -> None:
        """Begin a run's folder, anew if it is there: what counts is in the history."""
        if attempt in self._writers:
            self._writers.pop(attempt).close()
        folder = self._folder(attempt.study, attempt.created) / attempt.name
        for old in [*folder.glob(_COMPLETE), *folder.glob("events.out.tfevents.*")]:
            old.unlink()
        self._writers[attempt] = EventFileWriter(str(folder), flush_secs=_FLUSH)
        start = SessionStartInfo(
            group_name=f"trial {attempt.trial}", start_time_secs=attempt.started
        )
        for name, value in attempt.parameters.items():
            if isinstance(value, bool):
                start.hparams[name].bool_value = value
            elif isinstance(value, int | float):
                start.hparams[name].number_value = value
            else:
                text = value if isinstance(value, str) else json.dumps(value)
                start.hparams[name].string_value = text
        data = HParamsPluginData(session_start_info=start)
        self._write_session(attempt, metadata.SESSION_START_INFO_TAG, data, attempt.started)

    def observe(self, attempt: Attempt, observation: Observation) -> None:
        """Write the objective and the metrics that are numbers."""
        metrics = {"Objective": observation.objective, **numbers(observation.context)}
        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in metrics.items()]
        event = Event(
            wall_time=observation.time, step=observation.iteration, summary=Summary(value=values)
        )
        self._writers[attempt].add_event(event)

    def end(self, attempt: Attempt, status: str, failure: str, ended: float) -> None:
        """Write the status, and close the run's file."""
        folder = self._folder(attempt.study, attempt.created) / attempt.name
        if attempt not in self._writers:  # it was lost with an earlier process
            if not folder.is_dir():
                return
            self._writers[attempt] = EventFileWriter(str(folder))
        info = SessionEndInfo(status=_STATUS[status], end_time_secs=ended)
        data = HParamsPluginData(session_end_info=info)
        self._write_session(attempt, metadata.SESSION_END_INFO_TAG, data, ended)
        self._writers.pop(attempt).close()
        (folder / _COMPLETE).touch()

    def _folder(self, study: str, created: float) -> Path:
        day = datetime.fromtimestamp(created, UTC)
        return Path(self.log_dir, f"{quote(study, safe=' ')[:100]}-{day:%Y%m%dT%H%M%S}")

    def _write_session(
        self, attempt: Attempt, tag: str, data: HParamsPluginData, time: float
    ) -> None:
        summary = Summary()
        about = metadata.create_summary_metadata(data)
        summary.value.add(tag=tag, metadata=about, tensor=metadata.NULL_TENSOR)
        self._writers[attempt].add_event(Event(wall_time=time, summary=summary))
