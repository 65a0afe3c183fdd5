"""The options of a run."""

from __future__ import annotations

from typing import Any

import attrs

from sherpa_core.errors import UserError
from sherpa_core.values import native


def _optional(check: Any) -> Any:
    return attrs.validators.optional(check)


def _positive(instance: object, attribute: Any, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise UserError(f"{attribute.name} must be a positive number, but is {value!r}")


def _at_least_one(instance: object, attribute: Any, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise UserError(f"{attribute.name} must be a whole number of at least 1, but is {value!r}")


@attrs.frozen
class RunOptions:
    """How a study is run.

    Args:
        max_concurrent: number of trials at a time.
        max_num_trials: number of trials of the study after which none is started. Default: none.
        timeout: seconds after which no trial is started. Default: none.
        trial_timeout: seconds after which an attempt of a trial is ended. Default: none.
        resubmit_failed_trials: whether a trial that failed by itself runs again.
        max_attempts: how often a trial may be started in all.

    Raises:
        UserError: a number that is not positive.
    """

    max_concurrent: int = attrs.field(default=1, converter=native, validator=_at_least_one)
    max_num_trials: int | None = attrs.field(
        default=None, converter=native, validator=_optional(_at_least_one)
    )
    timeout: float | None = attrs.field(
        default=None, converter=native, validator=_optional(_positive)
    )
    trial_timeout: float | None = attrs.field(
        default=None, converter=native, validator=_optional(_positive)
    )
    resubmit_failed_trials: bool = False
    max_attempts: int = attrs.field(default=3, converter=native, validator=_at_least_one)
