"""Entity images: a planted relation helps, a missing one does not, and the search does not inflate the gain."""

import numpy as np
import pytest

from core.analysis.entity_images import Embedded, EntityEffect, entity_effect, known_entities
from core.retrieval.ranking import ranks_of_scores


def _effect(embedded: Embedded, names: list[list[str]], known: dict[str, np.ndarray]) -> EntityEffect | None:
    return entity_effect(embedded, names, known, ranks_of_scores)


def _unit(x: np.ndarray) -> np.ndarray:
    return (x / np.linalg.norm(x, axis=-1, keepdims=True)).astype(np.float32)


def _collection(tied: bool, seed: int = 0, n: int = 120) -> tuple[Embedded, list[list[str]], dict[str, np.ndarray]]:
    """Return random texts; if `tied`, images of each of 10 towns look alike, in train and in val."""
    generator = np.random.default_rng(seed)
    looks = generator.normal(size=(10, 16)) * (2 if tied else 0)
    town, before = generator.integers(10, size=n), np.repeat(np.arange(10), 3)
    embedded = Embedded(
        _unit(generator.normal(size=(n, 16))),
        _unit(looks[town] + generator.normal(size=(n, 16))),
        _unit(looks[before] + generator.normal(size=(30, 16))),
        np.arange(n),
        generator.permutation(n),
    )
    known = known_entities([[f"town {each}"] for each in before], np.arange(30))
    return embedded, [[f"town {each}", "nowhere"] for each in town], known


def test_a_planted_tie_helps_on_articles_that_did_not_choose_the_weight() -> None:
    effect = _effect(*_collection(tied=True))

    assert effect is not None
    assert (effect.n_earlier, effect.n_later) == (60, 60)
    assert effect.weight > 0
    assert effect.gain > 0.1
    assert effect.interval.low > 0
    assert effect.p < 0.01
    assert effect.after - effect.before == pytest.approx(effect.gain)
    assert effect.improved > effect.worsened


def test_without_a_tie_the_search_finds_something_and_the_later_half_does_not() -> None:
    effects = [_effect(*_collection(tied=False, seed=seed)) for seed in range(40)]

    assert np.mean([one.earlier_gain for one in effects if one]) > 0.005  # the optimism of the choice
    assert abs(np.mean([one.gain for one in effects if one])) < 0.01
    assert np.mean([one.p < 0.05 for one in effects if one]) <= 0.15


def test_an_entity_is_known_by_two_articles_and_its_images_count_once() -> None:
    known = known_entities([["oslo", "oslo"], ["rome"], ["rome", "paris"], ["rome"]], np.array([4, 1, 0, 1]))

    assert {name: rows.tolist() for name, rows in known.items()} == {"rome": [0, 1]}


def test_too_few_articles_that_name_one_are_not_judged() -> None:
    embedded, names, known = _collection(tied=True)
    named = [own if row < 70 else [] for row, own in enumerate(names)]  # ten in the later half

    assert _effect(embedded, named, known) is not None
    assert _effect(embedded, [own if row < 69 else [] for row, own in enumerate(names)], known) is None
    assert _effect(embedded, [[] for _ in names], known) is None
