"""Question `trade-off`: what each merge gains on the run's own val and costs on the val of other domains, the controls.

Figure 1 of WiSE-FT (Wortsman et al. 2022) for all merges. Half of the own val chooses the mix that is judged on the
other half. No article of a control chooses: each of its halves is judged under one of the two chosen mixes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.analysis.bootstrap import Interval
from core.analysis.significance import Difference, Differences, differences, holm
from core.analysis.trade_off import pareto
from core.data.domain import Domain
from core.evaluation.models import Model
from core.findings.alpha_choice import MIN_VAL
from core.findings.merge_search import (
    METRIC,
    describe_mix,
    mean_value,
    merged_weights,
    open_mixer,
    search_merges,
    sisters_of,
)
from core.findings.question import Question, RunContext, files_as_parts
from core.interpolation.merges import MERGES
from core.interpolation.mix import Mix
from core.presentation.blocks import Block, Chart, Grid, Section, Words
from core.presentation.trade_off_charts import MergePoints, plot_merges
from core.presentation.verdict import Verdict, estimate_of, unknown, verdict_on
from core.presentation.wording import between_signed, number, p_after_holm, p_cell, signed


@dataclass(frozen=True)
class Control:
    """Another domain. judged: all models there, each merge at its choice. points: by merge, METRIC of each tried mix.

    trained_on: whether a run of this domain takes part in merges over several domains.
    """

    domain: str
    judged: Differences
    points: dict[str, tuple[float, ...]]
    trained_on: bool


@dataclass(frozen=True)
class TradeOffFound:
    """Answer to `trade-off`; `controls` is empty without another domain. p is corrected over all differences.

    judged: all models on the own val, each merge at its cross-fitted choice; the differences are from WiSE-FT. chosen:
    by merge, what the earlier and the later half of val chose. tried: by merge, all tried mixes in words. points:
    METRIC of these on the own val.
    """

    judged: Differences
    chosen: dict[str, tuple[str, str]]
    tried: dict[str, tuple[str, ...]]
    points: dict[str, tuple[float, ...]]
    controls: tuple[Control, ...]


def _ask(context: RunContext) -> TradeOffFound:
    domains = _controls(context)
    if not domains:
        return TradeOffFound(Differences(0, (), ()), {}, {}, {}, ())
    mixer, names = open_mixer(context), tuple(run.info.name for run in sisters_of(context))
    choices = search_merges(mixer, names)
    tried = {
        label: sorted(choice.tried, key=lambda mix: (mix.alpha, describe_mix(mix))) for label, choice in choices.items()
    }
    ends = {Model.ZERO_SHOT: Mix(names[:1], 0.0), Model.FINE_TUNED: Mix(names[:1], 1.0)}
    pairs = [(Model.WISE_FT, label) for label in (*ends, *choices) if label != Model.WISE_FT]
    judged, points = [], []
    for on in (mixer, *(mixer.on(context.loaded_run.elsewhere(domain).view("val")) for domain in domains.values())):
        models = {str(end): on.ranks(mix) for end, mix in ends.items()}
        models |= {label: choice.crossed(on.ranks) for label, choice in choices.items()}
        judged.append(differences(models, pairs, [METRIC]))
        points.append({label: tuple(mean_value(on.ranks(mix)) for mix in mixes) for label, mixes in tried.items()})
    trained_on = {name.partition("/")[0] for name in mixer.ends.elsewhere}
    own, *elsewhere = _corrected(judged)
    return TradeOffFound(
        own,
        {label: (describe_mix(each.earlier.mix), describe_mix(each.later.mix)) for label, each in choices.items()},
        {label: tuple(map(describe_mix, mixes)) for label, mixes in tried.items()},
        points[0],
        tuple(
            Control(slug, found, reached, slug in trained_on)
            for slug, found, reached in zip(domains, elsewhere, points[1:], strict=True)
        ),
    )


def _controls(context: RunContext) -> dict[str, Domain]:
    """Return every other domain with enough articles in val, by slug."""
    others = {slug: context.workspace.load_domain(slug) for slug in _other_slugs(context)}
    return {slug: domain for slug, domain in others.items() if len(domain.labelled("val")) >= MIN_VAL}


def _other_slugs(context: RunContext) -> list[str]:
    return [slug for slug in context.workspace.domain_slugs() if slug != context.domain.info.slug]


def _corrected(judged: list[Differences]) -> Iterator[Differences]:
    """Yield all with p corrected over the differences of all."""
    p_holm = iter(holm([difference.p for each in judged for difference in each.differences]))
    for each in judged:
        yield replace(each, differences=tuple(replace(one, p_holm=next(p_holm)) for one in each.differences))


def section(found: TradeOffFound, context: RunContext) -> Section:
    """Present a figure and a table for each control domain."""
    if not found.controls:
        answer = (
            f"There is no other domain with at least {MIN_VAL} articles in val. Import one as a control, for example "
            f"general photos with captions: rematch import articles.csv --domain OTHER --images FOLDER"
        )
        return Section(TRADE_OFF.name, TRADE_OFF.title, answer, (), unknown(answer))
    own, count = context.domain.info.slug, len(found.judged.differences)
    blocks: list[Block] = []
    for control in found.controls:
        alt = f"{METRIC} on {own} against {METRIC} on {control.domain} for all tried mixes."
        caption = f"{METRIC} on val of {own} (n = {found.judged.n}) and of {control.domain} (n = {control.judged.n})"
        n = f"n = {found.judged.n:,}, and {control.domain}, n = {control.judged.n:,}"
        title = f"{METRIC} on two domains, val of {own}, {n}"
        blocks += [
            Chart(f"trade-off-{control.domain}", partial(_plot, found, control, own), alt, 480, title),
            Grid(caption, _table(found, control, own)),
        ]
    blocks += [
        Words(
            f"Each point is a tried mix, on all articles. Large: Pareto-optimal, so no other tried mix is at least as "
            f"good on both domains and better on one. The line is {Model.WISE_FT} along alpha. Bars: 95 % "
            f"intervals of both ends and of {Model.WISE_FT} at its choice."
        ),
        Words(
            f"The tables have each merge at its choice: one half of val of {own} chose the mix, the other half judges "
            f"it, and the other way round. No article of another domain chose anything. Intervals: paired bootstrap. "
            f"p: permutation test, corrected (Holm) over all {count * (1 + len(found.controls))} differences."
        ),
    ]
    trained = {label for label in found.tried for control in found.controls if _is_trained(label, control)}
    if trained:
        blocks.append(
            Words(
                f"{', '.join(sorted(trained))}: contains trainings on these other domains. Its gain there is what it "
                f"learned there, so it is not compared for Pareto-optimal mixes."
            )
        )
    return Section(TRADE_OFF.name, TRADE_OFF.title, _answer(found, own), tuple(blocks), _at_a_glance(found))


def _at_a_glance(found: TradeOffFound) -> Verdict:
    from_zero_shot = [
        (control.domain, _reversed(difference))
        for control in found.controls
        for difference in control.judged.between(Model.WISE_FT, Model.ZERO_SHOT)
    ]
    changed = [f"{domain} {signed(each.value)}" for domain, each in from_zero_shot if each.is_significant]
    sentence = (
        f"WiSE-FT of this domain differs significantly from zero-shot on {', '.join(changed)} ({METRIC})."
        if changed
        else f"On other domains ({len(found.controls)}), WiSE-FT of this domain is not distinguishable from zero-shot."
    )
    estimates = [estimate_of(each, f"{domain}: WiSE-FT − zero-shot") for domain, each in from_zero_shot]
    return verdict_on(estimates, sentence, min(control.judged.n for control in found.controls), "val elsewhere")


def _reversed(difference: Difference) -> Difference:
    """Return the difference in the other direction."""
    low, high = difference.interval.low, difference.interval.high
    return replace(
        difference, before=difference.after, after=difference.before, value=-difference.value,
        interval=Interval(-high, -low),
    )  # fmt: skip


def _answer(found: TradeOffFound, own: str) -> str:
    sentences = []
    for control in found.controls:
        better = []
        from_wise_ft = {one.after: one for one in control.judged.differences}
        for here in found.judged.differences:
            there = from_wise_ft[here.after]
            is_better = any(each.is_significant and each.value > 0 for each in (here, there))
            if (
                here.after in found.tried and is_better and min(here.value, there.value) >= 0
            ):  # else it is another point of the same trade-off
                trained = ", trained there" if _is_trained(here.after, control) else ""
                figures = f"{own} {_figures(here)}; {control.domain} {_figures(there)}"
                better.append(f"{here.after}{trained} ({figures})")
        ends = "; ".join(f"{end} {_figures(from_wise_ft[end])}" for end in (Model.FINE_TUNED, Model.ZERO_SHOT))
        sentences.append(
            f"On {control.domain} (n = {control.judged.n}), differences in {METRIC} from {Model.WISE_FT} at its choice "
            f"({number(control.judged.value(METRIC, Model.WISE_FT))}): {ends}. Merges at least as good as "
            f"{Model.WISE_FT} on {own} and on {control.domain}, and significantly better on one: "
            f"{'; '.join(better) or 'none'}."
        )
    return " ".join(sentences)


def _figures(difference: Difference) -> str:
    return f"{signed(difference.value)}, {between_signed(difference.interval)}, {p_after_holm(difference.p_holm)}"


def _table(found: TradeOffFound, control: Control, own: str) -> pd.DataFrame:
    both, optimal = {own: found.judged, control.domain: control.judged}, _optimal(found, control)
    rows = []
    for model in (Model.ZERO_SHOT, Model.FINE_TUNED, *found.tried):
        row = {"mix": str(model)} | {slug: number(judged.value(METRIC, model)) for slug, judged in both.items()}
        for slug, judged in both.items():
            for one in judged.between(Model.WISE_FT, model):
                better_or_worse = "better" if one.value > 0 else "worse"
                row |= {
                    f"difference, {slug}": f"{signed(one.value)} ({between_signed(one.interval)})",
                    f"p (Holm), {slug}": p_cell(one.p_holm),
                    f"verdict, {slug}": better_or_worse if one.is_significant else "not distinguishable",
                }
        if model in found.chosen:
            row["Pareto-optimal"] = f"{optimal[model].sum()} of {len(optimal[model])}"
            row |= dict(zip(("chosen on the earlier half", "on the later half"), found.chosen[model], strict=True))
        rows.append(row)
    return pd.DataFrame(rows).fillna("")


def _optimal(found: TradeOffFound, control: Control) -> dict[str, np.ndarray]:
    """Return, by merge, which tried mixes are Pareto-optimal among merges that were not trained on the control."""
    marks = {label: np.zeros(len(mixes), dtype=bool) for label, mixes in found.tried.items()}
    compared = [label for label in marks if not _is_trained(label, control)]
    own, elsewhere = (
        np.concatenate([points[label] for label in compared]) for points in (found.points, control.points)
    )
    ends = np.cumsum([len(marks[label]) for label in compared])[:-1]
    return marks | dict(zip(compared, np.split(pareto(own, elsewhere), ends), strict=True))


def _is_trained(label: str, control: Control) -> bool:
    """Return whether the merge contains a training on the control."""
    needs = {merge.label: merge.needs for merge in MERGES.values()}
    return control.trained_on and "several domains" in needs[label]


def _plot(found: TradeOffFound, control: Control, own: str) -> go.Figure:
    optimal = _optimal(found, control)
    merges = {
        label: MergePoints(mixes, found.points[label], control.points[label], optimal[label])
        for label, mixes in found.tried.items()
    }
    own_models, other_models = ({one.model: one for one in each.reached} for each in (found.judged, control.judged))
    shown = (Model.ZERO_SHOT, Model.FINE_TUNED, Model.WISE_FT)
    models = {str(model): (own_models[model], other_models[model]) for model in shown}
    return plot_merges(merges, models, (own, control.domain), (found.judged.n, control.judged.n))


TRADE_OFF = Question(
    "trade-off",
    "What does each merge cost on other domains?",
    TradeOffFound,
    _ask,
    section,
    duration_hint="seconds for heads, otherwise as long as ten to fifteen sweeps of each domain",
    seconds_for_heads=34,
    cache_key_parts=lambda context: (
        *merged_weights(context),
        *_other_slugs(context),
        *files_as_parts([context.workspace.domain_folder(slug) / "articles.parquet" for slug in _other_slugs(context)]),
    ),
)
