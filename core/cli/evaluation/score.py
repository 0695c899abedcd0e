"""The verb `score`: a run file against a ground truth."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.cli.options import EncodingOption, JsonOption, SplitOption, WorkspaceOption, answer, workspace_of
from core.data.importers.ground_truth import match_article_ids, read_ground_truth
from core.errors import InputError, shortened
from core.evaluation.run_scoring import Score
from core.evaluation.run_scoring import score as score_run
from core.retrieval.run_file import LENGTH, read_submission
from core.retrieval.run_names import NamedRun, check_articles, under_names_of

_SHOWN = 3  # examples of ids


def score(
    run_file: Annotated[Path, typer.Argument(metavar="RUN", help="A run file: the organisers', TREC's or a CSV.")],
    ground_truth: Annotated[
        Path | None, typer.Option(help="Table of articles and images, or qrels; an article may have several images.")
    ] = None,
    domain: Annotated[str | None, typer.Option("--domain", help="Take the truth of this domain instead.")] = None,
    split: SplitOption = "test",
    encoding: EncodingOption = None,
    root: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score a run as the organisers do: over all articles of the ground truth, found or not."""
    if (ground_truth is None) == (domain is None):
        raise InputError("score needs either --ground-truth GT.tsv or --domain SLUG.")
    submission = read_submission(run_file, encoding)
    gallery = None
    if ground_truth is not None:
        known = match_article_ids(read_ground_truth(ground_truth, encoding), submission.lists).images
    else:
        workspace = workspace_of(root, None)
        loaded = workspace.load_domain(domain or "")
        articles = loaded.labelled(split)
        if articles.empty:
            raise InputError(
                f"domain '{domain}' has no {split} articles whose image is known; see the command ground-truth."
            )
        pairs = zip(articles["article_id"], articles["image_id"], strict=True)
        known = {article_id: (image_id,) for article_id, image_id in pairs}
        gallery = loaded.image_table(split)
    check_articles(submission, known)
    images = {image for right in known.values() for image in right}
    named = under_names_of(submission, images, gallery)
    scored = score_run(named.run, known, None if gallery is None else set(gallery["image_id"]))
    record = {"run": str(run_file)} | asdict(scored)
    record |= {"renamed_images": len(named.renamed), "ambiguous_images": named.ambiguous}
    answer(as_json, record, "\n".join([*_score_lines(scored), *_name_lines(named, images)]))


def _score_lines(scored: Score) -> list[str]:
    lines = [f"{name:<12} {value:.4f}" for name, value in scored.metrics.items()]
    mean = f", their mean rank {scored.mean_rank:.1f}" if scored.mean_rank is not None else ""
    lines.append(f"of {scored.n} articles of the ground truth; {scored.found} found in the first {LENGTH}{mean}.")
    if scored.several:
        lines.append(
            f"{scored.several} articles have several right images and count at the rank of the best one, so that "
            f"recall@k is Success@k."
        )
    if scored.none_right:
        lines.append(f"{scored.none_right} articles have no right image and count as not found, as in trec_eval.")
    odd = {
        "articles of the ground truth have no line": scored.missing_articles,
        "articles are not in the ground truth": scored.unknown_articles,
        "articles have more than one line, of which the first counts": scored.repeated_articles,
        "lists have an image twice": scored.repeated_images,
        "images belong to no article of the ground truth, or to no gallery of the domain": scored.unknown_images,
        f"lists have fewer than {LENGTH} images": scored.short_lines,
    }
    lines += [f"note: {len(ids)} {what}: {_examples(ids)}." for what, ids in odd.items() if ids]
    lines.append(f"{scored.skipped_lines} lines skipped (a header, or a first field that is no number).")
    return lines


def _name_lines(named: NamedRun, images: set[str]) -> list[str]:
    """What is odd about the names of the run's images."""
    lines = []
    if not named.known and named.run.lists:
        own = next((image for found in named.run.lists.values() for image in found), "none")
        lines.append(
            f"note: no image of the run is right for any article; the run has images such as {shortened(own)}, the "
            f"ground truth such as {shortened(min(images, default='none'))}. Are they called otherwise?"
        )
    if named.renamed:
        name, image = next(iter(named.renamed.items()))
        lines.append(
            f"note: {len(named.renamed)} images of the run are called otherwise in the ground truth, such as "
            f"{shortened(name)}, which is {shortened(image)} there."
        )
    if named.ambiguous:
        lines.append(
            f"note: {len(named.ambiguous)} names could be several images and count as not found: {named.ambiguous[0]}."
        )
    return lines


def _examples(ids: list[str]) -> str:
    return ", ".join(ids[:_SHOWN]) + (" …" if len(ids) > _SHOWN else "")
