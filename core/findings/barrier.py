"""Question `barrier`: the contrastive loss on val along α, and its height above the line between both models' losses.

Linear interpolation can only help if no barrier of high loss separates the models (Frankle et al. 2020, "Linear mode
connectivity and the lottery ticket hypothesis"; Wortsman et al. 2022, section 5.1). The loss is that of the training,
with the temperature at α, in batches of the training's size, because it grows with the number of candidates.
"""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.analysis.bootstrap import Interval, Resamples, bands, interval
from core.analysis.decision import sign_of
from core.errors import InputError
from core.evaluation.models import Model
from core.findings.question import Question, RunContext
from core.presentation.blocks import Chart, Section, Words
from core.presentation.theme import ALPHA, MODEL_COLOURS, NEUTRAL, VALUE, faded, hover
from core.presentation.verdict import measured_once, verdict_on
from core.presentation.wording import between_signed, number, signed

if TYPE_CHECKING:  # imports torch
    from core.experiment.loaded_run import LoadedRun

ALPHAS = tuple(step / 20 for step in range(21))


@dataclass(frozen=True)
class Gap:
    """Loss at `alpha` minus another loss, with its interval over articles (paired bootstrap)."""

    alpha: float
    value: float
    interval: Interval


@dataclass(frozen=True)
class BarrierFound:
    """Answer to `barrier`, on n articles of val in batches of about `batch`.

    losses, low, high: [A], the mean loss at each of `ALPHAS` with its 95 % band. height: the largest loss between the
    ends, above the line between both ends' losses; negative if there is no barrier. middle: the same at α = 0.5. drop:
    the lowest loss, minus the lower one of both ends.
    """

    n: int
    batch: int
    losses: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    height: Gap
    middle: Gap
    drop: Gap


def _ask(context: RunContext) -> BarrierFound:
    losses, batch = _losses(context.loaded_run)
    n = losses.shape[1]
    means, drawn = losses.mean(axis=1), Resamples(n).means(losses.T)
    alphas = np.array(ALPHAS)
    line = (1 - alphas)[:, None] * losses[0] + alphas[:, None] * losses[-1]
    above = losses - line
    middle = len(ALPHAS) // 2
    highest = 1 + int(above[1:-1].mean(axis=1).argmax())
    lowest, end = int(means.argmin()), 0 if means[0] <= means[-1] else -1
    low, high = bands(drawn, n)
    return BarrierFound(
        n, batch, tuple(means.tolist()), tuple(low.tolist()), tuple(high.tolist()),
        _gap(highest, above[highest]), _gap(middle, above[middle]), _gap(lowest, losses[lowest] - losses[end]),
    )  # fmt: skip


def _gap(place: int, values: np.ndarray) -> Gap:
    n = len(values)
    return Gap(ALPHAS[place], float(values.mean()), interval(Resamples(n).means(values), n))


def _losses(loaded_run: "LoadedRun") -> tuple[np.ndarray, int]:
    """Return the loss of each pair of val at each of `ALPHAS`, float64 [A, n], and the largest batch."""
    import torch

    from core.experiment.train import pairs_of
    from core.training.loss import contrastive_loss

    experiment, view = loaded_run.experiment, loaded_run.view("val")
    pairs = pairs_of(experiment, experiment.domain.labelled("val"))
    if len(pairs) < 2:
        raise InputError("The loss needs at least 2 articles in val, because each is compared with the others.")
    parts = -(-len(pairs) // loaded_run.run.info.settings.batch_size)
    batches = np.array_split(np.random.default_rng(0).permutation(len(pairs)), parts)
    losses = np.empty((len(ALPHAS), len(pairs)))
    with torch.inference_mode():
        for row, alpha in enumerate(ALPHAS):
            loaded_run.set_alpha(alpha)
            texts, images = view.embed("text"), view.embed("image")[view.gallery.target]
            scale = experiment.encoder.logit_scale
            for batch in batches:
                same = torch.from_numpy(pairs.same(batch)).to(texts.device)
                found = contrastive_loss(images[batch], texts[batch], scale, same, reduction="none")
                losses[row, batch] = found.cpu().numpy()
    return losses, max(map(len, batches))


def section(found: BarrierFound, context: RunContext) -> Section:
    """Present the loss along α with the line between its ends."""
    chart = Chart(
        "barrier",
        partial(_plot, found, context.run.selected().alpha),
        f"Contrastive loss over alpha from {number(found.losses[0])} zero-shot to {number(found.losses[-1])} "
        f"fine-tuned, with the straight line between both.",
        360,
        f"Contrastive loss over α, val, n = {found.n:,}, 95 % band",
    )
    words = Words(
        f"Solid: contrastive loss on val, n = {found.n}, in batches of at most {found.batch} pairs, with its 95 % "
        f"band. Dashed: the straight line between both ends. Dotted: α*. The loss rewards the scores of the own image "
        f"against all others, the metrics only its rank, so both need not be best at the same α."
    )
    effect = measured_once("highest loss above the line", found.height.value, found.height.interval)
    verdict = {
        1: f"Yes: the loss rises above the straight line by {signed(found.height.value)}.",
        -1: "No: the loss stays below the straight line at every α.",
        0: "No barrier is distinguishable.",
    }[sign_of(found.height.interval)]
    glance = verdict_on([effect], verdict, found.n, "val")
    return Section(BARRIER.name, BARRIER.title, _answer(found), (chart, words), glance)


def _answer(found: BarrierFound) -> str:
    height, drop = found.height, found.drop
    line = f"the line between both models' losses (val, n = {found.n})"
    if sign_of(height.interval) > 0:
        answer = f"Yes: the loss rises above {line}, {_figures(height)}."
    elif sign_of(height.interval) < 0:
        answer = f"No: the loss stays below {line} at every α, in the middle {_figures(found.middle)}."
    else:
        answer = f"None is distinguishable: the highest loss above {line} is {_figures(height)}."
    if sign_of(drop.interval) >= 0:
        return f"{answer} No α has a distinguishably lower loss than the better model."
    return f"{answer} The lowest loss differs from that of the better model by {_figures(drop)}."


def _figures(gap: Gap) -> str:
    return f"{signed(gap.value)} ({between_signed(gap.interval)}) at α = {gap.alpha:g}"


def _plot(found: BarrierFound, selected: float) -> go.Figure:
    colour = MODEL_COLOURS[Model.WISE_FT]
    band = go.Scatter(
        x=[*ALPHAS, *reversed(ALPHAS)], y=[*found.high, *reversed(found.low)], fill="toself", fillcolor=faded(colour),
        line={"width": 0}, hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    curve = go.Scatter(
        x=list(ALPHAS), y=list(found.losses), mode="lines", name="loss", line={"color": colour},
        hovertemplate=f"α {hover('x', ALPHA)}: {hover('y', VALUE)}<extra></extra>",
    )  # fmt: skip
    line = go.Scatter(
        x=[0, 1], y=[found.losses[0], found.losses[-1]], mode="lines", name="line between both ends",
        line={"color": NEUTRAL, "dash": "dash"}, hoverinfo="skip",
    )  # fmt: skip
    figure = go.Figure([band, line, curve])
    figure.add_vline(x=selected, line={"color": NEUTRAL, "dash": "dot"})
    figure.update_xaxes(title="α", range=[-0.03, 1.03])
    return figure.update_yaxes(title="contrastive loss")


BARRIER = Question(
    "barrier",
    "Is there a barrier of loss between both models?",
    BarrierFound,
    _ask,
    section,
    duration_hint="seconds for heads, otherwise as long as a sweep",
    seconds_for_heads=3,
)
