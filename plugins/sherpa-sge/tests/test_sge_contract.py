"""The Grid Engine scheduler keeps what every scheduler promises, on a real Grid Engine."""

import pytest

from sherpa_sge import SGEScheduler
from sherpa_testkit import SchedulerContract


@pytest.mark.usefixtures("grid_engine")
class TestSGEScheduler(SchedulerContract):
    patience = 60.0

    @pytest.fixture
    def scheduler(self):
        return SGEScheduler()
