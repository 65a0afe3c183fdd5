"""The scheduler `local`: runs every job as a process of this machine."""

from sherpa_local.scheduler import LocalScheduler

__all__ = ["LocalScheduler"]
