"""What pytest loads wherever the testkit is installed."""

from __future__ import annotations

from pkgutil import iter_modules

import pytest

import sherpa_testkit

_PLUGIN = __name__.rpartition(".")[2]

# Asserts in the suites then show the values they compared, as those in test files do.
pytest.register_assert_rewrite(
    *(
        f"{sherpa_testkit.__name__}.{module.name}"
        for module in iter_modules(sherpa_testkit.__path__)
        if module.name != _PLUGIN
    )
)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker that every test of a contract suite carries."""
    config.addinivalue_line(
        "markers", "contract(kind): a promise that every plugin of the kind keeps"
    )
