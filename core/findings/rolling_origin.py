"""Would fine-tuning have helped with the next period, at every time? Trained until each, judged on what came after.

Trained until each period, judged on what came after: does it hold for the next one, and for how long?
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from core.analysis.rolling_origin import (
    MIN_TO_JUDGE,
    MIN_TO_TRAIN,
    Age,
    Gain,
    OriginRanks,
    Unit,
    by_age,
    fading,
    gains,
    next_period,
    periods_of,
)
from core.analysis.significance import PAIRS, Difference, differences_in
from core.evaluation.metrics import values_of
from core.evaluation.models import Model
from core.findings.question import Question, RunContext
from core.findings.significance import verdict
from core.presentation.blocks import Chart, Grid, Section, Words
from core.presentation.theme import CHANGE, MODEL_COLOURS, NEUTRAL, hover
from core.presentation.wording import between_signed, number, p_cell, signed

METRIC = "mrr@100"


@dataclass(frozen=True)
class Origin:
    """One training: until which period, on how many pairs, its α and of how many articles, and the next period.

    zero_shot: METRIC there; gains: of both other models over it.
    """

    until: str
    n_trained: int
    n_chosen: int
    alpha: float
    judged: str
    n_judged: int
    zero_shot: float
    gains: dict[str, Gain]


@dataclass(frozen=True)
class RollingFound:
    """origins: each learns from all before it; none if no period has enough articles before it and in it.

    next_period: the three models' differences over all next periods together, n articles.

    windows: how many trainings learn from `window` articles each, so that they differ in their age alone. ages: their
    gains by age. fading: of each model, how much it changes on the same article with each period of age.
    """

    unit: Unit
    origins: tuple[Origin, ...]
    n: int
    next_period: tuple[Difference, ...]
    window: int
    windows: int
    ages: tuple[Age, ...]
    fading: dict[str, Gain | None]


def _ask(context: RunContext) -> RollingFound:
    from core.experiment.rolling_origins import roll

    articles = context.domain.articles
    articles = articles[(articles["split"] != "test") & (articles["image_id"] != "")]
    dates = articles["published_at"] if context.domain.info.split_by == "published_at" else None
    periods = periods_of(dates, len(articles))
    found = list(roll(context.loaded_run, articles, periods))
    windows = list(roll(context.loaded_run, articles, periods, periods.window))
    pooled = next_period(found)
    return RollingFound(
        periods.unit,
        tuple(_origin(one, periods.labels) for one in found),
        len(pooled[Model.ZERO_SHOT]) if found else 0,
        tuple(differences_in(METRIC, pooled, PAIRS)) if found else (),
        periods.window,
        len(windows),
        by_age(windows, METRIC),
        {model: fading(windows, model, METRIC) for model in (Model.FINE_TUNED, Model.WISE_FT)},
    )


def _origin(one: OriginRanks, labels: tuple[str, ...]) -> Origin:
    ranks = one.in_period(one.origin + 1)
    return Origin(
        labels[one.origin], one.n_trained, one.n_chosen, one.alpha, labels[one.origin + 1], len(ranks[Model.ZERO_SHOT]),
        float(values_of(ranks[Model.ZERO_SHOT], METRIC).mean()), gains(ranks, METRIC),
    )  # fmt: skip


MODELS = (Model.FINE_TUNED, Model.WISE_FT)


def section(found: RollingFound, context: RunContext) -> Section:
    """The next period over all origins first, then whether the gain fades with the age of a training."""
    if not found.origins:
        return Section(ROLLING.name, ROLLING.title, _too_few(found), ())
    unit, origins = found.unit, found.origins
    alphas = ", ".join(f"{one.alpha:g}" for one in origins)
    settings = context.run.info.settings
    blocks = (
        Words(
            f"{len(origins)} trainings with the settings of run {context.run.info.name} (--tune {settings.tune}, "
            f"{settings.epochs} epochs, seed {settings.seed}), each on the first 80 % of all articles until one "
            f"{unit}, its α* chosen by {METRIC} on the last 20 % of them, and judged on later {unit}s, each article "
            f"against the images of its own {unit}."
        ),
        Chart(
            "rolling-next",
            _plot([one.judged for one in origins], [one.gains for one in origins], f"{unit} judged"),
            f"Gain over zero-shot in {METRIC} in the {unit} after each training, with 95 % intervals.",
        ),
        Grid(f"The {unit} after each training: gain over zero-shot in {METRIC} (95 % interval)", _origins(origins)),
        Grid(f"Over all {len(origins)} next {unit}s, {METRIC}, n = {found.n}", _differences(found)),
        Words(f"α* of each training, in the order of time: {alphas}."),
        Chart(
            "rolling-age",
            _plot(
                [f"{age.periods}" for age in found.ages], [age.gains for age in found.ages], f"{unit}s since training"
            ),
            f"Gain over zero-shot in {METRIC} by the {unit}s since the end of training, with 95 % intervals.",
        ),
        Grid(
            f"{found.windows} trainings on {found.window} articles each, by their age: gain over zero-shot in {METRIC} "
            f"(95 % interval)",
            _ages(found),
            frozenset(place for place, age in enumerate(found.ages) if age.n < MIN_TO_JUDGE),
        ),
        Words(
            f"High ages are seen by the last {unit}s alone, which may be harder for any training. What is said above "
            f"to change with age is therefore measured on the same articles, under trainings of different age on "
            f"equally many. Intervals: paired bootstrap over articles, the trainings as they are. p: permutation test, "
            f"corrected (Holm) over the three pairs of models."
        ),
    )
    return Section(ROLLING.name, ROLLING.title, _answer(found), blocks)


def _too_few(found: RollingFound) -> str:
    return (
        f"Not known: no {found.unit} has {MIN_TO_TRAIN} articles before it to train on and {MIN_TO_JUDGE} of its "
        f"own to be judged on."
    )


def _answer(found: RollingFound) -> str:
    verdicts = " ".join(verdict(one, found.n) for one in found.next_period if one.before == Model.ZERO_SHOT)
    return (
        f"Trained until each of {len(found.origins)} {found.unit}s and judged on the next, n = {found.n}: {verdicts} "
        f"{_fading(found)}"
    )


def _fading(found: RollingFound) -> str:
    told = [f"{model} {_slope(slope)}" for model, slope in found.fading.items() if slope is not None]
    if not told:
        return "Too few articles are judged by two trainings to say whether older trainings are worth less."
    return f"With each {found.unit} that a training is older, {METRIC} on the same articles changes: {', '.join(told)}."


def _slope(slope: Gain) -> str:
    """A change with its interval, and whether it is one."""
    measured = f"{signed(slope.value)} ({between_signed(slope.interval)})"
    return measured if slope.interval.excludes_zero else f"{measured}, not distinguishable from none"


def _gain(gain: Gain) -> str:
    return f"{signed(gain.value)} ({between_signed(gain.interval)})"


def _origins(origins: Sequence[Origin]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "trained until": one.until,
            "pairs": f"{one.n_trained}",
            "α*": f"{one.alpha:g}",
            "chosen on": f"{one.n_chosen}",
            "judged on": one.judged,
            "n": f"{one.n_judged}",
            Model.ZERO_SHOT: number(one.zero_shot),
        }
        | {model: _gain(one.gains[model]) for model in MODELS}
        for one in origins
    )


def _differences(found: RollingFound) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "from": one.before,
            "to": one.after,
            "difference": signed(one.value),
            "95 % interval": between_signed(one.interval),
            "p (Holm)": p_cell(one.p_holm),
            "verdict": "real" if one.is_significant else "not distinguishable",
        }
        for one in found.next_period
    )


def _ages(found: RollingFound) -> pd.DataFrame:
    return pd.DataFrame(
        {f"{found.unit}s after training": f"{age.periods}", "n": f"{age.n}", "trainings": f"{age.origins}"}
        | {model: _gain(age.gains[model]) for model in MODELS}
        for age in found.ages
    )


def _plot(labels: Sequence[str], gains: Sequence[dict[str, Gain]], title: str) -> go.Figure:
    figure = go.Figure()
    for model in MODELS:
        own = [each[model] for each in gains]
        figure.add_scatter(
            x=list(labels),
            y=[gain.value for gain in own],
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [gain.interval.high - gain.value for gain in own],
                "arrayminus": [gain.value - gain.interval.low for gain in own],
                "thickness": 1.5,
            },
            name=model,
            mode="markers+lines",
            line={"color": MODEL_COLOURS[model]},
            hovertemplate=f"%{{x}}: {hover('y', CHANGE)}",
        )
    figure.add_hline(y=0, line={"color": NEUTRAL, "dash": "dot"})
    figure.update_xaxes(title=title, type="category")
    return figure.update_yaxes(title=f"{METRIC}, gain over zero-shot")


ROLLING = Question(
    "rolling",
    "Would it have helped with the next period?",
    RollingFound,
    _ask,
    section,
    duration_hint="as long as eight trainings of this run",
)
