"""The options that several verbs share, and how a verb answers: for a person, or as one JSON object."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from core.data.query_text import EntityTags, Hashtags, Parts, Reading
from core.data.time_split import Split
from core.encoders.choices import DeviceChoice
from core.jobs.records import write_result
from core.progress import QUIET
from core.retrieval.choices import Rerank
from core.workspace.folders import Workspace, default_workspace

#: `--ray` without an address: workers on this machine, for as long as the command runs.
LOCAL = "local"

DomainOption = Annotated[str, typer.Option("--domain", help="The domain, by its slug.")]
RunOption = Annotated[str | None, typer.Option("--run", help="The run; the domain's newest if not given.")]
DeviceOption = Annotated[DeviceChoice, typer.Option("--device", help="auto: the fastest that is there.")]
AlphaOption = Annotated[str, typer.Option("--alpha", help="best (the sweep's choice), 0, 1 or any number between.")]
RerankOption = Annotated[
    Rerank | None,
    typer.Option(
        "--rerank",
        help="All queries correct each other's scores (transductive); as the run was swept if not given.",
    ),
]
TextOption = Annotated[Parts | None, typer.Option("--text", help="What is read; title+text if not given.")]
HashtagsOption = Annotated[
    Hashtags | None, typer.Option("--hashtags", help="#BreakingNews: split into words (if not given), or keep.")
]
EntityTagsOption = Annotated[
    EntityTags | None,
    typer.Option(
        "--entity-tags", help="Tags where a text should be (a;b|orgs;c): as a phrase (if not given), or drop."
    ),
]
BodyOption = Annotated[
    str | None,
    typer.Option("--text-length", help="How much of the text: whole (if not given), first-sentence, or words:N."),
]
SplitOption = Annotated[Split, typer.Option("--split", help="The split.")]
EncodingOption = Annotated[
    str | None,
    typer.Option("--encoding", help="Encoding of the files read, as in gb18030 or utf-16; detected if not given."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else there.")]
WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", help="Folder of domains and runs (default: REMATCH_WORKSPACE or workspace)."),
]
CacheOption = Annotated[
    Path | None, typer.Option("--cache", help="Folder of derived things (default: REMATCH_CACHE or cache).")
]


def workspace_of(root: Path | None, cache: Path | None) -> Workspace:
    """The folders in use: options before environment before defaults."""
    return default_workspace(root, cache)


def reading_of(
    text: Parts | None, hashtags: Hashtags | None, entity_tags: EntityTags | None, body: str | None
) -> Reading:
    """Return how articles are read by these options. Raises InputError for a wrong `body`."""
    usual = Reading()
    return Reading(
        text or usual.parts, hashtags or usual.hashtags, entity_tags or usual.entity_tags, body or usual.body
    )


def be_quiet(as_json: bool) -> None:
    """Keep bars away while the answer is for a program."""
    if as_json:
        os.environ[QUIET] = "1"


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain Python values; missing numbers are null."""
    records = frame.to_dict("records")
    return [{str(key): None if pd.isna(value) else value for key, value in row.items()} for row in records]


def answer(as_json: bool, record: dict[str, Any], text: str, then: str | None = None) -> None:
    """Print `record` as JSON, or `text` with the command to run next; a job also writes both into its folder."""
    shown = text if then is None else f"{text}\nnext: rematch {then}"
    print(json.dumps(record, ensure_ascii=False, allow_nan=False) if as_json else shown)
    write_result(record, text)
