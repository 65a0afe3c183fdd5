"""The scheduler `sge`: runs every job on Grid Engine."""

from sherpa_sge.scheduler import SGEScheduler

__all__ = ["SGEScheduler"]
