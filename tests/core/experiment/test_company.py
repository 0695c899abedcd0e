"""Other inputs and their order change no bit of an embedding, and so no rank, metric or finding."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from core.data.domain import Domain
from core.data.importers import import_domain
from core.data.query_text import Reading
from core.encoders import embedding
from core.encoders.clip.encoder import load_clip
from core.encoders.embedding import embed, image_activations, text_activations
from core.experiment.experiment import Experiment
from core.experiment.loaded_run import open_run
from core.experiment.match import Matcher
from core.experiment.sweep import sweep_run
from core.experiment.train import train_run
from core.findings.question import RunContext, compute_or_load
from core.findings.significance import DIFFERENCE
from core.training.settings import Settings
from core.workspace.folders import Workspace

#: Texts of very different lengths, so that a batch mixes short and long ones.
TEXTS = [f"{'a very ' * (number * 7 % 6)}red circle {number}" for number in range(60)]


@pytest.fixture(params=["TinyClip", "TinyCustom", "TinyConv"])
def towers(request, tiny_names, shapes_domain, tmp_path):
    """Return (encoder, activations at every stage of both towers, 60 rows each)."""
    encoder = load_clip(tiny_names[request.param]).eval()
    gallery = shapes_domain.gallery()
    files = [shapes_domain.images_root / file for file in gallery.files]
    images = [
        image_activations(encoder, stop, files, gallery.hashes, tmp_path)
        for stop in range(len(encoder.image_stages) + 1)
    ]
    texts = [text_activations(encoder, stop, TEXTS, tmp_path) for stop in range(len(encoder.text_stages) + 1)]
    return encoder, [*images, *texts]


def test_an_embedding_does_not_depend_on_what_else_is_embedded(towers):
    encoder, all_activations = towers
    shuffled = np.random.default_rng(0).permutation(60)
    for activations in all_activations:
        whole = embed(encoder, activations, np.arange(60))
        for rows in (shuffled, shuffled[:1], shuffled[:2], shuffled[:7], shuffled[:33], np.repeat(shuffled[:5], 4)):
            assert torch.equal(embed(encoder, activations, rows), whole[torch.from_numpy(rows)])


def test_what_is_kept_does_not_depend_on_what_else_is_kept(tiny, tmp_path):
    rows = np.random.default_rng(1).permutation(60)[:23]
    few = [TEXTS[row] for row in rows]
    for stop in range(1, len(tiny.text_stages) + 1):
        whole = text_activations(tiny, stop, TEXTS, tmp_path)
        part = text_activations(tiny, stop, few, tmp_path)
        for mine, theirs in zip(part.x, whole.x[rows], strict=True):
            length = min(len(mine), len(theirs))
            np.testing.assert_array_equal(mine[:length], theirs[:length])


def test_ranks_do_not_depend_on_the_batch_size(run, shapes_domain, workspace, monkeypatch):
    """Compare ranks, not bits: the batch size may change the order of summation, but no scores here are that close."""
    loaded_run = open_run(run, shapes_domain, workspace, "cpu")
    expected = loaded_run.at(0.5, "val").ranks()
    for size in (1, 3, 8, 64):
        monkeypatch.setattr(embedding, "CPU_BATCH", {"image": size, "text": size})
        for ranks, before in zip(loaded_run.at(0.5, "val").ranks(), expected, strict=True):
            np.testing.assert_array_equal(ranks, before)


@pytest.fixture
def permuted(shapes, workspace, tmp_path) -> Domain:
    """Return the shapes with dates, twenty articles a day, in shuffled rows."""
    return _dated(shapes, workspace, tmp_path, "permuted", np.random.default_rng(3).permutation(60))


def _dated(shapes, workspace: Workspace, folder, slug: str, order: np.ndarray) -> Domain:
    table = pd.read_csv(shapes, dtype=str)
    days = 1 + np.arange(len(table)) // 20
    table["published_at"] = [f"2022-01-{day:02}" for day in days]
    file = folder / f"{slug}.csv"
    table.iloc[order].to_csv(file, index=False)
    return import_domain(file, workspace.domain_folder(slug), language="en", images=shapes.parent / "images").domain


def _all_of_it(domain: Domain, workspace: Workspace, encoder: str) -> tuple:
    settings = Settings(tune="all", epochs=1, lr=1e-3, batch_size=16)
    run = train_run(domain, encoder, settings, Reading(), "cpu", workspace)[0]
    loaded_run = open_run(run, domain, workspace, "cpu")
    curve, info = sweep_run(loaded_run, None, "recall@1")
    found = Matcher(loaded_run, 0.37).images_for("a red circle", 10)
    difference = compute_or_load(DIFFERENCE, RunContext(run, domain, workspace))
    return curve, info.selected, run.ranks(), [(match.image_id, match.score) for match in found], difference


def test_the_order_of_the_tables_rows_changes_nothing(shapes, workspace, permuted, tmp_path, tiny_name):
    straight = _dated(shapes, workspace, tmp_path, "straight", np.arange(60))
    pd.testing.assert_frame_equal(straight.articles, permuted.articles)
    ours, theirs = (_all_of_it(domain, workspace, tiny_name) for domain in (straight, permuted))
    for mine, other in zip(ours, theirs, strict=True):
        if isinstance(mine, pd.DataFrame):
            pd.testing.assert_frame_equal(mine, other, check_exact=True)
        else:
            assert mine == other


def test_the_order_of_articles_and_images_in_a_split_changes_no_rank(tiny, shapes_domain, workspace):
    """Shuffle the val articles as if they were imported in another order: each keeps its rank."""
    articles = shapes_domain.articles.copy()
    val = np.flatnonzero(articles["split"] == "val")
    articles.iloc[val] = articles.iloc[np.random.default_rng(2).permutation(val)].to_numpy()
    whole = {"image": 0, "text": 0}
    ranks = []
    for table in (shapes_domain.articles, articles):
        experiment = Experiment(replace(shapes_domain, articles=table), tiny, Reading(), workspace)
        view = experiment.view("val", experiment.activations(whole))
        ranks.append(dict(zip(view.article_ids, zip(*view.ranks(), strict=True), strict=True)))
    assert list(ranks[0]) != list(ranks[1])
    assert ranks[0] == ranks[1]
