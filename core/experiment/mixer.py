"""A run's val articles under any `Mix` of its models: weights, embeddings, ranks."""

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

FISHER_FORMAT = 2  # counts up when what is kept changes for the same key

Importance = tuple[dict[str, Tensor], dict[str, Tensor]]


class Mixer:
    """Ranks of val for each mix asked for; a tower is encoded once for mixes that agree in it, while there is room.

    sisters: the runs that may be averaged, `tuned.run` among them. Leaves the encoder with the weights of the last mix.
    """

    def __init__(self, loaded_run: LoadedRun, sisters: Sequence[Run]) -> None:
        self._tuned, self._view = loaded_run, loaded_run.view("val")
        self._encoder = loaded_run.experiment.encoder
        self._theta = self._encoder.state_dict(keep_vars=True)
        self._importance: Importance | None = None
        self.ends = _ends(loaded_run, sisters)
        # The plane of both towers' α needs all tenths of both at once.
        self._embedding = lru_cache(2 * len(TENTHS))(self._embedded)

    def ranks(self, mix: Mix) -> np.ndarray:
        """Ranks of the own image, int32 [N], with exact weights."""
        return self._view.image_ranks(self.embeddings(mix, "text"), self.embeddings(mix, "image"))

    def embeddings(self, mix: Mix, tower: TowerName) -> Tensor:
        """One tower's [n, d], of length one; [n, 2d] where scores are mixed."""
        merge = MERGES[mix.merge]
        if merge.mixes == "scores":
            zero_shot, fine_tuned = (Mix(mix.runs, alpha) for alpha in (0.0, 1.0))
            return mixed_scores(self.embeddings(zero_shot, tower), self.embeddings(fine_tuned, tower), mix.alpha)
        parts = [part for part in self.ends.changed_parts if part.startswith(tower)]
        # What a tower looks like depends on nothing but this; the rest of the mix is the other tower's.
        own = mix.within(parts)
        # Ways that build alike, as all that interpolate do, share what was embedded.
        built_as = next(name for name, other in MERGES.items() if other.build is merge.build)
        return self._embedding(tower, built_as, mix.runs, own.alpha, tuple(own.own.items()))

    def _embedded(
        self, tower: TowerName, merge: str, runs: tuple[str, ...], alpha: float, own: tuple[tuple[str, float], ...]
    ) -> Tensor:
        ends = self.ends.of(tower)
        if "importance" in MERGES[merge].needs:
            self._importance = self._importance or self._measured_importance()
            ends = replace(ends, importance=self._importance)
        theta(Mix(runs, alpha, dict(own), merge), ends, out=self._theta)
        return self._view.embed(tower)

    def _measured_importance(self) -> Importance:
        """Of the weights to the zero-shot and the fine-tuned model, from the cache or measured now."""
        loaded_run, keys = self._tuned, list(self.ends.zero_shot)
        info, articles = loaded_run.run.info, loaded_run.experiment.fingerprint()
        key = fingerprint(FISHER_FORMAT, fisher.BATCH, fisher.BATCHES, info.zero_shot, info.fine_tuned, articles, keys)
        file = loaded_run.experiment.workspace.cache / "fisher" / f"{key}.safetensors"
        kept = _kept(file, keys)
        if kept is None:
            kept = self._weighed(keys)
            save_cached_tensors(file, {f"{end}/{key}": kept[end][key] for end in (0, 1) for key in keys})
        device = self._encoder.logit_scale.device
        zero_shot, fine_tuned = ({key: each[key].to(device) for key in keys} for each in kept)
        return zero_shot, fine_tuned

    def _weighed(self, keys: list[str]) -> Importance:
        """Measured in float32, whatever ranks are computed in."""
        pairs, found = train_pairs(self._tuned.experiment), []
        for tower in TOWERS:
            self._encoder.compute_in(tower, torch.float32)
        self._encoder.set_weights(self._tuned.experiment.zero_shot)  # what was held in less is rounded
        for alpha in (0.0, 1.0):
            self._encoder.set_weights(theta(Mix((self._tuned.run.info.name,), alpha), self.ends))
            found.append(fisher.diagonal_fisher(self._encoder, self._tuned.activations, pairs, keys))
        compute_in(self._tuned.precision, self._encoder)
        return found[0], found[1]


def _ends(loaded_run: LoadedRun, sisters: Sequence[Run]) -> WeightPair:
    """The models of all runs, on the encoder's device; a tensor that one training left alone is as it was there."""
    device = loaded_run.experiment.encoder.logit_scale.device
    both = {run.info.name: load_zero_shot_and_fine_tuned(run, loaded_run.experiment.zero_shot) for run in sisters}
    keys = sorted({key for _, fine_tuned in both.values() for key in fine_tuned})
    zero_shot = {key: loaded_run.experiment.zero_shot[key].to(device) for key in keys}
    fine_tuned = {
        name: zero_shot | {key: each.to(device) for key, each in end.items()} for name, (_, end) in both.items()
    }
    return WeightPair(zero_shot, fine_tuned, parts_of(loaded_run.experiment.encoder, keys))


def _kept(file: Path, keys: list[str]) -> Importance | None:
    """What was measured before; None if it is not there or not what was written (to be made again)."""
    read = load_cached_tensors(file)
    if read is None or len(read) != 2 * len(keys):
        return None
    zero_shot, fine_tuned = ({key: read[f"{end}/{key}"] for key in keys} for end in (0, 1))
    return zero_shot, fine_tuned
