"""The organisers' scorer, against ir_measures and against runs whose answer is known."""

import subprocess
import sys

import ir_measures
import numpy as np
import pytest
from ir_measures import RR, Qrel, R, ScoredDoc, Success

from core.errors import InputError
from core.evaluation.run_scoring import score
from core.retrieval.run_file import Submission, read_submission, write_submission


def run_of(lists: dict[str, list[str]]) -> Submission:
    return Submission(lists, 0, [])


@pytest.mark.parametrize("seed", range(4))
def test_the_metrics_are_those_of_ir_measures(seed):
    draw = np.random.default_rng(seed)
    images = [str(n) for n in range(250)]
    truth = {str(n): (images[draw.integers(250)],) for n in range(60)}
    lists = {article: list(draw.permutation(images)[:100]) for article in list(truth)[:50]}  # ten are not answered
    qrels = [Qrel(article, image, 1) for article, right in truth.items() for image in right]
    scored = [
        ScoredDoc(article, image, -place) for article, found in lists.items() for place, image in enumerate(found)
    ]
    wanted = {"mrr@100": RR @ 100} | {f"recall@{k}": R @ k for k in (1, 5, 10, 50, 100)}
    expected = ir_measures.calc_aggregate(wanted.values(), qrels, scored)
    metrics = score(run_of(lists), truth).metrics
    assert metrics == pytest.approx({name: expected[measure] for name, measure in wanted.items()}, abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_with_several_right_images_they_are_success_and_reciprocal_rank(seed):
    draw = np.random.default_rng(seed)
    images = [str(n) for n in range(150)]
    truth = {str(n): tuple(draw.choice(images, size=draw.integers(0, 6), replace=False)) for n in range(60)}
    lists = {article: list(draw.permutation(images)[:100]) for article in list(truth)[:50]}
    qrels = [Qrel(article, image, int(image in right)) for article, right in truth.items() for image in images]
    scored = [
        ScoredDoc(article, image, -place) for article, found in lists.items() for place, image in enumerate(found)
    ]
    wanted = {"mrr@100": RR @ 100} | {f"recall@{k}": Success @ k for k in (1, 5, 10, 50, 100)}
    expected = ir_measures.calc_aggregate(wanted.values(), qrels, scored)
    found = score(run_of(lists), truth)
    assert found.metrics == pytest.approx({name: expected[measure] for name, measure in wanted.items()}, abs=1e-12)
    assert found.several == sum(len(right) > 1 for right in truth.values())
    assert found.none_right == sum(not right for right in truth.values()) > 0


def test_articles_that_are_not_found_count_and_oddities_are_named():
    truth = {"1": ("a",), "2": ("b",), "3": ("c",), "4": ("d",)}
    run = Submission({"1": ["a", "x"], "2": ["a", "b", "b"], "9": ["c"]}, skipped=1, repeated=["2", "2"])
    scored = score(run, truth)
    assert scored.metrics["mrr@100"] == (1 + 1 / 2) / 4
    assert scored.metrics["recall@1"] == 1 / 4
    assert scored.metrics["recall@5"] == 2 / 4
    assert (scored.n, scored.found, scored.mean_rank) == (4, 2, 1.5)
    assert scored.missing_articles == ["3", "4"]
    assert scored.unknown_articles == ["9"]
    assert scored.repeated_articles == ["2"]
    assert scored.unknown_images == ["x"]
    assert scored.repeated_images == ["2"]
    assert scored.short_lines == ["1", "2", "9"]
    assert score(run, truth, gallery={"a", "b", "c", "d", "x"}).unknown_images == []


def test_a_file_is_read_as_the_organisers_read_it(tmp_path):
    file = tmp_path / "run.tsv"
    long = "\t".join(str(n) for n in range(150))
    file.write_bytes(f"articleID\tiid1\r\n7\ta\tb\r\nx7\tc\r\n7\tz\r\n8\t{long}\r\n\r\n".encode())
    run = read_submission(file)
    assert run.lists == {"7": ["a", "b"], "8": [str(n) for n in range(100)]}
    assert (run.skipped, run.repeated) == (2, ["7"])


def test_the_order_of_the_ground_truth_does_not_change_the_last_digit(tmp_path):
    draw = np.random.default_rng(0)
    images = [str(n) for n in range(120)]
    truth = {str(n): (images[draw.integers(120)],) for n in range(97)}
    write_submission(tmp_path / "r.tsv", list(truth), [list(draw.permutation(images)) for _ in truth])
    run = read_submission(tmp_path / "r.tsv")
    shuffled = [{article: truth[article] for article in draw.permutation(list(truth))} for _ in range(20)]
    assert all(score(run, each).metrics == score(run, truth).metrics for each in shuffled)


@pytest.mark.parametrize("content", ["", "articleID\tiid1\n", "a1\tb\n"])
def test_what_is_no_run_is_refused(tmp_path, content):
    (tmp_path / "run.tsv").write_text(content)
    with pytest.raises(InputError, match=r"run\.tsv"):
        read_submission(tmp_path / "run.tsv")


def test_scoring_needs_no_torch():
    modules = "core.evaluation.run_scoring, core.retrieval.run_file, core.data.importers.ground_truth"
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
