"""The verb `train`: from its options to a run, or one for each of several seeds."""

import os
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.models.setting_options import with_setting_options
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
    plain,
    reading_of,
    workspace_of,
)
from core.encoders.choices import default_encoder_name
from core.encoders.name_checks import check_encoder_name
from core.errors import InputError
from core.evaluation.alpha_selection import Selected
from core.presentation.language_notes import language_mark, language_note, text_read
from core.training.settings import all_settings, default_settings
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


@with_setting_options
def train(
    *,
    domain: DomainOption,
    encoder: Annotated[
        str | None,
        typer.Option(
            help="lite, lite-multilingual, MODEL:WEIGHTS or hf-hub:NAME of open_clip, or hf:NAME of transformers; by "
            "language if not given. Weights in a file that were trained with QuickGELU, as OpenAI's, are of "
            "MODEL-quickgelu."
        ),
    ] = None,
    given: dict[str, Any],
    text: TextOption = None,
    hashtags: HashtagsOption = None,
    entity_tags: EntityTagsOption = None,
    body: BodyOption = None,
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
        each_seed = _seeds(seeds, given)

        def trained(run: Run, experiment: "Experiment") -> Trained:
            wanted = sweep or each_seed is not None
            return run, experiment, on_main_process(lambda: _sweep_trained(run, experiment)) if wanted else None

        show = _say_nothing if as_json else _show_epoch
        if resume is not None:
            read = {"text": text, "hashtags": hashtags, "entity-tags": entity_tags, "text-length": body}
            _refuse_with_resume({"encoder": encoder, "seeds": seeds} | read, given)
            unfinished = find_unfinished(workspace, domain, resume)
            on_device = device if device != "auto" else unfinished.info.device
            made = [trained(*resume_run(unfinished, loaded, on_device, workspace, show))]
        else:
            name = encoder or default_encoder_name(loaded.info.language, loaded.has_english)
            settings = replace(default_settings(name, given.get("tune")), **given)
            reading = reading_of(text, hashtags, entity_tags, body)
            made = [
                trained(*train_run(loaded, name, replace(settings, seed=one), reading, device, workspace, show))
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


def _refuse_with_resume(options: dict[str, Any], given: dict[str, Any]) -> None:
    """Raise InputError for options and settings that a training which goes on has already."""
    also = [f"--{name}" for name, value in options.items() if value is not None]
    also += [setting.option.rstrip(" =") for setting in all_settings() if setting.name in given]
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
    if settings.patience is not None:
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
