"""Weights, embeddings and ranks of a run's val articles under any `Mix` of its models."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.encoders.base import TOWERS, TowerName
from core.encoders.weights import load_cached_tensors, save_cached_tensors
from core.experiment.loaded_run import LoadedRun, load_zero_shot_and_fine_tuned
from core.experiment.precision import compute_in
from core.experiment.train import train_pairs
from core.interpolation.merges import MERGES
from core.interpolation.mix import TENTHS, Mix
from core.interpolation.mix_weights import WeightPair, mixed_scores, parts_of, theta
from core.storage.files import fingerprint
from core.training import fisher
from core.workspace.runs import Run

FISHER_FORMAT = 2  # increment when the cached content changes for the same key

Importance = tuple[dict[str, Tensor], dict[str, Tensor]]


class Mixer:
    """Ranker of val under mixes. Mixes with equal weights in a tower share its cached embeddings.

    sisters: the runs that may be averaged, `loaded_run.run` among them. The encoder keeps the weights of the last mix.
    """

    def __init__(self, loaded_run: LoadedRun, sisters: Sequence[Run]) -> None:
        self._loaded_run, self._view = loaded_run, loaded_run.view("val")
        self._encoder = loaded_run.experiment.encoder
        self._theta = self._encoder.state_dict(keep_vars=True)
        self._importance: Importance | None = None
        self.ends = _ends(loaded_run, sisters)
        # The plane over the α of both towers needs all tenths of both.
        self._embedding = lru_cache(2 * len(TENTHS))(self._embed)

    def ranks(self, mix: Mix) -> np.ndarray:
        """Return the ranks of the own image with exact weights: int32 [N]."""
        return self._view.image_ranks(self.embeddings(mix, "text"), self.embeddings(mix, "image"))

    def embeddings(self, mix: Mix, tower: TowerName) -> Tensor:
        """Return embeddings of one tower: [n, d], of length one; [n, 2d] if the mix combines scores."""
        merge = MERGES[mix.merge]
        if merge.mixes == "scores":
            zero_shot, fine_tuned = (Mix(mix.runs, alpha) for alpha in (0.0, 1.0))
            return mixed_scores(self.embeddings(zero_shot, tower), self.embeddings(fine_tuned, tower), mix.alpha)
        parts = [part for part in self.ends.changed_parts if part.startswith(tower)]
        # The key of the cache has only the parts of this tower: the rest of the mix does not change its embeddings.
        own = mix.within(parts)
        # Merges with the same `build`, such as all that interpolate, share embeddings.
        built_as = next(name for name, other in MERGES.items() if other.build is merge.build)
        return self._embedding(tower, built_as, mix.runs, own.alpha, tuple(own.own.items()))

    def _embed(
        self, tower: TowerName, merge: str, runs: tuple[str, ...], alpha: float, own: tuple[tuple[str, float], ...]
    ) -> Tensor:
        ends = self.ends.of(tower)
        if "importance" in MERGES[merge].needs:
            self._importance = self._importance or self._load_importance()
            ends = replace(ends, importance=self._importance)
        theta(Mix(runs, alpha, dict(own), merge), ends, out=self._theta)
        return self._view.embed(tower)

    def _load_importance(self) -> Importance:
        """Return the importance of weights for the zero-shot and the fine-tuned model, cached or measured."""
        loaded_run, keys = self._loaded_run, list(self.ends.zero_shot)
        info, articles = loaded_run.run.info, loaded_run.experiment.fingerprint()
        key = fingerprint(FISHER_FORMAT, fisher.BATCH, fisher.BATCHES, info.zero_shot, info.fine_tuned, articles, keys)
        file = loaded_run.experiment.workspace.cache / "fisher" / f"{key}.safetensors"
        importance = _read_importance(file, keys)
        if importance is None:
            importance = self._measure_importance(keys)
            save_cached_tensors(file, {f"{end}/{key}": importance[end][key] for end in (0, 1) for key in keys})
        device = self._encoder.logit_scale.device
        zero_shot, fine_tuned = ({key: end[key].to(device) for key in keys} for end in importance)
        return zero_shot, fine_tuned

    def _measure_importance(self, keys: list[str]) -> Importance:
        """Measure the importance in float32, whatever the precision of the ranks."""
        pairs, found = train_pairs(self._loaded_run.experiment), []
        for tower in TOWERS:
            self._encoder.compute_in(tower, torch.float32)
        self._encoder.set_weights(self._loaded_run.experiment.zero_shot)  # weights stored in bf16 are rounded
        for alpha in (0.0, 1.0):
            self._encoder.set_weights(theta(Mix((self._loaded_run.run.info.name,), alpha), self.ends))
            found.append(fisher.diagonal_fisher(self._encoder, self._loaded_run.activations, pairs, keys))
        compute_in(self._loaded_run.precision, self._encoder)
        return found[0], found[1]


def _ends(loaded_run: LoadedRun, sisters: Sequence[Run]) -> WeightPair:
    """Return the weights of all runs on the encoder's device; a run's unchanged tensors are the zero-shot ones."""
    device = loaded_run.experiment.encoder.logit_scale.device
    both = {run.info.name: load_zero_shot_and_fine_tuned(run, loaded_run.experiment.zero_shot) for run in sisters}
    keys = sorted({key for _, fine_tuned in both.values() for key in fine_tuned})
    zero_shot = {key: loaded_run.experiment.zero_shot[key].to(device) for key in keys}
    fine_tuned = {
        name: zero_shot | {key: tensor.to(device) for key, tensor in end.items()} for name, (_, end) in both.items()
    }
    return WeightPair(zero_shot, fine_tuned, parts_of(loaded_run.experiment.encoder, keys))


def _read_importance(file: Path, keys: list[str]) -> Importance | None:
    """Read the cached importance; None if it is missing or damaged."""
    read = load_cached_tensors(file)
    if read is None or len(read) != 2 * len(keys):
        return None
    zero_shot, fine_tuned = ({key: read[f"{end}/{key}"] for key in keys} for end in (0, 1))
    return zero_shot, fine_tuned
