"""TREC runs and qrels against trec_eval by ir_measures; a run with wrong lines is never scored in part."""

from pathlib import Path

import ir_measures
import numpy as np
import pytest

from core.data.qrels import read_qrels, write_qrels
from core.errors import InputError
from core.retrieval.run_file import read_submission, write_submission
from core.retrieval.trec import write_trec

ARTICLES = [str(100 + number) for number in range(10)]
IMAGES = [f"im{number}" for number in range(10)]


def write(path: Path, rows: list[tuple], separator: str) -> Path:
    path.write_text("".join(separator.join(map(str, row)) + "\n" for row in rows))
    return path


def random_run(seed: int) -> list[tuple]:
    """Make unordered lists with ties, whose ranks contradict their scores."""
    draw = np.random.default_rng(seed)
    rows = [
        (article, "Q0", image, int(draw.integers(100)), round(float(draw.integers(4)) / 4, 2), "tag")
        for article in ARTICLES
        for image in IMAGES
    ]
    return [rows[index] for index in draw.permutation(len(rows))]


@pytest.mark.parametrize("separator", [" ", "\t", "   "])
def test_it_scores_as_trec_eval_does(separator, tmp_path, verb):
    rows = random_run(3)
    run = write(tmp_path / "run.txt", rows, separator)
    write(tmp_path / "gt.tsv", [("articleID", "iid"), *zip(ARTICLES, IMAGES, strict=True)], "\t")
    outcome = verb("score", run, "--ground-truth", tmp_path / "gt.tsv", "--json")
    assert outcome.status == 0, outcome.err
    qrels = [ir_measures.Qrel(a, i, 1) for a, i in zip(ARTICLES, IMAGES, strict=True)]
    scored = [ir_measures.ScoredDoc(row[0], row[2], row[4]) for row in rows]
    expected = ir_measures.pytrec_eval.calc_aggregate([ir_measures.RR, ir_measures.R @ 5], qrels, scored)
    assert outcome.record["metrics"]["mrr@100"] == pytest.approx(expected[ir_measures.RR])
    assert outcome.record["metrics"]["recall@5"] == pytest.approx(expected[ir_measures.R @ 5])


def test_written_runs_are_read_back(tmp_path):
    lists = [IMAGES[shift:] + IMAGES[:shift] for shift in range(10)]
    assert write_trec(tmp_path / "run.txt", ARTICLES, lists, "lite") == 10
    assert read_submission(tmp_path / "run.txt").lists == dict(zip(ARTICLES, lists, strict=True))
    assert write_submission(tmp_path / "run.tsv", ARTICLES, lists) == 10
    assert read_submission(tmp_path / "run.tsv").lists == dict(zip(ARTICLES, lists, strict=True))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("100 Q0 im1 1 tag", "line 2"),
        ("100 Q0 im1 1 high tag", "line 2"),
        ("100 Q0 im0 1 0.5 tag", "line 2 .*image im0 .*100"),
        ("100\tim1\tim2", "line 2"),
    ],
)
def test_a_line_of_another_form_is_named(line, message, tmp_path):
    (tmp_path / "run.txt").write_text(f"100 Q0 im0 1 0.9 tag\n{line}\n")
    with pytest.raises(InputError, match=message):
        read_submission(tmp_path / "run.txt")


def test_an_id_with_a_space_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match="an article"):
        write_trec(tmp_path / "run.txt", ["an article"], [["im1"]], "x")
    with pytest.raises(InputError, match=r"an image\.jpg"):
        write_qrels(tmp_path / "run.txt", [("1", "an image.jpg")])
    assert not (tmp_path / "run.txt").exists()


@pytest.mark.parametrize("depth", [1, 5, 10])
def test_files_written_here_are_scored_alike_by_trec_eval(depth, tmp_path, verb):
    draw = np.random.default_rng(5)
    write_trec(tmp_path / "run", ARTICLES, [list(draw.permutation(IMAGES)) for _ in ARTICLES], "lite")
    write_qrels(tmp_path / "qrels", [(article, draw.choice(IMAGES)) for article in ARTICLES for _ in range(2)])
    qrels = list(ir_measures.read_trec_qrels(str(tmp_path / "qrels")))
    assert {(qrel.query_id, qrel.relevance) for qrel in qrels} == {(article, 1) for article in ARTICLES}
    measures = [ir_measures.RR, ir_measures.Success @ depth]
    run = ir_measures.read_trec_run(str(tmp_path / "run"))
    expected = ir_measures.pytrec_eval.calc_aggregate(measures, qrels, run)
    record = verb("score", tmp_path / "run", "--ground-truth", tmp_path / "qrels", "--json").record
    assert record["metrics"]["mrr@100"] == pytest.approx(expected[measures[0]])
    assert record["metrics"][f"recall@{depth}"] == pytest.approx(expected[measures[1]])


def test_qrels_are_read_as_ir_measures_reads_them():
    lines = ["7 0 a 1", "7\t0\tb\t0", "8 Q0 c 3", "8 0 a -1"]
    expected = [(q.query_id, q.doc_id, q.relevance > 0) for q in ir_measures.read_trec_qrels("\n".join(lines))]
    assert [row[1:] for row in read_qrels(lines, "qrels")] == expected
