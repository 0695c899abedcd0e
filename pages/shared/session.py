"""Values of a session and parameters of the address: each declared once, with its key, type and default.

A widget whose value only its own module reads has its key there. No other module of the pages uses Streamlit's
`session_state` or `query_params`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import streamlit as st
from streamlit.errors import StreamlitAPIException

from core.data.domain import Domain
from core.jobs.job import Job
from core.training.settings import all_settings
from core.workspace.folders import Workspace
from core.workspace.runs import Run
from core.workspace.tag_changes import Change

T = TypeVar("T")


@dataclass(frozen=True)
class SessionValue(Generic[T]):
    """A value in the state of this session.

    default: the value until it is set; never change it in place.
    """

    key: str
    default: T

    def get(self) -> T:
        """Return the value."""
        value: T = st.session_state.get(self.key, self.default)
        return value

    def set(self, value: T) -> None:
        """Set the value; in a callback or before the widget of this key is drawn, the widget's value too."""
        st.session_state[self.key] = value

    def reset(self) -> None:
        """Go back to the default."""
        st.session_state.pop(self.key, None)


@dataclass(frozen=True)
class QueryParameter(SessionValue[T | None], Generic[T]):
    """A parameter of the URL; in the session, the value of the widget that is bound to it, if there is one.

    parse: converts the text in the URL to a value, or None if the text is invalid. Streamlit itself parses a parameter
    that only a widget reads.
    """

    default: T | None = None
    parse: Callable[[str], Any] = str

    @property
    def bound(self) -> dict[str, Any]:
        """Arguments of a widget whose value Streamlit reads from the URL and writes into it."""
        return {"key": self.key, "bind": "query-params"}

    def texts(self) -> list[str]:
        """Return the texts in the URL: none, one, or several, of which the last counts."""
        return st.query_params.get_all(self.key)

    def in_address(self) -> T | None:
        """Return the value in the URL; None if it has none."""
        texts = self.texts()
        return self.parse(texts[-1]) if texts else None

    def current(self) -> T | None:
        """Return the value in the session; before it has one, the value in the URL."""
        value = self.get()
        return self.in_address() if value is None else value

    def write(self, value: T | None) -> None:
        """Write the value into the URL, None for no value; do nothing if a widget writes it already."""
        with suppress(StreamlitAPIException):
            if value is None:
                st.query_params.pop(self.key, None)
            elif self.texts() != [text := f"{value:g}" if isinstance(value, float) else str(value)]:
                st.query_params[self.key] = text

    def pin(self, value: T | None) -> None:
        """Set the value and write it into the URL, even if it is the widget's default."""
        self.set(value)
        self.write(value)


def parse_alpha(value: object) -> float | None:
    """Return α in [0, 1]; None for anything else."""
    try:
        alpha = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return alpha if math.isfinite(alpha) and 0.0 <= alpha <= 1.0 else None


def parse_alphas(value: object) -> tuple[float, ...]:
    """Return one or two α in [0, 1] from a text such as 0.3 or 0.3,0.5; none for anything else."""
    alphas = [parse_alpha(part) for part in str(value).split(",")]
    return tuple(alpha for alpha in alphas if alpha is not None) if None not in alphas and len(alphas) < 3 else ()


def parse_page(value: object) -> int | None:
    """Return a page from 1; None for anything else."""
    text = str(value)
    return int(text) or None if text.isascii() and text.isdecimal() and len(text) < 7 else None


@dataclass(frozen=True)
class Selection:
    """The domain and run that the sidebar shows.

    domain: None only in an empty workspace. run: None if the domain has no swept run.
    """

    workspace: Workspace
    domain: Domain | None
    run: Run | None


@dataclass
class Task:
    """A task of the model worker, the key of its result, and the number of sessions that await it."""

    key: tuple
    future: Future
    sessions: int = 0


# All pages: domain, run, article and α.
SELECTION = SessionValue[Selection | None]("_selection", None)
SHOWN = SessionValue[Mapping[str, str | None]]("_shown", {})  # domain and run when the script last ran
MISSING = SessionValue[tuple[str, str] | None]("_missing", None)  # the key of DOMAIN or RUN, and the missing name
DOMAIN, RUN, SPLIT = QueryParameter[str]("domain"), QueryParameter[str]("run"), QueryParameter[str]("split")
ARTICLE = QueryParameter[str]("article")
ALPHA = QueryParameter[float]("alpha", parse=parse_alpha)  # of the image tower if each tower has its own α
ALPHA_TEXT = QueryParameter[float]("alpha_text", parse=parse_alpha)
LAST_ALPHAS = SessionValue[tuple[str, tuple[float, ...]]]("_last_alphas", ("", ()))  # the run's folder; α, or one each
PAPER = QueryParameter[str]("paper")
WORDS_FOUND = QueryParameter[str]("find")
TOUR = SessionValue[int]("_tour", 0)  # the step, from 1; 0: not on a tour

# Jobs, and the model worker's tasks by their purpose.
STARTED_JOBS = SessionValue[frozenset[Job]]("_started_jobs", frozenset())
AWAITED = SessionValue[Mapping[str, Task]]("_awaited", {})

# Alpha.
LIST_PAGE = QueryParameter[int]("list_page", parse=parse_page)
PINNED = QueryParameter[str]("pinned")  # for parse_alphas
TAGGING_ERROR = SessionValue[str]("_tagging_error", "")  # why the last tag was not set
TOWERS, ORDER = QueryParameter[bool]("towers"), QueryParameter[str]("order")
PER_ARTICLE, TEMPERATURE = QueryParameter[bool]("per_article"), QueryParameter[str]("temperature")

