"""Export of θ(α): a checkpoint file for open_clip, or open_clip's model in memory."""

import copy
from dataclasses import dataclass
from pathlib import Path

import torch

from core.encoders.clip.encoder import ClipEncoder
from core.encoders.loading import load_encoder
from core.encoders.weights import write_weights
from core.errors import InputError
from core.experiment.loaded_run import LoadedRun, load_zero_shot_and_fine_tuned
from core.interpolation.wise_ft import interpolate
from core.workspace.builds import check_build
from core.workspace.folders import Workspace
from core.workspace.runs import Run


@dataclass(frozen=True)
class ExportedModel:
    """Exported checkpoint. architecture, options: for ``open_clip.create_model``. parameters: number of weights."""

    architecture: str
    options: str
    parameters: int


def export_run(run: Run, alpha: float, out: Path, workspace: Workspace) -> ExportedModel:
    """Write all weights at `alpha`, mixed in float32, as safetensors with open_clip's names.

    Raises InputError if the encoder is not open_clip's, or as `load_zero_shot_and_fine_tuned` and `interpolate`.
    """
    encoder = load_encoder(run.info.encoder, torch.device("cpu"), workspace.cache)
    check_build(run.info, f"run '{run.info.name}'", encoder.built)
    encoder.open_clip_checkpoint()  # raises before the work if there is no such checkpoint
    base, fine_tuned = load_zero_shot_and_fine_tuned(run, encoder.state_dict())
    encoder.set_weights(interpolate(base, fine_tuned, alpha))
    made = encoder.open_clip_checkpoint()
    about = {"format": "pt", "alpha": f"{alpha:g}", "encoder": run.info.encoder, "domain": run.info.domain}
    about["activation"] = made.activation
    write_weights(out, made.weights, about | {"fine_tuned": run.info.fine_tuned})
    return ExportedModel(made.architecture, made.options, sum(tensor.numel() for tensor in made.weights.values()))


def open_clip_model(loaded_run: LoadedRun, alpha: float) -> torch.nn.Module:
    """Return open_clip's model with all weights at `alpha`, mixed in float32: a copy, in evaluation mode.

    Raises InputError if the encoder is not open_clip's.
    """
    encoder = loaded_run.experiment.encoder
    if not isinstance(encoder, ClipEncoder):
        raise InputError(
            f"{encoder.name} is not a model of open_clip, so it has no open_clip model at alpha {alpha:g}. Use "
            "embed_texts and embed_images for its embeddings."
        )
    model: torch.nn.Module = copy.deepcopy(encoder.clip).float()
    model.load_state_dict({key.removeprefix("clip."): tensor for key, tensor in loaded_run.weights_at(alpha).items()})
    return model.eval()
