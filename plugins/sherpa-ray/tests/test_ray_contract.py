"""The Ray scheduler keeps what every scheduler promises, on both kinds of clusters."""

import pytest

from sherpa_testkit import SchedulerContract


class TestLocalCluster(SchedulerContract):
    """Also follows the jobs of another instance: a process has one local cluster."""

    patience = 120.0
    at_once = 10.0

    @pytest.fixture
    def scheduler(self, local):
        return local

    def test_nobody_else_can_connect(self, local):
        import ray

        assert [node["NodeManagerAddress"] for node in ray.nodes()] == ["127.0.0.1"]
