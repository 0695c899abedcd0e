"""The α slider as Streamlit sees it: tables in, positions out (alpha_slider.js draws the rest)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app_pages.parts.style import FINE_TUNED, WISE_FT, ZERO_SHOT
from core.analysis.histogram import BIN_NAMES, rank_histogram
from core.analysis.metrics import as_record, metrics_of
from core.analysis.sweep import Ranked
from core.report.tables import TABLE_METRICS

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Tables:
    """Metrics and histograms by α, as lists for the browser. On the plane a row is [α_image, α_text], flattened."""

    alphas: list[float]
    metrics: list[list[float]]
    histograms: list[list[int]]
    interpolated: list[bool]


@dataclass(frozen=True)
class Tick:
    """A named α on the slider. hint: more of it; kind: start, end, best, or `paper before`, `paper after` it."""

    alpha: float
    label: str
    hint: str
    kind: str


@dataclass(frozen=True)
class Exact:
    """What exact weights gave at these α (one, or the towers'), in place of what the tables say."""

    alphas: list[float]
    metrics: list[float]
    histogram: list[int]

    @classmethod
    def of(cls, alphas: Sequence[float], ranked: Ranked) -> "Exact":
        """From an exact evaluation."""
        record = as_record(metrics_of(ranked.ranks))
        return cls(list(alphas), [record[name] for name in TABLE_METRICS], rank_histogram(ranked.ranks).tolist())


def tables_of(alphas: Sequence[float], curve: pd.DataFrame, ranks: np.ndarray, interpolated: Sequence[bool]) -> Tables:
    """From metrics (a row for each α) and ranks int [rows, N]."""
    return Tables(
        [float(alpha) for alpha in alphas],
        [curve[name].round(5).tolist() for name in TABLE_METRICS],
        rank_histogram(ranks).tolist(),
        [bool(mark) for mark in interpolated],
    )


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Any]:
    return st.components.v2.component(
        "rematch_alpha",
        html=(
            f'<div class="alpha" style="--zero-shot:{ZERO_SHOT};--wise-ft:{WISE_FT};--fine-tuned:{FINE_TUNED}">\n</div>'
        ),
        css=(_HERE / "alpha_slider.css").read_text(encoding="utf-8"),
        js=(_HERE / "alpha_slider.js").read_text(encoding="utf-8"),
    )


def alpha_slider(
    tables: Tables,
    towers: Sequence[tuple[str, float]],
    served: Sequence[float],
    ticks: Sequence[Tick],
    *,
    error: str,
    of: str,
    exact: Exact | None,
    on_live: Callable[[], None],
    on_settled: Callable[[], None],
    key: str,
) -> None:
    """Draw it. towers: (label, α) of each slider; served: the α's the page around it is drawn for.

    error: what to say of interpolated values; of: split and n. In the callbacks `st.session_state[key]` has `live` or
    `settled`, a list of α.
    """
    _component()(
        key=key,
        data={
            "alphas": tables.alphas,
            "names": list(TABLE_METRICS),
            "metrics": tables.metrics,
            "histograms": tables.histograms,
            "interpolated": tables.interpolated,
            "bins": list(BIN_NAMES),
            "towers": [{"label": label, "alpha": alpha} for label, alpha in towers],
            "served": list(served),
            "ticks": [vars(tick) for tick in ticks],
            "error": error,
            "of": of,
            "exact": vars(exact) if exact else None,
        },
        on_live_change=on_live,
        on_settled_change=on_settled,
    )
