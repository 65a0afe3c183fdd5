"""Keeps to itself what GPyOpt and GPy do to the process that they run in."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from types import ModuleType


@contextmanager
def contained(seed: int) -> Iterator[None]:
    """Run GPyOpt's code alike in every process, and leave the process as it was.

    Inside, NumPy's global generator, from which GPy draws, is seeded, and warnings are silent:
    those of archived code are nobody's to mend. GPyOpt switches them off for good when it is
    imported, which is undone as well. Linear algebra uses one thread: the matrices are so small
    that more only wait for each other, and their number would change the last digits.

    Args:
        seed: seed of NumPy's global generator, from 0 to 2**32 - 1.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    saved = np.random.get_state()
    np.random.seed(seed)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"), threadpool_limits(1):
            warnings.simplefilter("ignore")
            with _version_known():
                yield
    finally:
        np.random.set_state(saved)


@contextmanager
def _version_known() -> Iterator[None]:
    """Answer GPyOpt, which asks `pkg_resources` for its own version when it is imported.

    That module was a part of setuptools, which has it no longer.
    """
    name = "pkg_resources"
    if "GPyOpt" in sys.modules or name in sys.modules:
        yield
        return
    stand_in = ModuleType(name)
    stand_in.get_distribution = metadata.distribution  # type: ignore[attr-defined]
    stand_in.DistributionNotFound = metadata.PackageNotFoundError  # type: ignore[attr-defined]
    sys.modules[name] = stand_in
    try:
        yield
    finally:
        del sys.modules[name]
