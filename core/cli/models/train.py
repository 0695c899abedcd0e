"""The command `train`: fine-tune a run, or one run for each of several seeds."""

import functools
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
from core.data.domain import Domain
from core.data.query_text import Reading
from core.encoders.choices import default_encoder_name
from core.encoders.name_checks import check_encoder_name
from core.errors import InputError, counted
from core.evaluation.alpha_selection import Selected, best_range
from core.presentation.language_notes import language_mark, language_note, text_read
from core.training.settings import Settings, all_settings, default_settings
from core.workspace.run_names import check_new_name
from core.workspace.runs import Run
from core.workspace.unfinished_runs import Unfinished, check_can_train, find_unfinished

if TYPE_CHECKING:
    from core.experiment.experiment import Experiment
    from core.training.history import Epoch


_LAUNCHED = "TORCHELASTIC_RUN_ID"  # set by torchrun; errors must then be raised within `run_distributed`


@dataclass(frozen=True)
class Swept:
    """The result of a sweep after a training. note: the time that bf16 would save, None if it would save none."""

    selected: Selected
    note: str | None


Trained = tuple[Run, "Experiment", Swept | None]


@dataclass(frozen=True)
class _Plan:
    """The checked input of the command.

    trainings: the name (None: made of encoder and `tune`) and settings of each new run; none with `unfinished`, the
    training to resume.
    """

    domain: Domain
    encoder: str
    reading: Reading
    trainings: list[tuple[str | None, Settings]]
    unfinished: Unfinished | None = None


