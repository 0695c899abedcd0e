"""The report as one HTML file that needs nothing else: charts stay interactive offline, all text is escaped.

Its own policy forbids it to load anything, so that opening a report tells nobody.
"""

import base64

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from core.presentation.blocks import Chart
from core.presentation.theme import TEMPLATE
from core.report.document import Document, glossary


def as_html(document: Document) -> bytes:
    """The whole report, UTF-8; the same document gives the same bytes."""
    environment = Environment(
        loader=PackageLoader("core.report"), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    environment.filters["b64"] = lambda data: base64.b64encode(data).decode()
    template = environment.get_template("report.html.j2")
    page = template.render(
        document=document, glossary=glossary(), plotly=Markup(get_plotlyjs()), figure_json=_figure_json
    )
    return page.encode()


def _figure_json(chart: Chart) -> Markup:
    """For a script element: nothing in it can end that element."""
    chart.figure.update_layout(template=TEMPLATE, height=chart.height)
    return Markup(str(chart.figure.to_json()).replace("<", "\\u003c"))
