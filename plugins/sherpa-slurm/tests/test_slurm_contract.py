"""The scheduler contract, kept on a real cluster."""

import pytest

from sherpa_testkit import SchedulerContract


@pytest.mark.usefixtures("slurm")
class TestSLURM(SchedulerContract):
    patience = 120.0  # the machine may be busy with other jobs
    at_once = 10.0  # sbatch is a process, and its controller may be busy

    @pytest.fixture
    def scheduler(self, make):
        return make()
