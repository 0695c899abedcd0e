"""Figures for print: they name their data, have the size of print, and show what the chart on the screen shows."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from core.analysis.bootstrap import Interval
from core.errors import InputError
from core.evaluation.alpha_selection import Selected
from core.evaluation.metrics import table_metrics
from core.evaluation.models import Model
from core.presentation import print_figure
from core.presentation.curve_charts import plot_plane
from core.presentation.curve_lines import CurveLine, CurvePanel, metric_panels
from core.presentation.forest import ForestRow, Panel, forest_chart
from core.presentation.part_charts import plot_parts
from core.presentation.print_chart import ChartFigure, can_print
from core.presentation.print_curves import CurveFigure, DomainsFigure
from core.presentation.print_figure import write_figure
from core.presentation.ridge import add_ridge
from core.presentation.verdict import Part


def flat(value: float, domain: str = "news", run: str = "first") -> CurveLine:
    alphas = np.array([0.0, 0.5, 1.0])
    values = {metric: np.full(3, value) for metric in table_metrics()}
    bands = {metric: (values - 0.1, values + 0.1) for metric, values in values.items()}
    chosen = Selected(0.5, "recall@1")
    return CurveLine(domain, run, "val", 567, chosen, alphas, np.zeros(3, bool), values, bands=bands)


def test_a_figure_without_matplotlib_says_what_to_install(monkeypatch):
    monkeypatch.setattr("core.extras.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"rematch\[figures\]"):
        write_figure(CurveFigure(metric_panels([flat(0.5)], ["recall@1"])), 3.5, "png")


@pytest.mark.parametrize("file_format", ["png", "svg", "pdf"])
def test_a_figure_names_its_data_and_has_the_size_of_print(file_format):
    pytest.importorskip("matplotlib")
    lines = [flat(0.5), replace(flat(0.4, run="other"), bands={})]
    figure = CurveFigure(metric_panels(lines, ["recall@1"]))
    content = write_figure(figure, 3.5, file_format)
    assert "news · first · val, n = 567 · 95 % interval" in figure.title
    if file_format == "png":
        from PIL import Image

        image = Image.open(io.BytesIO(content))
        assert image.size[0] == 3.5 * print_figure.DPI
        assert (image.info["Title"], image.info["Description"]) == (figure.title, figure.caption)
    elif file_format == "svg":
        assert figure.caption in content.decode()
    else:
        assert content.startswith(b"%PDF")
    assert write_figure(figure, 3.5, file_format) == content


def test_a_figure_of_domains_names_each_with_n_and_run():
    figure = DomainsFigure([CurvePanel(line.domain, "recall@1", [line]) for line in (flat(0.5), flat(0.3, "tweets"))])
    assert "news n = 567, tweets n = 567" in figure.title
    assert "news: run first" in figure.caption
    assert "tweets: run first" in figure.caption
    pytest.importorskip("matplotlib")
    panels = figure.draw(7.2).axes
    assert [panel.get_title() for panel in panels] == ["news", "tweets"]


def drawn(chart: go.Figure, width: float = 7.2):
    pytest.importorskip("matplotlib")
    assert can_print(chart)
    return ChartFigure(chart, "title, n = 5", "caption").draw(width)


def test_lines_ends_bands_and_panels_of_a_chart_are_printed():
    chart = go.Figure()
    chart.add_scatter(x=[0, 1, 1, 0], y=[1, 2, 0, 0], fill="toself", fillcolor="rgba(213,94,0,0.2)", showlegend=False)
    chart.add_scatter(x=[0, 1], y=[0.2, 0.9], mode="lines", name="curve", line={"color": "#D55E00", "dash": "dash"})
    chart.add_scatter(x=[0.5], y=[0.5], mode="markers", name="α*", marker={"symbol": "diamond", "color": "#D55E00"})
    chart.add_vline(x=0.5)
    chart.update_xaxes(title="α", range=[0, 1], tickvals=[0, 1], ticktext=["none<br><i>n = 5</i>", "all"])
    upper, lower = drawn(add_ridge(chart, [0.4, 0.6], [0.5, 0.5], 100)).axes
    [curve, *rest] = upper.lines
    assert curve.get_ydata().tolist() == [0.2, 0.9]
    assert curve.get_linestyle() == "--"
    assert rest[-1].get_xdata() == [0.5, 0.5]
    assert len(upper.patches) == 1
    assert upper.collections[0].get_offsets().tolist() == [[0.5, 0.5]]
    assert [label.get_text() for label in upper.get_xticklabels()] == ["none\nn = 5", "all"]
    assert len(lower.lines) == 1
    assert upper.get_figure().legends[0].get_texts()[0].get_text() == "curve"


def test_intervals_of_a_forest_are_printed_with_their_marks():
    rows = [
        ForestRow("MRR", "a − b", 5, 0.1, Interval(0.05, 0.2), True, 0.01, Model.WISE_FT),
        ForestRow("R@1", "a − b", 5, 0.0, Interval(-0.1, 0.2), False, 0.6, Model.WISE_FT),
    ]
    (axes,) = drawn(forest_chart("f", "Differences, val", [Panel("difference", rows)]).figure).axes
    ends = [segment[:, 0].tolist() for bars in axes.containers for segment in bars[2][0].get_segments()]
    assert sorted(np.round(ends, 6).tolist()) == [[-0.1, 0.2], [0.05, 0.2]]
    marks = [found.get_facecolor() for found in axes.collections if len(found.get_facecolor())]
    assert sorted(bool(colours[0][:3].min() < 1) for colours in marks) == [False, True]
    assert axes.yaxis_inverted()


def test_a_heat_map_and_parts_are_printed():
    pairs = [(image, text) for image in (0.0, 1.0) for text in (0.0, 1.0)]
    plane = pd.DataFrame([{"alpha_image": i, "alpha_text": t, "mrr@100": (i + 2 * t) / 3} for i, t in pairs])
    axes, bar = drawn(plot_plane(plane, "mrr@100", plane.iloc[3], 0.5)).axes
    mesh = next(found for found in axes.collections if hasattr(found, "get_coordinates"))
    np.testing.assert_allclose(np.ravel(mesh.get_array()), [0, 2 / 3, 1 / 3, 1])
    assert axes.get_aspect() == 1.0
    assert bar.get_ylabel() == "MRR@100"
    (axes,) = drawn(plot_parts([Part("first", 3), Part("not first", 2)], "articles"), 3.5).axes
    assert [(bar.get_x(), bar.get_width()) for bar in axes.patches] == [(0, 3), (3, 2)]


def test_a_chart_of_another_kind_is_not_printed():
    assert not can_print(go.Figure(go.Scatterternary(a=[1], b=[1], c=[1])))
