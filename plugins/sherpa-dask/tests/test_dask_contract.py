"""The Dask scheduler keeps what schedulers promise, on both kinds of clusters."""

import pytest

from sherpa_dask import DaskScheduler
from sherpa_testkit import SchedulerContract, WorkersContract


class TestLocalCluster(SchedulerContract):
    reattaches = False  # the cluster belongs to the scheduler, and ends with it

    @pytest.fixture
    def scheduler(self):
        scheduler = DaskScheduler(workers=8)
        yield scheduler
        scheduler.close()


class TestRunningCluster(SchedulerContract, WorkersContract):
    patience = 60.0
    refusal = r"asks for [A-Z]+=\d+, but no worker .* `--resources"

    @pytest.fixture
    def scheduler(self, cluster, connect):
        return connect(cluster.address)
