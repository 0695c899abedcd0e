"""Similar images: near-duplicates that are as good as the own one, hubs that come up for everything, re-ranking.

All three are about scores and not only ranks, so the models are loaded and each of them looks at every split at its
own α, exactly. What is called plain here is ranked by the cosine, however the run was swept.


Similar images: what near-duplicates, hubs and re-ranking do to the three models, each with its interval.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.analysis.bootstrap import Interval
from core.analysis.hubs import FIRST, hubs, skewness_change
from core.analysis.near_duplicates import ALIKE, PERHAPS, SURE, near_duplicates, rank_of_group, seen_before
from core.analysis.significance import LEVEL_OF_TESTS, PAIRS, Difference, Differences, differences, holm
from core.data.domain import Domain, Gallery
from core.data.images.perceptual_hash import image_hashes
from core.data.time_split import Split
from core.evaluation.models import Model
from core.findings.question import Question, RunContext
from core.presentation.blocks import Block, Chart, Grid, Section, Words
from core.presentation.theme import MODEL_COLOURS
from core.presentation.wording import between_signed, number, p_value, signed
from core.retrieval.choices import BY_COSINE, RERANKS, Rerank, Reranking

if TYPE_CHECKING:
    from torch import Tensor

MODELS: tuple[str, ...] = tuple(Model)
WAYS: tuple[Rerank, ...] = tuple(way for way in RERANKS if way != "none")


def named(model: str, way: str) -> str:
    """A model whose scores are re-ranked, or with which any image of the group counts."""
    return f"{model}, {way}"


GROUPS = "any of the group"


@dataclass(frozen=True)
class NearDuplicates:
    """images, of which `alike` are in `groups` of at least two. seen: that have a near-duplicate in train.

    counted: the models by the own image (their names) and by any of its group (`named`), and what that changes.
    """

    pictures: int
    alike: int
    groups: int
    largest: int
    seen: int
    counted: Differences


@dataclass(frozen=True)
class HubsOf:
    """One model, plain (`none`) or re-ranked; as `Hubs`, with image ids.

    change: of the skewness; against zero-shot for what is plain, else against the same model plain. None for the
    former itself.
    """

    model: str
    way: Rerank
    skewness: float
    never: float
    most: tuple[tuple[str, int], ...]
    pictures: tuple[int, ...]
    change: Interval | None


@dataclass(frozen=True)
class SimilarOn:
    """What was found on one split of n articles. reranked: each model plain (its name) against each way (`named`)."""

    n: int
    duplicates: NearDuplicates
    hubs: tuple[HubsOf, ...]
    reranked: Differences


@dataclass(frozen=True)
class SimilarFound:
    """alpha: WiSE-FT's. temperature: of the dual softmax."""

    alpha: float
    temperature: float
    splits: dict[Split, SimilarOn]


def _ask(context: RunContext) -> SimilarFound:
    alpha = context.run.selected().alpha
    ways = {way: context.loaded_run.reranking_by(way) for way in WAYS}
    temperature = ways["dual-softmax"].temperature
    assert temperature is not None
    return SimilarFound(alpha, temperature, {split: _on(context, split, alpha, ways) for split in context.splits})


def _on(context: RunContext, split: Split, alpha: float, ways: Mapping[Rerank, Reranking]) -> SimilarOn:
    view = context.loaded_run.view(split)
    alphas = (0.0, 1.0, alpha)
    scored = {
        model: view.finite(texts, images)
        for model, texts, images in zip(
            MODELS,
            context.loaded_run.embeddings("text", alphas, split),
            context.loaded_run.embeddings("image", alphas, split),
            strict=True,
        )
    }
    by = {"none": BY_COSINE, **ways}
    ranked = {(model, way): _ranked(*scored[model], view.gallery, how) for model in MODELS for way, how in by.items()}
    plain = {model: ranked[model, "none"][0] for model in MODELS}
    others = {named(model, way): ranked[model, way][0] for model in MODELS for way in ways}
    return SimilarOn(
        len(view.article_ids),
        _duplicates(context, split, view.gallery, scored, plain),
        tuple(_hubs(view.gallery, {key: best for key, (_, best) in ranked.items()})),
        differences(plain | others, [(model, named(model, way)) for model in MODELS for way in ways]),
    )


def _ranked(texts: "Tensor", images: "Tensor", gallery: Gallery, how: Reranking) -> tuple[np.ndarray, np.ndarray]:
    """Ranks of the own images, int32 [N], and rows of the first FIRST, int64 [N, k]."""
    from core.retrieval.ranking import ranks_of, top_k
    from core.retrieval.reranking import reranked

    scored = reranked(texts, images, how)
    return ranks_of(*scored, gallery.target, gallery.tie_order), top_k(*scored, gallery.tie_order, FIRST)[0]


