"""Style of all charts in the app and in reports: colours of the models, number formats and layout.

The three colours are from Okabe and Ito's palette, which colour-blind readers can distinguish. Each always means the
same model; other distinctions use position, dash or shape.
"""

import plotly.graph_objects as go

from core.evaluation.models import Model

MODEL_COLOURS: dict[str, str] = {Model.ZERO_SHOT: "#0072B2", Model.WISE_FT: "#D55E00", Model.FINE_TUNED: "#009E73"}
NEUTRAL = "#8A8F98"  # readable on both themes
SHADE = 0.18  # opacity of areas behind a line

#: d3 formats of numbers in hover texts, equal to those in tables: metrics, their changes, α (Python's `:g`), shares.
VALUE, CHANGE, ALPHA, SHARE = ".3f", "+.3f", ".6~g", ".1%"

#: Layout of all charts: no title (the page has one), legend above, margins for touch screens.
TEMPLATE = go.layout.Template(
    layout={
        "margin": {"l": 8, "r": 8, "t": 28, "b": 8},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        "font": {"size": 13},
        "colorway": [*(MODEL_COLOURS[model] for model in (Model.WISE_FT, Model.ZERO_SHOT, Model.FINE_TUNED)), NEUTRAL],
        "hoverlabel": {"namelength": -1},
        "xaxis": {"automargin": True},
        "yaxis": {"automargin": True},
    }
)


def hover(name: str, number_format: str) -> str:
    """Return the part of a hover text that shows a trace's `name` (as ``x`` or ``customdata``) in a format above."""
    return f"%{{{name}:{number_format}}}"


def faded(colour: str) -> str:
    """Return a colour #RRGGBB with the opacity SHADE."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{SHADE})"
