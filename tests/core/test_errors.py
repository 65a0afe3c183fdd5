from __future__ import annotations

import pytest

from sherpa_core import PluginError, SherpaError, StorageError, UserError
from sherpa_core.errors import Conflict, listed, nearest


def test_users_can_catch_them_all() -> None:
    for error in (UserError("x"), StorageError("x"), Conflict("key"), PluginError("x")):
        assert isinstance(error, SherpaError)
    assert isinstance(UserError("x"), ValueError)


def test_a_conflict_knows_key_and_place() -> None:
    conflict = Conflict("trial/17", 2)

    assert (conflict.key, conflict.index) == ("trial/17", 2)
    assert "'trial/17'" in str(conflict)


def test_a_plugin_error_says_who_and_what_to_do() -> None:
    error = PluginError("it broke.", name="x", distribution="d", version="1", hint="Mend it.")

    assert str(error) == "it broke. Mend it."
    assert (error.name, error.distribution, error.version, error.hint) == (
        "x", "d", "1", "Mend it.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("names", "text"),
    [([], "nothing"), (["a"], "'a'"), (["a", "b"], "'a' and 'b'"), ([1, 2, 3], "1, 2 and 3")],
)
def test_listed(names: list[object], text: str) -> None:
    assert listed(names) == text


def test_nearest_suggests_only_what_is_near() -> None:
    assert nearest("randon", ["random", "grid"]) == ", did you mean 'random'?"
    assert nearest("xyz", ["random", "grid"]) == ""
