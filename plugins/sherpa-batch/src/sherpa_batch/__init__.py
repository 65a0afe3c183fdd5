"""What the schedulers of batch systems share; a new engine implements four methods."""

from sherpa_batch.job import InQueue
from sherpa_batch.programs import run_program
from sherpa_batch.scheduler import BatchScheduler
from sherpa_batch.script import Submission

__all__ = ["BatchScheduler", "InQueue", "Submission", "run_program"]
