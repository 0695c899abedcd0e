"""Question `newsrooms`: whether one model can serve several domains, by adding what each domain's training changed.

The model is zero-shot + Σ weight · (fine-tuned of a domain − zero-shot), with weights that add up to one: a triangle
for three domains, whose corners are the domains' own fine-tuned models. Each half of val, by domain, judges the weights
that the other halves chose. The comparison is each domain's own WiSE-FT model, whose α is chosen in the same way.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.analysis.significance import Difference, holm
from core.analysis.significance import differences as differences_of
from core.errors import InputError
from core.evaluation.metrics import values_of
from core.evaluation.models import Model
from core.findings.alpha_choice import MIN_VAL
from core.findings.question import Question, RunContext
from core.interpolation.mix import TENTHS
from core.presentation.blocks import Block, Chart, Grid, Section, Words
from core.presentation.forest import Panel, forest_chart, row_of
from core.presentation.theme import ALPHA, VALUE, hover
from core.presentation.verdict import estimate_of, unknown, verdict_on
from core.presentation.wording import between_signed, number, p_cell, signed
from core.workspace.comparable_runs import runs_elsewhere
from core.workspace.runs import Run

METRIC = "mrr@100"
STEPS = 10  # tenths: 66 models of three domains
OTHERS = 2  # three domains can be drawn
ONE = "one model"
AXES = {"aaxis": "A", "baxis": "B", "caxis": "C"}  # corners, because names of domains do not fit there

Weights = tuple[float, ...]


@dataclass(frozen=True)
class Newsroom:
    """A domain under all models, on n articles of its val.

    reached: METRIC at each point of the grid. values: METRIC of zero-shot, the own fine-tuned and WiSE-FT model, and
    the one model. differences: of the one model from zero-shot and from the own WiSE-FT model, p corrected over all
    domains.
    """

    domain: str
    run: str
    n: int
    reached: tuple[float, ...]
    values: dict[str, float]
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class NewsroomsFound:
    """Answer to `newsrooms`; empty if no other domain has a run of the model.

    points: the weights of the models in the order of `domains`. chosen: the weights that each half of the articles
    chose.
    """

    domains: tuple[Newsroom, ...]
    points: tuple[Weights, ...]
    chosen: tuple[Weights, ...]


def _ask(context: RunContext) -> NewsroomsFound:
    others = _others(context)
    if not others:
        return NewsroomsFound((), (), ())
    from core.experiment.newsrooms import Newsrooms

    newsrooms = Newsrooms(context.loaded_run, others)
    for slug, view in newsrooms.views.items():
        if len(view.article_ids) < MIN_VAL:
            raise InputError(
                f"Domain '{slug}' has only {len(view.article_ids)} articles in val, too few to choose weights on one "
                f"half and evaluate on the other. Import at least {MIN_VAL} articles for val."
            )
    slugs, points = list(newsrooms.views), list(simplex(1 + len(others)))
    ranked = [newsrooms.ranks(point) for point in points]
    grid = {domain: np.stack([ranks[domain] for ranks in ranked]) for domain in slugs}
    chosen = [_best_for_all([ranks[:, _halves(ranks.shape[1])[side]] for ranks in grid.values()]) for side in (0, 1)]
    judged = []
    for place, (run, domain) in enumerate(zip((context.run, *others), slugs, strict=True)):
        own = np.stack([newsrooms.ranks(_own(place, alpha, slugs), [domain])[domain] for alpha in TENTHS])
        by_half = [int(_values(own[:, half]).argmax()) for half in _halves(own.shape[1])]
        models: dict[str, np.ndarray] = {
            Model.ZERO_SHOT: own[0],
            Model.FINE_TUNED: own[-1],
            Model.WISE_FT: _crossed(own, by_half),
            ONE: _crossed(grid[domain], chosen),
        }
        found = differences_of(models, [(Model.ZERO_SHOT, ONE), (Model.WISE_FT, ONE)], [METRIC])
        values = {name: float(_values(ranks[None])[0]) for name, ranks in models.items()}
        reached = tuple(_values(grid[domain]).tolist())
        judged.append(Newsroom(domain, run.info.name, own.shape[1], reached, values, found.differences))
    return NewsroomsFound(_corrected(judged), tuple(points), tuple(points[place] for place in chosen))


def _best_for_all(ranks: Sequence[np.ndarray]) -> int:
    """Return the row with the best mean over the domains, from ranks [models, n] of each."""
    return int(np.mean([_values(each) for each in ranks], axis=0).argmax())


def _own(place: int, alpha: float, slugs: Sequence[str]) -> Weights:
    """Return the weights of a domain's own WiSE-FT model."""
    return tuple(alpha if other == place else 0.0 for other in range(len(slugs)))


