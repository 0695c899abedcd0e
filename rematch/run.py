"""Runs: sweep, curve over α, ranks, comparison of the three models, and the model at any α."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, get_args

import pandas as pd

from core.data.domain import Domain
from core.data.time_split import SPLITS, Split
from core.encoders.choices import DeviceChoice
from core.errors import InputError
from core.evaluation.alpha_selection import Criterion
from core.evaluation.metrics import METRICS
from core.evaluation.models import Model as ModelName
from core.evaluation.sweep import parse_alphas
from core.retrieval.choices import Rerank
from core.storage.files import FileSignature
from core.training.settings import Settings
from core.workspace import runs as stored
from core.workspace.folders import Workspace
from core.workspace.sweep_info import PrecisionName, SweepInfo

if TYPE_CHECKING:  # these import torch
    from core.experiment.loaded_run import LoadedRun
    from rematch.model import Model


def one_of(parameter: str, value: str, allowed: Sequence[str]) -> None:
    """Raise InputError with the allowed values, unless `value` is one of them."""
    if value not in allowed:
        raise InputError(f"{parameter}={value!r}: expected one of {', '.join(allowed)}.")


@dataclass(frozen=True)
class Sweep:
    """Result of a sweep.

    Attributes:
        curve: one row per split and α: alpha, split, interpolated (False: computed with the exact weights), n,
            mrr@100, recall@1, recall@5, recall@10, recall@50, recall@100, mean_rank, median_rank.
        best_alpha: the α with the highest `criterion` on val; always exact.
        criterion: the val metric of this choice.
        info: precision of each tower, and the measured error of interpolated ranks on each split.

    Examples:
        >>> sweep = run.sweep(alphas=[0.5])
        >>> bool(sweep.curve["interpolated"].any())
        False
    """

    curve: pd.DataFrame
    best_alpha: float
    criterion: Criterion
    info: SweepInfo

    @property
    def best_range(self) -> tuple[float | None, float | None]:
        """Ends of the interval of α in which `criterion` is best; None if only single α were evaluated.

        Examples:
            >>> run.sweep(alphas=[0.5]).best_range
            (None, None)
        """
        return self.info.selected.low, self.info.selected.high


class Run:
    """One fine-tuning of an encoder on a domain. Get one from `Domain.run` or `Domain.fine_tune`.

    Examples:
        >>> domain.run("first")
        <Run 'first' of my-news: head tuned, 1 epoch, swept>
    """

    def __init__(self, run: stored.Run, domain: Domain, workspace: Workspace, device: DeviceChoice) -> None:
        self._run, self._domain, self._workspace, self._device = run, domain, workspace, device
        self._loaded: tuple[FileSignature | None, LoadedRun] | None = None
        self._lock = RLock()  # only one computation at a time may use the encoder's weights

    @property
    def name(self) -> str:
        """The name that commands take as `--run`."""
        return self._run.info.name

    @property
    def encoder(self) -> str:
        """The name of the encoder that was fine-tuned."""
        return self._run.info.encoder

    @property
    def settings(self) -> Settings:
        """The settings of the fine-tuning."""
        return self._run.info.settings

    @property
    def is_swept(self) -> bool:
        """True if curve, ranks and best α are stored."""
        return self._run.is_swept

    @property
    def best_alpha(self) -> float:
        """The α that the last sweep chose on val. Raises InputError if the run was not swept.

        Examples:
            >>> 0 <= run.best_alpha <= 1
            True
        """
        return self._run.selected().alpha

    def history(self) -> pd.DataFrame:
        """Return one row per epoch; epoch 0 is the model before training.

        Columns: epoch, train_loss, val_mrr@100, val_recall@1, logit_scale, kept (True for the run's weights).

        Examples:
            >>> len(run.history()) == 1 + run.settings.epochs
            True
        """
        return self._run.history()

    def sweep(
        self,
        alphas: Sequence[float] | None = None,
        criterion: Criterion = "recall@1",
        *,
        precision: PrecisionName = "fp32",
        rerank: Rerank = "none",
    ) -> Sweep:
        """Evaluate θ(α) on val, and on test if it has ground truth; choose α on val; store the sweep with the run.

        Args:
            alphas: exact points to evaluate, in addition to 0 and 1. None: the curve in steps of 0.01, interpolated
                between exact points if the measured error is small.
            criterion: the val metric by which α is chosen.
            precision: `fp32`, or `bf16` for each tower whose ranks agree with fp32 on val.
            rerank: `none`, `dual-softmax`, `csls` or `sinkhorn`; stored with the sweep and used by `at`.

        Raises:
            InputError: α outside 0 to 1, an unknown name, or the domain changed after the run's training.

        Examples:
            >>> run.sweep(alphas=[0.25, 0.75]).curve[["alpha", "split", "n"]].to_dict("list")
            {'alpha': [0.0, 0.25, 0.75, 1.0], 'split': ['val', 'val', 'val', 'val'], 'n': [12, 12, 12, 12]}
        """
        one_of("criterion", criterion, tuple(METRICS))
        one_of("precision", precision, get_args(PrecisionName))
        one_of("rerank", rerank, get_args(Rerank))
        grid = parse_alphas(",".join(map(str, [0, *alphas]))) if alphas is not None else None
        from core.experiment.loaded_run import open_run
        from core.experiment.sweep import sweep_run

        loaded_run = open_run(self._run, self._domain, self._workspace, self._device, precision, rerank)
        curve, info = sweep_run(loaded_run, grid, criterion)
        return Sweep(curve, info.selected.alpha, info.selected.criterion, info)

    def curve(self) -> pd.DataFrame:
        """Return the curve of the last sweep; columns as in `Sweep.curve`. Raises InputError if there is none.

        Examples:
            >>> run.curve().columns[:5].tolist()
            ['alpha', 'split', 'interpolated', 'n', 'mrr@100']
        """
        return self._run.curve()

    def ranks(self, split: Split = "val") -> pd.DataFrame:
        """Return the rank of each article's own image at each α of the last sweep.

        Columns: article_id, split, alpha, rank (text → image) and reverse_rank (image → text); 1 is best. One row per
        article and α. Raises InputError if the split was not swept.

        Examples:
            >>> run.ranks().groupby("alpha")["rank"].median().index.tolist()
            [0.0, 0.5, 1.0]
        """
        one_of("split", split, SPLITS)
        ranks = self._run.ranks()
        ranks = ranks[ranks["split"] == split]
        if ranks.empty:
            raise self._not_swept(split)
        return ranks.reset_index(drop=True)

    def compare(
        self, metric: Criterion = "mrr@100", baseline: str = ModelName.ZERO_SHOT, split: Split | None = None
    ) -> pd.DataFrame:
        """Compare zero-shot, fine-tuned and WiSE-FT on the same articles.

        Args:
            metric: a metric of the curve.
            baseline: the model that the others are compared with: `zero-shot`, `fine-tuned` or `WiSE-FT`.
            split: None for test if it was swept, else val. On val, where the best α was chosen, WiSE-FT is
                cross-fitted: each tenth of the articles is judged at the α that the others choose. (`curve` has the
                value at the best α itself, which is too good on these articles.)

        Returns:
            One row per model, in this order, with its name as index; columns: alpha (missing where cross-fitted),
            split, n, the metric, low and high (95 % interval, paired bootstrap), then difference (model − baseline),
            difference_low, difference_high, p (permutation test; t test where cross-fitted) and p_holm (corrected over
            all metrics and pairs of the three models). The last five are missing for the baseline itself.

        Raises:
            InputError: the run or split was not swept, or an unknown name.

        Examples:
            >>> table = run.compare("recall@10", baseline="fine-tuned")
            >>> table.index.tolist(), table.columns[3:6].tolist()
            (['zero-shot', 'fine-tuned', 'WiSE-FT'], ['recall@10', 'low', 'high'])
        """
        one_of("metric", metric, tuple(METRICS))
        one_of("baseline", baseline, tuple(map(str, ModelName)))
        from core.findings.question import RunContext
        from rematch.comparison import comparison_table

        context = RunContext(self._run, self._domain, self._workspace, self._device)
        chosen = split or context.splits[-1]
        if chosen not in context.splits:
            raise self._not_swept(chosen)
        return comparison_table(context, chosen, metric, baseline)

    @contextmanager
    def at(self, alpha: float) -> Iterator["Model"]:
        """Open the run's model with exact weights at `alpha`, from 0 (zero-shot) to 1 (fine-tuned).

        Several models may be open at once, at different α and in several threads; each uses its own weights. They share
        one encoder in memory, so only one computes at a time. After the block the model is closed.

        Raises InputError if α is outside 0 to 1, or the encoder, its weights or the domain changed after training.

        Examples:
            >>> with run.at(0.0) as before, run.at(1.0) as after:
            ...     changed = before.rank().ranks["rank"] != after.rank().ranks["rank"]
            >>> len(changed)
            12
        """
        if not 0.0 <= alpha <= 1.0:
            raise InputError(f"alpha {alpha}: expected a number from 0 (zero-shot) to 1 (fine-tuned).")
        from rematch.model import Model

        model = Model(self._load(), float(alpha), self._lock)
        try:
            yield model
        finally:
            model._close()

    def _load(self) -> "LoadedRun":
        """Return the loaded run, cached until the next sweep, which determines precision and re-ranking."""
        from core.experiment.loaded_run import open_run

        with self._lock:
            swept = self._run.sweep_stamp()
            if self._loaded is None or self._loaded[0] != swept:
                self._loaded = swept, open_run(self._run, self._domain, self._workspace, self._device)
            return self._loaded[1]

    def _not_swept(self, split: Split) -> InputError:
        return InputError(
            f"run '{self.name}' was not swept on {split}: sweeps cover val, and test if its ground truth is known. Add "
            f"the ground truth and sweep again, or choose another split."
        )

    def __repr__(self) -> str:
        settings = self.settings
        epochs = f"{settings.epochs} epoch{'s' * (settings.epochs != 1)}"
        state = "swept" if self.is_swept else "not swept"
        return f"<Run '{self.name}' of {self._run.info.domain}: {settings.tune} tuned, {epochs}, {state}>"
