"""The scheduler `dask`: runs jobs on the workers of a Dask cluster."""

from sherpa_dask.scheduler import DaskScheduler

__all__ = ["DaskScheduler"]
