"""Question `hubs`: images among the first ten of many articles, under each of the three models, plain and re-ranked."""

from dataclasses import dataclass
from functools import partial

import pandas as pd
import plotly.graph_objects as go

from core.analysis.bootstrap import Interval
from core.analysis.decision import sign_of
from core.analysis.hubs import FIRST, hubs, skewness_change
from core.data.time_split import Split
from core.evaluation.models import Model
from core.findings.question import Question, RunContext
from core.findings.scored_models import MODELS, ScoredSplit
from core.presentation.blocks import Block, Chart, Grid, Section, Words
from core.presentation.theme import MODEL_COLOURS
from core.presentation.verdict import Verdict, measured_once, verdict_on
from core.retrieval.choices import Rerank


@dataclass(frozen=True)
class HubsOf:
    """Hubs of one model, plain (`none`) or re-ranked; fields as in `Hubs`, with image ids.

    change: of the skewness, from zero-shot for a plain model, from the same model without re-ranking otherwise. None
    for zero-shot itself.
    """

    model: str
    way: Rerank
    skewness: float
    never: float
    most: tuple[tuple[str, int], ...]
    images: tuple[int, ...]
    change: Interval | None


@dataclass(frozen=True)
class HubsOn:
    """Hubs on one split of n articles: each model plain, then re-ranked."""

    n: int
    hubs: tuple[HubsOf, ...]


@dataclass(frozen=True)
class HubsFound:
    """Answer to `hubs` for each split."""

    splits: dict[Split, HubsOn]


def _ask(context: RunContext) -> HubsFound:
    return HubsFound({split: _on(scored) for split, scored in context.scored_splits.items()})


def _on(scored: ScoredSplit) -> HubsOn:
    ids = scored.gallery.image_ids
    top_images = {(model, way): scored.top_images(model, way, FIRST) for model in MODELS for way in scored.rerankings}
    found = []
    for (model, way), listed in top_images.items():
        counted = hubs(listed, len(ids))
        before = top_images[Model.ZERO_SHOT if way == "none" else model, "none"]
        change = None if before is listed else skewness_change(before, listed, len(ids))
        most = tuple((ids[row], times) for row, times in counted.most)
        found.append(HubsOf(model, way, counted.skewness, counted.never, most, counted.images, change))
    return HubsOn(len(scored.gallery.target), tuple(found))


def section(found: HubsFound, context: RunContext) -> Section:
    """Present how unevenly images are listed under each model; the answer is about the last split."""
    blocks: list[Block] = []
    for split, on in reversed(found.splits.items()):
        blocks += _blocks(on, split)
    split, on = list(found.splits.items())[-1]  # test if its ground truth is known
    answer = f"On {split}, n = {on.n}: {_answer(on)}"
    return Section(HUBS.name, HUBS.title, answer, tuple(blocks), _at_a_glance(on, split))


def _at_a_glance(on: HubsOn, split: Split) -> Verdict:
    zero_shot, tuned = _plain(on, Model.ZERO_SHOT), _plain(on, Model.FINE_TUNED)
    assert tuned.change is not None
    effect = measured_once("skewness, fine-tuned − zero-shot", tuned.skewness - zero_shot.skewness, tuned.change)
    trend = {-1: "Hubs become rarer", 1: "Hubs become more common", 0: "Hubs do not change distinguishably"}
    sentence = (
        f"{trend[sign_of(tuned.change)]}: the most listed image is in the first {FIRST} of "
        f"{zero_shot.most[0][1]:,} articles zero-shot, of "
        f"{tuned.most[0][1]:,} fine-tuned."
    )
    return verdict_on([effect], sentence, on.n, split)


def _plain(on: HubsOn, model: str) -> HubsOf:
    return next(counted for counted in on.hubs if (counted.model, counted.way) == (model, "none"))


def _blocks(on: HubsOn, split: Split) -> list[Block]:
    rows = [
        {
            "model": one.model,
            "re-ranked by": one.way,
            "skewness": f"{one.skewness:.2f}",
            "change, 95 %": "–" if one.change is None else _between(one.change),
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
            f"A hub is an image among the first {FIRST} of many articles, whatever they are about. The skewness is "
            f"that of the number of articles that list each image of the gallery: the larger it is, the more a few "
            f"images take the places of the others. The change is from zero-shot, or, for a re-ranked model, from the "
            f"same model without re-ranking. Its interval (paired bootstrap over articles) is slightly too close to 0."
        ),
        Chart(
            f"hubs-{split}",
            partial(_occurrences, list(plain.values())),
            f"Number of articles of {split} that list each image among their first {FIRST}, by model, images sorted.",
            340,
            f"Articles that list an image among their first {FIRST}, {split}, n = {on.n:,}",
        ),
        Grid(f"Hubs, {split}, n = {on.n}", pd.DataFrame(rows)),
        Grid(f"The most listed images, by id, with the number of articles out of {on.n}", pd.DataFrame(worst)),
    ]


def _occurrences(models: list[HubsOf]) -> go.Figure:
    figure = go.Figure()
    for counted in models:
        images = counted.images
        sorted_times = [times for times in reversed(range(len(images))) for _ in range(images[times])]
        figure.add_scatter(
            x=list(range(1, len(sorted_times) + 1)),
            y=sorted_times,
            name=counted.model,
            mode="lines",
            line={"color": MODEL_COLOURS[counted.model], "shape": "hv"},
            hovertemplate="image %{x}: %{y} articles",
        )
    figure.update_xaxes(title="images, the most listed first", type="log")
    return figure.update_yaxes(title=f"articles that list it in the first {FIRST}")


def _answer(on: HubsOn) -> str:
    zero_shot, tuned = _plain(on, Model.ZERO_SHOT), _plain(on, Model.FINE_TUNED)
    assert tuned.change is not None
    change = "does not change distinguishably"
    if sign := sign_of(tuned.change):
        change = "falls" if sign < 0 else "rises"
    return (
        f"The most listed image is among the first {FIRST} of {zero_shot.most[0][1]} articles zero-shot and of "
        f"{tuned.most[0][1]} fine-tuned. The skewness of how often images are listed {change}, from "
        f"{zero_shot.skewness:.2f} to {tuned.skewness:.2f} (change {_between(tuned.change)})."
    )


def _between(change: Interval) -> str:
    return f"{change.low:+.2f} to {change.high:+.2f}".replace("-", "−")


HUBS = Question(
    "hubs",
    "Which images come up for everything?",
    HubsFound,
    _ask,
    section,
    duration_hint="about half a minute",
    seconds_for_heads=10,
)
