"""The verb `train`: from its options to a run, or one for each of several seeds."""

import os
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.options import (
    BodyOption,
    CacheOption,
    DeviceOption,
    DomainOption,
    EntityTagsOption,
    HashtagsOption,
    JsonOption,
    TextOption,
    WorkspaceOption,
    answer,
    be_quiet,
    choice,
    plain,
    reading_of,
    workspace_of,
)
from core.encoders.choices import DEVICES, default_encoder_name
from core.encoders.name_checks import check_encoder_name
from core.errors import InputError
from core.evaluation.alpha_selection import Selected
from core.presentation.language_notes import language_mark, language_note, text_read
from core.training.settings import default_settings
from core.workspace.runs import Run
from core.workspace.unfinished_runs import find_unfinished

if TYPE_CHECKING:
    from core.experiment.experiment import Experiment
    from core.training.history import Epoch


_LAUNCHED = "TORCHELASTIC_RUN_ID"  # set by torchrun, which reports errors raised within `run_distributed`


@dataclass(frozen=True)
class Swept:
    """A sweep right after a training. note: what bf16 would have saved, None if there is nothing to say."""

    selected: Selected
    note: str | None


Trained = tuple[Run, "Experiment", Swept | None]


def train(
    domain: DomainOption,
    encoder: Annotated[
        str | None,
        typer.Option(
            help="lite, lite-multilingual, MODEL:WEIGHTS or hf-hub:NAME of open_clip, or hf:NAME of transformers; by "
            "language if not given. Weights in a file that were trained with QuickGELU, as OpenAI's, are of "
            "MODEL-quickgelu."
        ),
    ] = None,
    tune: Annotated[str | None, typer.Option(help="head, text, last:N, lora:R or all.")] = None,
    text: TextOption = None,
    hashtags: HashtagsOption = None,
    entity_tags: EntityTagsOption = None,
    body: BodyOption = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the train split.")] = None,
    lr: Annotated[float | None, typer.Option(help="Peak learning rate.")] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="Pairs per step (of all processes); the others are the negatives.")
    ] = None,
    weight_decay: Annotated[float | None, typer.Option(help="AdamW's, on matrices.")] = None,
    warmup: Annotated[float | None, typer.Option(help="Share of all steps in which the rate rises.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the order of the pairs and of dropout.")] = None,
    layer_decay: Annotated[
        float | None, typer.Option(help="Factor on the rate for each block further from the heads; 1 is none.")
    ] = None,
    augment: Annotated[
        bool | None, typer.Option("--augment", help="Other crops of the images in every epoch; with --tune all.")
    ] = None,
    stop_after: Annotated[
        int | None,
        typer.Option("--patience", help="Epochs without a better val metric, then stop; keeps the best epoch."),
    ] = None,
    stop_metric: Annotated[str | None, typer.Option(help="mrr@100 or recall@1, for --patience.")] = None,
    chunk_size: Annotated[
        int | None, typer.Option(help="Pairs in memory at once: the same loss and gradients, one more pass.")
    ] = None,
    grad_checkpointing: Annotated[
        bool | None, typer.Option("--grad-checkpointing", help="Keep activations between blocks only; less memory.")
    ] = None,
    seeds: Annotated[
        str | None, typer.Option(help="Several, as 0,1,2: a swept run for each; report gives mean and spread.")
    ] = None,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="RUN", help="Go on with a training that was stopped.")
    ] = None,
    sweep: Annotated[bool, typer.Option("--sweep", help="Sweep alpha afterwards, as the verb sweep does.")] = False,
    device: DeviceOption = "auto",
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fine-tune an encoder on a domain's train split; a new run."""
    if encoder is not None and resume is None and _LAUNCHED not in os.environ:
        check_encoder_name(encoder)  # before torch is loaded
    from core.experiment.train import resume_run, train_run
    from core.training.distributed import is_main, on_main_process, run_distributed

    be_quiet(as_json)

    def work() -> None:
        workspace = workspace_of(root, cache)
        loaded = workspace.load_domain(domain)
        on_device = choice("--device", device, DEVICES)
        new: dict[str, Any] = {
            "epochs": epochs, "lr": lr, "batch_size": batch_size, "weight_decay": weight_decay, "warmup": warmup,
            "seed": seed, "layer_decay": layer_decay, "augment": augment, "stop_after": stop_after,
            "stop_metric": stop_metric, "chunk_size": chunk_size, "grad_checkpointing": grad_checkpointing,
        }  # fmt: skip
        given = {key: value for key, value in new.items() if value is not None}
        read = {"text": text, "hashtags": hashtags, "entity_tags": entity_tags, "body": body}
        each_seed = _seeds(seeds, given)

        def trained(run: Run, experiment: "Experiment") -> Trained:
            wanted = sweep or each_seed is not None
            return run, experiment, on_main_process(lambda: _sweep_trained(run, experiment)) if wanted else None

        show = _say_nothing if as_json else _show_epoch
        if resume is not None:
            _refuse_with_resume({"encoder": encoder, "tune": tune, "seeds": seeds} | read | given)
            unfinished = find_unfinished(workspace, domain, resume)
            as_before = choice("--device", unfinished.info.device, DEVICES)
            on_device = on_device if on_device != "auto" else as_before
            made = [trained(*resume_run(unfinished, loaded, on_device, workspace, show))]
        else:
            name = encoder or default_encoder_name(loaded.info.language, loaded.has_english)
            settings, reading = (
                replace(default_settings(name, tune), **given),
                reading_of(text, hashtags, entity_tags, body),
            )
            made = [
                trained(*train_run(loaded, name, replace(settings, seed=one), reading, on_device, workspace, show))
                for one in each_seed or (settings.seed,)
            ]
        if is_main():  # under torchrun one process answers for all
            answers = [_record_and_text(*each) for each in made]
            records = [record for record, _ in answers]
            record = records[0] if each_seed is None else {"domain": domain, "runs": records}
            then = "sweep" if made[0][2] is None else "report"
            answer(as_json, record, "\n\n".join(text for _, text in answers), f"{then} --domain {domain}")

    run_distributed(work)


