"""Sections of the report: a question, its answer in a sentence or two, and blocks with the details.

The app, the HTML report and the Markdown report render the same sections. All words are plain text, which renderers
escape, so that no headline becomes a link or a tag.
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
    """A table whose cells are text. caption: the content, with n. faint: rows to grey out.

    opens: for each row, the filters in the address of Rank changes that show its articles; empty without them.
    """

    caption: str
    table: pd.DataFrame
    faint: frozenset[int] = field(default_factory=frozenset)
    opens: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True)
class Chart:
    """A figure, the name of its file, and its text for screen readers."""

    name: str
    figure: go.Figure
    alt: str
    height: int = 360


Block = Words | Grid | Chart


@dataclass(frozen=True)
class Section:
    """A section. name, title: of the question. answer: the finding, with its n and interval."""

    name: str
    title: str
    answer: str
    blocks: tuple[Block, ...]
