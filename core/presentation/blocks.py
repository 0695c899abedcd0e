"""One section of the report: a question, its answer in a sentence or two, and blocks that show what it rests on.

Sections are made once, from records, and drawn by the app, the HTML report and the Markdown one alike. All words are
plain text: whoever draws them escapes them, so that no headline becomes a link or a tag.
"""

from dataclasses import dataclass, field

import pandas as pd
import plotly.graph_objects as go


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Grid:
    """A table whose cells are words already. faint: rows to be greyed. caption: what it shows, with n.

    opens: of each row, the filters under which Rank changes shows its articles, as in an address; none without them.
    """

    caption: str
    table: pd.DataFrame
    faint: frozenset[int] = field(default_factory=frozenset)
    opens: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True)
class Chart:
    """A figure, a name for its file, and what a screen reader says of it."""

    name: str
    figure: go.Figure
    alt: str
    height: int = 360


Block = Words | Grid | Chart


@dataclass(frozen=True)
class Section:
    """name, title: the question's. answer: the finding, with its n and interval."""

    name: str
    title: str
    answer: str
    blocks: tuple[Block, ...]
