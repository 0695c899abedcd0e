"""Rolling origins: repeat a run's training up to each period, choose α*, and rank all later articles.

Settings, encoder and query texts are the run's; activations in front of the tuned stages are computed once. Nothing is
written except the usual cache files.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from core.analysis.headroom import SHARES
from core.analysis.label_free import recommend
from core.analysis.rolling_origin import MIN_TO_TRAIN, NextAlphas, OriginRanks, Periods
from core.data.domain import gallery_of
from core.data.time_split import TRAIN_SHARE
from core.encoders.base import TOWERS, first_tuned_stages
from core.evaluation.metrics import values_of
from core.evaluation.models import Model
from core.experiment.experiment import Experiment, SplitRanker
from core.experiment.loaded_run import LoadedRun
from core.experiment.precision import compute_in
from core.experiment.signals import certainty
from core.experiment.train import pairs_of
from core.interpolation.mix import TENTHS
from core.interpolation.wise_ft import interpolate
from core.progress import progress
from core.retrieval.choices import BY_COSINE
from core.training.settings import Settings
from core.training.trainer import finetune

#: Criterion for α*: it changes with every article, which matters if there are few to choose on.
METRIC = "mrr@100"


def roll(
    loaded_run: LoadedRun, articles: pd.DataFrame, periods: Periods, window: int | None = None
) -> Iterator[OriginRanks]:
    """Yield the ranks of one training up to each origin; restore the encoder afterwards.

    articles: rows of the domain's table in order of time, all with a known image. window: train on this many articles
    before the origin, so that trainings differ only in age; None: on all before it.
    """
    experiment = loaded_run.experiment
    for tower in TOWERS:  # training is in float32, whatever the precision of the run's ranks
        experiment.encoder.compute_in(tower, torch.float32)
    rolling = _Rolling(experiment, loaded_run.run.info.settings, articles, periods)
    try:
        for origin in progress(periods.origins(window or MIN_TO_TRAIN), "Training until each period"):
            yield rolling.train(origin, window)
    finally:
        experiment.encoder.set_weights(experiment.zero_shot)
        compute_in(loaded_run.precision, experiment.encoder)


class _Rolling:
    """Trainings up to each period on shared activations."""

    def __init__(self, experiment: Experiment, settings: Settings, articles: pd.DataFrame, periods: Periods) -> None:
        self._experiment, self._settings = experiment, settings
        self._articles, self._periods = articles, periods
        self._encoder = experiment.encoder
        starts = first_tuned_stages(self._encoder, settings.tune)
        self._activations = experiment.activations(starts)  # sets the zero-shot weights
        self._views = {period: self._view(articles[periods.of == period]) for period in np.unique(periods.of).tolist()}
        self._zero_shot = {period: _ranks(view) for period, view in self._views.items()}

    def _view(self, articles: pd.DataFrame) -> SplitRanker:
        """Return a ranker of the articles against their images, by plain cosine."""
        gallery = gallery_of(articles, articles.drop_duplicates("image_id"))
        return SplitRanker(self._encoder, articles, gallery, self._experiment.gallery, self._activations, BY_COSINE)

    def train(self, origin: int, window: int | None) -> OriginRanks:
        """Train on the articles up to `origin` and rank all later ones under the three models."""
        earlier = self._articles[self._periods.of <= origin]
        earlier = earlier if window is None else earlier.iloc[-window:]
        cut = int(len(earlier) * TRAIN_SHARE)
        trained, chosen = earlier.iloc[:cut], earlier.iloc[cut:]
        view = self._view(chosen)
        self._encoder.set_weights(self._experiment.zero_shot)
        changed = finetune(
            self._encoder, self._activations, pairs_of(self._experiment, trained), lambda _: _ranks(view),
            self._settings, lambda epoch: None,
        )  # fmt: skip
        later = [period for period in self._views if period > origin]
        fine_tuned = [_ranks(self._views[period]) for period in later]
        alpha = self._best_alpha(changed, view)
        self._set_alpha(changed, alpha)
        ranks = {
            Model.ZERO_SHOT: [self._zero_shot[period] for period in later],
            Model.FINE_TUNED: fine_tuned,
            Model.WISE_FT: [_ranks(self._views[period]) for period in later],
        }
        following = None if window is not None else self._at_each_alpha(changed, self._views[origin + 1])
        later_rows = np.flatnonzero(self._periods.of > origin)
        return OriginRanks(
            origin, len(trained), len(chosen), alpha, later_rows, self._periods.of[later_rows],
            {model: np.concatenate(parts) for model, parts in ranks.items()}, following,
        )  # fmt: skip

    def _at_each_alpha(self, changed: Mapping[str, Tensor], view: SplitRanker) -> NextAlphas:
        """Rank a period at each α, and recommend α from its texts and images only."""
        self._set_alpha(changed, 1.0)
        own = 1 / float(self._encoder.logit_scale.detach().exp())
        ranks, found = [], []
        for alpha in TENTHS:
            self._set_alpha(changed, alpha)
            texts, images = view.embed("text"), view.embed("image")
            ranks.append(view.image_ranks(texts, images))
            found.append(certainty(texts, images, [own * share for share in SHARES]))
        entropies, highest, margin = (np.stack(signal) for signal in zip(*found, strict=True))
        return NextAlphas(TENTHS, np.stack(ranks), recommend(TENTHS, entropies, highest, margin))

    def _best_alpha(self, changed: Mapping[str, Tensor], view: SplitRanker) -> float:
        """Return the best α; of equally good ones the smallest."""
        values = []
        for alpha in TENTHS:
            self._set_alpha(changed, alpha)
            values.append(values_of(_ranks(view), METRIC).mean())
        return TENTHS[int(np.argmax(values))]

    def _set_alpha(self, changed: Mapping[str, Tensor], alpha: float) -> None:
        start = {key: self._experiment.zero_shot[key] for key in changed}
        self._encoder.set_weights(interpolate(start, changed, alpha))


def _ranks(view: SplitRanker) -> np.ndarray:
    return view.image_ranks(view.embed("text"), view.embed("image"))
