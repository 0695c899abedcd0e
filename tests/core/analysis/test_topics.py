"""Topics: texts of the same words go together, twice the same, and texts without words have none."""

import pytest

from core.analysis.topics import topics_of

SPORT, WEATHER, MONEY = (
    "striker scores goal in final match",
    "storm brings heavy rain flood",
    "bank raises rates shares",
)


def test_texts_of_the_same_words_are_one_topic_named_by_them() -> None:
    found = topics_of([SPORT, WEATHER, MONEY] * 20)

    assert len(set(found)) == 3
    assert found[:3] * 20 == found
    assert set(found[1].split(", ")) < set(WEATHER.split())


def test_no_more_topics_than_different_texts_and_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    assert len(set(topics_of([SPORT, WEATHER] * 30))) == 2
    assert not recwarn.list


def test_the_same_texts_have_the_same_topics() -> None:
    texts = [f"{SPORT} {WEATHER if row % 2 else MONEY} {row % 7 * 'player '}" for row in range(90)]
    assert topics_of(texts) == topics_of(texts)


def test_texts_that_share_no_words_have_no_topic() -> None:
    assert topics_of(["", "…", "12 34"]) == ["", "", ""]
    assert topics_of([chr(97 + row) * 5 for row in range(6)]) == [""] * 6
