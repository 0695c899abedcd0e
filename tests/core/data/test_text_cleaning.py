"""Cleaning text as news has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.text_cleaning import clean, sentences, split_hashtags


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  two\n\twords ", "two words"),
        ("Tom &amp; Jerry &lt;3 &#8222;Zitat&#8220;", "Tom & Jerry <3 „Zitat“"),
        ("escaped twice &amp;amp; once", "escaped twice & once"),
        ("see https://t.co/aBc123 now", "see now"),
        ("www.example.org/path?x=1", ""),
        ("pic.twitter.com/abc and t.co/xyz", "and"),
        ("http://a.b", ""),
        ("cut by the tweet's end ht…", "cut by the tweet's end"),
        ("cut later http://t.c…", "cut later"),
        ("a word that goes on, with…", "a word that goes on, with…"),
        ("RT @somebody: what they said", "what they said"),
        ("RT @one: RT @two: twice", "twice"),
        ("please RT @one", "please RT one"),
        ("thanks @ada_l, write to me@example.org", "thanks ada_l, write to me@example.org"),
        ("schÃ¶ner MÃ¼ll", "schöner Müll"),
        ("lost \ufffd and NUL\x00 and bell\x07", "lost and NUL and bell"),
        ("Größe: 100 °C, café, 東京", "Größe: 100 °C, café, 東京"),
        ("no\u00a0break", "no break"),
        ("\u200b\u2060\ufeff", ""),
        ("\u200d\u200c", ""),
        ("a\u200bb so\u00adft \u200fright", "ab soft right"),
        ("👩\u200d🚒 at work", "👩\u200d🚒 at work"),
        ("", ""),
    ],
)
def test_clean(text, expected):
    assert clean(text) == expected


NO_CHARACTERS = "\x00\x07\x1b\x7f\ufffd"


@given(st.lists(st.text() | st.sampled_from(NO_CHARACTERS)).map("".join))
def test_cleaned_text_is_one_line_of_single_blanks(text):
    cleaned = clean(text)
    assert cleaned == " ".join(cleaned.split())
    assert not set(NO_CHARACTERS) & set(cleaned)


@given(st.lists(st.sampled_from(["Storm", "„Sturm“", "Straße", "7.30", "&", "naïve", "#tag", "Ｔｏｋｙｏ"])))
def test_text_that_needs_no_cleaning_is_left_alone(words):
    assert clean(" ".join(words)) == " ".join(words)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#BreakingNews from #Köln", "Breaking News from Köln"),
        ("#legday", "legday"),
        ("#NYCMarathon #Brexit2019 #old_town #4thOfJuly", "NYC Marathon Brexit 2019 old town 4 th Of July"),
        ("#StraßenÜberflutung", "Straßen Überflutung"),
        ("#ГородМосква #东京", "Город Москва 东京"),
        ("C#, #1 and a lone #", "C#, 1 and a lone"),
    ],
)
def test_split_hashtags(text, expected):
    assert split_hashtags(text) == expected


@given(st.text(alphabet="aBcÄß1"))
def test_splitting_a_hashtag_loses_no_letter(tag):
    assert split_hashtags(f"#{tag}").replace(" ", "") == tag


def test_sentences_end_where_a_reader_would_end_them():
    text = "Am 5. Mai kam Dr. Müller z. B. nach Köln. „Warum?“, fragte sie. Er blieb."
    assert sentences(text, "de")[0] == "Am 5. Mai kam Dr. Müller z. B. nach Köln."
    assert sentences("", "de") == []
    assert sentences("One. Two.", "xx") == ["One.", "Two."]
