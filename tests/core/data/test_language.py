"""The language of each article: stated, detected, contradicted."""

import pytest

from core.data.language import detect, languages_of

GERMAN = "Der Fluss trat in der Nacht über die Ufer und überschwemmte zwei Dörfer."
RUSSIAN = "Ночью река вышла из берегов и затопила две деревни, жители покинули свои дома"
ENGLISH = "The river burst its banks during the night and flooded two villages."


@pytest.mark.parametrize(
    ("text", "expected"),
    [(GERMAN, "de"), (ENGLISH, "en"), (RUSSIAN, "ru"), ("Angela Merkel", None),
     ("#flood #river #night @rivers", None), ("https://example.org/the-river-burst-its-banks", None), ("", None),
     ("Hamburg München Köln", None),  # German with 0.66
     ("Über die Brücke", None),  # with 0.997, but a name or two could be as sure
     ("#Überschwemmung #Straße #Größe #Bäume", None), ("Über die Brücke https://t.co/abcdefghijk", None)],
)  # fmt: skip
def test_detect(text, expected):
    assert detect(text) == expected


def test_what_is_stated_counts_unless_the_text_contradicts_it_with_confidence():
    languages = languages_of(["", "", "Merkel"], [GERMAN, ENGLISH, ""], ["de-AT", "de", "de"], None)
    assert languages.of == ["de", "en", "de"]
    assert (languages.main, languages.contradicted, languages.detected) == ("de", 1, 0)
    assert "1 articles contradicts" in languages.notes()[0]


def test_where_nothing_is_stated_the_text_says_it_and_the_rest_is_taken_for_the_most_frequent():
    languages = languages_of(["", "", "", "Merkel"], [GERMAN, GERMAN, ENGLISH, ""], ["", "und", "", ""], None)
    assert languages.of == ["de", "de", "en", "de"]
    assert (languages.main, languages.contradicted, languages.detected) == ("de", 0, 3)
    assert all(part in languages.notes()[0] for part in ("4 articles", "detected for 3", "'de'", "--language"))


def test_the_language_given_is_that_of_articles_that_do_not_state_theirs():
    languages = languages_of(["Merkel"] * 3, [""] * 3, ["", "fr", "fr"], "de")
    assert (languages.of, languages.main, languages.notes()) == (["de", "fr", "fr"], "de", [])


def test_a_column_that_is_wrong_throughout_does_not_name_the_domain():
    assert languages_of([""] * 3, [GERMAN] * 3, ["en"] * 3, None).main == "de"


def test_nothing_to_go_by_is_english():
    assert languages_of(["Merkel"], [""], [""], None).main == "en"
