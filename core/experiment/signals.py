"""What both ends show of the articles of a split, for rules that give each its own α (`core.analysis.headroom`).

Embeddings of labelled articles come from the run's path along α, which the sweep stored, so nothing is encoded again.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from core.analysis.headroom import SHARES, Signals
from core.data.time_split import Split
from core.experiment.experiment import SplitRanker
from core.experiment.loaded_run import LoadedRun
from core.retrieval.ranking import ranks_of

#: A zero-shot failure of train has its image behind this place zero-shot and within it fine-tuned.
FOUND = 10
NEIGHBOURS = 10
#: Unrelated images of each article, and of all articles together.
UNRELATED, MAX_UNRELATED = 4, 4000
_BLOCK_SCORES = 2**24  # in memory at once, 67 MB

#: (texts [N, d], images [G, d]) of one model.
Embeddings = tuple[Tensor, Tensor]


def temperature_of(loaded_run: LoadedRun) -> float:
    """Return the temperature of the softmax at the end of training."""
    temperature = loaded_run.reranking_by("dual-softmax").temperature
    assert temperature is not None
    return temperature


def signals_of(loaded_run: LoadedRun, split: Split) -> Signals:
    """Return the signals of the labelled articles of a split.

    The distance to the failures needs the embeddings of train. It is computed only if no more than heads change,
    because it would take a pass through the encoder otherwise.
    """
    path, own = loaded_run.path(split), temperature_of(loaded_run)
    ends = path.at(0.0, 0.0), path.at(1.0, 1.0)
    failure = _failure_distance(loaded_run, ends[1][0]) if loaded_run.only_heads_change else None
    return signals_between(loaded_run.view(split), *ends, [own * share for share in SHARES], failure)


@torch.inference_mode()
def signals_between(
    view: SplitRanker,
    zero_shot: Embeddings,
    fine_tuned: Embeddings,
    temperatures: Sequence[float],
    failure: np.ndarray | None = None,
) -> Signals:
    """Return the signals of all texts of `view` from their embeddings at both ends, at T `temperatures`."""
    ends = [certainty(*view.scoring_vectors(*end), temperatures) for end in (zero_shot, fine_tuned)]
    entropies, highest, margin = (np.stack(signal, axis=-2) for signal in zip(*ends, strict=True))
    return Signals(entropies, highest, margin, failure)


@torch.inference_mode()
def certainty(queries: Tensor, gallery: Tensor, temperatures: Sequence[float]) -> tuple[np.ndarray, ...]:
    """Return entropies [T, N] in nats, best scores [N] and margins [N] of one model, from its scoring vectors."""
    parts = []
    for block in queries.split(max(1, _BLOCK_SCORES // len(gallery))):
        scores = block @ gallery.T
        best = scores.topk(min(2, len(gallery)), dim=1).values
        entropies = []
        for temperature in temperatures:
            logs = torch.log_softmax(scores / temperature, dim=1)
            entropies.append(-(logs.exp() * logs).sum(dim=1))
        parts.append((torch.stack(entropies), best[:, 0], best[:, 0] - best[:, -1]))
    return tuple(torch.cat(signal, dim=-1).double().cpu().numpy() for signal in zip(*parts, strict=True))


@torch.inference_mode()
def _failure_distance(loaded_run: LoadedRun, texts: Tensor) -> np.ndarray | None:
    """Return the mean cosine distance of fine-tuned `texts` [n, d] to the nearest failures: [n]; None without any.

    A failure is an article of train whose image only the fine-tuned model finds (Zhu et al. 2024).
    """
    view = loaded_run.view("train")
    both = (loaded_run.embeddings(tower, (0.0, 1.0), "train") for tower in ("text", "image"))
    ends = list(zip(*both, strict=True))
    before, after = (view.image_ranks(*end) for end in ends)
    failed = (before > FOUND) & (after <= FOUND)
    if not failed.any():
        return None
    failures = ends[1][0][torch.from_numpy(failed)]
    near = min(NEIGHBOURS, len(failures))
    blocks = texts.split(max(1, _BLOCK_SCORES // len(failures)))
    distances = [1 - (block @ failures.T).topk(near, dim=1).values.mean(dim=1) for block in blocks]
    return torch.cat(distances).double().cpu().numpy()


@torch.inference_mode()
def unrelated_ranks(
    loaded_run: LoadedRun, split: Split, alphas: np.ndarray, places: np.ndarray, single: np.ndarray
) -> list[np.ndarray]:
    """Return for each labelled article the ranks, int [A, m], of m unrelated images in the same place.

    alphas: [A]. places: int [n], the rank of each article at its one α, whose row in `alphas` is `single`, int [n]. For
    each article some others are drawn. The image in its place of their lists counts, unless it is their own image
    (`core.analysis.headroom.luck_of`).
    """
    view, path = loaded_run.view(split), loaded_run.path(split)
    generator, n = np.random.default_rng(0), len(places)
    articles = generator.permutation(n)[: MAX_UNRELATED // UNRELATED].repeat(UNRELATED)
    drawn = generator.integers(n, size=len(articles))
    images = np.empty(len(articles), dtype=np.int64)
    for row in np.unique(single):
        at_row = np.flatnonzero(single[articles] == row)
        images[at_row] = _images_in_place(view, path.at(*[alphas[row]] * 2), drawn[at_row], places[articles[at_row]])
    unrelated = images != view.gallery.target[drawn]
    articles, drawn, images = articles[unrelated], drawn[unrelated], images[unrelated]
    if not len(articles):
        return [np.empty((len(alphas), 0), np.int32)] * n
    ranks = np.stack([_ranks(view, path.at(alpha, alpha), drawn, images) for alpha in alphas])
    return [ranks[:, articles == article] for article in range(n)]


def _images_in_place(view: SplitRanker, end: Embeddings, articles: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the image in place `places` [m] of the lists of `articles` [m], as rows of the gallery."""
    queries, gallery = view.scoring_vectors(*end)
    chosen, wanted = torch.from_numpy(articles), torch.from_numpy(places.astype(np.int64) - 1)
    size = max(1, _BLOCK_SCORES // len(gallery))
    found = []
    for block, place in zip(queries[chosen].split(size), wanted.split(size), strict=True):
        order = (block @ gallery.T).argsort(dim=1, descending=True)
        found.append(order.gather(1, place.to(order.device)[:, None])[:, 0])
    return torch.cat(found).cpu().numpy()


def _ranks(view: SplitRanker, end: Embeddings, articles: np.ndarray, images: np.ndarray) -> np.ndarray:
    queries, gallery = view.scoring_vectors(*end)
    return ranks_of(queries[torch.from_numpy(articles)], gallery, images, view.gallery.tie_order)
