"""Verbs that need weights: `train`, `sweep` and `rank`."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.analysis.metrics import as_record, metrics_of
from core.analysis.selection import CRITERIA, Selected
from core.analysis.sweep import parse_alphas
from core.commands.options import (
    CacheOption,
    DeviceOption,
    DomainOption,
    IndexOption,
    JsonOption,
    PrecisionOption,
    RunOption,
    SplitOption,
    WorkspaceOption,
    answer,
    be_quiet,
    choice,
    places_of,
    plain,
)
from core.data.reading import ENTITY_TAGS, HASHTAGS, PARTS, Reading
from core.data.splitting import SPLITS
from core.encoders.loading import DEVICES
from core.encoders.names import default_encoder_name
from core.errors import InputError
from core.report.language import language_mark, language_note, text_read
from core.report.tables import curve_text
from core.retrieval.index import INDEX_KINDS
from core.training.distributed import by_main, is_main, processes
from core.training.settings import default_settings
from core.workspace.runs import PRECISIONS, Run, find_run
from core.workspace.unfinished import find_unfinished

if TYPE_CHECKING:
    from core.workspace.experiment import Experiment


@processes()
def train(
    domain: DomainOption,
    encoder: Annotated[
        str | None,
        typer.Option(
            help="lite, lite-multilingual, MODEL:WEIGHTS of open_clip, or hf-hub:NAME; by language if not given."
        ),
    ] = None,
    tune: Annotated[str | None, typer.Option(help="head, text, last:N or all.")] = None,
    text: Annotated[str | None, typer.Option(help="title, text or title+text (if not given).")] = None,
    hashtags: Annotated[
        str | None, typer.Option(help="#BreakingNews: split into words (if not given), or keep.")
    ] = None,
    entity_tags: Annotated[
        str | None, typer.Option(help="Tags where a text should be (a;b|orgs;c): as a phrase (if not given), or drop.")
    ] = None,
    body: Annotated[
        str | None, typer.Option(help="How much of the text: whole (if not given), first-sentence, or words:N.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the train split.")] = None,
    lr: Annotated[float | None, typer.Option(help="Peak learning rate.")] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="Pairs per step (of all processes); the others are the negatives.")
    ] = None,
    weight_decay: Annotated[float | None, typer.Option(help="AdamW's, on matrices.")] = None,
    warmup: Annotated[float | None, typer.Option(help="Share of all steps in which the rate rises.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the order of the pairs and of dropout.")] = None,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="RUN", help="Go on with a training that was stopped.")
    ] = None,
    sweep: Annotated[bool, typer.Option("--sweep", help="Sweep alpha afterwards, as the verb sweep does.")] = False,
    device: DeviceOption = "auto",
    workspace: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fine-tune an encoder on a domain's train split; a new run."""
    from core.training.finetune import Epoch
    from core.workspace.training import resume_run, train_run

    be_quiet(as_json)
    places = places_of(workspace, cache)
    loaded = places.load_domain(domain)
    on_device = choice("--device", device, DEVICES)
    new: dict[str, Any] = {
        "epochs": epochs, "lr": lr, "batch_size": batch_size, "weight_decay": weight_decay, "warmup": warmup,
        "seed": seed,
    }  # fmt: skip
    given = {key: value for key, value in new.items() if value is not None}
    read = {"text": text, "hashtags": hashtags, "entity_tags": entity_tags, "body": body}

    def show(epoch: Epoch) -> None:
        if not as_json:
            loss = "zero-shot  " if epoch.loss is None else f"loss {epoch.loss:.3f}"
            print(
                f"epoch {epoch.epoch:>2}  {loss}  val mrr@100 {epoch.val_mrr:.3f}  recall@1 {epoch.val_recall_1:.3f}",
                flush=True,
            )

    if resume is not None:
        _refuse_with_resume({"encoder": encoder, "tune": tune} | read | given)
        unfinished = find_unfinished(places, domain, resume)
        as_before = choice("--device", unfinished.info.device, DEVICES)
        on_device = on_device if on_device != "auto" else as_before
        run, experiment = resume_run(unfinished, loaded, on_device, places, show)
    else:
        name = encoder or default_encoder_name(loaded.info.language, loaded.has_english)
        settings = replace(default_settings(name, tune), **given)
        run, experiment = train_run(loaded, name, settings, _reading(read), on_device, places, show)
    selected = by_main(lambda: _sweep_trained(run, experiment)) if sweep else None
    if is_main():  # under torchrun one process answers for all
        _answer_trained(as_json, run, experiment, selected)


def _reading(read: dict[str, str | None]) -> Reading:
    """The options that say how articles are read. Raises InputError, or BadParameter that lists what there is."""
    usual = Reading()
    return Reading(
        choice("--text", read["text"] or usual.parts, PARTS),
        choice("--hashtags", read["hashtags"] or usual.hashtags, HASHTAGS),
        choice("--entity-tags", read["entity_tags"] or usual.entity_tags, ENTITY_TAGS),
        read["body"] or usual.body,
    )


def _refuse_with_resume(given: dict[str, Any]) -> None:
    """Raise InputError for options that a training which goes on has already."""
    also = [f"--{key.replace('_', '-')}" for key, value in given.items() if value is not None]
    if also:
        raise InputError(f"--resume goes on with the settings the training began with; leave out {', '.join(also)}.")


