"""The analysis finds what is true of studies whose truth is known, and says when it cannot."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

from sherpa_core.parameters import Choice, Continuous, Discrete, Ordinal
from sherpa_insight import effect, expected, explored, pattern, ranges, unstable
from sherpa_insight.forest import effects
from sherpa_insight.summary import understand

SPACE = [
    Continuous("lr", [1e-5, 1e-1], "log"),
    Choice("optimizer", ["sgd", "adam", "rmsprop"]),
    Continuous("momentum", [0, 1], when={"optimizer": ["sgd"]}),
    Continuous("inert", [0, 1]),
    Choice("inert choice", ["a", "b", "c", "d"]),
]


def valley(values: dict[str, Any], places: dict[str, float]) -> float:
    """Depends on lr most (best at 0.6 of its range), on the optimizer less, on nothing else."""
    found = 4 * (places["lr"] - 0.6) ** 2 + 0.5 * (values["optimizer"] != "adam")
    return found + 0.3 * values.get("momentum", 0.0)


def by_id(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in answer["questions"]}


def test_importance_finds_what_matters(table: Any) -> None:
    known = table(SPACE, 200, valley, noise=0.05)
    found = effects(known)
    assert found is not None
    main = dict(zip(known.space.names, found.main.mean(axis=1), strict=True))

    assert main["lr"] > 0.4 > main["optimizer"] > 0.05
    assert max(main["inert"], main["inert choice"]) < 0.02
    assert found.quality > 0.8
    assert [found.has_effect(column) for column in range(5)] == [True, True, True, False, False]


@pytest.mark.parametrize("seed", range(3))
def test_noise_is_not_taken_for_an_effect(table: Any, seed: int) -> None:
    known = table(SPACE, 100, lambda values, places: 0.0, noise=1.0, seed=seed)
    answer = effect.answer(known, effects(known), effects(known, better_half=True), {})

    assert answer.answer == "unclear"
    assert ranges.answer(known, effects(known)).answer == "yes"
    assert pattern.answer(known).answer == "no"


def test_the_direction_does_not_matter(table: Any) -> None:
    lower = table(SPACE, 120, lambda *each: 2 + valley(*each))
    turned = 9 - lower.objective
    higher = attrs.evolve(lower, objective=turned, full=turned, lower_is_better=False)
    one, other = effects(lower), effects(higher)
    assert one is not None and other is not None

    np.testing.assert_allclose(one.main.mean(axis=1), other.main.mean(axis=1), atol=0.03)
    np.testing.assert_array_equal(lower.top(), higher.top())


def test_one_diverged_trial_does_not_hide_the_others(table: Any) -> None:
    known = table(SPACE, 150, valley)
    known.objective[3] = 1e12
    found = effects(known)
    assert found is not None

    assert found.main[0].mean() > 0.4


def test_parameters_without_effect_are_named_and_fixed(table: Any, subject: Any) -> None:
    known = table(SPACE, 200, valley, noise=0.02)
    answer = by_id(understand(known, subject(known)))["no effect"]

    assert answer["answer"] == "yes"
    assert answer["words"].startswith("inert and inert choice have no more effect than")
    assert answer["trials"] == 200
    assert "lr (" in answer["evidence"][0]
    assert "inert = " in answer["next"]["words"]


def test_a_lack_of_effect_is_not_told_from_a_few_trials(table: Any, subject: Any) -> None:
    known = table(SPACE, 40, valley, noise=0.02)
    answer = by_id(understand(known, subject(known)))["no effect"]

    assert answer["answer"] == "unclear"
    assert "40 trials are too few to rule one out: that takes 50" in answer["words"]
    assert answer["next"] is None


def test_an_optimum_at_the_edge_widens_the_range(table: Any) -> None:
    def slope(values: dict[str, Any], places: dict[str, float]) -> float:
        return (1 - places["lr"]) + 0.2 * places["units"]

    space = [Continuous("lr", [1e-5, 1e-1], "log"), Discrete("units", [8, 256])]
    known = table(space, 120, slope, noise=0.01)
    answer = ranges.answer(known, effects(known))

    assert answer.answer == "no"
    assert answer.words.startswith(f"All {len(known.top())} of the best trials have lr from")
    assert "lr from " in answer.words
    assert answer.changes["lr"].range == [1e-5, 1.0]


def test_an_optimum_inside_leaves_the_ranges(table: Any) -> None:
    known = table(SPACE, 200, valley, noise=0.02)

    assert ranges.answer(known, effects(known)).answer == "yes"


@pytest.mark.parametrize(
    ("parameter", "best", "expected_range"),
    [
        (Continuous("p", [0.0, 0.5]), 0.0, None),  # nothing lies below 0
        (Continuous("p", [0.5, 1.0]), 1.0, None),  # a fraction ends at 1
        (Continuous("p", [10.0, 20.0]), 1.0, [10.0, 25.0]),
        (Continuous("p", [10.0, 20.0]), 0.0, [5.0, 20.0]),
        (Discrete("p", [1, 100], "log"), 1.0, [1, 1000]),
        (Discrete("p", [4, 64]), 1.0, [4, 94]),
        (Discrete("p", [10, 100], "log"), 0.0, [3, 100]),
    ],
)
def test_what_a_wider_range_is(
    table: Any, parameter: Any, best: float, expected_range: list[Any] | None
) -> None:
    known = table([parameter], 80, lambda values, places: abs(places["p"] - best))
    answer = ranges.answer(known, effects(known))

    assert answer.answer == "no"
    assert ([*answer.changes["p"].range] if answer.changes else None) == expected_range


def test_unstable_settings_are_found(table: Any) -> None:
    known = table(SPACE, 100, valley, unstable=lambda places: places["lr"] > 0.85)
    answer = unstable.answer(known)

    assert answer.answer == "yes"
    assert answer.words.startswith("With lr from ")
    assert answer.show["lr"][1] == 0.1
    assert answer.changes["lr"].range[1] < 0.05


def test_an_unstable_category_is_left_out(table: Any) -> None:
    known = table(SPACE, 100, valley, unstable=lambda places: places["optimizer"] < 0.3)
    answer = unstable.answer(known)

    assert answer.answer == "yes"
    assert answer.changes["optimizer"].range == ["adam", "rmsprop"]


def test_failures_everywhere_are_no_setting(table: Any) -> None:
    rng = np.random.default_rng(5)
    known = table(SPACE, 100, valley, unstable=lambda places: bool(rng.random() < 0.1))

    assert unstable.answer(known).answer == "unclear"
    assert unstable.answer(table(SPACE, 100, valley)).answer == "no"


def test_a_pattern_among_the_best(table: Any) -> None:
    known = table(SPACE, 200, valley, noise=0.02)
    answer = pattern.answer(known)
    lr, optimizer = answer.changes["lr"], answer.changes["optimizer"]

    assert answer.answer == "yes"
    assert lr.range[0] < 10 ** (-5 + 0.6 * 4) < lr.range[1]  # the optimum is inside
    assert lr.range[1] / lr.range[0] < 10**2.5
    assert optimizer.range == ["adam"]


def test_gaps_in_the_space_are_found(table: Any) -> None:
    known = table(SPACE, 60, valley)
    places = known.places.copy()
    places[:, 0] *= 0.5
    places[:, 4] = 0.125
    answer = explored.answer(attrs.evolve(known, places=places), None)

    assert answer.answer == "no"
    assert 5e-4 < answer.show["lr"][0] < 1.1e-3
    assert "inert choice = b, c or d" in answer.words
    assert explored.answer(known, None).answer in ("yes", "unclear")


def test_ordinals_and_one_value_are_no_gap(table: Any) -> None:
    space = [Ordinal("size", [16, 32]), Choice("only", ["this"]), Discrete("n", [1, 3])]
    known = table(space, 60, lambda values, places: float(values["n"]))

    assert explored.answer(known, effects(known)).answer == "yes"
    assert ranges.answer(known, effects(known)).answer == "no"  # n = 1 is best


def test_the_best_against_what_was_queued(table: Any) -> None:
    known = table(SPACE, 60, valley)
    given = np.zeros(60, dtype=bool)
    given[known.best(60)[-1]] = True
    no = expected.answer(attrs.evolve(known, given=given), effects(known))
    given = np.zeros(60, dtype=bool)
    given[known.best(1)] = True
    yes = expected.answer(attrs.evolve(known, given=given), effects(known))
    middle = expected.answer(known, effects(known))

    assert no.answer == "no"
    assert "against the best configuration that was queued by hand" in no.words
    assert yes.answer == "yes"
    assert "the middle of the ranges" in middle.words


@pytest.mark.parametrize("number", [0, 1, 2, 5, 9])
def test_too_few_trials_are_said(table: Any, subject: Any, number: int) -> None:
    known = table(SPACE, max(number, 1), valley)
    if number == 0:
        known = attrs.evolve(known, objective=np.full(1, np.nan), full=np.full(1, np.nan))
    answer = understand(known, subject(known))

    assert {each["answer"] for each in answer["questions"]} == {"too few trials"}
    assert answer["importance"]["enough"] is False
    assert answer["slices"] == []
    assert answer["follow_up"] is None


def test_slices_find_the_best_region(table: Any, subject: Any) -> None:
    known = table(SPACE, 300, valley, noise=0.02)
    lr, optimizer, *_, inert_choice = understand(known, subject(known))["slices"]
    best = 10 ** (-5 + 0.6 * 4)

    assert lr["best"]["low"] < best < lr["best"]["high"]
    assert len(lr["places"]) == len(lr["mean"]) == len(lr["low"]) == len(lr["high"])
    assert all(low <= high for low, high in zip(lr["low"], lr["high"], strict=True))
    assert optimizer["places"] == [0, 1, 2]
    assert optimizer["best"]["labels"] == [1]
    assert optimizer["mean"][1] == min(optimizer["mean"])
    assert inert_choice["best"] is None


def test_the_same_objective_everywhere_says_nothing(table: Any, subject: Any) -> None:
    known = table(SPACE, 60, lambda values, places: 1.0)
    answers = by_id(understand(known, subject(known)))

    assert answers["no effect"]["answer"] == "unclear"
    assert answers["no effect"]["words"].startswith("All of 60 trials have the same objective")
