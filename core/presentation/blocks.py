"""Sections of the report: a question, its answer in a sentence or two, and blocks with the details.

The app, the HTML report and the Markdown report render the same sections. All words are plain text, which renderers
escape, so that no headline becomes a link or a tag.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd
import plotly.graph_objects as go

from core.presentation.verdict import State, Verdict


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
    """A figure, the name of its file, and its text for screen readers.

    draw: returns the figure; called when it is shown, because a page of verdicts shows none. title: its first line,
    with n and split.
    """

    name: str
    draw: Callable[[], go.Figure]
    alt: str
    height: int = 360
    title: str = ""

    @cached_property
    def figure(self) -> go.Figure:
        """The figure, drawn once."""
        return self.draw()


Block = Words | Grid | Chart


@dataclass(frozen=True)
class Section:
    """A section. name, title: of the question. answer: the finding, with its n and interval.

    verdict: the answer at a glance; None if there is none, then the first sentence of the answer is shown.
    """

    name: str
    title: str
    answer: str
    blocks: tuple[Block, ...]
    verdict: Verdict | None = None

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        return self.answer.split(". ")[0].rstrip(".") + "." if self.verdict is None else self.verdict.sentence

    @property
    def state(self) -> State:
        """The state of the verdict; `described` without one."""
        return "described" if self.verdict is None else self.verdict.state

    @property
    def lead(self) -> Chart | None:
        """The figure that stands under the sentence: the first one."""
        return next((block for block in self.blocks if isinstance(block, Chart)), None)

    @property
    def details(self) -> tuple[Block, ...]:
        """All blocks but the leading figure."""
        return tuple(block for block in self.blocks if block is not self.lead)
