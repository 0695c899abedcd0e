"""The Rank changes page: filters and selection in the address, cards, and changes of tags."""

import json

import pandas as pd
import pytest

from core.findings.question import RunContext, compute_or_load
from core.findings.slices import SLICES
from core.workspace.tags import read_tags
from pages.changes.cards import stamp_of_articles
from pages.changes.operations import apply_operations
from pages.changes.selection import choose_points
from pages.shared import session
from tests.pages.conftest import chart_and_cards
from tests.tagged import tag_article


def _tagged_and_answered(workspace, domain, run) -> RunContext:
    """Tag six of the twelve val articles as scenes, and answer the question about slices."""
    context = RunContext(run, domain, workspace, "cpu")
    for article_id in context.val.articles["article_id"].iloc[:6]:
        tag_article(workspace, domain.info.slug, article_id, ["scene"], "")
    compute_or_load(SLICES, context)
    return context


def _heading(app) -> str:
    return app.header[-1].value


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


def _cards(app) -> dict:
    return chart_and_cards(app)[1]


def _chips(app) -> list[str]:
    return [button.label for button in app.button if (button.key or "").startswith("chip_")]


def test_filters_are_chips_that_the_chart_and_the_counts_follow(open_page, run):
    app = open_page("changes", words="red", box="1-400,1-400", moved="1")
    assert not app.exception
    shown = _cards(app)["total"]
    assert 0 < shown < 12
    assert _heading(app).startswith(f"{shown} article")
    assert len(_chips(app)) == 3
    assert any(f"n = {shown} of 12" in caption.value for caption in app.caption)
    next(button for button in app.button if button.key == "clear_filters").click().run()
    assert _chips(app) == []
    assert _heading(app) == "12 articles of 12"
    assert "box" not in app.query_params


def test_a_box_in_the_address_shows_the_articles_in_it(open_page, run):
    everything = _cards(open_page("changes"))["cards"]
    _, wise_ft, fine_tuned = (model["rank"] for model in everything[0]["models"])
    app = open_page("changes", box=f"{fine_tuned}-{fine_tuned},{wise_ft}-{wise_ft}")
    inside = [c["id"] for c in everything if (c["models"][2]["rank"], c["models"][1]["rank"]) == (fine_tuned, wise_ft)]
    assert {card["id"] for card in _cards(app)["cards"]} == set(inside)
    assert _heading(open_page("changes", box="9-1,<b>")) == "12 articles of 12"


def test_a_link_selects_its_article_and_says_if_there_is_none(open_page, run):
    last = _cards(open_page("changes"))["cards"][-1]["id"]
    data = _cards(open_page("changes", article=last))
    assert (data["current"], data["place"]) == (last, 12)
    app = open_page("changes", article="nowhere")
    assert _cards(app)["place"] == 1
    assert any("nowhere" in caption.value for caption in app.caption)


@pytest.fixture
def ids(run, domain) -> list[str]:
    session.TAG_NOTICE.reset()
    session.UNDOABLE.reset()
    session.HANDLED.reset()
    return domain.subset("val")["article_id"].tolist()


def _operate(workspace, ids, *operations: dict) -> None:
    apply_operations(workspace, "shapes", ids, {"client": "a", "operations": list(operations)})


def test_an_operation_that_arrives_twice_is_applied_once(workspace, ids):
    first = {"n": 1, "kind": "tag", "article": ids[0], "tag": "scene", "is_set": True}
    undo = {"n": 2, "kind": "undo"}
    _operate(workspace, ids, first)
    _operate(workspace, ids, first, undo)
    _operate(workspace, ids, first, undo)
    assert read_tags(workspace, "shapes") == {}
    assert session.HANDLED.get() == {"a": 2}


def test_all_articles_are_tagged_and_undone_unless_others_are_shown_meanwhile(workspace, ids):
    all_of_them = {"kind": "tag_all", "tag": "scene", "is_set": True, "stamp": stamp_of_articles(ids)}
    _operate(workspace, ids[:3], all_of_them | {"n": 1})
    assert read_tags(workspace, "shapes") == {}
    assert session.TAG_NOTICE.get()[1]
    _operate(workspace, ids, all_of_them | {"n": 2})
    assert set(read_tags(workspace, "shapes")) == set(ids)
    _operate(workspace, ids, {"n": 3, "kind": "undo"})
    assert read_tags(workspace, "shapes") == {}


def test_a_note_that_was_changed_elsewhere_is_an_error(workspace, ids):
    tag_article(workspace, "shapes", ids[0], [], "theirs")
    _operate(workspace, ids, {"n": 1, "kind": "note", "article": ids[0], "before": "", "after": "mine"})
    sentence, is_error = session.TAG_NOTICE.get()
    assert is_error
    assert "theirs" in sentence
    assert read_tags(workspace, "shapes")[ids[0]].note == "theirs"


def test_the_chart_has_each_article_and_marks_those_that_the_filters_leave(open_page, run):
    everything, _ = chart_and_cards(open_page("changes"))
    chart, cards = chart_and_cards(open_page("changes", words="red"))
    points = json.loads(chart["points"])
    assert everything["shown"] == "1" * 12
    assert points == json.loads(everything["points"]), "the browser reads them once"
    assert chart["shown"].count("1") == cards["total"] == sum(look["count"] for look in chart["looks"])
    for card in cards["cards"]:
        row = points["ids"].index(card["id"])
        assert chart["shown"][row] == "1"
        assert points["headlines"][row] == card["headline"]
        assert [points["after"][row], points["before"][row]] == [model["rank"] for model in card["models"]][1:]


@pytest.mark.parametrize(
    ("selected", "box", "picked"),
    [
        ({"kind": "box", "rows": [0, 2]}, "1-5,2-9", ()),
        ({"kind": "points", "rows": [1, 1]}, None, ("b",)),
        ({"kind": "box", "rows": []}, None, ()),
        ({"kind": "points", "rows": [7, -1]}, None, ()),  # of a chart before another run was chosen
        (None, None, ()),
    ],
)
def test_points_selected_in_the_chart_are_a_filter(selected, box, picked):
    table = pd.DataFrame({"article_id": ["a", "b", "c"], "before": [5, 3, 1], "after": [2, 4, 9]})
    session.PICKED.set(frozenset({"a"}))
    choose_points(table, selected)
    assert (session.BOX.get(), session.PICKED.get()) == (box, frozenset(picked))
    session.forget_points()


def _used(app):
    [box] = [box for box in app.selectbox if box.label == "Tag in use"]
    return box


def test_a_renamed_tag_stays_the_filter_and_a_second_click_renames_nothing(open_page, workspace, domain, run):
    _tagged_and_answered(workspace, domain, run)
    app = open_page("changes", tagged="scene")
    assert _heading(app) == "6 articles of 12"
    _used(app).select("scene").run()
    [name] = [field for field in app.text_input if field.label == "New name"]
    name.input("view").run()
    [rename] = [button for button in app.button if button.label == "Rename"]
    rename.click().run()
    assert not app.exception
    assert {tag for article in read_tags(workspace, domain.info.slug).values() for tag in article.tags} == {"view"}
    assert _heading(app) == "6 articles of 12"
    assert _used(app).value is None
    disabled = {button.label: button.disabled for button in app.button}
    assert disabled["Rename"]
    assert disabled["Delete the tag"]


def test_a_link_with_a_tag_that_no_article_has_says_so(open_page, run):
    app = open_page("changes", tagged="no such tag")
    assert "no such tag" in app.info[0].value
    assert _heading(app) == "12 articles of 12"
