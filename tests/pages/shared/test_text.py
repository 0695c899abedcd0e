"""Text from outside stays text wherever Markdown would be read."""

import pandas as pd
import pytest

from pages.shared.text import counted, day, plain, shorten, signed, similarity


@pytest.mark.parametrize("text", ["https://news.example/a", "see WWW.example.org", "write to someone@example.org"])
def test_no_address_is_left_that_would_become_a_link(text):
    shown = plain(text)
    assert not any(mark in shown.lower() for mark in ("://", ":\\//", "www.", "www\\.", "e@e", "e\\@e"))
    assert shown.replace("\\", "").replace("\u2060", "") == text


def test_markdown_is_shown_as_it_is_written():
    assert plain("**bold** [a](b) :red[x] $x$ <b>\n# y") == (r"\*\*bold\*\* \[a\]\(b\) \:red\[x\] \$x\$ \<b\> \# y")
    assert plain("Größe 🙂") == "Größe 🙂"


def test_numbers_and_dates_follow_one_convention():
    assert day(pd.Timestamp("2022-03-01 12:00", tz="UTC")) == "2022-03-01"
    assert day(pd.NaT) == ""
    assert similarity(-0.25) == "−0.2500"
    assert counted(12345, "article") == "12,345 articles"
    assert counted(1, "match", "matches") == "1 match"


def test_short_and_signed():
    assert shorten("one  two\nthree", 8) == "one two…"
    assert [signed(change) for change in (0.0123, -0.5, 0.0001)] == ["+0.012", "−0.500", "±0.000"]
