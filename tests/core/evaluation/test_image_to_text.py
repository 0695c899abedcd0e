"""Five captions of each image, both ways, against CLIP_benchmark's recall and ir_measures on the same embeddings."""

from pathlib import Path
from typing import cast

import ir_measures
import numpy as np
import pytest
import torch
from ir_measures import Success
from PIL import Image

from core.data.importers import import_domain
from core.encoders.base import Encoder
from core.evaluation.image_to_text import image_ranks
from core.evaluation.metrics import metrics_of
from core.experiment.experiment import SplitRanker
from core.retrieval.choices import BY_COSINE
from tests.reference.clip_benchmark_recall import both_ways

IMAGES, CAPTIONS = 60, 5


@pytest.fixture
def view(tmp_path: Path, workspace) -> SplitRanker:
    """Import a data set in Flickr's table format, with all articles in one split."""
    lines = ["image_name| comment_number| comment"]
    for n in range(IMAGES):
        Image.new("RGB", (4, 4), (n, 0, 0)).save(tmp_path / f"{n}.png")
        lines += [f"{n}.png| {k}| Caption {k} of image {n} ." for k in range(CAPTIONS)]
    (tmp_path / "results.csv").write_text("\n".join(lines) + "\n")
    domain = import_domain(tmp_path / "results.csv", workspace.domain_folder("flickr")).domain
    return SplitRanker(cast(Encoder, None), domain.articles, domain.gallery(), domain.gallery(), {}, BY_COSINE)


@pytest.mark.parametrize("noise", [1.0, 2.5, 6.0])
def test_flickrs_protocol_is_clip_benchmarks(view: SplitRanker, noise: float) -> None:
    generator = torch.Generator().manual_seed(int(noise * 10))
    images = torch.nn.functional.normalize(torch.randn(IMAGES, 16, generator=generator), dim=1)
    target = torch.from_numpy(view.gallery.target)
    drawn = images[target] + noise * torch.randn(len(target), 16, generator=generator) / 4
    texts = torch.nn.functional.normalize(drawn, dim=1)
    ranked = view.ranked(texts, images)
    to_image = metrics_of(ranked.ranks)
    to_text = metrics_of(image_ranks(ranked.reverse_ranks, target.tolist()))
    assert (to_image["n"], to_text["n"]) == (IMAGES * CAPTIONS, IMAGES)
    theirs = by_ir_measures(texts @ images.T, target), by_ir_measures(images @ texts.T, target, of_images=True)
    for k in (1, 5, 10):
        benchmark = both_ways(texts, images, target, k)
        assert (to_image[f"recall@{k}"], to_text[f"recall@{k}"]) == pytest.approx(benchmark, abs=5e-5)
        assert to_image[f"recall@{k}"] == pytest.approx(theirs[0][f"Success@{k}"], abs=5e-5)
        assert to_text[f"recall@{k}"] == pytest.approx(theirs[1][f"Success@{k}"], abs=5e-5)
    assert 0 < to_text["recall@1"] < 1


def by_ir_measures(scores: torch.Tensor, image_of: torch.Tensor, of_images: bool = False) -> dict[str, float]:
    """Success@k of a run with every score; an image's own texts are all relevant to it."""
    pairs = [(str(int(image)), str(text)) for text, image in enumerate(image_of)]
    qrels = [ir_measures.Qrel(*(pair if of_images else pair[::-1]), 1) for pair in pairs]
    run = [
        ir_measures.ScoredDoc(str(query), str(item), float(score))
        for query, row in enumerate(scores)
        for item, score in enumerate(row)
    ]
    found = ir_measures.calc_aggregate([Success @ k for k in (1, 5, 10)], qrels, run)
    return {str(measure): value for measure, value in found.items()}


def test_the_best_of_an_images_texts_counts_at_every_alpha() -> None:
    ranks = np.array([[3, 7, 1, 9], [2, 1, 8, 4]], dtype=np.int32)
    assert image_ranks(ranks, ["b", "a", "b", "a"]).tolist() == [[1, 7], [2, 1]]
    assert image_ranks(ranks[0], ["a", "b", "c", "d"]).tolist() == [3, 7, 1, 9]
