"""What a domain's articles name: a tagger's finds count as long as they are of these texts."""

from dataclasses import replace

import pytest

from core.data.domain import TAGS, Domain
from core.data.entities.rules import Mentions
from core.data.entities.store import RULES, forget_tagger, mentions_file, mentions_of, tag_domain


class Everywhere:
    """A tagger that finds Ada in every text."""

    name = "everywhere"

    def __call__(self, texts: list[str], languages: list[str]) -> list[Mentions]:
        assert len(texts) == len(languages)
        return [Mentions(persons=("ada",)) for _ in texts]


def test_rules_count_until_a_tagger_ran_and_again_when_it_is_forgotten(shapes_domain: Domain) -> None:
    assert mentions_of(shapes_domain).found_by == RULES
    tag_domain(shapes_domain, Everywhere())
    found = mentions_of(shapes_domain)
    assert found.found_by == "everywhere"
    assert found.articles == (Mentions(persons=("ada",)),) * 60
    forget_tagger(shapes_domain)
    assert mentions_of(shapes_domain).found_by == RULES


def test_the_datas_own_tags_count_beside_a_taggers(shapes_domain: Domain) -> None:
    tagged = shapes_domain.articles.assign(**{TAGS: "alan turing|royal society"})
    domain = replace(shapes_domain, articles=tagged)
    tag_domain(domain, Everywhere())
    assert mentions_of(domain).articles[0] == Mentions(("ada", "alan turing"), (), ("royal society",))


def test_finds_of_other_texts_or_a_damaged_file_do_not_count(
    shapes_domain: Domain, caplog: pytest.LogCaptureFixture
) -> None:
    tag_domain(shapes_domain, Everywhere())
    other = replace(shapes_domain, articles=shapes_domain.articles.assign(title="another"))
    assert mentions_of(other).found_by == RULES
    assert not caplog.records
    mentions_file(shapes_domain).write_text("{")
    assert mentions_of(shapes_domain).found_by == RULES
    assert "damaged" in caplog.text
    assert "--tagger" in caplog.text
