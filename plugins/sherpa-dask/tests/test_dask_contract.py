"""The Dask scheduler keeps what every scheduler promises, on both kinds of clusters."""

import pytest

from sherpa_dask import DaskScheduler
from sherpa_testkit import SchedulerContract


class TestLocalCluster(SchedulerContract):
    reattaches = False  # the cluster belongs to the scheduler, and ends with it

    @pytest.fixture
    def scheduler(self):
        scheduler = DaskScheduler(workers=8)
        yield scheduler
        scheduler.close()


class TestRunningCluster(SchedulerContract):
    patience = 60.0

    @pytest.fixture
    def scheduler(self, cluster):
        scheduler = DaskScheduler(address=cluster.address)
        scheduler.poll_interval = 0.05
        yield scheduler
        scheduler.close()
