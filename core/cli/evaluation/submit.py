"""`submit` writes the three runs of a benchmark, `ground-truth` adds a ground truth to a domain, or writes it."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.cli.options import (
    CacheOption,
    DeviceOption,
    DomainOption,
    EncodingOption,
    JsonOption,
    RunOption,
    SplitOption,
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
from core.errors import InputError
from core.retrieval.run_file import LENGTH, is_number
from core.storage.files import write_text
from core.workspace.folders import Workspace
from core.workspace.runs import find_run


def submit(
    domain: DomainOption,
    out: Annotated[Path, typer.Option("--output", help="Folder for the three run files and their README.md.")],
    run: RunOption = None,
    split: SplitOption = "test",
    device: DeviceOption = "auto",
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write run 1 (alpha = 0), run 2 (alpha = 1) and run 3 (the alpha that val chose) in the organisers' format."""
    from core.experiment.loaded_run import open_run
    from core.experiment.submit import submit_runs
    from core.report.submission_readme import submission_notes

    be_quiet(as_json)
    workspace = workspace_of(root, cache)
    loaded, found = workspace.load_domain(domain), find_run(workspace, domain, run)
    ids = loaded.subset(split)["article_id"]
    found.selected()  # before anything is loaded
    loaded_run = open_run(found, loaded, workspace, device)
    submitted = submit_runs(loaded_run, split, out)
    notes = []
    if submitted[0].images < LENGTH:
        notes.append(f"Warning: the gallery has {submitted[0].images} images, so lists are shorter than {LENGTH}.")
    unread = [article_id for article_id in ids if not is_number(article_id)]
    if unread:
        notes.append(
            f"Warning: {len(unread)} article ids are no numbers, such as {unread[0]}; the organisers' scorer skips "
            f"such lines."
        )
    judged = len(loaded.labelled(split))
    if judged < len(ids):
        notes.append(f"The ground truth is known of {judged or 'none'} of {len(ids)} {split} articles.")
    write_text(out / "README.md", submission_notes(found, loaded, split, submitted, notes))
    record = {
        "domain": domain,
        "run": found.info.name,
        "split": split,
        "out": str(out),
        "files": [asdict(one) for one in submitted],
        "notes": notes,
    }
    lines = [
        f"{one.file}: alpha {one.alpha:g}, {one.articles} articles, {one.images} images each"
        + (f"; mrr@100 {one.metrics['mrr@100']:.4f}, recall@10 {one.metrics['recall@10']:.4f}" if one.metrics else "")
        for one in submitted
    ]
    answer(as_json, record, "\n".join([*lines, *notes, f"written to {out}, with README.md."]))


def truth(
    domain: DomainOption,
    ground_truth: Annotated[
        Path | None, typer.Option(help="Table of articles and images, as the organisers give it, or qrels of TREC.")
    ] = None,
    encoding: EncodingOption = None,
    qrels: Annotated[
        Path | None, typer.Option(help="Write the ground truth of --split to this file, as qrels of TREC.")
    ] = None,
    split: SplitOption = "test",
    root: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add the ground truth to a domain's test set (runs stay valid; sweep again to measure them), or write qrels."""
    if ground_truth is None and qrels is None:
        raise InputError("truth needs --ground-truth FILE to add, or --qrels FILE to write, or both.")
    workspace = workspace_of(root, None)
    record: dict[str, object] = {"domain": domain}
    lines: list[str] = []
    if ground_truth is not None:
        judged = _add(workspace, domain, ground_truth, encoding)
        record |= {name: value for name, value in vars(judged).items() if name not in ("domain", "fall_backs")}
        record["fall_backs"] = [asdict(use) for use in judged.fall_backs]
        lines += [f"the image of {judged.known} of {judged.articles} test articles of '{domain}' is known."]
        lines += mismatch_warnings(judged)
    if qrels is not None:
        pairs = workspace.load_domain(domain).labelled(split)
        if pairs.empty:
            raise InputError(f"domain '{domain}' has no {split} articles whose image is known, so no qrels of them.")
        write_qrels(qrels, zip(pairs["article_id"], pairs["image_id"], strict=True))
        record |= {"qrels": str(qrels), "split": split, "written": len(pairs)}
        lines += [f"qrels of {len(pairs)} {split} articles: {qrels}"]
    answer(as_json, record, "\n".join(lines), f"sweep --domain {domain}" if ground_truth is not None else None)


def _add(workspace: Workspace, domain: str, ground_truth: Path, encoding: str | None) -> Judged:
    """Put a ground truth into the domain on disk."""
    with remove_uploads_after([ground_truth], workspace.root):
        before = workspace.load_domain(domain)
        judged = judge(before, read_ground_truth(ground_truth, encoding))
    save_changed(before, judged.domain)
    return judged
