"""A test set of two lists, from import to score: ranked without its ground truth, evaluated with it."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.retrieval.run_file import read_submission
from tests.shapes import COLOURS, SHAPES, draw

COUNT, EXTRA = 30, 4  # articles of the test set, and images that belong to none


def real_id(n: int) -> str:
    return str(523949000 + n)


def scrambled_id(n: int) -> str:
    return f"1{real_id(n)[4:]}{real_id(n)[:4]}"


@pytest.fixture
def test_set(tmp_path: Path) -> Path:
    """Return a folder with lists in different orders, texts in Latin-1, and `gt.tsv` by the real ids."""
    folder = tmp_path / "test"
    (folder / "images").mkdir(parents=True)
    numbers = range(COUNT + EXTRA)
    titles = {n: f"ä {list(COLOURS)[n % 6]} {SHAPES[n // 6 % 3]}" for n in numbers}
    for n in numbers:
        draw(list(COLOURS)[n % 6], SHAPES[n // 6 % 3], n % 5).save(folder / "images" / f"{n + 900}.png")
    articles = [f"{scrambled_id(n)}\t\thttps://x\t\t\t\t{titles[n]}\t" for n in reversed(range(COUNT))]
    text = "\r\n".join(["articleID\taid\turl\t\t\thashvalue\ttitle\ttext", *articles, ""])
    (folder / "Batch04articles.tsv").write_bytes(text.encode("cp1252"))
    images = [f"https://x/{n}.jpg\t{n + 900}\t{n}.jpg" for n in numbers]
    (folder / "Batch04images.tsv").write_text("\r\n".join(["img\tiid\timgFile", *images, "\t\t", ""]))
    (folder / "gt.tsv").write_text("\n".join(["article\tiid", *(f"{real_id(n)}\t{n + 900}" for n in range(COUNT))]))
    return folder


@pytest.fixture
def trained(verb, shapes, test_set, tiny_name) -> None:
    imported = verb("import", shapes, "--domain", "shapes", "--language", "en", "--test-articles", test_set, "--json")
    assert imported.record["splits"] == {"train": 48, "test": COUNT, "val": 12}
    assert (imported.record["test_images"], imported.record["judged"]) == (COUNT + EXTRA, 0)
    options = ("--encoder", tiny_name, "--tune", "head", "--epochs", 2, "--lr", 0.01)
    assert verb("train", "--domain", "shapes", *options).status == 0


def test_from_lists_to_a_score(verb, trained, test_set, workspace, tmp_path):
    swept = verb("sweep", "--domain", "shapes", "--alphas", "0,0.3,1")
    assert "test was not evaluated" in swept.out
    assert set(pd.read_csv(next(workspace.root.glob("runs/shapes/*/sweep.csv")))["split"]) == {"val"}
    assert verb("report", "--domain", "shapes", "--split", "test").status == 2
    assert verb("score", tmp_path, "--domain", "shapes").status == 2

    out = tmp_path / "out"
    before = verb("submit", "--domain", "shapes", "--output", out, "--json").record
    assert [file["metrics"] for file in before["files"]] == [None] * 3
    files = sorted(out.glob("*.tsv"))
    written = [file.read_bytes() for file in files]
    run = read_submission(files[0])
    assert list(run.lists) == [scrambled_id(n) for n in reversed(range(COUNT))]
    assert all(sorted(images) == [str(n + 900) for n in range(COUNT + EXTRA)] for images in run.lists.values())
    assert any("shorter than 100" in note for note in before["notes"])
    notes = (out / "README.md").read_text()
    assert all(part in notes for part in ("lr: 0.01", "torch: ", "Validation", "alpha = ", "TinyClip"))

    assert (
        verb("ground-truth", "--domain", "shapes", "--ground-truth", test_set / "gt.tsv", "--json").record["known"]
        == COUNT
    )
    after = verb("submit", "--domain", "shapes", "--output", out, "--json").record
    assert [file.read_bytes() for file in files] == written  # the ground truth does not change the run files
    for file, record in zip(files, after["files"], strict=True):
        for way in (("--ground-truth", test_set / "gt.tsv"), ("--domain", "shapes")):
            scored = verb("score", file, *way, "--json").record
            assert scored["metrics"] == {name: record["metrics"][name] for name in scored["metrics"]}
            assert (scored["n"], scored["found"]) == (COUNT, COUNT)

    rows = verb("sweep", "--domain", "shapes", "--alphas", "0,0.3,1", "--json").record["rows"]
    test = {row["alpha"]: row for row in rows if row["split"] == "test"}
    assert all(test[file["alpha"]]["mrr@100"] == file["metrics"]["mrr@100"] for file in after["files"])
    assert verb("report", "--domain", "shapes", "--split", "test").status == 0


def test_the_third_file_can_use_an_alpha_without_ground_truth(verb, trained, workspace, tmp_path):
    verb("sweep", "--domain", "shapes", "--alphas", "0,0.3,1")
    out = tmp_path / "out"
    free = verb("submit", "--domain", "shapes", "--output", out, "--alpha", "label-free", "--json").record
    alpha = free["files"][2]["alpha"]
    assert alpha == label_free(workspace)
    assert any("DaWin" in note and f"{alpha:g}" in note for note in free["notes"])
    assert any("val has only 12 articles" in note for note in free["notes"])
    fixed = verb("submit", "--domain", "shapes", "--output", tmp_path / "same", "--alpha", alpha, "--json").record
    assert fixed["files"][2]["alpha"] == alpha
    assert (tmp_path / "same" / "run3-wise-ft.tsv").read_bytes() == (out / "run3-wise-ft.tsv").read_bytes()
    assert verb("submit", "--domain", "shapes", "--output", out, "--alpha", "lowest").status == 2


def label_free(workspace) -> float:
    """Return the mean λ over the unlabelled test articles, by plain NumPy."""
    from core.experiment.loaded_run import open_run
    from core.workspace.runs import find_run

    run, domain = find_run(workspace, "shapes", None), workspace.load_domain("shapes")
    loaded_run = open_run(run, domain, workspace, "cpu")
    loaded_run.set_alpha(1.0)
    scale = float(loaded_run.experiment.encoder.logit_scale.detach().exp())
    entropies = []
    for alpha in (0.0, 1.0):
        view = loaded_run.at(alpha, "test")
        shares = np.exp(scale * (view.embed("text") @ view.embed("image").T).detach().double().numpy())
        shares /= shares.sum(axis=1, keepdims=True)
        entropies.append(-(shares * np.log(shares)).sum(axis=1))
    surer = np.exp(-np.array(entropies))
    return round(float((surer[1] / surer.sum(axis=0)).mean()), 2)


def test_a_partial_ground_truth_evaluates_those_articles(verb, trained, test_set, tmp_path):
    lines = (test_set / "gt.tsv").read_text().splitlines()
    (test_set / "part.tsv").write_text("\n".join([*lines[:11], f"{real_id(20)}\t77", "5\t900"]))
    judged = verb("ground-truth", "--domain", "shapes", "--ground-truth", test_set / "part.tsv", "--json").record
    assert (judged["known"], judged["unknown_articles"], judged["unknown_images"]) == (10, ["5"], ["77"])
    swept = verb("sweep", "--domain", "shapes", "--alphas", "0,1")
    assert "test, n = 10" in swept.out
    assert f"10 of {COUNT} articles" in swept.out
    ranked = verb(
        "rank", "--domain", "shapes", "--split", "test", "--alpha", 0, "--output", tmp_path / "r.tsv", "--json"
    )
    assert (ranked.record["articles"], ranked.record["n"]) == (COUNT, 10)
    scored = verb("score", tmp_path / "r.tsv", "--domain", "shapes", "--json").record
    assert scored["metrics"]["mrr@100"] == ranked.record["metrics"]["mrr@100"]


def test_the_ground_truth_can_be_given_at_import(verb, shapes, test_set, trained, workspace, tiny_name):
    import_again = ("import", shapes, "--domain", "shapes", "--language", "en", "--replace")
    test = ("--test-articles", test_set / "Batch04articles.tsv", "--test-images", test_set / "Batch04images.tsv")
    verb(*import_again, *test, "--ground-truth", test_set / "gt.tsv")
    assert len(workspace.load_domain("shapes").labelled("test")) == COUNT
    assert verb("sweep", "--domain", "shapes", "--alphas", "0,1").status == 0  # its fingerprint is the same


def test_test_images_are_found_next_to_their_list(verb, shapes, test_set, workspace):
    table = test_set / "elsewhere" / "t.csv"
    table.parent.mkdir()
    table.write_bytes(shapes.read_bytes())
    where = ("--images", shapes.parent / "images", "--test-articles", test_set)
    assert verb("import", table, "--domain", "apart", *where, "--json").record["test_images"] == COUNT + EXTRA
    domain = workspace.load_domain("apart")
    assert all((domain.images_root / file).exists() for file in domain.image_table()["image_file"])

    (test_set / "images").rename(test_set.parent / "moved")
    outcome = verb("import", table, "--domain", "apart", "--replace", *where)
    assert outcome.status == 2
    assert str(shapes.parent / "images") in outcome.err
    assert str(test_set) in outcome.err


def test_an_article_without_known_image_can_be_matched(verb, trained, workspace, tiny_name):
    from core.jobs.match_task import match_article
    from core.workspace.runs import find_run

    run = find_run(workspace, "shapes", None).info.name
    result = match_article(workspace, "shapes", run, [0.0], scrambled_id(3), 5)
    assert result.searched == COUNT + EXTRA
    assert result.models[0].own is None
    assert {found.article_id for found in result.models[0].found} == {""}
    assert verb("match", "--domain", "shapes", "--headline", "a red circle", "--alpha", 0).status == 0


WRONG = [
    (["import", "SHAPES", "--domain", "x", "--test-articles", "SHAPES"], "\\bid\\b"),
    (["import", "SHAPES", "--domain", "x", "--ground-truth", "GT"], "--test-articles"),
    (["ground-truth", "--domain", "shapes", "--ground-truth", "SHAPES"], "ground truth"),
    (["ground-truth", "--domain", "shapes", "--ground-truth", "nowhere.tsv"], "nowhere.tsv"),
    (["score", "GT"], "--ground-truth"),
    (["score", "nowhere.tsv", "--ground-truth", "GT"], "nowhere.tsv"),
    (["submit", "--domain", "shapes", "--output", "OUT"], "rematch sweep"),
    (["import", "SHAPES"], "--domain"),
    (["fetch-images"], "SOURCE.*--domain"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_errors_are_one_line(verb, trained, shapes, test_set, tmp_path, arguments, message):
    filled = {"SHAPES": shapes, "GT": test_set / "gt.tsv", "OUT": tmp_path / "out"}
    outcome = verb(*(filled.get(word, word) for word in arguments))
    assert (outcome.status, outcome.out) == (2, "")
    assert re.fullmatch(rf"error: .*({message}).*\n", outcome.err)