@with_setting_options
def train(
    *,
    domain: DomainOption,
    encoder: Annotated[
        str | None,
        typer.Option(
            metavar="ENCODER",
            help="Fine-tune this encoder: lite, lite-multilingual, MODEL:WEIGHTS or hf-hub:NAME of open_clip, or "
            "hf:NAME of transformers. For a file of weights that were trained with QuickGELU, such as OpenAI's, write "
            "MODEL-quickgelu:FILE. Default: lite if the domain has English texts, else lite-multilingual.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Give the new run this name: lower-case letters, digits and single hyphens. With --seeds, the seed is "
            "appended. Default: made of encoder, --tune and a number.",
        ),
    ] = None,
    given: dict[str, Any],
    text: TextOption = None,
    hashtags: HashtagsOption = None,
    entity_tags: EntityTagsOption = None,
    body: BodyOption = None,
    seeds: Annotated[
        str | None,
        typer.Option(
            metavar="SEEDS",
            help="Train and sweep a run for each of these seeds, such as 0,1,2. report then shows their mean and "
            "standard deviation.",
        ),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(
            "--resume", metavar="RUN", help="Continue this training, which was stopped, after its last epoch."
        ),
    ] = None,
    sweep: Annotated[bool, typer.Option("--sweep", help="Sweep the run afterwards, like the command sweep.")] = False,
    device: DeviceOption = "auto",
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fine-tune an encoder on a domain. Uses the train split, evaluates on val, and stores a new run."""
    be_quiet(as_json)
    workspace = workspace_of(root, cache)

    @functools.cache
    def checked_plan() -> _Plan:
        loaded = workspace.load_domain(domain)
        each_seed = _seeds(seeds, given)
        if resume is not None:
            read = {"text": text, "hashtags": hashtags, "entity-tags": entity_tags, "text-length": body}
            _refuse_with_resume({"encoder": encoder, "name": name, "seeds": seeds} | read, given)
            unfinished = find_unfinished(workspace, domain, resume)
            return _Plan(loaded, unfinished.info.encoder, unfinished.info.text, [], unfinished)
        chosen = encoder or default_encoder_name(loaded.info.language, loaded.has_english)
        check_encoder_name(chosen)
        settings = replace(default_settings(chosen, given.get("tune")), **given)
        if each_seed is None:
            trainings = [(name, settings)]
        else:
            trainings = [(name and f"{name}-{seed}", replace(settings, seed=seed)) for seed in each_seed]
        for run_name, _ in trainings:
            if run_name is not None:
                check_new_name(workspace, domain, run_name)
        check_can_train(loaded)
        return _Plan(loaded, chosen, reading_of(text, hashtags, entity_tags, body), trainings)

    if _LAUNCHED not in os.environ:
        checked_plan()  # report wrong input before importing torch, which takes seconds
    from core.experiment.train import resume_run, train_run
    from core.training.distributed import is_main, on_main_process, run_distributed

    def work() -> None:
        plan = checked_plan()

        def trained(run: Run, experiment: "Experiment") -> Trained:
            wanted = sweep or seeds is not None
            return run, experiment, on_main_process(lambda: _sweep_trained(run, experiment)) if wanted else None

        show = _print_nothing if as_json else _print_epoch
        if plan.unfinished is not None:
            on_device = device if device != "auto" else plan.unfinished.info.device
            results = [trained(*resume_run(plan.unfinished, plan.domain, on_device, workspace, show))]
        else:
            results = [
                trained(
                    *train_run(plan.domain, plan.encoder, settings, plan.reading, device, workspace, show, run_name)
                )
                for run_name, settings in plan.trainings
            ]
        if is_main():  # under torchrun, one process prints the result
            answers = [_record_and_text(*result) for result in results]
            records = [record for record, _ in answers]
            record = records[0] if seeds is None else {"domain": domain, "runs": records}
            then = "sweep" if results[0][2] is None else "report"
            answer(as_json, record, "\n\n".join(text for _, text in answers), f"{then} --domain {domain}")

    run_distributed(work)


def _print_epoch(epoch: "Epoch") -> None:
    loss = "zero-shot  " if epoch.loss is None else f"loss {epoch.loss:.3f}"
    val = f"val mrr@100 {epoch.val_mrr:.3f}  recall@1 {epoch.val_recall_1:.3f}"
    print(f"epoch {epoch.epoch:>2}  {loss}  {val}", flush=True)


def _print_nothing(epoch: "Epoch") -> None:
    """Print nothing, for --json."""


def _seeds(text: str | None, given: dict[str, Any]) -> tuple[int, ...] | None:
    """Return the numbers of `--seeds`, None without it. Raises InputError."""
    if text is None:
        return None
    if "seed" in given:
        raise InputError("--seed and --seeds contradict each other. Give only one of them.")
    words = [word.strip() for word in text.split(",")]
    if not all(word.isdecimal() for word in words) or len(set(words)) < max(2, len(words)):
        raise InputError(f"--seeds {text}: expected at least two different whole numbers, as in 0,1,2.")
    return tuple(int(word) for word in words)


def _refuse_with_resume(options: dict[str, Any], given: dict[str, Any]) -> None:
    """Raise InputError for options and settings that a resumed training already has."""
    also = [f"--{name}" for name, value in options.items() if value is not None]
    also += [setting.option.rstrip(" =") for setting in all_settings() if setting.name in given]
    if also:
        raise InputError(f"--resume uses the settings that the training began with. Leave out {', '.join(also)}.")


def _sweep_trained(run: Run, experiment: "Experiment") -> Swept:
    """Sweep a run whose encoder is still loaded, like the command `sweep` without options."""
    from core.experiment.loaded_run import LoadedRun
    from core.experiment.sweep import sweep_run

    loaded_run = LoadedRun(run, experiment, "fp32")
    selected = sweep_run(loaded_run, None, "recall@1")[1].selected
    return Swept(selected, loaded_run.bf16_note())


def _record_and_text(run: Run, experiment: "Experiment", swept: Swept | None) -> tuple[dict[str, Any], str]:
    """Return the result for one run: the record for --json and the text for a person."""
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
        f"run '{info.name}'{language_mark(run)} of {info.domain}: {info.encoder}, {settings.tune} tuned, "
        f"{counted(settings.epochs, 'epoch')}, reading {text_read(run, experiment.domain)}."
    ]
    if settings.patience is not None:
        history = run.history()
        best = int(history.loc[history["kept"], "epoch"].iloc[0])
        lines.append(f"weights of epoch {best} of {len(history) - 1}, which has the best val {settings.stop_metric}.")
    if (unread := language_note(run, experiment.domain)) is not None:
        lines.append(unread)
    if swept is not None:
        selected = swept.selected
        record["selected"] = asdict(selected)
        lines += [
            *([swept.note] if swept.note else []),
            f"swept: alpha {selected.alpha:g} has the highest val {selected.criterion}{best_range(selected)}.",
        ]
    return record, "\n".join(lines)
