"""The results table: one row per observation, one per trial that ended; and its CSV."""

from __future__ import annotations

import copy
import csv
import math
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sherpa_core.events import to_json
from sherpa_core.parameters import Choice, Discrete, Ordinal, Parameter
from sherpa_core.space import SearchSpace

if TYPE_CHECKING:
    from sherpa_core.history import History

_EXACT = 2**53  # up to here a double holds every whole number


class _Column:
    """A growing column: `int` while all values are whole, then `float`, then `object`."""

    __slots__ = ("kind", "values")

    def __init__(self, kind: str, capacity: int) -> None:
        self.kind = kind
        self.values: np.ndarray[Any, Any] = np.full(
            capacity, math.nan, dtype=object if kind == "object" else float
        )

    def put(self, row: int, value: Any) -> None:
        if self.kind != "object":
            plain = type(value)
            if plain is float:
                if self.kind == "int":
                    self.kind = "float"
            elif plain is not int or not -_EXACT < value < _EXACT:
                self._to_objects()
        self.values[row] = value

    def _to_objects(self) -> None:
        native = int if self.kind == "int" else float
        values = np.full(len(self.values), math.nan, dtype=object)
        for row in np.flatnonzero(~np.isnan(self.values)):
            values[row] = native(self.values[row])
        self.kind, self.values = "object", values

    def series(self, length: int) -> Any:
        values = self.values[:length]
        if self.kind == "object":
            return pd.Series(values, dtype=object)
        if self.kind == "int" and not np.isnan(values).any():
            return values.astype(np.int64)
        return values


