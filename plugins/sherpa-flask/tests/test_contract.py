"""The contract that every dashboard keeps."""

from __future__ import annotations

from typing import Any

from sherpa_flask import FlaskDashboard
from sherpa_testkit.dashboard import DashboardContract


class TestFlaskDashboard(DashboardContract):
    pages = ("", "data", "/studies", "/index")
    changes = ("trial/4/stop",)

    def make_dashboard(self) -> Any:
        return FlaskDashboard()
