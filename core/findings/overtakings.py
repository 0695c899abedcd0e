"""Question `overtakings`: how stable ranks are along α, and which images pass articles' own ones."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from core.data.time_split import Split
from core.evaluation.overtakings import Overtakings, rank_steps, share_within
from core.findings.question import Question, RunContext
from core.presentation.blocks import Block, Chart, Grid, Section, Words
from core.presentation.part_charts import plot_parts
from core.presentation.verdict import Part, Verdict, unknown

#: Images whose share of all overtakings is reported.
BUSIEST = 10


@dataclass(frozen=True)
class Stability:
    """Stability of the ranks of n articles along α.

    overtakings: between ranks of which one is within 100. median, most: overtakings per article, the median and the
    90th percentile. always, never: articles whose own image is first at every α, or at none. sometimes: at part of α;
    share: the mean share of α at which these are right. within_ten: articles in the first ten at some α but at neither
    end. first_between: articles that are right at some α but at neither end. busiest: share of the overtakings by the
    ten images that pass most articles.
    """

    n: int
    overtakings: int
    median: float
    most: float
    always: int
    sometimes: int
    never: int
    share: float
    within_ten: int
    first_between: int
    busiest: float


@dataclass(frozen=True)
class OvertakingsFound:
    """Answer to `overtakings`, by split; empty if the sweep evaluated single α only or re-ranked."""

    splits: dict[Split, Stability]
    are_exact: bool


def _ask(context: RunContext) -> OvertakingsFound:
    found = {
        split: stability_of(results.overtakings)
        for split, results in context.results.items()
        if results.overtakings is not None
    }
    return OvertakingsFound(found, not any(results.interpolated.any() for results in context.results.values()))


def stability_of(overtakings: Overtakings) -> Stability:
    """Summarise the overtakings of a split."""
    n = len(overtakings.start)
    per_article = np.bincount(overtakings.article, minlength=n)
    per_image = np.sort(np.bincount(overtakings.image[overtakings.change > 0]))[::-1]
    first, ten = share_within(overtakings, 1), share_within(overtakings, 10)
    ends = np.array([rank_steps(overtakings, article).values[[0, -1]] for article in range(n)])
    part = (first > 0) & (first < 1)
    return Stability(
        n,
        len(overtakings),
        float(np.median(per_article)),
        float(np.percentile(per_article, 90)),
        int((first == 1).sum()),
        int(part.sum()),
        int((first == 0).sum()),
        float(first[part].mean()) if part.any() else 0.0,
        int(((ten > 0) & (ends > 10).all(axis=1)).sum()),
        int(((first > 0) & (ends > 1).all(axis=1)).sum()),
        float(per_image[:BUSIEST].sum() / max(per_image.sum(), 1)),
    )


def section(found: OvertakingsFound, context: RunContext) -> Section:
    """Present a row of numbers for each split."""
    if not found.splits:
        answer = "This sweep has no overtakings: it evaluated single α only, or it re-ranks. Sweep without --alphas."
        return Section(OVERTAKINGS.name, OVERTAKINGS.title, answer, (), unknown(answer))
    split, last = list(found.splits.items())[-1]
    answer = (
        f"On {split}, n = {last.n:,}: {last.always} articles have their own image first at every α, {last.never} at "
        f"none, and {last.sometimes} at part of α (on average at {last.share:.0%} of it). {last.within_ten} are in the "
        f"first ten at some α but at neither end."
    )
    blocks: list[Block] = [_chart(last, split)]
    blocks += [Grid(f"Overtakings along α, {split}, n = {row.n:,}", _table(row)) for split, row in found.splits.items()]
    exactly = "located to 1e-9 in α" if found.are_exact else "≈ located on interpolated embeddings"
    blocks.append(
        Words(
            f"An overtaking is an α at which an image passes an article's own image or falls behind it, {exactly}. "
            "Between two of them no rank changes. Only overtakings within the first 100 ranks are counted. Few "
            "images with a large share of the overtakings are hubs: their score depends on α more than on the article."
        )
    )
    return Section(OVERTAKINGS.name, OVERTAKINGS.title, answer, tuple(blocks), _at_a_glance(last, split))


def _parts(row: Stability) -> tuple[Part, ...]:
    counts = (("at every α", row.always), ("at part of α", row.sometimes), ("at no α", row.never))
    return tuple(Part(label, n) for label, n in counts)


def _at_a_glance(row: Stability, split: Split) -> Verdict:
    sentence = (
        f"{row.sometimes:,} of {row.n:,} articles have their own image first at part of α only: for these, the choice "
        f"of α decides."
    )
    return Verdict(sentence, "described", row.n, split, parts=_parts(row))


def _chart(row: Stability, split: Split) -> Chart:
    title = f"Articles whose own image is first, {split}, n = {row.n:,}"
    alt = f"{title}: {', '.join(f'{part.label} {part.n}' for part in _parts(row))}."
    return Chart(f"overtakings-{split}", partial(plot_parts, _parts(row), "articles"), alt, 190, title)


def _table(row: Stability) -> pd.DataFrame:
    share = f"{row.sometimes} (right at {row.share:.0%} of α on average)"
    lines = {
        "own image first at every α": f"{row.always}",
        "own image first at part of α": share if row.sometimes else "0",
        "own image first at no α": f"{row.never}",
        "own image first at some α, at neither end": f"{row.first_between}",
        "in the first ten at some α, at neither end": f"{row.within_ten}",
        "overtakings": f"{row.overtakings:,}",
        "overtakings per article, median and 90 %": f"{row.median:g} and {row.most:g}",
        f"share of the {BUSIEST} images that pass most articles": f"{row.busiest:.1%}",
    }
    return pd.DataFrame({"along α": list(lines), "articles or share": list(lines.values())})


OVERTAKINGS = Question(
    "overtakings", "Which images pass an article's own image along α?", OvertakingsFound, _ask, section
)
