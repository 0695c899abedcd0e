"""The verb for free queries: `match`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

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
    RunOption,
    WorkspaceOption,
    answer,
    be_quiet,
    workspace_of,
)
from core.data.images.decoding import ImageError, open_image
from core.errors import InputError
from core.presentation.reranking import reranked_by
from core.retrieval.choices import IndexKind
from core.workspace.runs import find_run


def match(
    domain: DomainOption,
    headline: Annotated[str | None, typer.Option(help="Find images for this text.")] = None,
    photo: Annotated[Path | None, typer.Option(help="Find articles for this image.")] = None,
    run: RunOption = None,
    alpha: AlphaOption = "best",
    k: Annotated[int, typer.Option("--k", help="How many to show.", min=1)] = 10,
    rerank: RerankOption = None,
    index: Annotated[
        IndexKind, typer.Option(help="flat is exact; ivf and hnsw are approximate, for galleries of a million.")
    ] = "flat",
    device: DeviceOption = "auto",
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the domain's best images for a headline, or articles for a photo, with the exact weights at alpha."""
    from core.experiment.loaded_run import open_run
    from core.experiment.match import Matcher

    be_quiet(as_json)
    if (headline is None) == (photo is None):
        raise InputError("match needs either --headline TEXT or --photo FILE.")
    picture = _read(photo)
    workspace = workspace_of(root, cache)
    loaded, found = workspace.load_domain(domain), find_run(workspace, domain, run)
    value = alpha_of(alpha, found)
    loaded_run = open_run(found, loaded, workspace, device, rerank=rerank)
    matcher = Matcher(loaded_run, value, index)
    matches = matcher.articles_for(picture, k) if picture is not None else matcher.images_for(headline or "", k)
    rows = [
        {
            "place": one.place,
            "score": round(one.score, 4),
            "article_id": str(one.article["article_id"]),
            "image_id": one.image_id,
            "image_file": str(one.article["image_file"]),
            "title": one.article["title"] or one.article["text"],
        }
        for one in matches
    ]
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
    what = "pictures" if headline is not None else "articles"
    lines = [
        f"the best {len(rows)} of {matcher.searched} {what} of {domain} at alpha {value:g} (run {found.info.name})"
        f"{reranked_by(loaded_run.reranking)}:",
        tabulate([{**row, "title": row["title"][:60]} for row in rows], headers="keys"),
    ]
    if matcher.recall is not None:
        lines.append(f"index {index}: finds {matcher.recall:.1%} of the exact best 100 of the domain's own queries.")
    if (
        headline is not None
        and ",".join(loaded_run.experiment.encoder.languages) == "en"
        and loaded.info.language != "en"
    ):
        lines.append(f"note: {found.info.encoder} reads English only.")
    answer(as_json, record, "\n".join(lines))


def _read(photo: Path | None) -> Image.Image | None:
    if photo is None:
        return None
    try:
        return open_image(photo)
    except (ImageError, OSError) as error:
        raise InputError(f"--photo {photo}: {error}.") from None