def _duplicates(
    context: RunContext,
    split: Split,
    gallery: Gallery,
    scored: Mapping[str, tuple["Tensor", "Tensor"]],
    plain: Mapping[str, np.ndarray],
) -> NearDuplicates:
    from core.retrieval.ranking import ranks_of

    hashes = _hashes(context.domain, gallery, context)
    groups = near_duplicates(hashes, scored[Model.ZERO_SHOT][1].cpu().numpy())
    sizes = np.bincount(groups)
    lenient = {
        named(model, GROUPS): rank_of_group(
            gallery.target,
            groups,
            partial(ranks_of, *both, tie_order=gallery.tie_order),
        )
        for model, both in scored.items()
    }
    pairs = [(model, named(model, GROUPS)) for model in MODELS]
    pairs += [(named(before, GROUPS), named(after, GROUPS)) for before, after in PAIRS]
    train = _hashes(context.domain, context.domain.gallery("train"), context)
    return NearDuplicates(
        len(hashes),
        int(sizes[sizes > 1].sum()),
        int((sizes > 1).sum()),
        int(sizes.max()),
        int(seen_before(hashes, train).sum()),
        differences({**plain, **lenient}, pairs),
    )


def _hashes(domain: Domain, gallery: Gallery, context: RunContext) -> np.ndarray:
    files = [domain.images_root / file for file in gallery.files]
    return image_hashes(files, gallery.hashes, context.workspace.cache)


def _hubs(gallery: Gallery, best: Mapping[tuple[str, Rerank], np.ndarray]) -> list[HubsOf]:
    count = len(gallery.image_ids)
    found = []
    for (model, way), listed in best.items():
        one = hubs(listed, count)
        before = best[Model.ZERO_SHOT if way == "none" else model, "none"]
        change = None if before is listed else skewness_change(before, listed, count)
        most = tuple((gallery.image_ids[row], times) for row, times in one.most)
        found.append(HubsOf(model, way, one.skewness, one.never, most, one.pictures, change))
    return found


SHOWN = ("mrr@100", "recall@1", "recall@10")


def section(found: SimilarFound, context: RunContext) -> Section:
    """Near-duplicates, then hubs, then re-ranking, on each split; the answer is of the last."""
    blocks: list[Block] = []
    for split, on in found.splits.items():
        blocks += [*_duplicate_blocks(on, split), *_hub_blocks(on, split), *_reranking(on, split, found)]
    split, on = list(found.splits.items())[-1]  # test where it is known
    answer = f"On {split}, n = {on.n}: {_said_of_duplicates(on)} {_said_of_hubs(on)} {_said_of_reranking(on)}"
    return Section(SIMILAR.name, SIMILAR.title, answer, tuple(blocks))


def _duplicate_blocks(on: SimilarOn, split: str) -> list[Block]:
    each = on.duplicates
    said = Words(
        f"Near-duplicates are images whose perceptual hashes differ in at most {ALIKE} of 64 bits, or in at most "
        f"{PERHAPS} if their zero-shot embeddings have a cosine of at least {SURE}; groups are what such pairs "
        f"connect. Of the {each.pictures} images of {split}, {each.alike} are in {each.groups} groups (the largest "
        f"of {each.largest}), and {each.seen} are alike to an image of train."
    )
    if not each.groups:
        return [said]
    rows = [
        {
            "model": model,
            "metric": metric,
            "its own image": number(_value(each.counted, model, metric)),
            GROUPS: number(_value(each.counted, named(model, GROUPS), metric)),
            "difference, 95 %": _measured(each.counted.of(metric, model, named(model, GROUPS))),
        }
        for model in MODELS
        for metric in SHOWN
    ]
    pairs = [(named(before, GROUPS), named(after, GROUPS)) for before, after in PAIRS]
    between = "; ".join(
        f"{after} over {before} {_measured(each.counted.of('mrr@100', *pair))}"
        for (before, after), pair in zip(PAIRS, pairs, strict=True)
    )
    return [
        said,
        Grid(f"The own image, or any of its group, {split}, n = {on.n}", pd.DataFrame(rows)),
        Words(f"Where any image of the group counts, mrr@100 between models is: {between}."),
    ]


def _hub_blocks(on: SimilarOn, split: str) -> list[Block]:
    rows = [
        {
            "model": one.model,
            "re-ranked by": one.way,
            "skewness": f"{one.skewness:.2f}",
            "change, 95 %": "–" if one.change is None else _skewness_between(one.change),
            "never listed": f"{one.never:.1%}",
            "most often": f"for {one.most[0][1]} articles",
        }
        for one in on.hubs
    ]
    plain = {one.model: one for one in on.hubs if one.way == "none"}
    places = range(min(len(one.most) for one in plain.values()))
    worst = {
        model: [f"{one.most[place][0]} ({one.most[place][1]})" for place in places] for model, one in plain.items()
    }
    return [
        Words(
            f"A hub is an image among the first {FIRST} of many articles, whatever they are about. Skewness is that "
            f"of how often each image of the gallery is there: the larger, the more a few take the places of the "
            f"others. Its change is against zero-shot, or, re-ranked, against the same model without. The interval "
            f"(paired bootstrap over articles) lies a little nearer to no change than it should."
        ),
        Chart(
            f"hubs-{split}",
            _occurrences(list(plain.values())),
            f"For how many articles of {split} each image is among the first {FIRST}, images sorted, three models.",
            300,
        ),
        Grid(f"Hubs, {split}, n = {on.n}", pd.DataFrame(rows)),
        Grid(f"The images that come up most, by id, and for how many of {on.n} articles", pd.DataFrame(worst)),
    ]


