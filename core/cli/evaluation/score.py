"""The command `score`: evaluate a run file against a ground truth."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.cli.options import EncodingOption, JsonOption, SplitOption, WorkspaceOption, answer, workspace_of
from core.data.importers.ground_truth import match_article_ids, read_ground_truth
from core.errors import InputError, counted, shortened
from core.evaluation.run_scoring import Score
from core.evaluation.run_scoring import score as score_run
from core.retrieval.run_file import LENGTH, read_submission
from core.retrieval.run_names import NamedRun, check_articles, under_names_of

_EXAMPLES = 3  # ids in a note


def score(
    run_file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Score this run file, in the organisers' format, TREC's, or as CSV.")
    ],
    ground_truth: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Use this ground truth: a table of articles and images, or qrels. An article may have several images.",
        ),
    ] = None,
    domain: Annotated[
        str | None,
        typer.Option(
            "--domain", metavar="SLUG", help="Use the ground truth of this domain, for the articles of --split."
        ),
    ] = None,
    split: SplitOption = "test",
    encoding: EncodingOption = None,
    root: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score a run file like the organisers. An article whose image is not listed counts as not found."""
    if (ground_truth is None) == (domain is None):
        raise InputError("give either --ground-truth FILE or --domain SLUG, and not both.")
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
                f"domain '{domain}' has no {split} articles with a known image. Add the ground truth with: rematch "
                f"ground-truth --domain {domain}"
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
    lines.append(
        f"n = {counted(scored.n, 'article')} of the ground truth; {scored.found:,} found in the first {LENGTH}{mean}."
    )
    if scored.several:
        lines.append(
            f"{counted(scored.several, 'article')} with several correct images: the rank of the best counts, "
            f"so recall@k is Success@k."
        )
    if scored.none_right:
        lines.append(
            f"{counted(scored.none_right, 'article')} without a correct image: counted as not found, as in trec_eval."
        )
    findings = (
        ("article", "of the ground truth without a line in the run", scored.missing_articles),
        ("article", "of the run missing in the ground truth", scored.unknown_articles),
        ("article", "with more than one line, of which the first counts", scored.repeated_articles),
        ("list", "with an image twice", scored.repeated_images),
        ("image", "without an article in the ground truth, or outside the domain's gallery", scored.unknown_images),
        ("list", f"with fewer than {LENGTH} images", scored.short_lines),
    )
    lines += [f"note: {counted(len(ids), noun)} {what}: {_examples(ids)}." for noun, what, ids in findings if ids]
    skipped = counted(scored.skipped_lines, "line")
    lines.append(f"{skipped} skipped, because the first field is not a number, as in a header.")
    return lines


def _name_lines(named: NamedRun, images: set[str]) -> list[str]:
    """Return notes about image names of the run that differ from those of the ground truth."""
    lines = []
    if not named.known and named.run.lists:
        example = next((image for found in named.run.lists.values() for image in found), "none")
        lines.append(
            f"note: no image of the run is correct for any article. The run has images such as {shortened(example)}, "
            f"the ground truth such as {shortened(min(images, default='none'))}. Check that both use the same names."
        )
    if named.renamed:
        name, image = next(iter(named.renamed.items()))
        lines.append(
            f"note: {counted(len(named.renamed), 'image')} with another name in the ground truth, such as "
            f"{shortened(name)} in the run and {shortened(image)} in the ground truth."
        )
    if named.ambiguous:
        lines.append(
            f"note: {counted(len(named.ambiguous), 'name')} that could mean several images: counted as not found, such "
            f"as {named.ambiguous[0]}."
        )
    return lines


def _examples(ids: list[str]) -> str:
    return ", ".join(ids[:_EXAMPLES]) + (" …" if len(ids) > _EXAMPLES else "")
