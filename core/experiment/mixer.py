"""Weights, embeddings and ranks of a run's val articles under any `Mix` of its models."""

import copy
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.encoders.base import TOWERS, TowerName
from core.encoders.weights import load_cached_tensors, save_cached_tensors
from core.experiment.experiment import SplitRanker
from core.experiment.loaded_run import LoadedRun, load_zero_shot_and_fine_tuned
from core.experiment.precision import compute_in
from core.experiment.train import train_pairs
from core.interpolation.merges import MERGES
from core.interpolation.merges.merge import Price
from core.interpolation.mix import TENTHS, Mix
from core.interpolation.mix_weights import WeightPair, depths_of, parts_of, theta
from core.storage.files import fingerprint
from core.training import fisher
from core.workspace.runs import Run

FISHER_FORMAT = 2  # increment when the cached content changes for the same key

Importance = tuple[dict[str, Tensor], dict[str, Tensor]]


class Mixer:
    """Ranker of val under mixes. Mixes with equal weights in a tower share its embeddings, equal mixes their ranks.

    sisters: the runs that may be averaged, `loaded_run.run` among them. elsewhere: runs of the same model on other
    domains. The encoder keeps the weights of the last mix.
    """

    def __init__(self, loaded_run: LoadedRun, sisters: Sequence[Run], elsewhere: Sequence[Run] = ()) -> None:
        self._loaded_run, self._view = loaded_run, loaded_run.view("val")
        self._encoder = loaded_run.experiment.encoder
        self._theta = self._encoder.state_dict(keep_vars=True)
        self._importance: Importance | None = None
        self.ends = _ends(loaded_run, sisters, elsewhere)
        self._parts = self.ends.changed_parts
        self._importance_seconds = 0.0
        self._start_caches()

    def on(self, view: SplitRanker) -> "Mixer":
        """Return a ranker of the same mixes on the articles of `view`, which must have the same encoder."""
        other = copy.copy(self)
        other._view = view
        other._start_caches()
        return other

    def _start_caches(self) -> None:
        # A search moves one tower at a time, so few embeddings are needed again; ranks are small and stay.
        self._embedding = lru_cache(2 * len(TENTHS))(self._embed)
        self._ranks: dict[Mix, np.ndarray] = {}
        self._rank_seconds: dict[Mix, float] = {}
        self._pass_seconds: dict[tuple[TowerName, Mix], float] = {}

    def ranks(self, mix: Mix) -> np.ndarray:
        """Return the ranks of the own image with exact weights: int32 [N]."""
        key = self._reduced(mix, self._parts)
        if key not in self._ranks:
            texts, images = self.embeddings(mix, "text"), self.embeddings(mix, "image")
            start = time.perf_counter()
            self._ranks[key] = self._view.image_ranks(texts, images)
            self._rank_seconds[key] = time.perf_counter() - start
        return self._ranks[key]

    def embeddings(self, mix: Mix, tower: TowerName) -> Tensor:
        """Return embeddings of one tower: [n, d], of length one; [n, 2d] if the mix combines scores."""
        combine = MERGES[mix.merge].combine
        embeddings = [self._embedding(tower, key) for key in self._encoded(mix, tower)]
        return embeddings[0] if combine is None else combine(embeddings[0], embeddings[1], mix.alpha)

    def price(self, mixes: Iterable[Mix]) -> Price:
        """Return what ranking with `mixes` cost or would have cost, if nothing else had been ranked before.

        Mixes must have been ranked. Importance that was read from the cache costs what reading it took.
        """
        distinct = set(mixes)
        passes = {(tower, key) for mix in distinct for tower in TOWERS for key in self._encoded(mix, tower)}
        seconds = sum(self._pass_seconds[key] for key in passes)
        seconds += sum(self._rank_seconds[key] for key in {self._reduced(mix, self._parts) for mix in distinct})
        if any("importance" in MERGES[mix.merge].needs for mix in distinct):
            seconds += self._importance_seconds
        return Price(len(passes), seconds)

    def _encoded(self, mix: Mix, tower: TowerName) -> list[Mix]:
        """Return the mixes of weights with which the tower must encode, reduced to what changes its embeddings."""
        parts = [part for part in self._parts if part.startswith(tower)]
        is_weights = MERGES[mix.merge].combine is None
        mixes = [mix] if is_weights else [Mix(mix.runs, alpha) for alpha in (0.0, 1.0)]
        return [self._reduced(each, parts) for each in mixes]

    def _reduced(self, mix: Mix, parts: Sequence[str]) -> Mix:
        """Return the mix within `parts`; merges with the same `build`, such as all that interpolate, become equal."""
        merge = MERGES[mix.merge]
        if merge.combine is not None:
            return mix
        built_as = next(name for name, other in MERGES.items() if other.build is merge.build)
        return replace(mix, merge=built_as).within(parts)

    def _embed(self, tower: TowerName, mix: Mix) -> Tensor:
        ends = self.ends.of(tower)
        if "importance" in MERGES[mix.merge].needs:
            self._importance = self._importance or self._load_importance()
            ends = replace(ends, importance=self._importance)
        start = time.perf_counter()
        theta(mix, ends, out=self._theta)
        embeddings = self._view.embed(tower)
        self._pass_seconds[tower, mix] = time.perf_counter() - start
        return embeddings

    def _load_importance(self) -> Importance:
        """Return the importance of weights for the zero-shot and the fine-tuned model, cached or measured."""
        start = time.perf_counter()
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
        self._importance_seconds = time.perf_counter() - start
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


def _ends(loaded_run: LoadedRun, sisters: Sequence[Run], elsewhere: Sequence[Run]) -> WeightPair:
    """Return the weights of all runs on the encoder's device; a run's unchanged tensors are the zero-shot ones."""
    encoder = loaded_run.experiment.encoder
    device = encoder.logit_scale.device
    runs = {run.info.name: run for run in sisters} | {elsewhere_name(run): run for run in elsewhere}
    both = {name: load_zero_shot_and_fine_tuned(run, loaded_run.experiment.zero_shot) for name, run in runs.items()}
    keys = sorted({key for _, fine_tuned in both.values() for key in fine_tuned})
    zero_shot = {key: loaded_run.experiment.zero_shot[key].to(device) for key in keys}
    fine_tuned = {
        name: zero_shot | {key: tensor.to(device) for key, tensor in end.items()} for name, (_, end) in both.items()
    }
    names = tuple(elsewhere_name(run) for run in elsewhere)
    return WeightPair(zero_shot, fine_tuned, parts_of(encoder, keys), depths=depths_of(encoder, keys), elsewhere=names)


def elsewhere_name(run: Run) -> str:
    """Return the name of a run of another domain in a mix, which no run of the own domain can have."""
    return f"{run.info.domain}/{run.info.name}"


def _read_importance(file: Path, keys: list[str]) -> Importance | None:
    """Read the cached importance; None if it is missing or damaged."""
    read = load_cached_tensors(file)
    if read is None or len(read) != 2 * len(keys):
        return None
    zero_shot, fine_tuned = ({key: read[f"{end}/{key}"] for key in keys} for end in (0, 1))
    return zero_shot, fine_tuned
