"""Question `shapes`: the number of articles with each shape of rank over α, and a heat map of all articles."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.analysis.trajectories import SHAPES, ShapeCount, by_shape, count_shapes, shapes_of
from core.data.time_split import Split
from core.findings.question import Question, RunContext
from core.presentation.blocks import Block, Chart, Grid, Section, Words
from core.presentation.verdict import Part, Verdict


@dataclass(frozen=True)
class ShapesFound:
    """Answer to `shapes`: the counts on each split, in the order of the shapes."""

    splits: dict[Split, tuple[ShapeCount, ...]]


def _ask(context: RunContext) -> ShapesFound:
    return ShapesFound({split: count_shapes(results.ranks) for split, results in context.results.items()})


_COLUMNS = 51  # α's in the heat map, every second of a continuous curve


def section(found: ShapesFound, context: RunContext) -> Section:
    """Present the counts of shapes, then the heat map."""
    blocks: list[Block] = []
    for split, counts in found.splits.items():
        n = sum(count.n for count in counts)
        rows = [
            {
                "shape": count.shape,
                "articles": f"{count.n}",
                "share": f"{count.n / n:.0%}",
                "median rank, zero-shot": _rank(count.zero_shot),
                "at each article's best α": _rank(count.best),
                "fine-tuned": _rank(count.fine_tuned),
            }
            for count in counts
        ]
        opens = tuple({"shape": str(count.shape), "split": str(split)} for count in counts)
        blocks.append(Grid(f"Shapes of rank over α, {split}, n = {n}", pd.DataFrame(rows), opens=opens))
        alt = f"Heat map of the rank of {n} articles over alpha, sorted by shape."
        title = f"Rank of each article over α, by shape, {split}, n = {n:,}"
        blocks.append(Chart(f"shapes-{split}", partial(_plot, context, split), alt, 420, title))
    blocks.append(
        Words(
            "An article gains or loses if its rank changes by a factor of two or more from zero-shot to fine-tuned. It "
            "is best (worst) in the middle if its rank at some α is a factor of two better (worse) than at both ends. "
            "The best α of an article is chosen with hindsight."
        )
    )
    last, counts = list(found.splits.items())[-1]
    n, of = sum(count.n for count in counts), {count.shape: count.n for count in counts}
    answer = (
        f"On {last}, n = {n}: {of['gains all the way']} articles gain all the way to the fine-tuned model, "
        f"{of['loses all the way']} lose all the way, {of['best in the middle']} are best and "
        f"{of['worst in the middle']} worst in between, and {of['flat']} stay within a factor of two."
    )
    return Section(SHAPES_ALONG_ALPHA.name, SHAPES_ALONG_ALPHA.title, answer, tuple(blocks), _at_a_glance(counts, last))


def _at_a_glance(counts: Sequence[ShapeCount], split: Split) -> Verdict:
    n = sum(count.n for count in counts)
    of = {count.shape: count.n for count in counts}
    sentence = (
        f"{of['gains all the way']:,} of {n:,} articles gain all the way, {of['loses all the way']:,} lose, "
        f"{of['best in the middle']:,} are best in between."
    )
    return Verdict(sentence, "described", n, split, parts=tuple(Part(count.shape, count.n) for count in counts))


def _rank(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def _plot(context: RunContext, split: Split) -> go.Figure:
    results = context.results[split]
    order = by_shape(results.ranks)
    columns = np.unique(np.linspace(0, len(results.alphas) - 1, _COLUMNS).round().astype(int))
    ranks = results.ranks[columns][:, order].T
    shapes = shapes_of(results.ranks)[order]
    top = max(10, int(ranks.max()))
    ticks = [tick for tick in (1, 10, 100, 1000, 10_000) if tick <= top]
    figure = go.Figure(
        go.Heatmap(
            x=results.alphas[columns].tolist(),
            z=np.log10(ranks).round(3).tolist(),
            colorscale="Cividis",
            reversescale=True,
            zmin=0,
            colorbar={
                "title": "rank",
                "tickvals": [float(np.log10(tick)) for tick in ticks],
                "ticktext": [f"{t}" for t in ticks],
            },
            hoverinfo="skip",
        )
    )
    bounds = [int((shapes == shape).sum()) for shape in SHAPES]
    starts = np.cumsum([0, *bounds])
    for end in starts[1:-1]:
        figure.add_hline(y=float(end) - 0.5, line={"color": "white", "width": 1})
    middles = [
        (start + size / 2, f"{shape} ({size})")
        for start, size, shape in zip(starts, bounds, SHAPES, strict=False)
        if size
    ]
    figure.update_yaxes(
        autorange="reversed", tickvals=[at for at, _ in middles], ticktext=[name for _, name in middles]
    )
    return figure.update_xaxes(title="α")


SHAPES_ALONG_ALPHA = Question("shapes", "What happens to an article along α?", ShapesFound, _ask, section)
