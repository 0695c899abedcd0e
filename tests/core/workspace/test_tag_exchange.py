"""Tags as CSV and Label Studio JSON, and read back in."""

import json
from xml.etree import ElementTree

import pytest

from core.errors import InputError
from core.storage.safe_csv import spreadsheet_csv
from core.workspace.tag_changes import set_tag
from core.workspace.tag_exchange import label_studio_tasks, labelling_configuration, read_in, read_tag_file
from core.workspace.tags import read_tags, tags_file, tags_table
from tests.tagged import tag_article


@pytest.fixture
def tagged(workspace, shapes_domain):
    tag_article(workspace, "shapes", "7", ["=scene", "Größe 🙂"], "fällt; „auf“\nzwei")
    tag_article(workspace, "shapes", "8", ["place"], "")
    return read_tags(workspace, "shapes")


def _as_csv(domain, tagged) -> bytes:
    return spreadsheet_csv(tags_table(domain, tagged)).encode()


def _as_tasks(domain, tagged) -> bytes:
    return label_studio_tasks(domain, tagged, ["7", "8", "9"]).encode()


@pytest.mark.parametrize("written", [_as_csv, _as_tasks])
def test_what_was_written_is_read_back(written, workspace, shapes_domain, tagged):
    content = written(shapes_domain, tagged)
    tags_file(workspace, "shapes").unlink()
    read = read_in(workspace, shapes_domain, read_tag_file(content, "tags.csv"))
    assert (read.unknown, read.kept) == ((), ())
    assert {key: (a.tags, a.note) for key, a in read_tags(workspace, "shapes").items()} == {
        key: (a.tags, a.note) for key, a in tagged.items()
    }
    assert read_in(workspace, shapes_domain, read_tag_file(content, "tags.csv")).done.is_empty


def test_a_task_has_the_fields_of_label_studio(shapes_domain, tagged):
    tasks = json.loads(_as_tasks(shapes_domain, tagged))
    [annotation] = tasks[0]["annotations"]
    choices = annotation["result"][0]
    assert choices["type"] == "choices"
    assert choices["value"] == {"choices": ["=scene", "Größe 🙂"]}
    assert "annotations" not in tasks[2]
    view = ElementTree.fromstring(labelling_configuration(tagged))
    assert {answer["from_name"] for answer in annotation["result"]} == {"tags", "note"}
    assert view.find("Choices").get("name") == choices["from_name"]
    assert view.find("Text").get("name") == choices["to_name"]


def test_reading_removes_nothing_and_names_what_is_unknown(workspace, shapes_domain, tagged):
    set_tag(workspace, "shapes", ["8"], "mine", is_set=True)
    text = "article_id,tags,note\r\n7,thumbnail,other\r\n8,place; scene,new\r\nnone such,scene,\r\n"
    read = read_in(workspace, shapes_domain, read_tag_file(text.encode(), "tags.csv"))
    assert (read.articles, read.unknown, read.kept) == (2, ("none such",), ("7",))
    stored = read_tags(workspace, "shapes")
    assert stored["7"].note == tagged["7"].note
    assert (set(stored["8"].tags), stored["8"].note) == ({"mine", "place", "scene"}, "new")


def test_two_annotators_are_joined_and_a_skipped_task_is_not_read(shapes_domain):
    def answer(*tags: str) -> dict:
        return {"type": "choices", "from_name": "x", "to_name": "y", "value": {"choices": list(tags)}}

    task = {"data": {"article_id": 7}, "annotations": [
        {"result": [answer("a")]}, {"result": [answer("b")]}, {"was_cancelled": True, "result": [answer("c")]},
    ]}  # fmt: skip
    [read] = read_tag_file(json.dumps([task]).encode(), "tags.csv")
    assert (read.article_id, set(read.tags)) == ("7", {"a", "b"})


_NO_LIST = b'[{"data": {"article_id": 7}, "annotations": 3}]'


@pytest.mark.parametrize("content", [
    b"\xff\xfe", b"", b"id,label\r\n7,x\r\n", b"[1]", b'[{"data": {}}]', b"[" * 5000, b'{"data"', _NO_LIST, b"[]",
    b"article_id,tags\r\n", b"article_id,tags\r\n7," + b"x" * 200_000, b"PK\x03\x04\x00\xff", b'{"name": "x"}',
])  # fmt: skip
def test_another_file_is_a_sentence_that_names_it(content):
    with pytest.raises(InputError, match=r"tags\.csv"):
        read_tag_file(content, "tags.csv")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_a_spreadsheet_may_choose_separator_and_encoding(separator, encoding):
    rows = [["Article_ID ", "title", "tags", "note"], ["7", '"A; B, C"', '"Größe; Hund"', "schön"]]
    text = "".join(separator.join(row) + "\r\n" for row in rows)
    [read] = read_tag_file(text.encode(encoding), "tags.csv")
    assert (read.article_id, read.tags, read.note) == ("7", ("Größe", "Hund"), "schön")


@pytest.mark.parametrize("content", [
    b'[{"id": 1, "article_id": 7, "tags": {"choices": ["a", "b"]}, "note": "n"}]',
    b'[{"data": {"article_id": 7}, "annotations": [{"result": [{"type": "choices", "value": {"choices": ["a", "b"]}},'
    b'{"type": "textarea", "value": {"text": "n"}}]}]}]',
    b'article_id,tags,note\r\n7,"{""choices"": [""a"", ""b""]}",n\r\n',
])  # fmt: skip
def test_each_export_of_label_studio_is_read(content):
    [read] = read_tag_file(content, "export")
    assert (read.article_id, read.tags, read.note) == ("7", ("a", "b"), "n")


def test_one_choice_may_be_a_text():
    answer = {"type": "choices", "value": {"choices": "person"}}
    task = {"data": {"article_id": "7"}, "annotations": [{"result": [answer]}]}
    [read] = read_tag_file(json.dumps([task]).encode(), "tasks.json")
    assert read.tags == ("person",)


def test_half_of_a_character_can_be_stored(workspace, shapes_domain):
    content = rb'[{"article_id": "7", "tags": ["a\ud83d"], "note": "b\ud83d"}, {"article_id": "\ud83d", "tags": []}]'
    read = read_in(workspace, shapes_domain, read_tag_file(content, "tasks.json"))
    assert read_tags(workspace, "shapes")["7"].tags == ("a",)
    assert "".join(read.unknown).encode()
