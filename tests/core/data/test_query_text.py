"""How an article is read: the one string an encoder is shown."""

from dataclasses import replace

import pandas as pd
import pytest

from core.data.domain import query_texts
from core.data.query_text import PARTS, Reading, queries
from core.errors import InputError

BODY = "The dam broke at 5 a.m. on Monday. Two villages were under water."


def read(title: str, text: str, **choices: str) -> str:
    return replace(Reading(), **choices).query(title, text, "en")


@pytest.mark.parametrize(
    ("parts", "expected"), [("title", "Storm"), ("text", "wind, sea"), ("title+text", "Storm. wind, sea")]
)
def test_the_parts_that_are_asked_for(parts, expected):
    assert read("Storm", "wind, sea", parts=parts) == expected


@pytest.mark.parametrize("parts", PARTS)
@pytest.mark.parametrize(("title", "text"), [("Storm", ""), ("", "Storm"), ("Storm", "https://t.co/x"), (" ", "Storm")])
def test_the_other_part_stands_in_for_an_empty_one(parts, title, text):
    assert read(title, text, parts=parts) == "Storm"


@pytest.mark.parametrize("end", [".", "!", "?", "…"])
def test_a_title_that_ends_a_sentence_gets_no_second_stop(end):
    assert read(f"Really{end}", "yes") == f"Really{end} yes"


def test_hashtags():
    assert read("", "RT @a: #BreakingNews &amp; more") == "Breaking News & more"
    assert read("", "RT @a: #BreakingNews &amp; more", hashtags="keep") == "#BreakingNews & more"


def test_entity_tags():
    assert read("Prize", "persons;Ada|orgs;Royal Society") == "Prize. Ada, Royal Society"
    assert read("Prize", "persons;Ada|orgs;Royal Society", entity_tags="drop") == "Prize"
    assert read("", "persons;Ada|orgs;Royal Society", entity_tags="drop") == "Ada, Royal Society", (
        "nothing else is there"
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("whole", f"Flood. {BODY}"),
        ("first-sentence", "Flood. The dam broke at 5 a.m. on Monday."),
        ("words:3", "Flood. The dam broke"),
        ("words:1000", f"Flood. {BODY}"),
    ],
)
def test_how_much_of_the_body(body, expected):
    assert read("Flood", BODY, body=body) == expected


@pytest.mark.parametrize("body", ["", "words", "words:0", "words:-1", "words:two", "sentence", "words:²"])
def test_a_body_that_is_none_is_refused_with_what_is(body):
    with pytest.raises(InputError, match=r"--text-length .*first-sentence.*words:N"):
        Reading(body=body)


def test_described_by_its_parts_and_what_is_not_as_usual():
    assert Reading().describe() == "title+text"
    assert Reading("text", "keep", body="words:9").describe() == "text, hashtags keep, body words:9"


def test_queries_keep_the_order_and_refuse_uneven_lists():
    assert queries(["a", "b"], ["c", ""], ["en", "de"], Reading()) == ["a. c", "b"]
    with pytest.raises(ValueError, match="shorter"):
        queries(["a", "b"], ["c"], ["en", "en"], Reading())


def articles(**columns: list[str]) -> pd.DataFrame:
    empty = dict.fromkeys(("title", "text", "title_en", "text_en"), [""] * len(columns["language"]))
    return pd.DataFrame(empty | columns)


def test_articles_without_an_english_version_are_read_as_they_are():
    table = articles(title=["Hund", "Dog", "Chat"], title_en=["dog", "", ""], language=["de", "en", "fr"])
    assert query_texts(table, Reading(), english=True) == ["dog", "Dog", "Chat"]
    assert query_texts(table, Reading(), english=False) == ["Hund", "Dog", "Chat"]


def test_a_text_that_the_release_says_is_tags_can_be_dropped():
    table = articles(
        title=["A", "B"], text=["rail, sea", "prose"], article_tags=["rail;sea", ""], language=["en", "en"]
    )
    assert query_texts(table, Reading(), english=False) == ["A. rail, sea", "B. prose"]
    assert query_texts(table, Reading(entity_tags="drop"), english=False) == ["A", "B. prose"]


def test_the_english_version_is_cut_as_english_is():
    table = articles(text=["Sie kam am 5. April. Er ging."], text_en=["They met at 5. April wept."], language=["de"])
    reading = Reading(body="first-sentence")
    assert query_texts(table, reading, english=False) == ["Sie kam am 5. April."]
    assert query_texts(table, reading, english=True) == ["They met at 5."]