def _others(context: RunContext) -> list[Run]:
    """Return the runs of the model on the domains that were trained last."""
    found = runs_elsewhere(context.run, context.workspace)
    return sorted(found, key=lambda run: run.info.created_at, reverse=True)[:OTHERS]


def simplex(count: int, steps: int = STEPS) -> Iterator[Weights]:
    """Yield all weights of `count` domains that are multiples of 1/steps and add up to one."""

    def shares(left: int, domains: int) -> Iterator[tuple[int, ...]]:
        if domains == 1:
            yield (left,)
            return
        for first in range(left, -1, -1):
            yield from ((first, *rest) for rest in shares(left - first, domains - 1))

    return (tuple(share / steps for share in point) for point in shares(steps, count))


def _halves(n: int) -> tuple[slice, slice]:
    return slice(n // 2), slice(n // 2, None)


def _values(ranks: np.ndarray) -> np.ndarray:
    """Return METRIC of each row of ranks [models, n]."""
    return values_of(ranks, METRIC).mean(axis=1)


def _crossed(ranks: np.ndarray, chosen: Sequence[int]) -> np.ndarray:
    """Return the ranks of each half under the row that the other half chose, from ranks [models, n]: int [n]."""
    earlier, later = _halves(ranks.shape[1])
    return np.concatenate([ranks[chosen[1], earlier], ranks[chosen[0], later]])


def _corrected(domains: Sequence[Newsroom]) -> tuple[Newsroom, ...]:
    """Return the domains with p corrected over the differences of all."""
    p_holm = iter(holm([difference.p for domain in domains for difference in domain.differences]))
    return tuple(
        replace(domain, differences=tuple(replace(each, p_holm=next(p_holm)) for each in domain.differences))
        for domain in domains
    )


def section(found: NewsroomsFound, context: RunContext) -> Section:
    """Present the triangle and the one model in each domain."""
    if not found.domains:
        info = context.run.info
        answer = (
            f"No other domain has a run of {info.encoder} with --tune {info.settings.tune}. Train one with: "
            f"rematch train --domain OTHER --encoder {info.encoder} --tune {info.settings.tune}"
        )
        return Section(NEWSROOMS.name, NEWSROOMS.title, answer, (), unknown(answer))
    names = ", ".join(f"{room.domain} (run {room.run}, n = {room.n})" for room in found.domains)
    shown = (
        "Corners A, B and C are the domains' own fine-tuned models. Colour: the metric on the domain above, from dark "
        "(lowest) to bright."
        if len(found.domains) > OTHERS
        else f"From left to right, the weight of {found.domains[0].domain} rises from 0 to 1."
    )
    rows = [
        row_of(each, room.n, room.domain, f"{ONE} − {each.before}", each.before)
        for room in found.domains
        for each in room.differences
    ]
    n = ", ".join(f"n = {room.n:,}" for room in found.domains)
    blocks: tuple[Block, ...] = (
        forest_chart(
            "newsrooms-differences",
            f"One model against each domain's own, {METRIC}, val, {n}, 95 % intervals",
            [Panel("difference; right of 0 is better", rows)],
        ),
        Chart(
            "newsrooms",
            partial(_plot, found),
            f"{METRIC} on val of each domain for each mix of {names}.",
            340,
            f"{METRIC} of each mix, val, {n}",
        ),
        Words(f"Each point is one model for all domains: {names}. {shown}"),
        Grid(f"{METRIC} on val, one model against each domain's own", _table(found)),
        Words(
            f"The weights of the one model have the best mean over the domains on one half of each val and were judged "
            f"on the other half, both ways round; chosen: {' and '.join(map(_point, found.chosen))}. The α of each "
            f"domain's WiSE-FT was chosen in the same way. Intervals: paired bootstrap. p: permutation test, corrected "
            f"(Holm) over all {2 * len(found.domains)} differences."
        ),
    )
    effects = [estimate_of(room.differences[0], f"{room.domain}, from zero-shot") for room in found.domains]
    better = sum(effect.is_significant and effect.value > 0 for effect in effects)
    glance = verdict_on(
        effects,
        f"One model for {len(effects)} domains is significantly better than zero-shot in {better} of them.",
        sum(room.n for room in found.domains),
        f"val of {len(effects)} domains",
    )
    return Section(NEWSROOMS.name, NEWSROOMS.title, _answer(found), blocks, glance)


def _answer(found: NewsroomsFound) -> str:
    gains, losses = [], []
    for room in found.domains:
        from_zero_shot, from_own = room.differences
        if from_zero_shot.is_significant and from_zero_shot.value > 0:
            gains.append(f"{room.domain} {signed(from_zero_shot.value)} ({between_signed(from_zero_shot.interval)})")
        if from_own.is_significant and from_own.value < 0:
            losses.append(f"{room.domain} {signed(from_own.value)} ({between_signed(from_own.interval)})")
    better = f"significantly better than zero-shot in {len(gains)} of {len(found.domains)} domains"
    answer = f"One model for {len(found.domains)} domains is {better}{': ' + ', '.join(gains) if gains else ''}."
    if losses:
        return f"{answer} It is significantly worse than the own WiSE-FT model: {', '.join(losses)} in {METRIC}."
    return f"{answer} It is distinguishably worse than the own WiSE-FT model in none ({METRIC} on val)."


def _point(weights: Weights) -> str:
    return " / ".join(f"{weight:g}" for weight in weights)


def _table(found: NewsroomsFound) -> pd.DataFrame:
    rows = []
    for room in found.domains:
        row = {"domain": room.domain, "n": f"{room.n}"} | {name: number(value) for name, value in room.values.items()}
        for difference in room.differences:
            row[f"from {difference.before}"] = f"{signed(difference.value)} ({between_signed(difference.interval)})"
            row[f"p (Holm), {difference.before}"] = p_cell(difference.p_holm)
        rows.append(row)
    return pd.DataFrame(rows)


def _plot(found: NewsroomsFound) -> go.Figure:
    """Return a triangle for each of three slugs, or a line for each of two."""
    slugs = [room.domain for room in found.domains]
    if len(slugs) <= OTHERS:
        figure = go.Figure(
            [
                go.Scatter(
                    x=[first for first, _ in found.points],
                    y=list(room.reached),
                    name=room.domain,
                    hovertemplate=f"weight {hover('x', ALPHA)}: {hover('y', VALUE)}<extra>{room.domain}</extra>",
                )
                for room in found.domains
            ]
        )
        return figure.update_xaxes(title=f"weight of {slugs[0]}").update_yaxes(title=METRIC)
    titles = [f"{corner}: {domain}" for corner, domain in zip(AXES.values(), slugs, strict=True)]
    figure = make_subplots(1, len(slugs), specs=[[{"type": "ternary"}] * len(slugs)], subplot_titles=titles)
    a, b, c = (list(axis) for axis in zip(*found.points, strict=True))
    for column, room in enumerate(found.domains, 1):
        figure.add_trace(
            go.Scatterternary(
                a=a, b=b, c=c, mode="markers", showlegend=False, cliponaxis=False,
                marker={"size": 14, "color": list(room.reached), "colorscale": "Cividis"},
                customdata=list(room.reached),
                hovertemplate=f"%{{a:.1f}} / %{{b:.1f}} / %{{c:.1f}}: {hover('customdata', VALUE)}<extra></extra>",
            ),
            1, column,
        )  # fmt: skip
    axes = {axis: {"title": corner, "showticklabels": False, "ticks": ""} for axis, corner in AXES.items()}
    return figure.update_ternaries(sum=1, **axes)


NEWSROOMS = Question(
    "newsrooms",
    "Can one model serve several domains?",
    NewsroomsFound,
    _ask,
    section,
    duration_hint="seconds for heads, otherwise as long as several sweeps of each domain",
    seconds_for_heads=12,
    cache_key_parts=lambda context: tuple(run.info.fine_tuned for run in _others(context)),
)
