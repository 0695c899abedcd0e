"""The options that several verbs share, and how a verb answers: for a person, or as one JSON object."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from core.data.query_text import ENTITY_TAGS, HASHTAGS, PARTS, Reading
from core.jobs.records import write_result
from core.progress import QUIET
from core.workspace.folders import Workspace, default_workspace

#: `--ray` without an address: workers on this machine, for as long as the command runs.
LOCAL = "local"

DomainOption = Annotated[str, typer.Option("--domain", help="The domain, by its slug.")]
RunOption = Annotated[str | None, typer.Option("--run", help="The run; the domain's newest if not given.")]
DeviceOption = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or mps.")]
PrecisionOption = Annotated[
    str, typer.Option("--precision", help="fp32, or bf16 for each tower whose ranks agree with fp32 on val.")
]
RerankOption = Annotated[
    str | None,
    typer.Option(
        "--rerank",
        help="none, dual-softmax or csls: all queries correct each other's scores (transductive); as the run was swept "
        "if not given.",
    ),
]
TextOption = Annotated[str | None, typer.Option("--text", help="title, text or title+text (if not given).")]
HashtagsOption = Annotated[
    str | None, typer.Option("--hashtags", help="#BreakingNews: split into words (if not given), or keep.")
]
EntityTagsOption = Annotated[
    str | None,
    typer.Option(
        "--entity-tags", help="Tags where a text should be (a;b|orgs;c): as a phrase (if not given), or drop."
    ),
]
BodyOption = Annotated[
    str | None,
    typer.Option("--text-length", help="How much of the text: whole (if not given), first-sentence, or words:N."),
]
SplitOption = Annotated[str, typer.Option("--split", help="train, val or test.")]
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


def choice(option: str, value: str, allowed: tuple[str, ...]) -> Any:
    """Return `value` if it is one of `allowed`. Raises typer.BadParameter that lists them."""
    if value not in allowed:
        raise typer.BadParameter(f"{option} {value}: expected one of {', '.join(allowed)}.")
    return value


def reading_of(text: str | None, hashtags: str | None, entity_tags: str | None, body: str | None) -> Reading:
    """The options that say how articles are read. Raises InputError, or BadParameter that lists what there is."""
    usual = Reading()
    return Reading(
        choice("--text", text or usual.parts, PARTS),
        choice("--hashtags", hashtags or usual.hashtags, HASHTAGS),
        choice("--entity-tags", entity_tags or usual.entity_tags, ENTITY_TAGS),
        body or usual.body,
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
