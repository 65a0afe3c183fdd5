"""Settings of all tests."""

from __future__ import annotations

from hypothesis import settings

# A busy machine is no reason to fail: what is slow is measured in benchmarks/.
settings.register_profile("sherpa", deadline=None)
settings.load_profile("sherpa")
