"""The earlier SHERPA's names for `sherpa_core` and its plugins; nothing else lives here.

This is SHERPA, the library for hyperparameter optimization. It is not Sherpa, the package for
fitting models to X-ray data, which is the distribution `sherpa` and has a module of that name too.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import sherpa_core
from sherpa._neighbours import check_alone
from sherpa_core import algorithms, database, schedulers

if TYPE_CHECKING:
    from sherpa_core import AlgorithmState as AlgorithmState
    from sherpa_core import Choice as Choice
    from sherpa_core import Client as Client
    from sherpa_core import Continuous as Continuous
    from sherpa_core import Discrete as Discrete
    from sherpa_core import Ordinal as Ordinal
    from sherpa_core import Parameter as Parameter
    from sherpa_core import Study as Study
    from sherpa_core import Trial as Trial
    from sherpa_core import optimize as optimize
    from sherpa_core import run_dashboard as run_dashboard

check_alone()

core = sherpa_core

# `import sherpa.algorithms.bayesian_optimization` finds these, and never looks for a file.
sys.modules |= {
    f"{__name__}.core": core,
    f"{__name__}.algorithms": algorithms,
    f"{__name__}.algorithms.core": algorithms,
    f"{__name__}.algorithms.bayesian_optimization": algorithms,
    f"{__name__}.algorithms.successive_halving": algorithms,
    f"{__name__}.database": database,
    f"{__name__}.schedulers": schedulers,
}

__all__ = sherpa_core.__all__


def __getattr__(name: str) -> Any:
    return getattr(sherpa_core, name)


def __dir__() -> list[str]:
    return dir(sherpa_core)
