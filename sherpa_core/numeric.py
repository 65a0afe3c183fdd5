"""Hyperparameters that are numbers: Continuous and Discrete."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sherpa_core.errors import UserError
from sherpa_core.parameter import Parameter
from sherpa_core.priors import Prior
from sherpa_core.values import finite_float, plain_json, whole_number


class Number(Parameter):
    """What Continuous and Discrete share: two ends, a scale, a step, a prior."""

    extras = ("scale", "step", "distribution")

    def __init__(
        self,
        name: str,
        range: Sequence[Any],
        scale: str = "linear",
        *,
        step: float | None = None,
        distribution: Mapping[str, Any] | None = None,
        when: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(name, range, when=when)
        if len(self.range) != 2:
            raise UserError(f"{name}: range must be [low, high], but is {self.range!r}")
        low, high = sorted(self._number(value) for value in self.range)
        if low == high:
            raise UserError(f"{name}: range must not be empty, but both ends are {low!r}")
        if scale not in ("linear", "log"):
            raise UserError(f"{name}: scale must be 'linear' or 'log', but is {scale!r}")
        if scale == "log" and low <= 0:
            raise UserError(f"{name}: a log scale needs a positive range, but it begins at {low!r}")
        self.low: Any = low
        self.high: Any = high
        self.scale = scale
        self.range = [low, high]
        self.step: Any = self._check_step(step)
        self._prior = Prior(name, distribution, low, high, scale) if distribution else None
        self.distribution = plain_json(name, distribution) if distribution else None

    def _number(self, value: Any) -> Any:
        raise NotImplementedError

    def _check_step(self, step: Any) -> Any:
        if step is None:
            return None
        step = self._number(step)
        if not 0 < step <= (self.high - self.low) * (1 + 1e-9):  # 1.0 - 0.9 is less than 0.1
            raise UserError(
                f"{self.name}: step must be positive and fit into the range, but is {step!r}"
            )
        if self.scale == "log":
            raise UserError(f"{self.name}: a step and a log scale cannot be combined")
        return step

    @property
    def values(self) -> list[Any]:
        """All different values in their order, empty for a continuum."""
        if self.num_values == math.inf:
            return []
        step = self.step or 1
        return [self.restore(self.low + index * step) for index in range(int(self.num_values))]

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration that `from_dict` takes."""
        config = super().to_dict()
        if self.scale != "linear":
            config["scale"] = self.scale
        if self.step is not None:
            config["step"] = self.step
        if self.distribution:
            config["distribution"] = dict(self.distribution)
        return config

    def _outside(self, value: Any) -> UserError:
        steps = f" in steps of {self.step!r}" if self.step is not None else ""
        return UserError(
            f"{self.name} must lie in [{self.low!r}, {self.high!r}]{steps}, but is {value!r}"
        )


