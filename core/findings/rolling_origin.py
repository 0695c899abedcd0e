"""Question `rolling`: trainings until each period, evaluated on the next one and on later ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
import plotly.graph_objects as go

from core.analysis.bootstrap import MIN_FOR_INTERVAL
from core.analysis.decision import sign_of
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
)
from core.analysis.significance import PAIRS, Difference, differences
from core.evaluation.metrics import values_of
from core.evaluation.models import Model
from core.findings.question import Question, RunContext
from core.findings.significance import verdict
from core.presentation.blocks import Chart, Grid, Section, Words
from core.presentation.period_charts import plot_bands
from core.presentation.verdict import estimate_of, unknown, verdict_on
from core.presentation.wording import between_signed, number, p_cell, signed

METRIC = "mrr@100"


@dataclass(frozen=True)
class Origin:
    """One training until the end of a period, evaluated on the next.

    n_trained: pairs it learned from. alpha: chosen on n_chosen articles. zero_shot: METRIC of zero-shot in the next
    period; gains: of both other models over it.
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
    """Answer to `rolling`.

    origins: trainings on all earlier articles; none if no period has enough articles before it and in it. next_period:
    differences between the three models over all next periods together, n articles. windows: number of trainings on
    `window` articles each, which differ only in their age. ages: their gains by age. fading: the change of each model's
    metric on the same article with each period of age.
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

    (articles, periods), found = context.periods, context.origins
    windows = list(roll(context.loaded_run, articles, periods, periods.window))
    pooled = next_period(found)
    return RollingFound(
        periods.unit,
        tuple(_origin(ranked, periods.labels) for ranked in found),
        len(pooled[Model.ZERO_SHOT]) if found else 0,
        differences(pooled, PAIRS, [METRIC]).differences if found else (),
        periods.window,
        len(windows),
        by_age(windows, METRIC),
        {model: fading(windows, model, METRIC) for model in (Model.FINE_TUNED, Model.WISE_FT)},
    )


def _origin(ranked: OriginRanks, labels: tuple[str, ...]) -> Origin:
    ranks = ranked.in_period(ranked.origin + 1)
    return Origin(
        labels[ranked.origin],
        ranked.n_trained,
        ranked.n_chosen,
        ranked.alpha,
        labels[ranked.origin + 1],
        len(ranks[Model.ZERO_SHOT]),
        float(values_of(ranks[Model.ZERO_SHOT], METRIC).mean()),
        gains(ranks, METRIC),
    )


MODELS = (Model.FINE_TUNED, Model.WISE_FT)


def section(found: RollingFound, context: RunContext) -> Section:
    """Present the gains in the next period, then their change with the age of a training."""
    if not found.origins:
        answer = _too_few(found)
        return Section(ROLLING.name, ROLLING.title, answer, (), unknown(answer))
    unit, origins = found.unit, found.origins
    alphas = ", ".join(f"{origin.alpha:g}" for origin in origins)
    settings = context.run.info.settings
    blocks = (
        Words(
            f"{len(origins)} trainings with the settings of run {context.run.info.name} (--tune {settings.tune}, "
            f"{settings.epochs} epochs, seed {settings.seed}). Each learns from the first 80 % of the articles until "
            f"one {unit}; the last 20 % choose α* by {METRIC}. It is evaluated on later {unit}s, each article against "
            f"the images of its own {unit}."
        ),
        Chart(
            "rolling-next",
            partial(
                _plot,
                [_period(origin.judged, origin.n_judged) for origin in origins],
                [origin.gains for origin in origins],
                f"{unit} evaluated",
            ),
            f"Gain over zero-shot in {METRIC} in the {unit} after each training, with 95 % intervals.",
            title=f"Gain over zero-shot in the {unit} after each training, n = {found.n:,}, 95 % bands",
        ),
        Grid(f"The {unit} after each training: gain over zero-shot in {METRIC} (95 % interval)", _origins(origins)),
        Grid(f"Over all {len(origins)} next {unit}s, {METRIC}, n = {found.n}", _differences(found)),
        Words(f"α* of each training, in the order of time: {alphas}."),
        Chart(
            "rolling-age",
            partial(
                _plot,
                [_period(f"{age.periods}", age.n) for age in found.ages],
                [age.gains for age in found.ages],
                f"{unit}s since training",
            ),
            f"Gain over zero-shot in {METRIC} by the {unit}s since the end of training, with 95 % intervals.",
            title=f"Gain over zero-shot by the age of a training on {found.window} articles, 95 % bands",
        ),
        Grid(
            f"{found.windows} trainings on {found.window} articles each, by their age: gain over zero-shot in {METRIC} "
            f"(95 % interval)",
            _ages(found),
            frozenset(place for place, age in enumerate(found.ages) if age.n < MIN_FOR_INTERVAL),
        ),
        Words(
            f"Only the last {unit}s have trainings of high age, and these {unit}s may be harder for any training. The "
            f"change with age in the answer is therefore measured on the same articles, under trainings of different "
            f"age on equally many articles. Intervals: paired bootstrap over articles, with fixed trainings. p: "
            f"permutation test, corrected (Holm) over the three pairs of models."
        ),
    )
    tested = [difference for difference in found.next_period if difference.before == Model.ZERO_SHOT]
    effects = [estimate_of(difference) for difference in tested]
    helped = [f"{d.after} {signed(d.value)}" for d in tested if d.is_significant]
    sentence = (
        f"Over the next {unit}s, significant in {METRIC} over zero-shot: {', '.join(helped)}."
        if helped
        else f"In the next {unit}s, neither fine-tuned nor WiSE-FT is distinguishable from zero-shot."
    )
    glance = verdict_on(effects, sentence, found.n, f"{len(origins)} {unit}s")
    return Section(ROLLING.name, ROLLING.title, _answer(found), blocks, glance)


def _period(label: str, n: int) -> str:
    return f"{label}<br>n = {n}"


def _too_few(found: RollingFound) -> str:
    return (
        f"Unknown: the domain has too few articles. At least one {found.unit} needs {MIN_TO_TRAIN} articles before it "
        f"for training and {MIN_TO_JUDGE} articles in it for the evaluation."
    )


def _answer(found: RollingFound) -> str:
    verdicts = " ".join(
        verdict(difference, found.n, f"{len(found.next_period)} pairs of models")
        for difference in found.next_period
        if difference.before == Model.ZERO_SHOT
    )
    return (
        f"Trained until each of {len(found.origins)} {found.unit}s and evaluated on the next, n = {found.n}: "
        f"{verdicts} {_fading(found)}"
    )


def _fading(found: RollingFound) -> str:
    slopes = [f"{model} {_slope(slope)}" for model, slope in found.fading.items() if slope is not None]
    if not slopes:
        return (
            "It is unknown whether older trainings are worth less: too few articles were evaluated under two trainings."
        )
    return (
        f"With each {found.unit} that a training is older, {METRIC} on the same articles changes: {', '.join(slopes)}."
    )


def _slope(slope: Gain) -> str:
    """Return a change with its interval, marked if it is not distinguishable from none."""
    return _gain(slope) if sign_of(slope.interval) else f"{_gain(slope)}, not distinguishable from none"


def _gain(gain: Gain) -> str:
    return f"{signed(gain.value)} ({between_signed(gain.interval)})"


def _origins(origins: Sequence[Origin]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "trained until": origin.until,
            "pairs": f"{origin.n_trained}",
            "α*": f"{origin.alpha:g}",
            "α* chosen on": f"{origin.n_chosen}",
            "evaluated on": origin.judged,
            "n": f"{origin.n_judged}",
            Model.ZERO_SHOT: number(origin.zero_shot),
        }
        | {model: _gain(origin.gains[model]) for model in MODELS}
        for origin in origins
    )


def _differences(found: RollingFound) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "from": difference.before,
            "to": difference.after,
            "difference": signed(difference.value),
            "95 % interval": between_signed(difference.interval),
            "p (Holm)": p_cell(difference.p_holm),
            "verdict": "significant" if difference.is_significant else "not distinguishable",
        }
        for difference in found.next_period
    )


def _ages(found: RollingFound) -> pd.DataFrame:
    return pd.DataFrame(
        {f"{found.unit}s after training": f"{age.periods}", "n": f"{age.n}", "trainings": f"{age.origins}"}
        | {model: _gain(age.gains[model]) for model in MODELS}
        for age in found.ages
    )


def _plot(labels: Sequence[str], gains: Sequence[dict[str, Gain]], title: str) -> go.Figure:
    by_model = {str(model): [(each[model].value, each[model].interval) for each in gains] for model in MODELS}
    return plot_bands(labels, by_model, title, f"{METRIC}, gain over zero-shot")


ROLLING = Question(
    "rolling",
    "Would fine-tuning have helped with the next period?",
    RollingFound,
    _ask,
    section,
    duration_hint="as long as eight trainings of this run",
    seconds_for_heads=110,
)
