"""What kind of article gains or loses? Slices of every split that can be judged, each against the articles outside.

What kind of article gains or loses? Every slice against the articles outside it, and the paper's reading of it.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.analysis.bootstrap import MIN_FOR_INTERVAL, Interval
from core.analysis.significance import LEVEL_OF_TESTS, holm
from core.analysis.slices import METRIC, MIN_SLICE, Effect, Slice, compare_slices
from core.data.entities.store import mentions_file, mentions_of
from core.data.time_split import Split
from core.evaluation.models import Model
from core.findings.question import Question, RunContext, files_as_parts
from core.findings.slice_members import HEADLINE, MENTIONS, NO_NAME, PERSON, slices_of
from core.presentation.blocks import Block, Chart, Grid, Section, Words
from core.presentation.theme import CHANGE, MODEL_COLOURS, NEUTRAL, hover
from core.presentation.wording import between_signed, finder, number, p_cell, p_value, signed
from core.storage.files import Part
from core.workspace.tags import read_tags, tags_file

#: From zero-shot by fine-tuning, and from there by mixing back: what the paper's figures are about.
PAIRS = ((Model.ZERO_SHOT, Model.FINE_TUNED), (Model.FINE_TUNED, Model.WISE_FT))


@dataclass(frozen=True)
class SplitSlices:
    """n: articles of the split. slices: those judged. members: slice → its articles' ids, in order of time."""

    n: int
    slices: tuple[Slice, ...]
    members: dict[str, tuple[str, ...]]

    def of(self, name: str) -> Slice | None:
        """One slice; None if it is none of these, or too small or too large to be judged."""
        return next((one for one in self.slices if one.name == name), None)


@dataclass(frozen=True)
class SlicesFound:
    """alpha: WiSE-FT's. named_by: what found persons, places and organisations."""

    alpha: float
    named_by: str
    splits: dict[Split, SplitSlices]


def rows_in_slice(found: SlicesFound, split: Split, name: str, article_ids: Sequence[str]) -> np.ndarray:
    """Which of `article_ids` are in the slice of that name, as places, int64; none for a name that is no slice."""
    members = set(found.splits[split].members.get(name, ())) if split in found.splits else set()
    return np.array([place for place, article_id in enumerate(article_ids) if article_id in members], dtype=np.int64)


def _ask(context: RunContext) -> SlicesFound:
    alpha = context.run.selected().alpha
    mentioned, tags = mentions_of(context.domain), read_tags(context.workspace, context.domain.info.slug)
    splits: dict[Split, SplitSlices] = {}
    for split, results in context.results.items():
        models: dict[str, np.ndarray] = {
            Model.ZERO_SHOT: results.ranks[0],
            Model.FINE_TUNED: results.ranks[-1],
            Model.WISE_FT: results.ranks_at(alpha),
        }
        inside = slices_of(context.domain, split, mentioned.articles, tags)
        slices = compare_slices(models, PAIRS, inside)
        ids = results.articles["article_id"].to_numpy()
        members = {one.name: tuple(ids[inside[one.name]].tolist()) for one in slices}
        splits[split] = SplitSlices(len(ids), slices, members)
    return SlicesFound(alpha, mentioned.found_by, splits)


def _rests_on(context: RunContext) -> tuple[Part, ...]:
    return files_as_parts([mentions_file(context.domain), tags_file(context.workspace, context.domain.info.slug)])


_SYMBOLS = {Model.FINE_TUNED: "circle", Model.WISE_FT: "diamond"}
_NAMED = 3  # slices that the answer names, either way


def section(found: SlicesFound, context: RunContext) -> Section:
    """The slices that differ from the rest, the paper's reading, then every slice."""
    blocks: list[Block] = [
        Words(
            f"WiSE-FT is at alpha {found.alpha:g}; all numbers are {METRIC}. Against the others: the gain inside the "
            f"slice minus the gain of all articles outside it, 95 % interval of two independent bootstraps; p: the "
            f"same from shuffling which articles are in the slice, corrected (Holm) over all slices and both steps. "
            f"Slices with fewer than {MIN_SLICE} articles inside or outside are left out; with fewer than "
            f"{MIN_FOR_INTERVAL} they are greyed, and their intervals are too narrow. Slices overlap, and a difference "
            f"says nothing of its cause. Persons, places and organisations: {finder(found.named_by)}."
        )
    ]
    for split, each in found.splits.items():
        if each.slices:
            blocks.append(_chart(split, each))
            faint = frozenset(
                row for row, one in enumerate(each.slices) if min(one.n, each.n - one.n) < MIN_FOR_INTERVAL
            )
            opens = tuple({"slice": one.name, "split": split} for one in each.slices)
            blocks.append(Grid(f"Slices, {split}, n = {each.n}", _table(each), faint, opens))
    last = list(found.splits)[-1]  # test where it is known
    judged = found.splits[last]
    answer = f"On {last}, n = {judged.n}: {standing_out(judged)} {papers_reading(judged)}"
    return Section(SLICES.name, SLICES.title, answer, tuple(blocks))


def standing_out(judged: SplitSlices) -> str:
    """The slices that gain more or less than the others, in a sentence for each step; or that there are none."""
    sentences = []
    for before, after in PAIRS:
        effects = [(one, one.effect(before, after)) for one in judged.slices]
        real = sorted(
            ((one, effect) for one, effect in effects if effect.is_significant), key=lambda pair: pair[1].p_holm
        )
        if not real:
            sentences.append(
                f"From {before} to {after} no slice can be told from the other articles ({len(effects)} compared)."
            )
            continue
        named = "; ".join(
            f"{one.name} (n = {one.n}) {'more' if effect.against > 0 else 'less'}: {_against(effect)}"
            for one, effect in real[:_NAMED]
        )
        more = f"; and {len(real) - _NAMED} more" if len(real) > _NAMED else ""
        sentences.append(f"From {before} to {after} these gain more or less than the other articles: {named}{more}.")
    return " ".join(sentences)