class Continuous(Number):
    """Continuous parameter, a float in `[low, high]`, both ends included.

    Args:
        name: the parameter name.
        range: the two ends in either order.
        scale: `linear` or `log`.
        step: the values are low, low + step, ... only. Default: every value.
        distribution: prior, truncated to the range: `{"type": "normal" | "lognormal",
            "mean": m, "std": s}` (of the logarithm for lognormal). Default: uniform in `scale`.
        when: condition, see `Parameter`.

    Raises:
        UserError: wrong name, range or option.
    """

    type = "continuous"

    def __init__(
        self,
        name: str,
        range: Sequence[float],
        scale: str = "linear",
        *,
        step: float | None = None,
        distribution: Mapping[str, Any] | None = None,
        when: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(name, range, scale, step=step, distribution=distribution, when=when)
        if not math.isfinite(self.high - self.low):
            raise UserError(f"{name}: range is too wide for a float: {self.range!r}")
        log = scale == "log"
        self._start: float = math.log(self.low) if log else self.low
        self._width: float = (math.log(self.high) if log else self.high) - self._start
        self._steps = 0
        self._last = self.high
        if self.step is not None:
            steps = (self.high - self.low) / self.step
            if steps > 2**53:
                raise UserError(f"{name}: step is too small for the range: {self.step!r}")
            self._steps = max(1, math.floor(steps * (1 + 1e-12) + 1e-9))
            # 0.1 + 2 * 0.1 is to be 0.3: the digits that a float has in this range
            self._digits = 15 - math.ceil(math.log10(max(abs(self.low), abs(self.high))))
            self._last = self._at(self._steps)

    def _number(self, value: Any) -> float:
        return finite_float(value, f"{self.name}: a number of the range or step")

    def from_unit(self, unit: float) -> float:
        """Return the value at `unit` in [0, 1]."""
        if not 0.0 < unit < 1.0:  # the very ends, which rounding could miss
            end: float = self._last if unit > 0.0 else self.low
            return end
        if self._prior is not None:
            value = self._prior.inverse(unit)
        elif self.scale == "log":
            value = math.exp(self._start + unit * self._width)
        elif self._steps:
            return self._at(int(unit * (self._steps + 1)))
        else:
            value = self._start + unit * self._width
        if self._steps:
            return self._at(round((value - self.low) / self.step))
        if self.low <= value <= self.high:
            return value
        return float(self.low if value < self.low else self.high)

    def _at(self, index: int) -> float:
        value: float = self.low
        if index > 0:
            value = round(value + min(index, self._steps) * self.step, self._digits)
        return float(min(max(value, self.low), self.high))

    def to_unit(self, value: float) -> float:
        """Return where `value` lies in [0, 1]."""
        if self._prior is not None:
            return self._prior.share_below(value)
        if self._steps:
            return float((round((value - self.low) / self.step) + 0.5) / (self._steps + 1))
        if not self.low < value < self.high:
            return 1.0 if value > self.low else 0.0
        place = math.log(value) if self.scale == "log" else value
        return min(max((place - self._start) / self._width, 0.0), 1.0)

    def restore(self, value: Any) -> float:
        """Return `value` as a float in the range, or raise `UserError`."""
        number = value if type(value) is float else finite_float(value, self.name)
        if not self.low <= number <= self.high:
            raise self._outside(number)
        if self._steps:
            index = round((number - self.low) / self.step)
            if abs(number - self._at(index)) > 1e-6 * self.step:
                raise self._outside(number)
            return self._at(index)
        return number

    def restore_type(self, value: Any) -> float:
        """Return `value` as a float, wherever it lies."""
        return finite_float(value, self.name)

    @property
    def num_values(self) -> float:
        """Number of different values, infinity without a step."""
        return self._steps + 1 if self._steps else math.inf


class Discrete(Number):
    """Discrete parameter, an int in `[low, high]`, both ends included.

    Args:
        name: the parameter name.
        range: the two ends in either order.
        scale: `linear` or `log`.
        step: the values are low, low + step, ... only. Default: 1.
        distribution: prior as for `Continuous`, rounded. Default: uniform in `scale`.
        when: condition, see `Parameter`.

    Raises:
        UserError: wrong name, range or option.
    """

    type = "discrete"

    def __init__(
        self,
        name: str,
        range: Sequence[int],
        scale: str = "linear",
        *,
        step: int | None = None,
        distribution: Mapping[str, Any] | None = None,
        when: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(name, range, scale, step=step, distribution=distribution, when=when)
        self._last = (self.high - self.low) // (self.step or 1)
        # Rounding gives each end half a step of its own, so that it is as likely as the others.
        self._start = math.log(self.low - 0.5) if scale == "log" else 0.0
        self._width = math.log(self.high + 0.5) - self._start if scale == "log" else 0.0

    def _number(self, value: Any) -> int:
        number = whole_number(value, f"{self.name}: a number of the range or step")
        if not -(2**63) <= number < 2**63:
            raise UserError(f"{self.name}: range must lie within 64 bits, but holds {number!r:.30}")
        return number

    def from_unit(self, unit: float) -> int:
        """Return the value at `unit` in [0, 1]."""
        if not 0.0 < unit < 1.0:  # the very ends, which rounding could miss
            index = self._last if unit > 0.0 else 0
        elif self._prior is not None or self.scale == "log":
            if self._prior is not None:
                value = self._prior.inverse(unit)
            else:
                value = math.exp(self._start + unit * self._width)
            index = math.floor((value - self.low) / (self.step or 1) + 0.5)
        else:
            index = int(unit * (self._last + 1))
        if not 0 <= index <= self._last:
            index = 0 if index < 0 else self._last
        return int(self.low + index * (self.step or 1))

    def to_unit(self, value: int) -> float:
        """Return the middle of the share of [0, 1] that gives `value`."""
        if self._prior is not None:
            return self._prior.share_below(value)
        if self.scale == "log":
            value = min(max(value, self.low), self.high)
            below, above = math.log(value - 0.5), math.log(value + 0.5)
            return ((below + above) / 2 - self._start) / self._width
        return float(((value - self.low) // (self.step or 1) + 0.5) / (self._last + 1))

    def restore(self, value: Any) -> int:
        """Return `value` as an int in the range, or raise `UserError`."""
        number = value if type(value) is int else whole_number(value, self.name)
        if not self.low <= number <= self.high or (
            self.step is not None and (number - self.low) % self.step
        ):
            raise self._outside(number)
        return number

    def restore_type(self, value: Any) -> int:
        """Return `value` as an int, wherever it lies."""
        return whole_number(value, self.name)

    @property
    def num_values(self) -> float:
        """Number of different values."""
        return int(self._last + 1)
