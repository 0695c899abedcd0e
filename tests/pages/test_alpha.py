"""List, pinned α and tags of the Alpha page."""

import json
from dataclasses import replace

import numpy as np
import pytest

from core.errors import InputError
from core.workspace import tags
from core.workspace.sweep_results import read_results
from core.workspace.tags import read_tags
from pages.alpha import listing, tagging
from pages.alpha.listing import ORDERS, ListOptions, listed_rows
from pages.alpha.point import point_at
from pages.shared import session
from tests.tagged import tag_article


def data_of(app) -> dict:
    """Return the data of the component."""
    assert not app.exception
    [element] = app.get("bidi_component")
    return json.loads(element.proto.json)


def board_of(app) -> dict:
    """Return the data of list and images."""
    return data_of(app)["board"]


def test_pages_count_what_a_search_finds(run, domain, monkeypatch):
    results = read_results(run, domain, "val")
    point = point_at(results, [0.5])
    monkeypatch.setattr(listing, "LISTED", 1)
    found = [row for row, text in enumerate(results.articles["title"]) if "red" in text]
    pages = len(found)
    assert pages > 1, found
    seen = [listed_rows(results, point, ListOptions("time", "red", page)) for page in range(1, pages + 1)]
    assert [row for listed in seen for row in listed.rows] == found
    assert {listed.state.pages for listed in seen} == {pages}
    beyond = listed_rows(results, point, ListOptions("time", "red", 99))
    assert (beyond.state.page, beyond.rows.tolist()) == (pages, seen[-1].rows.tolist())


def test_the_address_holds_order_words_and_page(run, open_page):
    board = board_of(open_page("alpha", order="time", find="qqxx", list_page="2"))
    assert (board["rows"], board["listing"]["order"], board["listing"]["words"]) == ([], "time", "qqxx")
    assert board["listing"]["page"] == board["listing"]["pages"] == 1


@pytest.mark.parametrize("page", ["0", "-1", "x", "1e9", "²", "9" * 400])
def test_an_invalid_page_or_order_is_the_first(page, run, open_page):
    state = board_of(open_page("alpha", list_page=page, order="nonsense"))["listing"]
    assert (state["page"], state["order"]) == (1, next(iter(ORDERS)))


@pytest.mark.parametrize("towers", ["false", "true"])
def test_rows_and_images_are_there_for_every_position_of_the_slider(towers, run, domain, open_page):
    results = read_results(run, domain, "val")
    board = board_of(open_page("alpha", alpha="1", towers=towers))
    ranks, images = results.ranks, results.top_images
    if towers == "true":
        ranks = np.concatenate(list(results.plane.ranks))
        images = np.concatenate(list(results.plane.top_images))
    assert len(board["rows"]) == len(results.articles)
    for shown in board["rows"]:
        row = results.row_of(shown["id"])
        assert shown["ranks"] == ranks[:, row].tolist()
        assert (shown["zero_shot"], shown["fine_tuned"]) == (results.ranks[0][row], results.ranks[-1][row])
    row = results.row_of(board["article"]["id"])
    assert board["along"]["ranks"] == ranks[:, row].tolist()
    headlines = [each["title"] for each in map(results.with_image, range(len(results.gallery.files)))]
    for first, expected in zip(board["along"]["first"], images[:, row], strict=True):
        assert [board["images"][place]["headline"] for place in first] == [headlines[image] for image in expected]
    assert [image["own"] for image in board["images"]].count(True) <= 1


@pytest.mark.parametrize("is_linear", [False, True])
def test_between_the_corners_the_plane_is_exact_for_linear_heads_only(is_linear, run, domain):
    results = read_results(run, domain, "val")
    paths = {"val": replace(results.info.paths["val"], is_linear=is_linear)}
    results = replace(results, info=replace(results.info, paths=paths))
    assert point_at(results, [0.5, 1.0]).is_exact == is_linear
    assert point_at(results, [0.0, 1.0]).is_exact


def test_an_order_by_values_at_alpha_needs_the_server(run, open_page):
    depends = {order: board_of(open_page("alpha", order=order))["ordered_by_alpha"] for order in ORDERS}
    zero_shot, fine_tuned = np.array([1, 9, 4]), np.array([2, 3, 90])
    here = [np.array(ranks) for ranks in ([3, 2, 1], [1, 50, 2])]
    assert depends == {
        order: not np.array_equal(*(key(zero_shot, ranks, fine_tuned) for ranks in here))
        for order, key in ORDERS.items()
    }


@pytest.mark.parametrize(("text", "expected"), [
    ("0.5", (0.5,)), ("0,0.25", (0.0, 0.25)), ("", ()), (None, ()), ("2", ()), ("0.5,nan", ()), ("0,0,0", ()),
])  # fmt: skip
def test_pinned_alphas_are_read_from_the_address(text, expected):
    assert session.parse_alphas(text) == expected


def test_both_alphas_are_pinned_with_an_alpha_for_each_tower(run, open_page):
    together, apart = (open_page("alpha", towers=towers, pinned="0,0") for towers in ("false", "true"))
    assert data_of(together)["pinned"] is None, "two α for one slider"
    assert data_of(apart)["pinned"] == [0, 0]


def test_a_tag_is_added_to_the_tags_and_note_of_an_article(run, domain, workspace):
    tag_article(workspace, "shapes", "7", ["person"], "a note")
    for tag, is_set, expected in (("scene", True, {"person", "scene"}), ("person", False, {"scene"})):
        tagging.set_tag(workspace, "shapes", {"article": "7", "tag": tag, "is_set": is_set})
        stored = read_tags(workspace, "shapes")["7"]
        assert (set(stored.tags), stored.note) == (expected, "a note")


def test_only_known_tags_are_set(run, domain, workspace):
    tagging.set_tag(workspace, "shapes", {"article": "7", "tag": "x" * 5000, "is_set": True})
    assert read_tags(workspace, "shapes") == {}


def test_a_tag_that_cannot_be_stored_is_an_error_of_the_page(run, domain, workspace):
    file = tags.tags_file(workspace, "shapes")
    file.parent.mkdir(parents=True)
    file.write_text("not JSON", encoding="utf-8")
    with pytest.raises(InputError):
        read_tags(workspace, "shapes")
    tagging.set_tag(workspace, "shapes", {"article": "7", "tag": "scene", "is_set": True})
    assert "tags" in session.TAGGING_ERROR.get()
    session.TAGGING_ERROR.reset()
