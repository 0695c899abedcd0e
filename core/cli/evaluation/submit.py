"""The commands `submit`, which writes the runs of a task, and `ground-truth`, which adds or writes a ground truth."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.cli.evaluation.sweep import alpha_of
from core.cli.options import (
    CacheOption,
    DeviceOption,
    DomainOption,
    EncodingOption,
    JsonOption,
    SplitOption,
    SweptRunOption,
    WorkspaceOption,
    answer,
    be_quiet,
    workspace_of,
)
from core.data.domain import save_changed
from core.data.importers.ground_truth import read_ground_truth
from core.data.importers.judging import Judged, judge, mismatch_warnings
from core.data.importers.uploads import remove_uploads_after
from core.data.qrels import write_qrels
from core.errors import InputError, counted
from core.presentation.alpha_notes import label_free_note, val_note
from core.retrieval.run_file import LENGTH, is_number
from core.storage.files import write_text
from core.workspace.folders import Workspace
from core.workspace.runs import find_run

LABEL_FREE = "label-free"


def submit(
    domain: DomainOption,
    out: Annotated[
        Path,
        typer.Option("--output", metavar="FOLDER", help="Write the three run files and a README.md into this folder."),
    ],
    run: SweptRunOption = None,
    split: SplitOption = "test",
    alpha: Annotated[
        str,
        typer.Option(
            "--alpha",
            metavar="ALPHA",
            help="Use this alpha in the third file: best, the alpha that the sweep chose on val; a number from 0 to 1; "
            "or label-free, from the texts and images of --split alone. Where it was measured, best was better.",
        ),
    ] = "best",
    device: DeviceOption = "auto",
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the three run files of a task. They use alpha 0, alpha 1, and --alpha."""
    be_quiet(as_json)
    workspace = workspace_of(root, cache)
    loaded, found = workspace.load_domain(domain), find_run(workspace, domain, run, prefer_swept=True)
    ids = loaded.subset(split)["article_id"]
    found.selected()  # reports a missing sweep before torch is imported
    wanted = None if alpha == LABEL_FREE else alpha_of(alpha, found, LABEL_FREE)
    from core.experiment.loaded_run import open_run
    from core.experiment.submit import label_free_alpha, submit_runs
    from core.report.submission_readme import submission_notes

    loaded_run = open_run(found, loaded, workspace, device)
    chosen = label_free_alpha(loaded_run, split) if wanted is None else wanted
    submitted = submit_runs(loaded_run, split, out, chosen)
    notes = [label_free_note(chosen, found.selected().alpha, split)] if wanted is None else []
    if (note := val_note(loaded)) is not None:
        notes.append(note)
    if submitted[0].images < LENGTH:
        images = counted(submitted[0].images, "image")
        notes.append(f"Warning: the gallery has {images}, so lists are shorter than {LENGTH}.")
    unread = [article_id for article_id in ids if not is_number(article_id)]
    if unread:
        notes.append(
            f"Warning: {counted(len(unread), 'article id')} cannot be read as a number, such as {unread[0]}. "
            f"The organisers' scorer skips such lines."
        )
    judged = len(loaded.labelled(split))
    if judged < len(ids):
        notes.append(f"The ground truth is known for {judged:,} of {counted(len(ids), f'{split} article')}.")
    write_text(out / "README.md", submission_notes(found, loaded, split, submitted, notes))
    record = {
        "domain": domain,
        "run": found.info.name,
        "split": split,
        "out": str(out),
        "files": [asdict(file) for file in submitted],
        "notes": notes,
    }
    lines = [
        f"{file.file}: alpha {file.alpha:g}, {counted(file.articles, 'article')}, {counted(file.images, 'image')} each"
        + (
            f"; mrr@100 {file.metrics['mrr@100']:.4f}, recall@10 {file.metrics['recall@10']:.4f}"
            if file.metrics
            else ""
        )
        for file in submitted
    ]
    written = f"run files of run '{found.info.name}' and README.md written to {out}."
    answer(as_json, record, "\n".join([*lines, *notes, written]))


def ground_truth_command(
    domain: DomainOption,
    ground_truth: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Add this ground truth: a table of articles and images as the organisers publish it, or TREC qrels.",
        ),
    ] = None,
    encoding: EncodingOption = None,
    qrels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the ground truth of --split as TREC qrels.")
    ] = None,
    split: SplitOption = "test",
    root: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add the ground truth of a test set, or write it as qrels. Runs stay valid; sweep again to evaluate on test."""
    if ground_truth is None and qrels is None:
        raise InputError("give --ground-truth FILE to add, --qrels FILE to write, or both.")
    workspace = workspace_of(root, None)
    record: dict[str, object] = {"domain": domain}
    lines: list[str] = []
    if ground_truth is not None:
        judged = _add(workspace, domain, ground_truth, encoding)
        record |= {name: value for name, value in vars(judged).items() if name not in ("domain", "fall_backs")}
        record["fall_backs"] = [asdict(use) for use in judged.fall_backs]
        lines += [
            f"the image is known for {judged.known:,} of {counted(judged.articles, 'test article')} of '{domain}'."
        ]
        lines += mismatch_warnings(judged)
    if qrels is not None:
        pairs = workspace.load_domain(domain).labelled(split)
        if pairs.empty:
            raise InputError(
                f"domain '{domain}' has no {split} articles with a known image, so there are no qrels to write."
            )
        write_qrels(qrels, zip(pairs["article_id"], pairs["image_id"], strict=True))
        record |= {"qrels": str(qrels), "split": split, "written": len(pairs)}
        lines += [f"qrels of {counted(len(pairs), f'{split} article')}: {qrels}"]
    answer(as_json, record, "\n".join(lines), f"sweep --domain {domain}" if ground_truth is not None else None)


def _add(workspace: Workspace, domain: str, ground_truth: Path, encoding: str | None) -> Judged:
    """Add a ground truth to the domain on disk."""
    with remove_uploads_after([ground_truth], workspace.root):
        before = workspace.load_domain(domain)
        judged = judge(before, read_ground_truth(ground_truth, encoding))
    save_changed(before, judged.domain)
    return judged