def _occurrences(each: list[HubsOf]) -> go.Figure:
    figure = go.Figure()
    for one in each:
        sorted_times = [times for times in reversed(range(len(one.pictures))) for _ in range(one.pictures[times])]
        figure.add_scatter(
            x=list(range(1, len(sorted_times) + 1)),
            y=sorted_times,
            name=one.model,
            mode="lines",
            line={"color": MODEL_COLOURS[one.model], "shape": "hv"},
            hovertemplate="image %{x}: %{y} articles",
        )
    figure.update_xaxes(title="images, the most listed first", type="log")
    return figure.update_yaxes(title=f"articles that list it in the first {FIRST}")


def _reranking(on: SimilarOn, split: str, found: SimilarFound) -> list[Block]:
    compared = _compared(on)
    corrected = holm([one.p for one in compared])
    table = pd.DataFrame(
        {
            "model": [one.before for one in compared],
            "re-ranked by": [one.after.removeprefix(f"{one.before}, ") for one in compared],
            "metric": [one.metric for one in compared],
            "before": [number(_value(on.reranked, one.before, one.metric)) for one in compared],
            "after": [number(_value(on.reranked, one.after, one.metric)) for one in compared],
            "difference, 95 %": [_measured(one) for one in compared],
            "p (Holm)": [p_value(p).removeprefix("p = ").removeprefix("p ") for p in corrected],
            "verdict": ["real" if p < LEVEL_OF_TESTS else "not distinguishable" for p in corrected],
        }
    )
    return [
        Words(
            f"Re-ranking takes from each score half of how near the image is to all texts of {split}: the mean "
            f"cosine with its 10 nearest (csls), or a softmax over them all at the temperature that fine-tuning ended "
            f"with, {found.temperature:.3g} (dual-softmax). It is transductive: it looks at all queries at once, "
            f"though never at which image is whose. Nothing was searched for. p: permutation test, corrected (Holm) "
            f"over these {len(compared)} rows."
        ),
        Grid(f"What re-ranking changes, {split}, n = {on.n}, WiSE-FT at alpha {found.alpha:g}", table),
    ]


def _compared(on: SimilarOn) -> list[Difference]:
    return [on.reranked.of(metric, model, named(model, way)) for model in MODELS for way in WAYS for metric in SHOWN]


def _said_of_duplicates(on: SimilarOn) -> str:
    each = on.duplicates
    if not each.groups:
        return f"None of its {each.pictures} images is a near-duplicate of another."
    one = each.counted.of("mrr@100", Model.WISE_FT, named(Model.WISE_FT, GROUPS))
    by = "less than 0.001" if max(one.value, one.interval.high) < 0.001 else _measured(one)
    return (
        f"{each.alike} of its {each.pictures} images are near-duplicates of another; counting any of the group "
        f"raises WiSE-FT's mrr@100 by {by}."
    )


def _said_of_hubs(on: SimilarOn) -> str:
    zero_shot, tuned = (
        next(one for one in on.hubs if (one.model, one.way) == (model, "none"))
        for model in (Model.ZERO_SHOT, Model.FINE_TUNED)
    )
    assert tuned.change is not None
    change = "does not distinguishably change"
    if tuned.change.excludes_zero:
        change = "falls" if tuned.change.high < 0 else "rises"
    return (
        f"Zero-shot, one image is among the first {FIRST} of {zero_shot.most[0][1]} articles, fine-tuned of "
        f"{tuned.most[0][1]}: the skewness of how often images come up {change}, from {zero_shot.skewness:.2f} to "
        f"{tuned.skewness:.2f} ({_skewness_between(tuned.change)})."
    )


def _said_of_reranking(on: SimilarOn) -> str:
    compared = _compared(on)
    real = [one for one, p in zip(compared, holm([one.p for one in compared]), strict=True) if p < LEVEL_OF_TESTS]
    if real:
        listed = "; ".join(f"{one.after}: {one.metric} {_measured(one)}" for one in real)
        return f"Of the {len(compared)} differences that re-ranking makes {len(real)} are real (Holm): {listed}."
    largest = max((one for one in compared if one.metric == "mrr@100"), key=lambda one: abs(one.value))
    return (
        f"None of the {len(compared)} differences that re-ranking makes can be told from chance at this n (Holm); the "
        f"largest of mrr@100 is {_measured(largest)}, for {largest.after}."
    )


def _value(counted: Differences, model: str, metric: str) -> float:
    return next(one.value for one in counted.reached if (one.model, one.metric) == (model, metric))


def _skewness_between(change: Interval) -> str:
    return f"{change.low:+.2f} to {change.high:+.2f}".replace("-", "−")


def _measured(one: Difference) -> str:
    return f"{signed(one.value, one.metric)} ({between_signed(one.interval, one.metric)})"


SIMILAR = Question(
    "similar",
    "Which images are alike, and which come up for everything?",
    SimilarFound,
    _ask,
    section,
    duration_hint="about a minute",
)
