"""Verbs of a benchmark's last day: `submit` writes the three runs, `truth` adds the ground truth, `score` scores."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.analysis.metrics import as_record
from core.analysis.scoring import Score
from core.analysis.scoring import score as score_run
from core.commands.options import (
    CacheOption,
    DeviceOption,
    DomainOption,
    JsonOption,
    RunOption,
    SplitOption,
    WorkspaceOption,
    answer,
    be_quiet,
    choice,
    places_of,
)
from core.data.domain import save_changed
from core.data.importers.groundtruth import in_ids_of, judge, odd_truth, read_ground_truth
from core.data.splitting import SPLITS
from core.data.uploads import removed_if_uploaded
from core.encoders.names import DEVICES
from core.errors import InputError
from core.files import write_text
from core.retrieval.submission import LENGTH, is_number, read_submission
from core.workspace.runs import find_run

_SHOWN = 3  # examples of ids


def submit(
    domain: DomainOption,
    out: Annotated[Path, typer.Option(help="Folder for the three run files and their README.md.")],
    run: RunOption = None,
    split: SplitOption = "test",
    device: DeviceOption = "auto",
    workspace: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write run 1 (alpha = 0), run 2 (alpha = 1) and run 3 (the alpha that val chose) in the organisers' format."""
    from core.report.submission_notes import submission_notes
    from core.workspace.submitting import submit_runs
    from core.workspace.tuned import open_run

    be_quiet(as_json)
    places = places_of(workspace, cache)
    loaded, found = places.load_domain(domain), find_run(places, domain, run)
    wanted = choice("--split", split, SPLITS)
    ids = loaded.subset(wanted)["article_id"]
    found.selected()  # before anything is loaded
    tuned = open_run(found, loaded, places, choice("--device", device, DEVICES))
    submitted = submit_runs(tuned, wanted, out)
    notes = []
    if submitted[0].images < LENGTH:
        notes.append(f"Warning: the gallery has {submitted[0].images} images, so lists are shorter than {LENGTH}.")
    unread = [article_id for article_id in ids if not is_number(article_id)]
    if unread:
        notes.append(
            f"Warning: {len(unread)} article ids are no numbers, such as {unread[0]}; the organisers' scorer skips "
            f"such lines."
        )
    judged = len(loaded.judged(wanted))
    if judged < len(ids):
        notes.append(f"The ground truth is known of {judged or 'none'} of {len(ids)} {wanted} articles.")
    write_text(out / "README.md", submission_notes(found, loaded, wanted, submitted, notes))
    record = {
        "domain": domain,
        "run": found.info.name,
        "split": wanted,
        "out": str(out),
        "files": [asdict(one) | {"metrics": as_record(one.metrics) if one.metrics else None} for one in submitted],
        "notes": notes,
    }
    lines = [
        f"{one.file}: alpha {one.alpha:g}, {one.articles} articles, {one.images} images each"
        + (f"; mrr@100 {one.metrics.mrr_100:.4f}, recall@10 {one.metrics.recall_10:.4f}" if one.metrics else "")
        for one in submitted
    ]
    answer(as_json, record, "\n".join([*lines, *notes, f"written to {out}, with README.md."]))


def truth(
    domain: DomainOption,
    ground_truth: Annotated[Path, typer.Option(help="Table of article and image ids, as the organisers give it.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add the ground truth to a domain's test set. Its runs stay valid; sweep again to measure them on test."""
    places = places_of(workspace, None)
    with removed_if_uploaded([ground_truth], places.workspace):
        before = places.load_domain(domain)
        judged = judge(before, read_ground_truth(ground_truth))
    save_changed(before, judged.domain)
    record = {
        "domain": domain,
        "articles": judged.articles,
        "known": judged.known,
        "unknown_articles": judged.unknown_articles,
        "unknown_images": judged.unknown_images,
    }
    lines = [
        f"the picture of {judged.known} of {judged.articles} test articles of '{domain}' is known.",
        *odd_truth(judged),
        f"next: python -m core sweep --domain {domain}",
    ]
    answer(as_json, record, "\n".join(lines))


def score(
    run_file: Annotated[Path, typer.Argument(metavar="RUN.tsv", help="A run file.")],
    ground_truth: Annotated[Path | None, typer.Option(help="Table of article and image ids.")] = None,
    domain: Annotated[str | None, typer.Option("--domain", help="Take the truth of this domain instead.")] = None,
    split: SplitOption = "test",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score a run as the organisers do: over all articles of the ground truth, found or not."""
    if (ground_truth is None) == (domain is None):
        raise InputError("score needs either --ground-truth GT.tsv or --domain SLUG.")
    submission = read_submission(run_file)
    gallery = None
    if ground_truth is not None:
        known = in_ids_of(read_ground_truth(ground_truth), submission.lists)
    else:
        places = places_of(workspace, None)
        loaded, wanted = places.load_domain(domain or ""), choice("--split", split, SPLITS)
        articles = loaded.judged(wanted)
        if articles.empty:
            raise InputError(f"domain '{domain}' has no {wanted} articles whose picture is known; see the verb truth.")
        known = dict(zip(articles["article_id"], articles["image_id"], strict=True))
        gallery = set(loaded.pictures(wanted)["image_id"])
    scored = score_run(submission, known, gallery)
    answer(as_json, {"run": str(run_file)} | asdict(scored), "\n".join(_score_lines(scored)))


def _score_lines(scored: Score) -> list[str]:
    lines = [f"{name:<12} {value:.4f}" for name, value in scored.metrics.items()]
    mean = f", their mean rank {scored.mean_rank:.1f}" if scored.mean_rank is not None else ""
    lines.append(f"of {scored.n} articles of the ground truth; {scored.found} found in the first {LENGTH}{mean}.")
    odd = {
        "articles of the ground truth have no line": scored.missing_articles,
        "articles are not in the ground truth": scored.unknown_articles,
        "articles have more than one line, of which the first counts": scored.repeated_articles,
        "lines list an image twice": scored.repeated_images,
        "images belong to no article of the ground truth, or to no gallery of the domain": scored.unknown_images,
        f"lines have fewer than {LENGTH} images": scored.short_lines,
    }
    lines += [f"note: {len(ids)} {what}: {_examples(ids)}." for what, ids in odd.items() if ids]
    lines.append(f"{scored.skipped_lines} lines skipped, whose first field is no number (a header is one).")
    return lines


def _examples(ids: list[str]) -> str:
    return ", ".join(ids[:_SHOWN]) + (" …" if len(ids) > _SHOWN else "")
