"""The commands `sweep` and `rank`, which evaluate a run at many α or write its ranking at one."""

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
    SweptRunOption,
    WorkspaceOption,
    answer,
    be_quiet,
    plain,
    workspace_of,
)
from core.data.domain import Domain
from core.errors import InputError, counted
from core.evaluation.alpha_selection import Criterion
from core.evaluation.metrics import metrics_of
from core.evaluation.sweep import parse_alphas
from core.extras import check_extra
from core.presentation.cross_fit import choice_note
from core.presentation.language_notes import language_mark, language_note
from core.presentation.paper_tables import curve_text, precision_sentences
from core.presentation.reranking import reranked_by, reranking_notes
from core.retrieval.choices import BY_COSINE, Rerank, Reranking
from core.workspace.runs import Run, find_run
from core.workspace.sweep_info import PrecisionName
from core.workspace.sweep_results import cross_fit_on_val

#: File formats of `rank`.
RunFormat = Literal["newsimages", "trec"]


def sweep(
    domain: DomainOption,
    run: RunOption = None,
    alphas: Annotated[
        str | None,
        typer.Option(
            metavar="ALPHAS",
            help="Evaluate only these alphas, and 0 and 1: start:stop:step such as 0:1:0.1, or a list such as 0.3,0.5. "
            "Default: the whole curve in steps of 0.01.",
        ),
    ] = None,
    criterion: Annotated[
        Criterion, typer.Option(help="Choose the alpha that is best in this metric on val.")
    ] = "recall@1",
    precision: Annotated[
        PrecisionName,
        typer.Option(
            help="Compute in this precision. bf16 is faster on some machines and is used only for a tower whose ranks "
            "on val agree with fp32."
        ),
    ] = "fp32",
    rerank: Annotated[
        Rerank,
        typer.Option(
            help="Re-rank with knowledge of all query texts of a split (transductive). Stored with the sweep; rank, "
            "submit and match do the same."
        ),
    ] = "none",
    ray: Annotated[
        str | None,
        typer.Option(
            "--ray",
            metavar="[ADDRESS]",
            help="Distribute the work over the Ray cluster at this address; without an address, over workers on this "
            "machine.",
        ),
    ] = None,
    device: DeviceOption = "auto",
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Evaluate a run at many alphas and choose the best. The choice uses val; test is evaluated if it can be."""
    be_quiet(as_json)
    grid = parse_alphas(alphas) if alphas is not None else None
    workspace = workspace_of(root, cache)
    loaded, found = workspace.load_domain(domain), find_run(workspace, domain, run)
    if ray is not None:
        check_extra("cluster", "rematch sweep --ray")
    from core.experiment.loaded_run import open_run
    from core.experiment.sweep import sweep_run

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
    """Return a note on how much of the test split was evaluated, unless all of it was."""
    test = int((domain.articles["split"] == "test").sum())
    judged = len(domain.labelled("test"))
    if judged == test:
        return []
    if judged:
        only = "" if reranking == BY_COSINE else ", and re-ranked by these alone; rank and submit re-rank by all"
        return [f"note: test was evaluated on the {judged:,} of {test:,} articles with a known image{only}."]
    from core.experiment.experiment import no_ground_truth_sentence

    return [f"note: test was not evaluated; {no_ground_truth_sentence(domain)}"]


def rank(
    domain: DomainOption,
    out: Annotated[Path, typer.Option("--output", metavar="FILE", help="Write the ranking into this file.")],
    run: SweptRunOption = None,
    alpha: AlphaOption = "best",
    split: SplitOption = "val",
    run_format: Annotated[
        RunFormat, typer.Option("--format", help="Write the format of the NewsImages organisers, or TREC's run format.")
    ] = "newsimages",
    precision: Annotated[
        PrecisionName | None,
        typer.Option(
            help="Compute in this precision; bf16 only for a tower whose ranks on val agree with fp32. Default: as in "
            "the run's sweep."
        ),
    ] = None,
    rerank: RerankOption = None,
    device: DeviceOption = "auto",
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the best 100 images of every article of a split. Uses the exact weights at alpha."""
    be_quiet(as_json)
    workspace = workspace_of(root, cache)
    loaded, found = workspace.load_domain(domain), find_run(workspace, domain, run, prefer_swept=True)
    value = alpha_of(alpha, found)
    from core.experiment.loaded_run import open_run
    from core.retrieval.run_file import LENGTH, write_submission
    from core.retrieval.trec import write_trec

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
        precision_sentences({str(tower): precision for tower, precision in loaded_run.precision.items()})
        if precision is not None
        else []
    )
    if (unread := language_note(found, loaded)) is not None:
        notes.append(unread)
    if split == "val" and found.is_swept and value == found.selected().alpha:
        notes.append(choice_note(cross_fit_on_val(found)))
    by = reranked_by(loaded_run.reranking)
    short = f" (the gallery has only {length})" if length < LENGTH else ""
    articles = counted(len(view.article_ids), "article")
    answer(
        as_json,
        record,
        f"{articles} of {split}, each with its best {counted(length, 'image')}{short}, by run '{found.info.name}' at "
        f"alpha {value:g}{by}: {out}\n"
        f"{_measured_line(measured, len(view.article_ids), language_mark(found))}"
        + "".join(f"\n{note}" for note in notes),
    )


def _measured_line(measured: dict[str, float] | None, articles: int, mark: str) -> str:
    """Return the metrics, and n if the ground truth is known for only some of the articles."""
    if measured is None:
        return "not evaluated, because the ground truth of these articles is not known."
    of = f"  (n = {measured['n']:,} articles with a known image)" if measured["n"] < articles else ""
    recalls = f"recall@1 {measured['recall@1']:.3f}  recall@10 {measured['recall@10']:.3f}"
    return f"mrr@100 {measured['mrr@100']:.3f}{mark}  {recalls}{of}"


def alpha_of(text: str, run: Run, *other_words: str) -> float:
    """Return the α of `--alpha`. Raises InputError for an invalid value, or for `best` without a sweep.

    other_words: what else the option accepts, for the message.
    """
    if text == "best":
        return run.selected().alpha
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        words = ", ".join(("best", *other_words))
        raise InputError(f"--alpha {text}: expected {words}, or a number from 0 (zero-shot) to 1 (fine-tuned).")
    return value
