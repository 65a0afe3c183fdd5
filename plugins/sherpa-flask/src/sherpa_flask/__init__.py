"""The dashboard plugin `flask`: a live page for each study, and reports in a single file."""

from sherpa_flask.plugin import FlaskDashboard

__all__ = ["FlaskDashboard"]
