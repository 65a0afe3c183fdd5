"""The local scheduler keeps what every scheduler promises."""

import pytest

from sherpa_local import LocalScheduler
from sherpa_testkit import SchedulerContract


class TestLocalScheduler(SchedulerContract):
    @pytest.fixture
    def scheduler(self):
        return LocalScheduler(grace=0.5)
