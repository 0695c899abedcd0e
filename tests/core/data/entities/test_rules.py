"""Names in texts: persons, places and organisations, and what only looks like them."""

import pandas as pd
import pytest

from core.data.domain import TAGS
from core.data.entities.gazetteer import places, sure_places
from core.data.entities.rules import Mentions, in_headline, mentions_by_rules


def _articles(*titles: str, **columns: list[str]) -> pd.DataFrame:
    empty = {name: [""] * len(titles) for name in ("text", "title_en", "text_en")}
    return pd.DataFrame({"title": list(titles), "language": ["en"] * len(titles), **empty, **columns})


def _named(title: str) -> Mentions:
    return mentions_by_rules(
        _articles(title, "the park will grow and may rain, a top deal for a rose, says the mother")
    )[0]


@pytest.mark.parametrize(
    ("title", "persons"),
    [
        ("Angela Merkel visits a school", ("angela merkel",)),
        ("Police question John F. Kennedy's nephew", ("john f kennedy",)),
        ("Prime Minister Modi speaks", ("modi",)),
        ("Talks between Van Morrison and Mary-Jane O'Neill fail", ("mary-jane o'neill", "van morrison")),
        ("Will Rain Stop Play?", ()),
        ("May Says Rose Will Grow", ()),
        ("Anna went home", ()),
        ("Peter, Paul and Mary", ()),
        ("ANNA SMITH SALE", ()),
    ],
)
def test_persons(title: str, persons: tuple[str, ...]) -> None:
    assert _named(title).persons == persons


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("Floods near New York and in Kenya", ("kenya", "new york")),
        ("U.S. and UK agree; let us see", ("u.s", "uk")),
        ("#Boston marathon", ("boston",)),
        ("London's mayor", ("london",)),
        ("Reading a Nice book in the Bath", ()),
        ("Jack London wrote it", ()),
        ("a hot day in paradise", ()),
    ],
)
def test_places(title: str, named: tuple[str, ...]) -> None:
    assert _named(title).places == named


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("Dorset Police appeal for help", ("dorset police",)),
        ("NATO and the FCC meet", ("fcc", "nato")),
        ("Police appeal for help", ()),
        ("The CEO drives an SUV", ()),
        ("TOP DEAL", ()),
        ("New York Police Department", ("police department",)),
    ],
)
def test_organisations(title: str, named: tuple[str, ...]) -> None:
    assert _named(title).organisations == named


def test_a_word_that_the_collection_writes_small_is_no_name() -> None:
    titles = ["Grace Period Ends", "the grace of a period"]
    assert mentions_by_rules(_articles(titles[0]))[0].persons == ("grace period ends",)
    assert mentions_by_rules(_articles(*titles))[0].persons == ()


def test_the_english_version_is_read_where_there_is_one() -> None:
    german = _articles("Essen für alle", language=["de"], title_en=["Food for everyone in Essen"])
    assert mentions_by_rules(german)[0].places == ("essen",)
    assert mentions_by_rules(_articles("Hochwasser in Köln", language=["de"]))[0].places == ("köln",)


def test_entity_tags_count_and_are_no_prose() -> None:
    tags = "ada lovelace;alan turing|royal society;united states;jack london"
    found = mentions_by_rules(_articles("A story", text=["whatever"], **{TAGS: [tags]}))[0]
    assert found == Mentions(("ada lovelace", "alan turing"), ("united states",), ("jack london", "royal society"))
    alone = mentions_by_rules(_articles("A story", **{TAGS: ["infosys ltd"]}))[0]
    assert alone == Mentions(organisations=("infosys ltd",))


def test_a_headline_names_a_person_by_the_last_name_and_others_whole() -> None:
    found = Mentions(("ada lovelace", "alan turing"), ("new york", "york"), ("royal society",))
    assert in_headline(found, "Lovelace leaves New York; society mourns") == Mentions(
        ("ada lovelace",), ("new york", "york"), ()
    )


def test_names_of_places_are_lower_case_and_ambiguous_ones_are_out() -> None:
    assert {"new york", "germany", "texas", "africa"} <= sure_places() <= places()
    assert "berlin" in places() - sure_places()
    assert "münchen" in places(foreign=True) - places()
    assert not {"reading", "orange", "of"} & places(foreign=True)
