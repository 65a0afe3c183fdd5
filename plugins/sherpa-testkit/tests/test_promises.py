from __future__ import annotations

import pytest

from sherpa_testkit import BrokenPromise, promised


def test_a_kept_promise_is_silent() -> None:
    with promised("the sum is right"):
        assert 1 + 1 == 2


def test_a_false_assertion_names_the_promise() -> None:
    broken = pytest.raises(BrokenPromise, match=r"broken promise: the sum is right\.\nno luck")
    with broken, promised("the sum is right"):
        raise AssertionError("no luck")


def test_an_unexpected_error_names_the_promise() -> None:
    broken = pytest.raises(BrokenPromise, match=r"it opens\.\nOSError: gone")
    with broken as caught, promised("it opens"):
        raise OSError("gone")
    assert isinstance(caught.value.__cause__, OSError)


def test_an_error_that_does_not_come_names_the_promise() -> None:
    broken = pytest.raises(BrokenPromise, match="it refuses")
    with broken, promised("it refuses"), pytest.raises(ValueError, match="no"):
        pass


def test_the_innermost_promise_is_named() -> None:
    broken = pytest.raises(BrokenPromise, match="inner")
    with broken as caught, promised("outer"), promised("inner"):
        raise AssertionError
    assert "outer" not in str(caught.value)


def test_a_skip_passes_through() -> None:
    with pytest.raises(pytest.skip.Exception), promised("anything"):
        pytest.skip("not today")


def test_notes_are_kept() -> None:
    with pytest.raises(BrokenPromise, match="Falsifying example"), promised("it holds"):
        error = AssertionError("no")
        error.add_note("Falsifying example: f(0)")
        raise error
