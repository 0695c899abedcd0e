"""Cleaning, and the one string an encoder reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.text import clean, compose, compose_all


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  two\n\twords ", "two words"),
        ("Tom &amp; Jerry &lt;3 &#8222;Zitat&#8220;", "Tom & Jerry <3 „Zitat“"),
        ("see https://t.co/aBc123 now", "see now"),
        ("www.example.org/path?x=1", ""),
        ("http://a.b", ""),
        ("NUL\x00 and bell\x07", "NUL and bell"),
        ("Größe: 100 °C, café, 東京", "Größe: 100 °C, café, 東京"),
        ("no\u00a0break", "no break"),
        ("", ""),
    ],
)
def test_clean(text, expected):
    assert clean(text) == expected


@given(st.text())
def test_cleaned_text_is_one_line_of_single_blanks(text):
    cleaned = clean(text)
    assert cleaned == " ".join(cleaned.split())
    assert "\x00" not in cleaned


@pytest.mark.parametrize(
    ("which", "expected"), [("title", "Storm"), ("text", "wind, sea"), ("title+text", "Storm. wind, sea")]
)
def test_compose_takes_what_is_asked_for(which, expected):
    assert compose("Storm", "wind, sea", which) == expected


@pytest.mark.parametrize("which", ["title", "text", "title+text"])
@pytest.mark.parametrize(("title", "text"), [("Storm", ""), ("", "Storm"), ("Storm", "https://t.co/x"), (" ", "Storm")])
def test_the_other_part_stands_in_for_an_empty_one(title, text, which):
    assert compose(title, text, which) == "Storm"


@pytest.mark.parametrize("end", [".", "!", "?", "…"])
def test_a_title_that_ends_a_sentence_gets_no_second_stop(end):
    assert compose(f"Really{end}", "yes", "title+text") == f"Really{end} yes"


def test_compose_all_keeps_the_order_and_refuses_uneven_lists():
    assert compose_all(["a", "b"], ["c", ""], "title+text") == ["a. c", "b"]
    with pytest.raises(ValueError, match="shorter"):
        compose_all(["a", "b"], ["c"], "title")
