"""Static pictures of a study: each function takes a study or a history and returns a Figure.

The names below are imported when they are first used: the command line must not wait for
matplotlib only to list its commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sherpa_plot.pictures import curves as curves
    from sherpa_plot.pictures import history as history
    from sherpa_plot.pictures import importance as importance
    from sherpa_plot.pictures import lineage as lineage
    from sherpa_plot.pictures import parallel_coordinates as parallel_coordinates
    from sherpa_plot.pictures import rungs as rungs
    from sherpa_plot.pictures import slices as slices
    from sherpa_plot.pictures import summary as summary

__all__ = [
    "curves",
    "history",
    "importance",
    "lineage",
    "parallel_coordinates",
    "rungs",
    "slices",
    "summary",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from sherpa_plot import pictures

        return getattr(pictures, name)
    raise AttributeError(f"module 'sherpa_plot' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
