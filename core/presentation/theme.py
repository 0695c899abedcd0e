"""One look for every chart, in the app and in reports: colours that stand for models, and the frame around.

The three colours are Okabe and Ito's, which colour-blind readers can tell apart, and stand for the three models
wherever they appear; other things are told apart by place, dash or shape.
"""

import plotly.graph_objects as go

from core.evaluation.models import Model

MODEL_COLOURS: dict[str, str] = {Model.ZERO_SHOT: "#0072B2", Model.WISE_FT: "#D55E00", Model.FINE_TUNED: "#009E73"}
NEUTRAL = "#8A8F98"  # readable on both themes
SHADE = 0.18  # opacity of what lies behind a line

#: Numbers in hover texts, by d3's formats, as tables write them: metrics, their changes, α (`:g` of Python), shares.
VALUE, CHANGE, ALPHA, SHARE = ".3f", "+.3f", ".6~g", ".1%"

#: One frame for all charts: no title (the page has it), legend above, room for a thumb.
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


def hover(name: str, form: str) -> str:
    """Return the part of a hover text that shows a trace's `name` (as ``x`` or ``customdata``) in a format above."""
    return f"%{{{name}:{form}}}"


def faded(colour: str) -> str:
    """A colour of the form #RRGGBB, seen through."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{SHADE})"
