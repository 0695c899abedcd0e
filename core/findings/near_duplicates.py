"""Question `near-duplicates`: images that show the same photo, and metrics that accept any of them."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from core.analysis.near_duplicates import ALIKE, PERHAPS, SURE, has_near_duplicate_in, near_duplicates, rank_of_group
from core.analysis.significance import PAIRS, Differences, differences
from core.data.domain import Gallery
from core.data.images.perceptual_hash import image_hashes
from core.data.time_split import Split
from core.evaluation.metrics import METRICS
from core.evaluation.models import Model
from core.findings.question import Question, RunContext
from core.findings.scored_models import MODELS, SHOWN, variant_name, with_interval
from core.presentation.blocks import Block, Grid, Section, Words
from core.presentation.cross_fit import NOT_CROSS_FITTED
from core.presentation.forest import Panel, forest_chart, row_of
from core.presentation.verdict import estimate_of, verdict_on
from core.presentation.wording import number, signed

GROUPS = "any of the group"


@dataclass(frozen=True)
class NearDuplicates:
    """Near-duplicates among the `images` of a split: `alike` of them are in `groups` of at least two.

    seen: images with a near-duplicate in train. counted: the metrics of each model for the own image (under its name)
    and for any image of its group (under its `variant_name`), with their differences.
    """

    images: int
    alike: int
    groups: int
    largest: int
    seen: int
    counted: Differences


@dataclass(frozen=True)
class NearDuplicatesFound:
    """Answer to `near-duplicates` for each split."""

    splits: dict[Split, NearDuplicates]


def _ask(context: RunContext) -> NearDuplicatesFound:
    return NearDuplicatesFound({split: _on(context, split) for split in context.splits})


def _on(context: RunContext, split: Split) -> NearDuplicates:
    from core.retrieval.ranking import ranks_of

    scored = context.scored_splits[split]
    gallery = scored.gallery
    hashes = _hashes(context, gallery)
    groups = near_duplicates(hashes, scored.embeddings[Model.ZERO_SHOT][1].cpu().numpy())
    sizes = np.bincount(groups)
    plain = {model: scored.ranks(model) for model in MODELS}
    lenient = {
        variant_name(model, GROUPS): rank_of_group(
            gallery.target, groups, partial(ranks_of, *embeddings, tie_order=gallery.tie_order)
        )
        for model, embeddings in scored.embeddings.items()
    }
    pairs = [(model, variant_name(model, GROUPS)) for model in MODELS]
    pairs += [(variant_name(before, GROUPS), variant_name(after, GROUPS)) for before, after in PAIRS]
    train = _hashes(context, context.domain.gallery("train"))
    return NearDuplicates(
        len(hashes),
        int(sizes[sizes > 1].sum()),
        int((sizes > 1).sum()),
        int(sizes.max()),
        int(has_near_duplicate_in(hashes, train).sum()),
        differences(plain | lenient, pairs),
    )


def _hashes(context: RunContext, gallery: Gallery) -> np.ndarray:
    files = [context.domain.images_root / file for file in gallery.files]
    return image_hashes(files, gallery.hashes, context.workspace.cache)


def section(found: NearDuplicatesFound, context: RunContext) -> Section:
    """Present the near-duplicates and the metrics that accept any of them; the answer is about the last split."""
    blocks: list[Block] = []
    for split, on in reversed(found.splits.items()):
        blocks += _blocks(on, split)
    split, on = list(found.splits.items())[-1]  # test if its ground truth is known
    answer = f"On {split}, n = {on.counted.n}: {_answer(on)}"
    effects = [estimate_of(on.counted.of("mrr@100", model, variant_name(model, GROUPS)), model) for model in MODELS]
    sentence = f"{on.alike:,} of the {on.images:,} images have a near-duplicate" + (
        f"; accepting any of the group changes WiSE-FT's mrr@100 by {signed(effects[-1].value)}." if on.groups else "."
    )
    glance = verdict_on(effects, sentence, on.counted.n, split)
    return Section(NEAR_DUPLICATES.name, NEAR_DUPLICATES.title, answer, tuple(blocks), glance)


def _blocks(on: NearDuplicates, split: Split) -> list[Block]:
    definition = Words(
        f"Near-duplicates are images whose perceptual hashes differ in at most {ALIKE} of 64 bits, or in at most "
        f"{PERHAPS} if their zero-shot embeddings also have a cosine of at least {SURE}. Connected pairs form groups. "
        f"Of the {on.images} images of {split}, {on.alike} are in {on.groups} groups (the largest has {on.largest}), "
        f"and {on.seen} have a near-duplicate in train."
    )
    if not on.groups:
        return [definition]
    counted = on.counted
    rows = [
        {
            "model": model,
            "metric": metric,
            "its own image": number(counted.value(metric, model)),
            GROUPS: number(counted.value(metric, variant_name(model, GROUPS))),
            "difference, 95 %": with_interval(counted.of(metric, model, variant_name(model, GROUPS))),
        }
        for model in MODELS
        for metric in SHOWN
    ]
    between = "; ".join(
        f"{after} over {before} "
        f"{with_interval(counted.of('mrr@100', variant_name(before, GROUPS), variant_name(after, GROUPS)))}"
        for before, after in PAIRS
    )
    shown = [counted.of(metric, model, variant_name(model, GROUPS)) for model in MODELS for metric in SHOWN]
    forest = [row_of(gain, counted.n, METRICS[gain.metric].label, gain.before, gain.before) for gain in shown]
    return [
        forest_chart(
            f"near-duplicates-{split}",
            f"Gain if any image of the group counts, {split}, n = {counted.n:,}, 95 % intervals",
            [Panel("any of the group − its own image", forest)],
        ),
        definition,
        Grid(
            f"Metrics for an article's own image and for any image of its group, {split}, n = {counted.n}",
            pd.DataFrame(rows),
        ),
        Words(f"Differences in mrr@100 between the models, if any image of the group counts: {between}."),
        *([Words(NOT_CROSS_FITTED)] if split == "val" else []),
    ]


def _answer(on: NearDuplicates) -> str:
    if not on.groups:
        return f"none of the {on.images} images has a near-duplicate."
    gain = on.counted.of("mrr@100", Model.WISE_FT, variant_name(Model.WISE_FT, GROUPS))
    by = "less than 0.001" if max(gain.value, gain.interval.high) < 0.001 else with_interval(gain)
    return (
        f"{on.alike} of the {on.images} images have a near-duplicate. Accepting any image of the group raises "
        f"WiSE-FT's mrr@100 by {by}."
    )


NEAR_DUPLICATES = Question(
    "near-duplicates",
    "Which images are near-duplicates?",
    NearDuplicatesFound,
    _ask,
    section,
    duration_hint="about half a minute",
    seconds_for_heads=12,
)
