"""Tags: stored, shared by two windows, never lost."""

import json
import threading

import pytest

from core.errors import InputError
from core.workspace.tags import USUAL, known_tags, read_tags, tags_file, tags_table
from tests.tagged import tag_article


def test_tags_and_note_are_stored(workspace, shapes_domain):
    tag_article(workspace, "shapes", "7", ["scene", "  Größe 🙂 ", "scene"], " fällt auf\n")
    stored = read_tags(workspace, "shapes")["7"]
    assert stored.tags == ("Größe 🙂", "scene")
    assert stored.note == "fällt auf"
    assert known_tags(read_tags(workspace, "shapes")) == [*USUAL, "Größe 🙂"]


def test_no_tag_and_no_note_is_forgotten(workspace):
    tag_article(workspace, "shapes", "7", ["person"], "")
    tag_article(workspace, "shapes", "7", [], "  ")
    assert read_tags(workspace, "shapes") == {}


def test_two_windows_lose_nothing(workspace):
    threads = [
        threading.Thread(target=tag_article, args=(workspace, "shapes", str(number), ["person"], ""))
        for number in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(read_tags(workspace, "shapes"), key=int) == [str(number) for number in range(12)]


def test_a_damaged_file_is_said_and_not_overwritten(workspace):
    tag_article(workspace, "shapes", "7", ["person"], "")
    file = workspace.root / "tags" / "shapes.json"
    file.write_text('{"7": {"tags"', encoding="utf-8")
    with pytest.raises(InputError, match=r"shapes\.json"):
        tag_article(workspace, "shapes", "8", ["place"], "")
    assert file.read_text(encoding="utf-8") == '{"7": {"tags"'


@pytest.mark.parametrize(("tags", "note"), [(["x" * 41], ""), ([], "x" * 2001)])
def test_what_is_too_long_is_refused(workspace, tags, note):
    with pytest.raises(InputError, match=r"characters.*(40|2000)|(40|2000) characters"):
        tag_article(workspace, "shapes", "7", tags, note)


def test_the_table_names_the_article_also_when_it_is_gone(workspace, shapes_domain):
    tag_article(workspace, "shapes", "7", ["scene", "place"], "n")
    tag_article(workspace, "shapes", "no longer", ["person"], "")
    table = tags_table(shapes_domain, read_tags(workspace, "shapes")).set_index("article_id")
    assert table.loc["7", "tags"] == "place; scene"
    assert table.loc["7", "title"].startswith("a ")
    assert table.loc["no longer", "split"] == "not in the domain"


def test_the_first_files_had_no_format_and_are_still_read(workspace):
    tag_article(workspace, "shapes", "7", ["person"], "seen")
    file = tags_file(workspace, "shapes")
    table = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(table["tags"]), encoding="utf-8")
    tag_article(workspace, "shapes", "format", ["scene"], "")
    assert {key: article.tags for key, article in read_tags(workspace, "shapes").items()} == {
        "7": ("person",),
        "format": ("scene",),
    }
    assert json.loads(file.read_text(encoding="utf-8"))["format"] == 1


def test_a_file_of_a_newer_version_is_said_and_not_overwritten(workspace):
    tag_article(workspace, "shapes", "7", ["person"], "")
    file = tags_file(workspace, "shapes")
    file.write_text(newer := file.read_text(encoding="utf-8").replace('"format": 1', '"format": 2'), encoding="utf-8")
    with pytest.raises(InputError, match=r"shapes\.json .*version 2;.* version 1\b.*newer"):
        tag_article(workspace, "shapes", "8", ["person"], "")
    assert file.read_text(encoding="utf-8") == newer
