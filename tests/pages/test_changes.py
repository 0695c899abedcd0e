"""The Rank changes page: a slice in the address shows its articles."""

from core.findings.question import Asked, answered
from core.findings.slices import SLICES
from core.workspace.tags import tag_article


def _tagged_and_answered(places, domain, run) -> Asked:
    """Six of the twelve val articles are tagged as scenes, and the question of slices is answered."""
    asked = Asked(run, domain, places, "cpu")
    for article_id in asked.val.articles["article_id"].iloc[:6]:
        tag_article(places, domain.info.slug, article_id, ["scene"], "")
    answered(SLICES, asked)
    return asked


def _heading(app) -> str:
    return app.subheader[-1].value


def test_a_slice_in_the_address_shows_its_articles(open_page, places, domain, run):
    _tagged_and_answered(places, domain, run)
    app = open_page("changes", slice="tagged: scene")
    assert not app.exception
    assert _heading(app) == "6 articles of 12"
    assert _heading(open_page("changes")) == "12 articles of 12"


def test_a_slice_that_is_none_shows_all(open_page, places, domain, run):
    _tagged_and_answered(places, domain, run)
    app = open_page("changes", slice="<b>no such slice</b>")
    assert not app.exception
    assert _heading(app) == "12 articles of 12"


def test_tagging_another_article_does_not_lose_the_slice(open_page, places, domain, run):
    asked = _tagged_and_answered(places, domain, run)
    tag_article(places, domain.info.slug, asked.val.articles["article_id"].iloc[9], ["place"], "")
    assert _heading(open_page("changes", slice="tagged: scene")) == "6 articles of 12"


def test_slices_that_are_not_worked_out_are_said_so(open_page, run):
    app = open_page("changes", slice="tagged: scene")
    assert not app.exception
    assert "not worked out yet" in app.info[0].value
    assert _heading(app) == "12 articles of 12"
