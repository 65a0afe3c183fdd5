"""The scheduler `ray`: runs jobs on the nodes of a Ray cluster."""

from sherpa_ray.scheduler import RayScheduler

__all__ = ["RayScheduler"]