# Curves.
VIEW, OTHER_DOMAIN = QueryParameter[str]("view"), QueryParameter[str]("other")
METRIC, PLANE_METRIC = QueryParameter[str]("metric"), QueryParameter[str]("plane_metric")
TRACE_METRIC = QueryParameter[str]("trace_metric")

# Rank changes.
BOX = QueryParameter[str]("box")  # ranks of the box that was dragged in the chart
AXES = SessionValue[tuple[str, str] | None]("_axes", None)  # the two models of the chart when it was last drawn
PICKED = SessionValue[frozenset[str]]("_picked", frozenset())  # ids of articles picked by clicks or with the lasso
UNDOABLE = SessionValue[tuple[tuple[str, str, Change], ...]]("_undoable", ())  # domain, what was done, change
TAG_NOTICE = SessionValue[tuple[str, bool]]("_tag_notice", ("", False))  # about the last change of tags; is an error
HANDLED = SessionValue[Mapping[str, int]]("_handled", {})  # browser element → number of its last handled operation
OPENED = SessionValue[bool]("_opened", False)  # whether to open the selected article on another page
TAG_FILES_READ = SessionValue[int]("_tag_files_read", 0)
BEFORE, AFTER = QueryParameter[str]("from"), QueryParameter[str]("to")
DIRECTION, CASE, MOVED = QueryParameter[str]("direction"), QueryParameter[str]("case"), QueryParameter[int]("moved")
WORDS, TAGGED = QueryParameter[str]("words"), QueryParameter[list[str]]("tagged")
LANGUAGE, PLANTED = QueryParameter[str]("language"), QueryParameter[str]("planted")
SHAPE, SLICE = QueryParameter[str]("shape"), QueryParameter[str]("slice")
FILTERS = (BEFORE, AFTER, DIRECTION, CASE, MOVED, WORDS, TAGGED, LANGUAGE, PLANTED, SHAPE, SLICE)

# Findings.
QUESTION = QueryParameter[str]("question")

# Match.
BY, HEADLINE = QueryParameter[str]("by"), QueryParameter[str]("headline")
RERANK, IMAGES_SHOWN = QueryParameter[str]("rerank"), QueryParameter[int]("places")
PRESENT = QueryParameter[bool]("present", parse="true".__eq__)
PRESENTED_INDEX = SessionValue[int]("_presented_index", 0)  # of the batch's headline in the presentation
PICKED_ARTICLE = SessionValue[str | None]("match_article", None)
REFUSED_PHOTO = SessionValue[str]("_refused_photo", "")  # why the last photo was refused
PHOTO_TRIES = SessionValue[int]("_photo_tries", 0)

# Train.
SETTINGS = {setting.name: QueryParameter[Any](setting.name) for setting in all_settings()}
ENCODER, ENCODER_NAME = QueryParameter[str]("encoder"), QueryParameter[str]("encoder_name")
BLOCKS, ADAPTER_RANK = QueryParameter[int]("blocks"), QueryParameter[int]("rank")
TEXT_PARTS = QueryParameter[str]("train_text")
UNCONFIRMED = SessionValue[tuple[str, str]]("_unconfirmed", ("", ""))  # the action to confirm, and its name
RUN_NAME = SessionValue[str]("run_name", "")  # of the next training
SUGGESTED_NAME = SessionValue[str]("_suggested_name", "")  # the last value of RUN_NAME that the user did not type
RUNS_NOTICE = SessionValue[tuple[str, bool]]("_runs_notice", ("", True))  # what happened to runs; False: why it failed
ARCHIVED_RUNS = SessionValue[bool]("archived_runs", False)  # whether the table shows them
TRAINING_NOTICE = SessionValue[str]("_training_notice", "")  # why the last click had no effect
COMPARED_RUNS, COMPARED_CURVE = QueryParameter[list[str]]("compare"), QueryParameter[str]("compare_curve")

# Data.
PART, LEAKS = QueryParameter[str]("part"), QueryParameter[bool]("leaks")
IMPORT_FROM = QueryParameter[str]("import_from")
#: Of links to the form of an import: a person who follows one has the files on the computer with the browser.
TO_IMPORT = {PART.key: "Import", IMPORT_FROM.key: "Upload"}
SAMPLE_SEED = SessionValue[int]("_sample_seed", 0)
REFUSED_IMPORT = SessionValue[tuple[str, str, str]]("_refused_import", ("", "", ""))  # reason, slug and form
IMPORT_TRIES = SessionValue[int]("_import_tries", 0)


def forget_points() -> None:
    """Forget the points that were selected in the chart of ranks. For callbacks."""
    BOX.pin(None)
    PICKED.reset()


def open_article(article_id: str) -> None:
    """Select the article and remember to open it on another page, without filters. For callbacks."""
    forget_points()
    ARTICLE.pin(article_id)
    OPENED.set(True)


def follow_opened(page: Path, parameters: Sequence[QueryParameter[Any]] = ()) -> None:
    """Go to `page`, a script, if the user opened an article. Domain and run are in the URL of every page.

    parameters: of widgets of that page and not of this one, to write into its URL where the user set them.
    """
    if not OPENED.get():
        return
    OPENED.reset()
    query: dict[str, Any] = {ARTICLE.key: ARTICLE.get() or ""}
    for parameter in parameters:
        if value := parameter.get():
            query[parameter.key] = value if isinstance(value, list) else str(value)
    st.switch_page(page, query_params=query)