def papers_reading(judged: SplitSlices) -> str:
    """Does what the paper read from its examples hold: from fine-tuned to WiSE-FT people lose, scenes gain?

    These two claims were there before the data, so p is corrected over the two and not over the table.
    """
    what = HEADLINE if any(one.name.startswith(HEADLINE) for one in judged.slices) else MENTIONS
    claims = [(what + PERSON, "loses"), (what + NO_NAME, "gains")]
    found = [judged.of(name) for name, _ in claims]
    p_values = holm([one.effect(Model.FINE_TUNED, Model.WISE_FT).p if one else 1.0 for one in found])
    said, holds = [], []
    for (name, claim), one, p in zip(claims, found, p_values, strict=True):
        if one is None:
            said.append(f"'{name}' cannot be judged here, with under {MIN_SLICE} articles inside or outside.")
            holds.append(False)
            continue
        effect = one.effect(Model.FINE_TUNED, Model.WISE_FT)
        said.append(_change(one, effect, p))
        holds.append(_does(effect) == claim and effect.value * effect.against > 0 and p < LEVEL_OF_TESTS)
    if not any(found):
        return (
            f"Whether WiSE-FT loses on news about a person and gains on scenes, as the paper reads it: {' '.join(said)}"
        )
    verdict = "does not show" if not any(holds) else "shows" if all(holds) else "shows in part"
    reading = "The paper's reading, that WiSE-FT loses on news about a person and gains on scenes,"
    return f"{reading} {verdict}: {' '.join(said)}"


def _does(effect: Effect) -> str:
    """By the interval of the slice's own change."""
    if not effect.interval.excludes_zero:
        return "neither gains nor loses distinguishably"
    return "gains" if effect.value > 0 else "loses"


def _change(one: Slice, effect: Effect, p: float) -> str:
    apart = f"{signed(effect.against)}, {between_signed(effect.against_interval)}, {p_value(p)}"
    told = "differs from" if p < LEVEL_OF_TESTS else "cannot be told from"
    own = f"n = {one.n}, {signed(effect.value)}, {between_signed(effect.interval)}"
    return f"'{one.name}' {_does(effect)} ({own}) and {told} the others ({apart})."


def _against(effect: Effect) -> str:
    return f"{signed(effect.against)} ({between_signed(effect.against_interval)}), {p_value(effect.p_holm)}"


def _table(each: SplitSlices) -> pd.DataFrame:
    def cells(one: Slice) -> dict[str, str]:
        row = {"slice": one.name, "n": f"{one.n:,}"}
        row |= {model: number(one.reached[model]) for model in (Model.ZERO_SHOT, Model.FINE_TUNED, Model.WISE_FT)}
        for effect in one.effects:
            step = f"{effect.after} − {effect.before}"
            row[step] = _with_interval(effect.value, effect.interval)
            row[f"{step}, against the others"] = _with_interval(effect.against, effect.against_interval)
            row[f"p (Holm), {effect.after}"] = p_cell(effect.p_holm)
        return row

    return pd.DataFrame([cells(one) for one in each.slices])


def _with_interval(value: float, interval: Interval) -> str:
    return f"{signed(value)} ({between_signed(interval)})"


def _chart(split: str, each: SplitSlices) -> Chart:
    """Each slice's gains against the others, with intervals, the largest at the top; filled where they are real."""
    figure = go.Figure()
    figure.add_vline(x=0, line={"color": NEUTRAL, "dash": "dot"})
    names = [html.escape(f"{one.name} (n = {one.n})") for one in each.slices]  # Plotly reads tags in labels
    for shift, (before, after) in zip((0.16, -0.16), PAIRS, strict=True):
        effects = [one.effect(before, after) for one in each.slices]
        colour, symbol = MODEL_COLOURS[after], _SYMBOLS[after]
        figure.add_scatter(
            x=[one.against for one in effects], y=[place + shift for place in range(len(effects))], mode="markers",
            name=f"{after} − {before}",
            marker={
                "color": colour, "size": 9,
                "symbol": [symbol if one.is_significant else f"{symbol}-open" for one in effects],
            },
            error_x={
                "type": "data", "symmetric": False, "thickness": 1.2, "width": 0, "color": colour,
                "array": [one.against_interval.high - one.against for one in effects],
                "arrayminus": [one.against - one.against_interval.low for one in effects],
            },
            text=names, hovertemplate=f"%{{text}}: {hover('x', CHANGE)}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title=f"gain of {METRIC} inside minus outside; filled: real over all slices")
    figure.update_yaxes(
        tickvals=list(range(len(names))), ticktext=names, range=[len(names) - 0.4, -0.6], automargin=True
    )
    alt = f"{split}: what fine-tuning and WiSE-FT change in {len(names)} slices, against the articles outside each."
    return Chart(f"slices-{split}", figure, alt, height=120 + 26 * len(names))


SLICES = Question(
    "slices",
    "What kind of article gains or loses?",
    SlicesFound,
    _ask,
    section,
    duration_hint="about half a minute",
    cache_key_parts=_rests_on,
)
