"""Which images are alike? Near-duplicates of an article's own image, and metrics in which any of them counts."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from core.analysis.near_duplicates import ALIKE, PERHAPS, SURE, near_duplicates, rank_of_group, seen_before
from core.analysis.significance import PAIRS, Differences, differences
from core.data.domain import Gallery
from core.data.images.perceptual_hash import image_hashes
from core.data.time_split import Split
from core.evaluation.models import Model
from core.findings.question import Question, RunContext
from core.findings.scored_models import MODELS, SHOWN, measured, named
from core.presentation.blocks import Block, Grid, Section, Words
from core.presentation.wording import number

GROUPS = "any of the group"


@dataclass(frozen=True)
class NearDuplicates:
    """images of a split, of which `alike` are in `groups` of at least two. seen: that have a near-duplicate in train.

    counted: the models by the own image (their names) and by any of its group (`named`), and what that changes.
    """

    images: int
    alike: int
    groups: int
    largest: int
    seen: int
    counted: Differences


@dataclass(frozen=True)
class NearDuplicatesFound:
    """splits: what was found on each."""

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
        named(model, GROUPS): rank_of_group(
            gallery.target, groups, partial(ranks_of, *both, tie_order=gallery.tie_order)
        )
        for model, both in scored.embeddings.items()
    }
    pairs = [(model, named(model, GROUPS)) for model in MODELS]
    pairs += [(named(before, GROUPS), named(after, GROUPS)) for before, after in PAIRS]
    train = _hashes(context, context.domain.gallery("train"))
    return NearDuplicates(
        len(hashes),
        int(sizes[sizes > 1].sum()),
        int((sizes > 1).sum()),
        int(sizes.max()),
        int(seen_before(hashes, train).sum()),
        differences(plain | lenient, pairs),
    )


def _hashes(context: RunContext, gallery: Gallery) -> np.ndarray:
    files = [context.domain.images_root / file for file in gallery.files]
    return image_hashes(files, gallery.hashes, context.workspace.cache)


def section(found: NearDuplicatesFound, context: RunContext) -> Section:
    """How many images are alike, and what it changes when any of them counts; the answer is of the last split."""
    blocks: list[Block] = []
    for split, on in found.splits.items():
        blocks += _blocks(on, split)
    split, on = list(found.splits.items())[-1]  # test where it is known
    answer = f"On {split}, n = {on.counted.n}: {_answer(on)}"
    return Section(NEAR_DUPLICATES.name, NEAR_DUPLICATES.title, answer, tuple(blocks))


def _blocks(on: NearDuplicates, split: Split) -> list[Block]:
    definition = Words(
        f"Near-duplicates are images whose perceptual hashes differ in at most {ALIKE} of 64 bits, or in at most "
        f"{PERHAPS} if their zero-shot embeddings have a cosine of at least {SURE}; groups are what such pairs "
        f"connect. Of the {on.images} images of {split}, {on.alike} are in {on.groups} groups (the largest of "
        f"{on.largest}), and {on.seen} are alike to an image of train."
    )
    if not on.groups:
        return [definition]
    counted = on.counted
    rows = [
        {
            "model": model,
            "metric": metric,
            "its own image": number(counted.value(metric, model)),
            GROUPS: number(counted.value(metric, named(model, GROUPS))),
            "difference, 95 %": measured(counted.of(metric, model, named(model, GROUPS))),
        }
        for model in MODELS
        for metric in SHOWN
    ]
    between = "; ".join(
        f"{after} over {before} {measured(counted.of('mrr@100', named(before, GROUPS), named(after, GROUPS)))}"
        for before, after in PAIRS
    )
    return [
        definition,
        Grid(f"The own image, or any of its group, {split}, n = {counted.n}", pd.DataFrame(rows)),
        Words(f"Where any image of the group counts, mrr@100 between models is: {between}."),
    ]


def _answer(on: NearDuplicates) -> str:
    if not on.groups:
        return f"None of its {on.images} images is a near-duplicate of another."
    gain = on.counted.of("mrr@100", Model.WISE_FT, named(Model.WISE_FT, GROUPS))
    by = "less than 0.001" if max(gain.value, gain.interval.high) < 0.001 else measured(gain)
    return (
        f"{on.alike} of its {on.images} images are near-duplicates of another; counting any of the group "
        f"raises WiSE-FT's mrr@100 by {by}."
    )


NEAR_DUPLICATES = Question(
    "near-duplicates",
    "Which images are alike?",
    NearDuplicatesFound,
    _ask,
    section,
    duration_hint="about half a minute",
)
