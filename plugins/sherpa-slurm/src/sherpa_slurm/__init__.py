"""The scheduler `slurm`: runs every job on a Slurm cluster."""

from sherpa_slurm.scheduler import SLURMScheduler

__all__ = ["SLURMScheduler"]