class Table:
    """The results table of one history, grown as the history grows."""

    def __init__(self) -> None:
        self._length = 0
        self._capacity = 64
        self._columns: dict[str, _Column] = {}
        self._context_names: set[str] = set()
        self._parameter_names: set[str] = set()
        self._frame: pd.DataFrame | None = None

    def frame(self, history: History) -> pd.DataFrame:
        """Return the table as a frame of one's own: writing into it changes nothing else."""
        rows = history.rows
        if self._frame is None or 2 * self._length < len(rows):
            if self._frame is None:
                self._declare(history.space)
            self._reserve(len(rows) // 2)
            for place in range(2 * self._length, len(rows), 2):
                self._add(history, rows[place], rows[place + 1])
            self._frame = self._build()
        return self._frame.copy(deep=False)  # pandas copies on write

    def _declare(self, space: Iterable[Parameter]) -> None:
        for name in ("Trial-ID", "Iteration", "Attempt"):
            self._columns[name] = _Column("int", self._capacity)
        for name in ("Objective", "Started", "Duration"):
            self._columns[name] = _Column("float", self._capacity)
        for name in ("Status", "Failure"):
            self._columns[name] = _Column("object", self._capacity)
        for parameter in space:
            kind = {"continuous": "float", "discrete": "int"}.get(parameter.type, "object")
            self._columns[parameter.name] = _Column(kind, self._capacity)
            self._parameter_names.add(parameter.name)

    def _reserve(self, length: int) -> None:
        if length <= self._capacity:
            return
        self._capacity = max(length, 2 * self._capacity)
        for column in self._columns.values():
            old = column.values
            column.values = np.full(self._capacity, math.nan, dtype=old.dtype)
            column.values[: len(old)] = old

    def _add(self, history: History, id: int, index: int) -> None:
        row, columns, trial = self._length, self._columns, history.trials[id]
        final = index < 0
        observation = trial.best if final else trial.observation(index)
        columns["Trial-ID"].values[row] = id
        columns["Attempt"].values[row] = trial.attempt
        columns["Started"].values[row] = trial.started
        if final:
            columns["Status"].values[row] = trial.status.value
            columns["Failure"].values[row] = trial.failure
            columns["Duration"].values[row] = trial.duration
            if observation is None and trial.num_observations:
                observation = trial.observation(trial.num_observations - 1)  # all are NaN
        else:
            columns["Status"].values[row] = "INTERMEDIATE"
            columns["Failure"].values[row] = ""
        for name, value in trial.parameters.items():
            self._column(name, value, self._parameter_names).put(row, value)
        if observation is not None:
            columns["Iteration"].values[row] = observation.iteration
            columns["Objective"].values[row] = observation.objective
            for name, value in observation.context.items():
                if name not in self._parameter_names:
                    value = copy.deepcopy(value) if isinstance(value, list | dict) else value
                    self._column(name, value, self._context_names).put(row, value)
        self._length += 1

    def _column(self, name: str, value: Any, names: set[str]) -> _Column:
        column = self._columns.get(name)
        if column is None:
            kind = {int: "int", float: "float"}.get(type(value), "object")
            column = self._columns[name] = _Column(kind, self._capacity)
        names.add(name)
        return column

    def _build(self) -> pd.DataFrame:
        order = [
            *("Trial-ID", "Status", "Iteration"),
            *sorted(self._parameter_names),
            "Objective",
            *sorted(self._context_names - self._parameter_names),
            *("Failure", "Attempt", "Started", "Duration"),
        ]
        return pd.DataFrame({name: self._columns[name].series(self._length) for name in order})


def write_csv(frame: pd.DataFrame, space: SearchSpace, path: str | Path | IO[str]) -> None:
    """Write a results table, values of choices such that `read_csv` finds them again."""
    frame = frame.copy(deep=False)
    for name in frame.columns:
        if frame[name].dtype == object:
            texts = _texts(space, name)
            frame[name] = [_cell(value, texts) for value in frame[name]]
        elif name == "Iteration" or isinstance(space.by_name.get(name), Discrete):
            frame[name] = frame[name].astype("Int64")  # whole numbers beside empty cells
    frame.to_csv(path, index=False)


def read_csv(path: str | Path, space: SearchSpace) -> pd.DataFrame:
    """Return the results table that `write_csv` wrote; choices are the very values again."""
    choices = {
        each.name: {text: value for value, text in zip(*_pairs(each), strict=True)}
        for each in space
        if isinstance(each, Choice | Ordinal)
    }
    with open(path, encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    columns: dict[str, Any] = {}
    for name, texts in zip(
        head, zip(*rows, strict=True) if rows else [()] * len(head), strict=True
    ):
        if name in choices:
            values = [copy.deepcopy(choices[name].get(text, math.nan)) for text in texts]
            columns[name] = pd.Series(values, dtype=object)
        else:
            columns[name] = _numbers(texts, text=name in ("Status", "Failure"))
    return pd.DataFrame(columns)


def _numbers(texts: Sequence[str], text: bool) -> Any:
    """Return a column of texts as ints, else as floats, else as they are."""
    if not text:
        try:
            return np.array([int(each) for each in texts], dtype=np.int64)
        except (ValueError, OverflowError):
            with suppress(ValueError):
                return np.array([float(each) if each else math.nan for each in texts])
    return pd.Series(texts if text else [each or math.nan for each in texts], dtype=object)


def _pairs(parameter: Choice | Ordinal) -> tuple[list[Any], list[str]]:
    values = parameter.range
    texts = [value if isinstance(value, str) else to_json(value) for value in values]
    plain = all(text and text.isprintable() for text in texts)
    if len(set(texts)) < len(texts) or not plain:  # "1" beside 1, or a line break
        texts = [to_json(value) for value in values]
    return values, texts


def _texts(space: SearchSpace, name: str) -> dict[str, str]:
    if name in space.names:
        parameter = space.parameter(name)
        if isinstance(parameter, Choice | Ordinal):
            values, texts = _pairs(parameter)
            return {to_json(value): text for value, text in zip(values, texts, strict=True)}
    return {}


def _cell(value: Any, texts: dict[str, str]) -> Any:
    if texts and (value == value or "NaN" in texts):  # NaN: the parameter was inactive
        return texts.get(to_json(value), value)
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n")  # only "\n" is quoted everywhere
    return to_json(value) if isinstance(value, list | dict) else value
