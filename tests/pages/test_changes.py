"""The Rank changes page: a slice in the address shows its articles."""

from core.findings.question import RunContext, compute_or_load
from core.findings.slices import SLICES
from core.workspace.tags import tag_article


def _tagged_and_answered(workspace, domain, run) -> RunContext:
    """Tag six of the twelve val articles as scenes, and answer the question about slices."""
    context = RunContext(run, domain, workspace, "cpu")
    for article_id in context.val.articles["article_id"].iloc[:6]:
        tag_article(workspace, domain.info.slug, article_id, ["scene"], "")
    compute_or_load(SLICES, context)
    return context


def _heading(app) -> str:
    return app.subheader[-1].value


def test_a_slice_in_the_address_shows_its_articles(open_page, workspace, domain, run):
    _tagged_and_answered(workspace, domain, run)
    app = open_page("changes", slice="tagged: scene")
    assert not app.exception
    assert _heading(app) == "6 articles of 12"
    assert _heading(open_page("changes")) == "12 articles of 12"


def test_a_slice_that_is_none_shows_all(open_page, workspace, domain, run):
    _tagged_and_answered(workspace, domain, run)
    app = open_page("changes", slice="<b>no such slice</b>")
    assert not app.exception
    assert _heading(app) == "12 articles of 12"


def test_tagging_another_article_does_not_lose_the_slice(open_page, workspace, domain, run):
    context = _tagged_and_answered(workspace, domain, run)
    tag_article(workspace, domain.info.slug, context.val.articles["article_id"].iloc[9], ["place"], "")
    assert _heading(open_page("changes", slice="tagged: scene")) == "6 articles of 12"


def test_slices_that_are_not_computed_are_reported(open_page, run):
    app = open_page("changes", slice="tagged: scene")
    assert not app.exception
    assert "analyse --questions slices" in app.info[0].value
    assert _heading(app) == "12 articles of 12"
