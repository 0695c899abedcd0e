"""Entity tags where a text should be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.entities.tags import entities_by_kind, entities_of, phrase_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("persons;Ada Lovelace;Babbage|orgs;Royal Society", ["Ada Lovelace", "Babbage", "Royal Society"]),
        ("products group;agricenter international", ["products group", "agricenter international"]),
        ("persons;Ada|orgs;ada;", ["Ada"]),
        ("persons;", []),
        ("persons;|orgs;", []),
        ("One tag", None),
        ("Storm hits; two are dead", None),
        ("A | B", None),
        ("", None),
    ],
)
def test_entities_of(text, expected):
    assert entities_of(text) == expected


def test_a_phrase_is_parted_by_commas_and_prose_stays_as_it_is():
    assert phrase_of("persons;Ada;Babbage|orgs;Royal Society") == "Ada, Babbage, Royal Society"
    assert phrase_of("Storm hits; two are dead.") == "Storm hits; two are dead."


@given(st.lists(st.sampled_from(["Ada", "Köln", "United Nations"]), min_size=2, unique=True))
def test_each_entity_is_kept_once_in_order(names):
    assert entities_of(";".join(names + names)) == names


@pytest.mark.parametrize(
    ("text", "persons", "places", "organisations"),
    [
        ("ada lovelace|royal society;royal mail", ["ada lovelace"], [], ["royal society", "royal mail"]),
        ("royal society;royal mail", [], [], ["royal society", "royal mail"]),
        ("ada lovelace;alan turing|", ["ada lovelace", "alan turing"], [], []),
        ("orgs;Royal Society|persons;Ada|places;London|themes;science", ["Ada"], ["London"], ["Royal Society"]),
    ],
)
def test_entities_are_what_their_label_or_place_says(text, persons, places, organisations):
    assert entities_by_kind(text) == {"persons": persons, "places": places, "organisations": organisations}


def test_prose_lists_no_entities_of_any_kind():
    assert entities_by_kind("Storm hits; two are dead") is None
