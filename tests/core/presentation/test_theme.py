"""Hover texts of charts: rounded like their tables, with formats defined in one module."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from core.analysis.bootstrap import Interval
from core.analysis.significance import ModelMetric
from core.analysis.trade_off import with_intervals
from core.evaluation.models import Model
from core.presentation import theme
from core.presentation.curve_charts import plot_metric, plot_plane
from core.presentation.trade_off_charts import MergePoints, joined, plot_merges, plot_trace

ROOT = Path(__file__).parents[3]
DRAWING = {"add_scatter", "add_bar", "Bar", "Scatter", "Heatmap", "Histogram", "Box"}
FORMATS = {theme.VALUE, theme.CHANGE, theme.ALPHA, theme.SHARE}
SHOWN = re.compile(r"%\{([^}:]+)(?::([^}]+))?\}")


def drawn() -> Iterator[tuple[str, ast.Call]]:
    """Yield every call that draws a trace, with its location."""
    for folder in ("core", "pages"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in DRAWING:
                    yield f"{file.relative_to(ROOT)}:{node.lineno}", node


def test_every_trace_has_a_hover_text():
    """Check that traces have hover texts, because Plotly would show every digit of a number."""
    calls = list(drawn())
    assert len(calls) > 15
    silent = [
        place
        for place, call in calls
        if not {"hovertemplate", "hoverinfo", None} & {keyword.arg for keyword in call.keywords}
    ]
    assert silent == []


def test_formats_of_hover_texts_are_in_one_module():
    own = re.compile(r"%\{+(?:x|y|z|text|customdata\b[^:}]*):")
    for folder in ("core", "pages"):
        for file in (ROOT / folder).rglob("*.py"):
            assert file.name == "theme.py" or not own.search(file.read_text(encoding="utf-8")), file


def curve() -> pd.DataFrame:
    alphas = np.linspace(0, 1, 11)
    rows = {"split": "val", "alpha": alphas, "n": 10, "interpolated": False, "mrr@100": np.sqrt(alphas) / 3}
    return pd.DataFrame(rows)


def traced() -> pd.DataFrame:
    ranks = np.random.default_rng(0).integers(1, 200, (11, 10))
    return with_intervals(curve(), ranks, ["mrr@100"])


def merges() -> dict[str, MergePoints]:
    return {Model.WISE_FT: MergePoints(["α 0.1", "α 0.2"], [0.1, 1 / 3], [2 / 3, 0.2], np.array([True, False]))}


def models() -> dict[str, tuple[ModelMetric, ModelMetric]]:
    both = (ModelMetric(Model.ZERO_SHOT, "mrr@100", 1 / 3, Interval(1 / 7, 2 / 3)),) * 2
    return {Model.ZERO_SHOT: both}


def plane() -> pd.DataFrame:
    places = [(image, text) for image in (0.0, 0.1 + 0.2, 1.0) for text in (0.0, 0.1 + 0.2, 1.0)]
    return pd.DataFrame([{"alpha_image": i, "alpha_text": t, "mrr@100": (i + t) / 3} for i, t in places])


@pytest.mark.parametrize(
    "figure",
    [
        plot_metric(curve(), "mrr@100", 0.3, {}),
        plot_plane(plane(), "mrr@100", plane().iloc[4], 0.1 + 0.2),
        plot_trace(joined(traced(), traced(), "mrr@100"), "mrr@100", ("a", "b"), 0.3),
        plot_merges(merges(), models(), ("a", "b"), (10, 20)),
    ],
)
def test_no_fraction_is_shown_with_all_its_digits(figure: go.Figure):
    for trace in figure.data:
        for name, form in SHOWN.findall(trace.hovertemplate or ""):
            values = getattr(trace, name)
            is_text = np.asarray(values).dtype.kind in "UO"
            assert is_text or form in FORMATS, (trace.name, name)
        assert trace.hovertemplate or trace.hoverinfo == "skip", trace.name
