"""Import of a run that was fine-tuned outside Rematch: a zero-shot model and a file with the weights at α = 1."""

import importlib.metadata
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from core.data.domain import Domain
from core.data.query_text import Reading
from core.encoders.base import TOWERS, first_changed_stage
from core.encoders.choices import BUILT_IN, DeviceChoice
from core.encoders.clip.building import build
from core.encoders.clip.encoder import ClipEncoder, load_clip
from core.encoders.clip.model_specs import weights_in
from core.encoders.clip.transformers_models import WEIGHT_FILES
from core.encoders.clip.transformers_weights import converter_of
from core.encoders.loading import choose_device
from core.encoders.weights import weights_fingerprint, write_weights
from core.errors import InputError
from core.evaluation.metrics import metrics_of
from core.experiment.experiment import Experiment
from core.experiment.train import VERSIONS_OF, created_at, write_history
from core.interpolation.wise_ft import check_compatible
from core.training.history import Epoch
from core.training.settings import Settings
from core.workspace.folders import Workspace
from core.workspace.provenance import translators_of
from core.workspace.run_names import reserve_folder
from core.workspace.runs import Run, RunInfo, save_run
from core.workspace.unfinished_runs import check_can_train

#: Batch counter of batch-norm layers, which evaluation mode does not use.
_COUNTER = "num_batches_tracked"


def import_run(
    domain: Domain, zero_shot: str, fine_tuned: Path, text: Reading, device: DeviceChoice, workspace: Workspace
) -> tuple[Run, Experiment]:
    """Make a run from the encoder `zero_shot` (an open_clip or transformers model) and fine-tuned weights in a file.

    fine_tuned: a state dict or training checkpoint of the same architecture with open_clip's or transformers' names, or
    a folder with one. Both models are measured on val. Raises InputError if the weights have another architecture,
    equal the zero-shot weights or cannot be mixed with them.
    """
    check_can_train(domain)
    if zero_shot in BUILT_IN:
        raise InputError(
            f"--zero-shot {zero_shot}: expected a model of open_clip or transformers, such as ViT-B-32:openai."
        )
    encoder = load_clip(zero_shot).eval().to(choose_device(device))
    experiment = Experiment(domain, encoder, text, workspace)
    changed = _changed_tensors(encoder, experiment.zero_shot, fine_tuned)
    history = _measure_both(experiment, changed)
    folder = reserve_folder(workspace, domain.info.slug, encoder.name, "imported")
    info = RunInfo(
        domain=domain.info.slug,
        name=folder.name,
        created_at=created_at(workspace, domain.info.slug),
        encoder=encoder.name,
        text=text,
        english=experiment.english,
        reads_the_language=experiment.reads_the_language,
        device=str(encoder.logit_scale.device),
        settings=Settings(tune="all", epochs=0),
        articles=experiment.fingerprint(),
        zero_shot=weights_fingerprint(experiment.zero_shot),
        fine_tuned=weights_fingerprint(changed),
        versions={name: importlib.metadata.version(name) for name in VERSIONS_OF},
        translators=translators_of(domain, experiment.english),
        built=encoder.built,
        imported_from=str(fine_tuned.absolute()),
    )
    run = Run(info, folder)
    write_history(history, 1, folder / "history.csv")
    write_weights(run.weights_file, changed, {"encoder": encoder.name, "domain": info.domain})
    save_run(run)
    return run, experiment


def _changed_tensors(encoder: ClipEncoder, zero_shot: dict[str, Tensor], source: Path) -> dict[str, Tensor]:
    """Return the tensors of `source` that differ from zero-shot, with the encoder's names."""
    files = _files_in(source)
    spec = replace(encoder.spec, weights=files, convert=converter_of(files))
    fine_tuned = {f"clip.{key}": tensor for key, tensor in build(spec).model.state_dict().items()}
    check_compatible(
        {key: tensor for key, tensor in zero_shot.items() if not key.endswith(_COUNTER)},
        {key: tensor for key, tensor in fine_tuned.items() if not key.endswith(_COUNTER)},
    )
    changed = {
        key: tensor
        for key, tensor in fine_tuned.items()
        if not key.endswith(_COUNTER) and not torch.equal(tensor, zero_shot[key])
    }
    if not changed:
        raise InputError(
            f"the weights in {source} equal those of {encoder.name}, so there is nothing to mix. Name the file with "
            "the fine-tuned weights."
        )
    return changed


def _files_in(source: Path) -> tuple[Path, ...]:
    if source.is_dir():
        return weights_in(source, WEIGHT_FILES)
    if not source.is_file():
        raise InputError(f"--fine-tuned {source}: no such file or folder.")
    return (source,)


def _measure_both(experiment: Experiment, changed: dict[str, Tensor]) -> list[Epoch]:
    """Measure both models on val, as two epochs; leave the zero-shot weights in the encoder."""
    encoder = experiment.encoder
    starts = {tower: first_changed_stage(encoder, tower, set(changed)) for tower in TOWERS}
    val = experiment.view("val", experiment.activations(starts))
    epochs = []
    for epoch, weights in enumerate((experiment.zero_shot, changed)):
        encoder.set_weights(weights)
        metrics = metrics_of(val.ranks()[0])
        scale = float(encoder.logit_scale.detach().exp())
        epochs.append(Epoch(epoch, None, metrics["mrr@100"], metrics["recall@1"], scale))
    encoder.set_weights(experiment.zero_shot)
    return epochs
