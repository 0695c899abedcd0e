"""One model for several domains: zero-shot plus a weighted sum of what each domain's training changed.

Task arithmetic (Ilharco et al. 2023, "Editing models with task arithmetic") with a weight for each domain.
"""

from collections.abc import Sequence

import numpy as np
import torch

from core.encoders.base import TOWERS
from core.experiment.experiment import Experiment
from core.experiment.loaded_run import LoadedRun, load_zero_shot_and_fine_tuned
from core.workspace.runs import Run
from core.workspace.sweep_info import PrecisionName


class Newsrooms:
    """Ranker of several domains' val articles under one model, with weights of `loaded_run` and of `elsewhere`.

    elsewhere: runs of the same model on other domains. All share the encoder, which keeps the last model's weights.
    views: rankers of val by domain, that of `loaded_run` first.
    """

    def __init__(self, loaded_run: LoadedRun, elsewhere: Sequence[Run]) -> None:
        experiment = loaded_run.experiment
        self._encoder = experiment.encoder
        self._theta = self._encoder.state_dict(keep_vars=True)
        precision: dict[str, PrecisionName] = {tower: loaded_run.precision[tower].name for tower in TOWERS}
        loaded = {loaded_run.run.info.domain: loaded_run}
        for run in elsewhere:
            domain = experiment.workspace.load_domain(run.info.domain)
            other = Experiment(domain, self._encoder, run.info.text, experiment.workspace, run.info.english)
            other.zero_shot = experiment.zero_shot  # the encoder has the weights of a mix, maybe rounded
            owner = f"run '{run.info.name}' of domain '{run.info.domain}'"
            other.check_articles(run.info.articles, run.info.translators, owner, "train again")
            loaded[run.info.domain] = LoadedRun(run, other, precision, "none")
        self.views = {slug: run.view("val") for slug, run in loaded.items()}
        changed = [load_zero_shot_and_fine_tuned(run.run, experiment.zero_shot)[1] for run in loaded.values()]
        device = self._encoder.logit_scale.device
        keys = sorted({key for tensors in changed for key in tensors if tensors[key].is_floating_point()})
        self._zero_shot = {key: experiment.zero_shot[key].to(device).float() for key in keys}
        self._moves = [
            {key: tensor.to(device).float() - self._zero_shot[key] for key, tensor in tensors.items() if key in keys}
            for tensors in changed
        ]

    @torch.no_grad()
    def ranks(self, weights: Sequence[float], domains: Sequence[str] | None = None) -> dict[str, np.ndarray]:
        """Return the ranks of the own image under zero-shot + Σ weight · change: int32 [N] for each of `domains`.

        weights: of the domains in the order of `views`. domains: None for all.
        """
        for key, start in self._zero_shot.items():
            moves = (weight * moved[key] for weight, moved in zip(weights, self._moves, strict=True) if key in moved)
            self._theta[key].copy_(start + sum(moves))
        judged = {slug: self.views[slug] for slug in domains or self.views}
        return {slug: view.image_ranks(view.embed("text"), view.embed("image")) for slug, view in judged.items()}
