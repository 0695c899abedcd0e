"""Changes of tags: merged with those of others, refused where a note would be lost, and undone."""

import threading

import pytest

from core.errors import InputError
from core.workspace.tag_changes import Change, NoteChange, apply_change, delete_tag, rename_tag, set_tag
from core.workspace.tags import read_tags
from tests.tagged import tag_article


def _tags(workspace) -> dict[str, tuple[str, ...]]:
    return {article_id: article.tags for article_id, article in read_tags(workspace, "shapes").items()}


def test_two_users_who_tag_one_article_keep_the_tags_of_both(workspace):
    names = [f"tag {number}" for number in range(12)]
    threads = [
        threading.Thread(target=set_tag, args=(workspace, "shapes", ["7"], name), kwargs={"is_set": True})
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _tags(workspace) == {"7": tuple(sorted(names))}


def test_undo_restores_only_what_the_change_did(workspace):
    set_tag(workspace, "shapes", ["1"], "scene", is_set=True)
    change = set_tag(workspace, "shapes", ["1", "2", "3"], "  scene ", is_set=True)
    assert change.added == (("2", "scene"), ("3", "scene"))
    set_tag(workspace, "shapes", ["2"], "place", is_set=True)  # another user, meanwhile
    apply_change(workspace, "shapes", change.inverse)
    assert _tags(workspace) == {"1": ("scene",), "2": ("place",)}


def test_a_change_of_nothing_does_not_touch_the_time_of_change(workspace):
    set_tag(workspace, "shapes", ["1"], "scene", is_set=True)
    before = read_tags(workspace, "shapes")
    assert set_tag(workspace, "shapes", ["1"], "scene", is_set=True).is_empty
    assert set_tag(workspace, "shapes", ["2"], "scene", is_set=False).is_empty
    assert read_tags(workspace, "shapes") == before


def test_a_note_that_another_user_changed_is_not_replaced(workspace):
    tag_article(workspace, "shapes", "7", [], "first")
    assert apply_change(workspace, "shapes", Change(notes=(NoteChange("7", "first", "theirs"),))).refused == ()
    applied = apply_change(workspace, "shapes", Change((("7", "scene"),), (), (NoteChange("7", "first", "mine"),)))
    assert [note.before for note in applied.refused] == ["theirs"]
    stored = read_tags(workspace, "shapes")["7"]
    assert (stored.tags, stored.note) == (("scene",), "theirs")


def test_renaming_to_a_tag_in_use_joins_both_and_undo_separates_them(workspace):
    for article_id, tags in (("1", ["old"]), ("2", ["new", "old"]), ("3", ["new"])):
        tag_article(workspace, "shapes", article_id, tags, "")
    before = _tags(workspace)
    change = rename_tag(workspace, "shapes", "old", "new")
    assert _tags(workspace) == {"1": ("new",), "2": ("new",), "3": ("new",)}
    apply_change(workspace, "shapes", change.inverse)
    assert _tags(workspace) == before


def test_a_deleted_tag_is_on_no_article(workspace):
    tag_article(workspace, "shapes", "1", ["old", "scene"], "")
    tag_article(workspace, "shapes", "2", ["old"], "")
    change = delete_tag(workspace, "shapes", "old")
    assert _tags(workspace) == {"1": ("scene",)}
    assert len(change.removed) == 2


@pytest.mark.parametrize(("typed", "stored"), [
    ("  two \t words ", "two words"), ("a\0b", "ab"), ("\u202egnp", "gnp"), ("a\ud83d", "a"),
    ("👩\u200d🚀", "👩\u200d🚀"),
])  # fmt: skip
def test_a_tag_is_what_it_looks_like(workspace, typed, stored):
    set_tag(workspace, "shapes", ["1"], typed, is_set=True)
    assert _tags(workspace) == {"1": (stored,)}


@pytest.mark.parametrize("tag", ["a;b", "\u200b", "\u200d \u202e"])
def test_a_tag_that_cannot_be_seen_or_written_to_csv_is_refused(workspace, tag):
    with pytest.raises(InputError, match="the tag"):
        set_tag(workspace, "shapes", ["1"], tag, is_set=True)


@pytest.mark.parametrize("change", [
    Change((("7", "x" * 41),)), Change((("7", "  "),)), Change(notes=(NoteChange("7", "", "x" * 2001),)),
])  # fmt: skip
def test_what_is_too_long_or_empty_is_refused(workspace, change):
    with pytest.raises(InputError, match=r"40|2000|empty"):
        apply_change(workspace, "shapes", change)
    assert read_tags(workspace, "shapes") == {}
