"""The metrics of a run's models as a small table with bars, in HTML."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from core.evaluation.models import Model
from core.evaluation.published import PUBLISHED, Paper
from core.presentation.cross_fit import CROSS_FITTED
from core.presentation.theme import MODEL_COLOURS

METRICS = ("mrr@100", "recall@1", "recall@10")
#: In the order of α. WiSE-FT at α* itself is not shown: part of its gain is luck.
_MODELS = {Model.ZERO_SHOT: Model.ZERO_SHOT, CROSS_FITTED: Model.WISE_FT, Model.FINE_TUNED: Model.FINE_TUNED}


@dataclass(frozen=True)
class Bar:
    """A row: its name, the model that gives its colour, and its values; a missing metric was not published."""

    name: str
    model: Model
    values: Mapping[str, float]
    is_published: bool = False


def bars_of(rows: pd.DataFrame, paper: Paper | None, mark: str = "") -> list[Bar]:
    """Return zero-shot, cross-fitted WiSE-FT and fine-tuned, each followed by the published model.

    rows: of `paper_table`, on val. mark: appended to the names of the run's models.
    """
    values = rows.set_index("model")[list(METRICS)].to_dict("index")
    published = PUBLISHED[paper] if paper else None
    bars = []
    for name, model in _MODELS.items():
        bars.append(Bar(f"{name}{mark}", model, {metric: values[name][metric] for metric in METRICS}))
        if published:
            row = {"zero-shot": published.zero_shot, "fine-tuned": published.fine_tuned, "WiSE-FT": published.wise_ft}
            bars.append(Bar(f"published {model}", model, row[model].metrics, is_published=True))
    return bars


def bars_table(bars: Sequence[Bar], n: int) -> str:
    """Return the table as HTML: a row for each model; n: number of val articles."""
    head = "".join(f'<th scope="col">{metric}</th>' for metric in METRICS)
    body = "".join(_row(bar) for bar in bars)
    return (
        f'<table class="bars"><thead><tr><th scope="col">val, n = {n:,}</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _row(bar: Bar) -> str:
    cells = "".join(_cell(bar.values.get(metric, math.nan)) for metric in METRICS)
    kind = ' class="published"' if bar.is_published else ""
    name = ", ".join(f"<span>{part}</span>" for part in bar.name.split(", "))  # breaks only behind the comma
    return f'<tr{kind} style="--model: {MODEL_COLOURS[bar.model]}"><th scope="row">{name}</th>{cells}</tr>'


def _cell(value: float) -> str:
    return "<td>–</td>" if math.isnan(value) else f'<td style="--share: {value:.1%}">{value:.3f}</td>'
