"""Tests of services are skipped where there is none, and fail in continuous integration."""

import pytest

from sherpa_testkit.services import require_service


@pytest.mark.parametrize(
    ("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)]
)
def test_a_missing_service_is_named_with_its_remedy(ci, outcome, monkeypatch):
    monkeypatch.setenv("CI", ci)

    with pytest.raises(outcome, match=r"Slurm is not reachable: `make services`"):
        require_service("Slurm", False)


@pytest.mark.parametrize("ci", ["", "true"])
def test_a_service_that_answers_is_used(ci, monkeypatch):
    monkeypatch.setenv("CI", ci)

    require_service("Slurm", True)
