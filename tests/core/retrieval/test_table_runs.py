"""Runs as tables of several forms; an unknown or ambiguous form is refused as a whole."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.retrieval.run_file import read_submission

LISTS = {"7": ["a", "b"], "8": ["b", "c"]}


def lists_of(tmp_path: Path, text: str, encoding: str = "utf-8") -> dict[str, list[str]]:
    (tmp_path / "run").write_bytes(text.encode(encoding))
    return read_submission(tmp_path / "run").lists


WIDE = [["7", "a", "b"], ["8", "b", "c"]]
BY_RANK = [["7", "1", "a"], ["7", "2", "b"], ["8", "2", "c"], ["8", "1", "b"]]
BY_RANK_LAST = [[article, image, rank] for article, rank, image in BY_RANK]
FROM_ZERO = [[article, str(int(rank) - 1), image] for article, rank, image in BY_RANK]
BY_SCORE = [["a", "7", "0.9"], ["b", "7", "0.2"], ["c", "8", "-1e-3"], ["b", "8", "0.5"]]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("header", "rows"),
    [
        (None, WIDE),
        (["articleID", "iid1", "iid2"], WIDE),
        (["article_id", "1", "2"], WIDE),
        (None, BY_RANK),
        (None, BY_RANK_LAST),
        (None, FROM_ZERO),
        (["article_id", "rank", "image_id"], BY_RANK),
        (["qid", "docid", "rank"], BY_RANK_LAST),
        (["image_id", "article_id", "score"], BY_SCORE),
        (["image", "Article", "Similarity"], BY_SCORE),
    ],
)
def test_one_run_in_many_forms(tmp_path, separator, header, rows):
    lines = [separator.join(row) for row in ([header] if header else []) + rows]
    for end in ("\n", "\r\n"):
        assert lists_of(tmp_path, end.join([*lines, ""])) == LISTS
    assert lists_of(tmp_path, "\ufeff" + "\n".join(lines), "utf-16") == LISTS


@pytest.mark.parametrize(
    "text",
    [
        '"article_id","image_1","image_2"\n"7","a","b"\n"8","b","c"\n',
        '"articleID"\t"iid1"\t"iid2"\n"7"\t"a"\t"b"\n"8"\t"b"\t"c"\n',
        "sep=;\narticle_id;i1;i2\n7;a;b\n8;b;c\n",
        "article_id,rank,image_id\n7.0,1.0,a\n7.0,2.0,b\n8.0,1.0,b\n8.0,2.0,c\n",
        "title,rank,image_id,article_id,note\nA,1,a,7,x\nA,2,b,7,\nB,1,b,8,\nB,2,c,8,\n",
    ],
)
def test_as_programs_write_them(tmp_path, text):
    assert lists_of(tmp_path, text) == LISTS


def test_ids_that_are_no_numbers(tmp_path):
    lists = {"row-1": ["a"], "row-2": ["b", "c"]}
    assert lists_of(tmp_path, "row-1,a\nrow-2,b,c\n") == lists
    assert lists_of(tmp_path, "articleID\tiid1\nrow-1\ta\nrow-2\tb\tc\n") == lists


def test_lists_of_other_lengths_and_the_first_hundred(tmp_path):
    lists = lists_of(tmp_path, "7,a\n8," + ",".join(f"i{n}" for n in range(150)) + "\n")
    assert (lists["7"], len(lists["8"]), lists["8"][-1]) == (["a"], 100, "i99")


def test_image_ids_that_became_floats_are_whole_again(tmp_path):
    assert lists_of(tmp_path, "article_id,1,2\n7,900.0,901.0\n8,902.0,\n") == {"7": ["900", "901"], "8": ["902"]}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"7": ["a", "b"]}\n', "line 1 .*JSON"),
        ('[{"article": 7, "images": ["a"]}]\n', "line 1 .*JSON"),
        ("7 0 a 1\n8 0 b 1\n", "line 1 .*qrels"),
        ("7\tQ0\ta\t1\ttag\n", "line 1 .*Q0"),
        ("7,Q0,a,1,0.5,tag\n", "line 1 .*Q0"),
        ("7 a 1\n7 b 2\n", "line 1 .*one cell"),
        ("7,a,0.9\n7,b,0.8\n", "line 1 has 0.9.*score"),
        ("7,1,a,0.9\n7,2,b,0.8\n", "line 1 has 0.9.*score"),
        ("7\t1\ta\t0.9\n7\t2\tb\t0.8\n", "line 1 has 0.9.*score"),
        ("7,a,9\n7,b,8\n7,c,7\n8,c,5\n8,a,1\n", "line 5 .*article 8"),
        ("7,a\n7,b\n", "line 2 .*article 7"),
        ("article_id,image_id\n7,a\n7,b\n", "line 3 .*article 7"),
        ("article_id,images\n7,\"['a', 'b']\"\n8,\"['b']\"\n", "line 2 has a list"),
        ("article_id,images\n7,a b c\n8,b c a\n", "line 2 has a list"),
        ("7,1,1\n7,2,2\n", "line 1 .*two ways"),
        ("7,1,900\n8,1,901\n", "line 1 .*two ways"),
        ("article_id,rank,image_id\n7,3,a\n8,1,b\n", "line 2 has rank 3 of article 7.* 1"),
        ("article_id,rank,image_id\n7,1,a\n7,3,b\n", "line 3 has rank 3"),
        ("article_id,rank,image_id\n7,1,a\n7,1,b\n", "line 3 has rank 1"),
        ("article_id,rank,image_id\n7,0,a\n8,1,b\n", "line 3 has rank 1"),
        ("article_id,rank,image_id\n7,1,a\n7,best,b\n", "line 3 has best.*rank"),
        ("article_id,image_id,score\n7,a,nan\n", "line 2 has nan.*score"),
        ("article_id,rank,image_id\n7,1,a\n7,2\n", "line 3 .*cells"),
        ("article_id,rank,image_id\n", "line 1 .*header"),
        ("article_id,image_id,image_file\n7,a,a.jpg\n", "line 1 .*column image_id"),
        ("article_id,rank,score\n7,1,0.5\n", "line 1 .*column rank"),
        ("title,article_id,i1\nA,7,a\n", "line 1 .*column title"),
        ("News,First,Second\n7,a,b\n", "line 1 .*News"),
        ('7,"a,b\n8,b,c\n', "line 1 .*quotation mark"),
        ("7,a,b\n,b,c\n", "line 2 .*no article"),
    ],
)
def test_another_form_is_refused_with_its_line_and_the_known_forms(tmp_path, text, found):
    with pytest.raises(InputError, match=found) as caught:
        lists_of(tmp_path, text)
    assert all(form in str(caught.value) for form in ("TREC", "commas", "rank"))


def test_scores_list_an_image_once(tmp_path):
    with pytest.raises(InputError, match=r"line 3 .*image a .*7"):
        lists_of(tmp_path, "article_id,image_id,score\n7,a,2\n7,a,1\n")


def test_a_second_row_of_an_article_is_ignored_and_reported(tmp_path):
    (tmp_path / "run.csv").write_text("article_id,1,2\n7,a,b\n8,b,c\n7,c,a\n")
    run = read_submission(tmp_path / "run.csv")
    assert (run.lists, run.repeated, run.skipped) == (LISTS, ["7"], 1)


CELLS = st.sampled_from(
    ["7", "8", "a", "b", "1", "2", "0", "", "0.5", "Q0", '"', "article_id", "rank", "image_id", "[a]"]
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CELLS, max_size=4), max_size=5), st.sampled_from([",", ";", "\t", " "]))
@example([["7", "", "a"]], ",")
@example([["", "a"]], "\t")
def test_any_file_is_read_or_refused_with_a_short_error(tmp_path, rows, separator):
    lists, refused = {}, ""
    try:
        lists = lists_of(tmp_path, "\n".join(separator.join(row) for row in rows))
    except InputError as error:
        refused = str(error)
    assert bool(lists) != bool(refused)
    assert all(lists)
    assert len(refused) < 1_000