def _show_epoch(epoch: "Epoch") -> None:
    loss = "zero-shot  " if epoch.loss is None else f"loss {epoch.loss:.3f}"
    val = f"val mrr@100 {epoch.val_mrr:.3f}  recall@1 {epoch.val_recall_1:.3f}"
    print(f"epoch {epoch.epoch:>2}  {loss}  {val}", flush=True)


def _say_nothing(epoch: "Epoch") -> None:
    """For --json."""


def _seeds(text: str | None, given: dict[str, Any]) -> tuple[int, ...] | None:
    """Read `--seeds`; None without it. Raises InputError."""
    if text is None:
        return None
    if "seed" in given:
        raise InputError("give --seed or --seeds, not both.")
    words = [word.strip() for word in text.split(",")]
    if not all(word.isdecimal() for word in words) or len(set(words)) < max(2, len(words)):
        raise InputError(f"--seeds {text}: expected at least two different whole numbers, as in 0,1,2.")
    return tuple(int(word) for word in words)


def _refuse_with_resume(given: dict[str, Any]) -> None:
    """Raise InputError for options that a training which goes on has already."""
    also = [f"--{key.replace('_', '-')}" for key, value in given.items() if value is not None]
    if also:
        raise InputError(f"--resume goes on with the settings the training began with; leave out {', '.join(also)}.")


def _sweep_trained(run: Run, experiment: "Experiment") -> Swept:
    """Sweep a run whose encoder is still loaded, as the verb `sweep` does without options."""
    from core.experiment.loaded_run import LoadedRun
    from core.experiment.sweep import sweep_run

    loaded_run = LoadedRun(run, experiment, "fp32")
    selected = sweep_run(loaded_run, None, "recall@1")[1].selected
    return Swept(selected, loaded_run.bf16_note())


def _record_and_text(run: Run, experiment: "Experiment", swept: Swept | None) -> tuple[dict[str, Any], str]:
    """What the verb answers about one run: for a program and for a person."""
    info, settings = run.info, run.info.settings
    record: dict[str, Any] = {
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
    if settings.stop_after is not None:
        history = run.history()
        kept = int(history.loc[history["kept"], "epoch"].iloc[0])
        lines.append(
            f"kept: the weights of epoch {kept} of {len(history) - 1}, with the best val {settings.stop_metric}."
        )
    if (unread := language_note(run, experiment.domain)) is not None:
        lines.append(unread)
    if swept is not None:
        selected = swept.selected
        record["selected"] = asdict(selected)
        lines += [
            *([swept.note] if swept.note else []),
            f"swept: alpha {selected.alpha:g} has the highest val {selected.criterion}.",
        ]
    return record, "\n".join(lines)
