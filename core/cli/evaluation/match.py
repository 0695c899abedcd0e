"""The command `match`: search images for a text, or articles for an image."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from PIL import Image
from tabulate import tabulate

from core.cli.evaluation.sweep import alpha_of
from core.cli.options import (
    AlphaOption,
    CacheOption,
    DeviceOption,
    DomainOption,
    JsonOption,
    RerankOption,
    SweptRunOption,
    WorkspaceOption,
    answer,
    be_quiet,
    workspace_of,
)
from core.data.images.decoding import ImageError, open_image
from core.errors import InputError, counted
from core.presentation.reranking import reranked_by
from core.retrieval.choices import IndexKind
from core.workspace.runs import find_run

if TYPE_CHECKING:  # imports torch
    from core.experiment.match import Match

SHOWN = 60  # characters of a headline in the table


def match(
    domain: DomainOption,
    headline: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TEXT",
            help="Find the images that fit this text. Repeat for a batch, which sinkhorn re-ranks together.",
        ),
    ] = None,
    photo: Annotated[Path | None, typer.Option(metavar="FILE", help="Find the articles that fit this image.")] = None,
    run: SweptRunOption = None,
    alpha: AlphaOption = "best",
    k: Annotated[int, typer.Option("--k", metavar="K", help="Show the best K results.", min=1)] = 10,
    rerank: RerankOption = None,
    index: Annotated[
        IndexKind,
        typer.Option(
            help="Search with this index: flat is exact; ivf and hnsw are approximate, for about a million images."
        ),
    ] = "flat",
    device: DeviceOption = "auto",
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find images for a headline, or articles for a photo. Uses the exact weights at alpha."""
    be_quiet(as_json)
    headlines = headline or []
    if bool(headlines) == (photo is not None):
        raise InputError("give either --headline TEXT or --photo FILE, and not both.")
    if len(headlines) > 1 and index != "flat":
        raise InputError(f"--index {index} searches for one --headline, and {len(headlines)} are given. Omit --index.")
    image = _read(photo)
    workspace = workspace_of(root, cache)
    loaded, found = workspace.load_domain(domain), find_run(workspace, domain, run, prefer_swept=True)
    value = alpha_of(alpha, found)
    from core.experiment.loaded_run import open_run
    from core.experiment.match import Matcher

    loaded_run = open_run(found, loaded, workspace, device, rerank=rerank)
    matcher = Matcher(loaded_run, value, index)
    if image is not None:
        rows = _rows(matcher.articles_for(image, k))
    elif len(headlines) == 1:
        rows = _rows(matcher.images_for(headlines[0], k))
    else:
        batch = zip(headlines, matcher.images_for_batch(headlines, k), strict=True)
        rows = [{"headline": text, **row} for text, matches in batch for row in _rows(matches)]
    record = {
        "domain": domain,
        "run": found.info.name,
        "alpha": value,
        "searched": matcher.searched,
        "reranking": asdict(loaded_run.reranking),
        "index": index,
        "index_recall": matcher.recall,
        "matches": rows,
    }
    searched = "image" if headlines else "article"
    shown = [{name: row[name][:SHOWN] if name in ("headline", "title") else row[name] for name in row} for row in rows]
    best = f"{k} for each of {len(headlines)} headlines" if len(headlines) > 1 else f"{len(rows)}"
    lines = [
        f"the best {best} of {counted(matcher.searched, searched)} of {domain} at alpha {value:g} (run "
        f"{found.info.name})"
        f"{reranked_by(loaded_run.reranking)}:",
        tabulate(shown, headers="keys"),
    ]
    if matcher.recall is not None:
        lines.append(f"index {index}: finds {matcher.recall:.1%} of the exact best 100 for the articles of the domain.")
    if headlines and ",".join(loaded_run.experiment.encoder.languages) == "en" and loaded.info.language != "en":
        lines.append(f"note: {found.info.encoder} reads English only.")
    answer(as_json, record, "\n".join(lines))


def _rows(matches: Sequence["Match"]) -> list[dict[str, Any]]:
    return [
        {
            "place": result.place,
            "score": round(result.score, 4),
            "article_id": str(result.article["article_id"]),
            "image_id": result.image_id,
            "image_file": str(result.article["image_file"]),
            "title": result.article["title"] or result.article["text"],
        }
        for result in matches
    ]


def _read(photo: Path | None) -> Image.Image | None:
    if photo is None:
        return None
    try:
        return open_image(photo)
    except (ImageError, OSError) as error:
        raise InputError(f"--photo {photo}: {error}.") from None
