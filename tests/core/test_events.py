from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sherpa_core import UserError
from sherpa_core.events import (
    MAX_EVENT_SIZE,
    decode,
    decode_many,
    encode,
    same_body,
    to_json,
)

#: Everything that JSON knows, and NaN and infinity; no lone surrogates, which no file can hold.
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=10,
)
EVENTS = st.dictionaries(TEXT.filter(lambda name: name != "key"), JSON)


@given(EVENTS)
def test_an_event_comes_back_as_it_was(event: dict[str, Any]) -> None:
    again = decode(encode(event))

    assert repr(again) == repr(event), "repr tells 1 from 1.0 and True, and finds NaN equal"


@given(st.lists(EVENTS))
def test_many_events_come_back_as_one_by_one(events: list[dict[str, Any]]) -> None:
    assert repr(decode_many([encode(event) for event in events])) == repr(events)


@given(EVENTS)
def test_an_events_text_is_one_line_of_text(event: dict[str, Any]) -> None:
    text = encode(event)

    assert text.encode("utf-8").decode("utf-8") == text
    assert "\n" not in text
    assert "\r" not in text


@pytest.mark.parametrize(
    "scalar",
    [np.float32(0.5), np.float64(0.5), np.int8(3), np.bool_(True), np.str_("a"), np.array(2.5)],
)
def test_numpy_scalars_become_native(scalar: Any) -> None:
    value = decode(encode({"value": scalar}))["value"]

    assert type(value) is type(scalar.item())
    assert value == scalar.item()


@pytest.mark.parametrize(
    "value",
    [
        1j,
        object,
        {1, 2},
        b"bytes",
        np.zeros(3),
        np.complex128(1),
        np.datetime64("2020-01-01"),
        "\ud800",
        {"\ud800": 1},
        {(1, 2): 3},
        len,
    ],
    ids=repr,
)
def test_what_is_not_json_is_refused(value: Any) -> None:
    with pytest.raises(UserError, match="not JSON"):
        encode({"type": "x", "value": value})


def test_what_holds_itself_is_refused() -> None:
    circle: list[Any] = []
    circle.append(circle)

    with pytest.raises(UserError, match="not JSON"):
        to_json(circle)


def test_the_longest_event_is_accepted_and_a_longer_one_is_not() -> None:
    overhead = len(encode({"type": "x", "text": ""}))
    longest = "a" * (MAX_EVENT_SIZE - overhead)

    assert len(encode({"type": "x", "text": longest})) == MAX_EVENT_SIZE
    with pytest.raises(UserError, match=r"1,000,001 characters is too long.*1,000,000"):
        encode({"type": "x", "text": longest + "a"})


@given(EVENTS)
def test_a_body_is_all_but_the_time(event: dict[str, Any]) -> None:
    turned = dict(reversed(list(event.items())))

    assert same_body({**turned, "time": 1.0}, encode({**event, "time": 2.0}))
    assert not same_body({**event, "type": "one"}, encode({**event, "type": "two"}))


def test_number_keys_have_the_same_body_as_the_text_they_become() -> None:
    event = {"type": "x", "value": {10: "a", 9: "b"}}

    assert same_body(event, encode(event))


def test_nan_has_the_same_body_as_nan() -> None:
    assert same_body({"value": math.nan}, encode({"value": math.nan}))


def test_texts_are_plain_json() -> None:
    assert json.loads(encode({"a": [1, 2.5, None, "ä"]})) == {"a": [1, 2.5, None, "ä"]}