def _sweep_trained(run: Run, experiment: "Experiment") -> Selected:
    """Sweep a run whose encoder is still loaded, as the verb `sweep` does without options."""
    from core.workspace.sweeping import sweep_run
    from core.workspace.tuned import TunedExperiment

    return sweep_run(TunedExperiment(run, experiment, "auto"), None, "recall@1")[1].selected


def _answer_trained(as_json: bool, run: Run, experiment: "Experiment", selected: Selected | None) -> None:
    info, settings = run.info, run.info.settings
    record = {
        "domain": info.domain,
        "run": info.name,
        "encoder": info.encoder,
        "english": info.english,
        "reads_the_language": info.reads_the_language,
        "text": asdict(info.text),
        "settings": asdict(settings),
        "history": plain(run.history()),
    }
    lines = [
        f"run '{info.name}'{language_mark(run)} of {info.domain}: {info.encoder}, {settings.tune} tuned, epochs "
        f"{settings.epochs}, reading {text_read(run, experiment.domain)}."
    ]
    if (unread := language_note(run, experiment.domain)) is not None:
        lines.append(unread)
    if selected is None:
        lines.append(f"next: python -m core sweep --domain {info.domain}")
    else:
        record["selected"] = asdict(selected)
        lines += [
            f"swept: alpha {selected.alpha:g} has the highest val {selected.criterion}.",
            f"next: python -m core report --domain {info.domain}",
        ]
    answer(as_json, record, "\n".join(lines))


def sweep(
    domain: DomainOption,
    run: RunOption = None,
    alphas: Annotated[
        str | None,
        typer.Option(help="Exactly these (and 0 and 1): start:stop:step or a list. Without it, the whole curve."),
    ] = None,
    criterion: Annotated[str, typer.Option(help="The val metric that chooses alpha.")] = "recall@1",
    precision: PrecisionOption = "auto",
    ray: Annotated[
        str | None,
        typer.Option(
            "--ray",
            metavar="[ADDRESS]",
            help="Share the work among the workers of a Ray cluster, or of this machine.",
        ),
    ] = None,
    device: DeviceOption = "auto",
    workspace: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Evaluate theta(alpha) on val, and on test where there is one; choose alpha on val."""
    from core.workspace.sweeping import sweep_run
    from core.workspace.tuned import open_run

    be_quiet(as_json)
    chosen_by = choice("--criterion", criterion, CRITERIA)
    in_precision = choice("--precision", precision, PRECISIONS)
    grid = parse_alphas(alphas) if alphas is not None else None
    places = places_of(workspace, cache)
    loaded, found = places.load_domain(domain), find_run(places, domain, run)
    on_device = choice("--device", device, DEVICES)
    tuned = open_run(found, loaded, places, on_device, in_precision)
    if ray is not None:
        from core.workspace.cluster import ClusterExperiment, start_ray

        start_ray(ray)
        tuned = ClusterExperiment(tuned, on_device)
    curve, info = sweep_run(tuned, grid, chosen_by)
    record = {
        "domain": domain,
        "run": found.info.name,
        "n": int(curve.loc[curve["split"] == "val", "n"].iloc[0]),
        "rows": plain(curve),
        **asdict(info),
    }
    answer(as_json, record, curve_text(found, loaded, curve, info))


def rank(
    domain: DomainOption,
    out: Annotated[Path, typer.Option(help="The file to write, in the organisers' format.")],
    run: RunOption = None,
    alpha: Annotated[str, typer.Option(help="best (the sweep's choice), 0, 1 or any number between.")] = "best",
    split: SplitOption = "val",
    precision: Annotated[
        str | None, typer.Option(help="fp32, bf16 or auto; the sweep's if not given, so that numbers agree.")
    ] = None,
    index: IndexOption = "flat",
    device: DeviceOption = "auto",
    workspace: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the best 100 images of every article of a split, with the exact weights at alpha."""
    from core.retrieval.submission import LENGTH, write_submission
    from core.workspace.tuned import open_run

    be_quiet(as_json)
    in_precision = choice("--precision", precision, PRECISIONS) if precision is not None else None
    kind = choice("--index", index, INDEX_KINDS)
    places = places_of(workspace, cache)
    loaded, found = places.load_domain(domain), find_run(places, domain, run)
    value = alpha_of(alpha, found)
    tuned = open_run(found, loaded, places, choice("--device", device, DEVICES), in_precision)
    view = tuned.at(value, choice("--split", split, SPLITS))
    texts, images = view.embed("text"), view.embed("image")
    listed = view.best_images(texts, images, LENGTH, kind)
    length = write_submission(out, view.article_ids, listed.image_ids)
    measured = metrics_of(view.image_ranks(texts, images))
    record = {
        "domain": domain,
        "run": found.info.name,
        "alpha": value,
        "split": split,
        "n": measured.n,
        "images_per_article": length,
        "out": str(out),
        "index": kind,
        "index_recall": listed.recall,
        "metrics": as_record(measured),
    }
    approximate = (
        f"\nindex {kind}: the lists hold {listed.recall:.1%} of the exact best {length}; metrics are of exact ranks."
        if listed.recall is not None
        else ""
    )
    unread = language_note(found, loaded)
    short = f" (the gallery has only {length})" if length < LENGTH else ""
    answer(
        as_json,
        record,
        f"{measured.n} articles of {split} with their best {length} images{short} at alpha {value:g}: {out}\n"
        f"mrr@100 {measured.mrr_100:.3f}{language_mark(found)}  recall@1 {measured.recall_1:.3f}  "
        f"recall@10 {measured.recall_10:.3f}"
        f"{approximate}" + (f"\n{unread}" if unread else ""),
    )


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
