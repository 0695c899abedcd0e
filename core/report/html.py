"""The report as one self-contained HTML file: charts are interactive offline, and all text is escaped.

Its content security policy forbids loading anything, so that opening a report sends no requests.
"""

import base64

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from core.presentation.blocks import Chart
from core.presentation.figure_titles import titled
from core.presentation.theme import TEMPLATE
from core.presentation.verdict import NAMES
from core.report.document import Document, glossary


def as_html(document: Document) -> bytes:
    """Return the report as HTML, UTF-8; equal documents give equal bytes."""
    environment = Environment(
        loader=PackageLoader("core.report"), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    environment.filters["b64"] = lambda data: base64.b64encode(data).decode()
    environment.filters["css_string"] = _css_string
    template = environment.get_template("report.html.j2")
    page = template.render(
        document=document, glossary=glossary(), names=NAMES, plotly=Markup(get_plotlyjs()), figure_json=_figure_json
    )
    return page.encode()


def _css_string(text: str) -> Markup:
    """Return a text as a string of CSS, escaped so that it ends neither the string nor the style element."""
    return Markup(
        '"' + "".join(sign if sign.isalnum() or sign in " .,-=·" else f"\\{ord(sign):x} " for sign in text) + '"'
    )


def _figure_json(chart: Chart) -> Markup:
    """Return the chart as JSON for a script element, escaped so that it cannot end the element."""
    chart.figure.update_layout(template=TEMPLATE, height=chart.height)
    if chart.title:
        titled(chart.figure, chart.title)
    return Markup(str(chart.figure.to_json()).replace("<", "\\u003c"))
