"""Verbs that put weights to work: `sweep` and `rank`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from core.cli.options import (
    AlphaOption,
    CacheOption,
    DeviceOption,
    DomainOption,
    JsonOption,
    RerankOption,
    RunOption,
    SplitOption,
    WorkspaceOption,
    answer,
    be_quiet,
    plain,
    workspace_of,
)
from core.data.domain import Domain
from core.errors import InputError
from core.evaluation.alpha_selection import Criterion
from core.evaluation.metrics import metrics_of
from core.evaluation.sweep import parse_alphas
from core.presentation.language_notes import language_mark, language_note
from core.presentation.paper_tables import curve_text, precision_sentences
from core.presentation.reranking import reranked_by, reranking_notes
from core.retrieval.choices import BY_COSINE, Rerank, Reranking
from core.workspace.runs import Run, find_run
from core.workspace.sweep_info import PrecisionName

#: What `rank` writes.
RunFormat = Literal["newsimages", "trec"]


def sweep(
    domain: DomainOption,
    run: RunOption = None,
    alphas: Annotated[
        str | None,
        typer.Option(help="Exactly these (and 0 and 1): start:stop:step or a list. Without it, the whole curve."),
    ] = None,
    criterion: Annotated[Criterion, typer.Option(help="The val metric that chooses alpha.")] = "recall@1",
    precision: Annotated[
        PrecisionName, typer.Option(help="bf16: for each tower whose ranks agree with fp32 on val.")
    ] = "fp32",
    rerank: Annotated[
        Rerank,
        typer.Option(
            help="All queries of a split correct each other's scores (transductive). Kept "
            "with the sweep; rank, submit and match follow it."
        ),
    ] = "none",
    ray: Annotated[
        str | None,
        typer.Option(
            "--ray",
            metavar="[ADDRESS]",
            help="Share the work among the workers of a Ray cluster, or of this machine.",
        ),
    ] = None,
    device: DeviceOption = "auto",
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Evaluate theta(alpha) on val, and on test where there is one; choose alpha on val."""
    from core.experiment.loaded_run import open_run
    from core.experiment.sweep import sweep_run

    be_quiet(as_json)
    grid = parse_alphas(alphas) if alphas is not None else None
    workspace = workspace_of(root, cache)
    loaded, found = workspace.load_domain(domain), find_run(workspace, domain, run)
    loaded_run = open_run(found, loaded, workspace, device, precision, rerank)
    if ray is not None:
        from core.experiment.ray_sweep import ClusterExperiment, start_ray

        start_ray(ray)
        loaded_run = ClusterExperiment(loaded_run, device)
    curve, info = sweep_run(loaded_run, grid, criterion)
    record = {
        "domain": domain,
        "run": found.info.name,
        "n": int(curve.loc[curve["split"] == "val", "n"].iloc[0]),
        "rows": plain(curve),
        **asdict(info),
    }
    saved = loaded_run.bf16_note()
    notes = [*reranking_notes(info.reranking), *_test_notes(loaded, info.reranking), *([saved] if saved else [])]
    answer(as_json, record, "\n\n".join([curve_text(found, loaded, curve, info), *notes]))


def _test_notes(domain: Domain, reranking: Reranking) -> list[str]:
    """How much of a test set was measured, if not all of it."""
    test = int((domain.articles["split"] == "test").sum())
    judged = len(domain.labelled("test"))
    if judged == test:
        return []
    if judged:
        by_these = "" if reranking == BY_COSINE else ", and re-ranked by these alone, where rank and submit take all"
        return [f"note: test was measured on the {judged} of {test} articles whose image is known{by_these}."]
    from core.experiment.experiment import no_ground_truth_sentence

    return [f"note: test was not measured; {no_ground_truth_sentence(domain)}"]


def rank(
    domain: DomainOption,
    out: Annotated[Path, typer.Option("--output", help="The file to write.")],
    run: RunOption = None,
    alpha: AlphaOption = "best",
    split: SplitOption = "val",
    run_format: Annotated[RunFormat, typer.Option("--format", help="newsimages: the organisers'.")] = "newsimages",
    precision: Annotated[
        PrecisionName | None,
        typer.Option(help="fp32, or bf16 where ranks agree; the sweep's if not given, so that numbers agree."),
    ] = None,
    rerank: RerankOption = None,
    device: DeviceOption = "auto",
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the best 100 images of every article of a split, with the exact weights at alpha."""
    from core.experiment.loaded_run import open_run
    from core.retrieval.run_file import LENGTH, write_submission
    from core.retrieval.trec import write_trec

    be_quiet(as_json)
    workspace = workspace_of(root, cache)
    loaded, found = workspace.load_domain(domain), find_run(workspace, domain, run)
    value = alpha_of(alpha, found)
    loaded_run = open_run(found, loaded, workspace, device, precision, rerank)
    view = loaded_run.at(value, split)
    texts, images = view.embed("text"), view.embed("image")
    listed = view.best_images(texts, images, LENGTH)
    if run_format == "trec":
        length = write_trec(out, view.article_ids, listed, found.info.name)
    else:
        length = write_submission(out, view.article_ids, listed)
    ranks = view.image_ranks(texts, images)
    measured = metrics_of(ranks) if len(ranks) else None
    record = {
        "domain": domain,
        "run": found.info.name,
        "alpha": value,
        "split": split,
        "articles": len(view.article_ids),
        "n": len(ranks),
        "images_per_article": length,
        "reranking": asdict(loaded_run.reranking),
        "out": str(out),
        "format": run_format,
        "metrics": measured,
    }
    notes = (
        precision_sentences({str(tower): each for tower, each in loaded_run.precision.items()})
        if precision is not None
        else []
    )
    if (unread := language_note(found, loaded)) is not None:
        notes.append(unread)
    by = reranked_by(loaded_run.reranking)
    short = f" (the gallery has only {length})" if length < LENGTH else ""
    answer(
        as_json,
        record,
        f"{len(view.article_ids)} articles of {split} with their best {length} images{short} at alpha {value:g}{by}: "
        f"{out}\n"
        f"{_measured_line(measured, len(view.article_ids), language_mark(found))}"
        + "".join(f"\n{note}" for note in notes),
    )


def _measured_line(measured: dict[str, float] | None, articles: int, mark: str) -> str:
    """What the ranks gave, and of how many articles where the ground truth is not known of all."""
    if measured is None:
        return "not measured: the ground truth of these articles is not known."
    of = f"  (of the {measured['n']} articles whose image is known)" if measured["n"] < articles else ""
    recalls = f"recall@1 {measured['recall@1']:.3f}  recall@10 {measured['recall@10']:.3f}"
    return f"mrr@100 {measured['mrr@100']:.3f}{mark}  {recalls}{of}"


def alpha_of(text: str, run: Run) -> float:
    """Read `--alpha`. Raises InputError."""
    if text == "best":
        return run.selected().alpha
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise InputError(f"--alpha {text}: expected best, or a number from 0 (zero-shot) to 1 (fine-tuned).")
    return value
