"""Options that several commands share, and the output of a command: text for a person, or one JSON object."""

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

#: The value of `--ray` without an address: start workers on this machine for the duration of the command.
LOCAL = "local"

DomainOption = Annotated[
    str, typer.Option("--domain", metavar="SLUG", help="Select the domain by its slug, such as my-news.")
]
RunOption = Annotated[
    str | None,
    typer.Option("--run", metavar="NAME", help="Select a run of the domain by its name. Default: the newest run."),
]
SweptRunOption = Annotated[
    str | None,
    typer.Option(
        "--run", metavar="NAME", help="Select a run of the domain by its name. Default: the newest run with a sweep."
    ),
]
DeviceOption = Annotated[
    DeviceChoice,
    typer.Option("--device", help="Compute on this device. auto uses a GPU if the machine has one, else the CPU."),
]
AlphaOption = Annotated[
    str,
    typer.Option(
        "--alpha",
        metavar="ALPHA",
        help="Use the weights at this alpha: a number from 0 (zero-shot) to 1 (fine-tuned), or best, the alpha that "
        "the sweep chose.",
    ),
]
RerankOption = Annotated[
    Rerank | None,
    typer.Option(
        "--rerank",
        help="Re-rank with knowledge of all query texts of the split (transductive). Default: as in the run's sweep.",
    ),
]
TextOption = Annotated[
    Parts | None, typer.Option("--text", help="Encode the title, the text or both of each article. Default: both.")
]
HashtagsOption = Annotated[
    Hashtags | None,
    typer.Option(
        "--hashtags", help="Split hashtags such as #BreakingNews into words, or keep them unchanged. Default: split."
    ),
]
EntityTagsOption = Annotated[
    EntityTags | None,
    typer.Option(
        "--entity-tags",
        help="Read a list of entity tags (a;b|orgs;c) in the text column as a phrase, or drop it. Default: phrase.",
    ),
]
BodyOption = Annotated[
    str | None,
    typer.Option(
        "--text-length",
        metavar="LENGTH",
        help="Encode the whole text, its first-sentence, or its first N words (words:N). Default: whole.",
    ),
]
SplitOption = Annotated[Split, typer.Option("--split", help="Use the articles of this split.")]
EncodingOption = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        metavar="NAME",
        help="Read the files in this character encoding, such as gb18030 or utf-16. Default: detect it.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object, and nothing else.")]
WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        metavar="FOLDER",
        help="Use this folder for domains and runs. Default: the variable REMATCH_WORKSPACE, else ./workspace.",
    ),
]
CacheOption = Annotated[
    Path | None,
    typer.Option(
        "--cache",
        metavar="FOLDER",
        help="Use this folder for derived files. Default: the variable REMATCH_CACHE, else ./cache.",
    ),
]


def workspace_of(root: Path | None, cache: Path | None) -> Workspace:
    """Return the workspace in use: options first, then environment variables, then the defaults."""
    return default_workspace(root, cache)


def reading_of(
    text: Parts | None, hashtags: Hashtags | None, entity_tags: EntityTags | None, body: str | None
) -> Reading:
    """Return how articles are read with these options. Raises InputError for an invalid `body`."""
    default = Reading()
    return Reading(
        text or default.parts, hashtags or default.hashtags, entity_tags or default.entity_tags, body or default.body
    )


def be_quiet(as_json: bool) -> None:
    """Turn off progress bars if the output is JSON."""
    if as_json:
        os.environ[QUIET] = "1"


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as plain Python values, missing numbers as None."""
    records = frame.to_dict("records")
    return [{str(key): None if pd.isna(value) else value for key, value in row.items()} for row in records]


def answer(as_json: bool, record: dict[str, Any], text: str, then: str | None = None) -> None:
    """Print `record` as JSON, or `text` with the command to run next; in a job, write both into its folder, too."""
    output = text if then is None else f"{text}\nnext: rematch {then}"
    print(json.dumps(record, ensure_ascii=False, allow_nan=False) if as_json else output)
    write_result(record, text)
