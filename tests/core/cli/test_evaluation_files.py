"""`score` and `ground-truth` on realistic files: differing names, notes on inconsistencies, qrels."""

import re
from pathlib import Path

import ir_measures
import pytest

from core.cli.options import workspace_of
from core.data.domain import Domain
from tests.conftest import Verb
from tests.shapes import draw


def score_record(verb: Verb, tmp_path: Path, run: str, truth: str, *options: object) -> dict:
    (tmp_path / "run.csv").write_text(run)
    (tmp_path / "gt.csv").write_text(truth)
    outcome = verb("score", tmp_path / "run.csv", "--ground-truth", tmp_path / "gt.csv", *options, "--json")
    assert outcome.status == 0, outcome.err
    return outcome.record


TRUTH = "article_id,image_file\n7,a.jpg\n8,b.jpg\n8,c.jpg\n9,d.jpg\n"


def test_what_a_run_lacks_repeats_or_adds_is_counted(verb, tmp_path):
    run = "article_id,1,2,3\n7,x.jpg,x.jpg,a.jpg\n8,c.jpg,b.jpg\n8,b.jpg\n12,a.jpg\n"
    scored = score_record(verb, tmp_path, run, TRUTH)
    assert scored["metrics"]["mrr@100"] == pytest.approx((1 / 3 + 1) / 3)
    assert (scored["n"], scored["found"], scored["several"], scored["none_right"]) == (3, 2, 1, 0)
    notes = ("missing_articles", "unknown_articles", "repeated_articles", "repeated_images", "unknown_images")
    assert [scored[name] for name in notes] == [["9"], ["12"], ["8"], ["7"], ["x.jpg"]]
    text = verb("score", tmp_path / "run.csv", "--ground-truth", tmp_path / "gt.csv").out
    assert "1 article with several" in text
    assert "1 line skipped" in text
    assert not re.search(r"\b1 (articles|images|lines|lists|names)\b", text)


@pytest.mark.parametrize(
    ("images", "recall", "ambiguous", "renamed"),
    [
        (("a.jpg", "b.jpg", "d.jpg"), 1, 0, 0),
        (("a", "b", "d"), 1, 0, 3),
        (("A.jpg", "B.jpg", "D.jpg"), 1, 0, 3),
        (("a.png", "b.png", "d.png"), 0, 0, 0),
    ],
)
def test_images_are_called_with_or_without_their_ending(verb, tmp_path, images, recall, ambiguous, renamed):
    run = "".join(f"{article},{image}\n" for article, image in zip("789", images, strict=True))
    scored = score_record(verb, tmp_path, run, TRUTH)
    assert scored["metrics"]["recall@1"] == recall
    assert (len(scored["ambiguous_images"]), scored["renamed_images"]) == (ambiguous, renamed)


def test_a_name_that_fits_two_images_counts_as_not_found(verb, tmp_path):
    scored = score_record(verb, tmp_path, "7,a\n8,b\n", "article_id,image_file\n7,a.jpg\n8,a.png\n")
    assert (scored["found"], len(scored["ambiguous_images"])) == (0, 1)
    assert "several images" in verb("score", tmp_path / "run.csv", "--ground-truth", tmp_path / "gt.csv").out


def test_a_run_of_other_articles_is_refused_with_an_example_of_each(verb, tmp_path):
    (tmp_path / "run.csv").write_text("17,a.jpg\n")
    (tmp_path / "gt.csv").write_text(TRUTH)
    scored = verb("score", tmp_path / "run.csv", "--ground-truth", tmp_path / "gt.csv")
    assert scored.status == 2
    assert re.search(r"\b17\b.*\b7\b", scored.err)


def test_a_run_without_any_correct_image_shows_an_example_of_each(verb, tmp_path):
    (tmp_path / "run.csv").write_text("7,zz1\n8,zz2\n")
    (tmp_path / "gt.csv").write_text(TRUTH)
    scored = verb("score", tmp_path / "run.csv", "--ground-truth", tmp_path / "gt.csv")
    assert scored.status == 0
    assert all(part in scored.out for part in ("zz1", "a.jpg"))


def test_a_domains_images_are_found_by_their_files(verb, shapes_domain: Domain, tmp_path):
    pairs = shapes_domain.labelled("val")
    files = [Path(file).name for file in pairs["image_file"]]
    (tmp_path / "run.csv").write_text("".join(f"{a},{f}\n" for a, f in zip(pairs["article_id"], files, strict=True)))
    of_domain = ("--domain", shapes_domain.info.slug, "--split", "val")
    assert verb("score", tmp_path / "run.csv", *of_domain, "--json").record["metrics"]["recall@1"] == 1
    (tmp_path / "other.csv").write_text(f"{pairs['article_id'].iloc[0]},elsewhere.jpg\n")
    scored = verb("score", tmp_path / "other.csv", *of_domain)
    assert (scored.status, "elsewhere.jpg" in scored.err) == (2, True)


def test_qrels_of_a_domain_are_its_pairs(verb, shapes_domain: Domain, tmp_path):
    of_domain = ("--domain", shapes_domain.info.slug, "--split", "val")
    scored = verb("ground-truth", *of_domain, "--qrels", tmp_path / "val.qrels", "--json")
    assert scored.status == 0, scored.err
    pairs = shapes_domain.labelled("val")
    written = {(q.query_id, q.doc_id, q.relevance) for q in ir_measures.read_trec_qrels(str(tmp_path / "val.qrels"))}
    assert written == {(a, i, 1) for a, i in zip(pairs["article_id"], pairs["image_id"], strict=True)}
    assert scored.record["written"] == len(pairs)
    assert verb("ground-truth", *of_domain[:2], "--qrels", tmp_path / "no.qrels").status == 2, "no test articles"
    assert verb("ground-truth", *of_domain).status == 2


def test_lists_and_truth_of_another_encoding(verb, shapes, tmp_path, workspace):
    folder = tmp_path / "test"
    folder.mkdir()
    for n in range(3):
        draw("red", "circle", n).save(folder / f"图{n}.png")
    texts = {
        "articles.csv": "id,title\n" + "".join(f"{900 + n},新闻\n" for n in range(3)),
        "images.csv": "image_file\n" + "".join(f"图{n}.png\n" for n in range(3)),
        "gt.csv": "article_id,image_file\n" + "".join(f"{900 + n},图{n}.png\n" for n in range(3)),
    }
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode("gb18030"))
    lists = ("--test-articles", folder / "articles.csv", "--test-images", folder / "images.csv")
    imported = verb("import", shapes, "--domain", "news", *lists, "--test-encoding", "gb18030", "--json")
    assert imported.status == 0, imported.err
    test = workspace.load_domain("news").subset("test")
    assert test["title"].tolist() == ["新闻"] * 3
    truth = ("--domain", "news", "--ground-truth", folder / "gt.csv", "--encoding", "gb18030")
    assert verb("ground-truth", *truth, "--json").record["known"] == 3
    assert workspace_of(None, None).load_domain("news").labelled("test")["image_id"].tolist() == ["图0", "图1", "图2"]
