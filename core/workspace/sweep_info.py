"""Records of ``sweep.toml``: α*, precision of each tower, re-ranking and the measured error of interpolation."""

from dataclasses import dataclass
from typing import Literal

from core.data.time_split import Split
from core.evaluation.agreement import Disagreement
from core.evaluation.alpha_selection import Selected
from core.retrieval.choices import BY_COSINE, Reranking

PrecisionName = Literal["fp32", "bf16"]


@dataclass(frozen=True)
class TowerPrecision:
    """Precision of one tower with its reason. agreement: of bf16 with fp32 on val; None if not checked."""

    name: PrecisionName
    reason: str
    agreement: Disagreement | None = None


@dataclass(frozen=True)
class PathInfo:
    """Path along α of one split. nodes: exact points per tower. is_good: True if the sweep used it.

    error: largest difference between interpolated and exact ranks, measured at the α `checked_at`.
    is_linear: only linear heads change, so every α is exact; the field is missing in sweeps of early versions.
    """

    nodes: int
    is_good: bool
    error: Disagreement
    checked_at: tuple[float, ...]
    is_linear: bool = False


@dataclass(frozen=True)
class SweepInfo:
    """Content of ``sweep.toml``, without the fingerprints of the sweep's files.

    selected: α* and its criterion. precision: by tower, `image` and `text`. paths: by split; empty if the sweep was
    exact. reranking: applied to all scores before ranking.
    """

    selected: Selected
    precision: dict[str, TowerPrecision]
    paths: dict[Split, PathInfo]
    reranking: Reranking = BY_COSINE  # the field is missing in sweeps of early versions

    @property
    def has_exact_plane(self) -> bool:
        """Whether the points of the plane are exact: only linear heads change. Otherwise only its corners are."""
        return "val" in self.paths and self.paths["val"].is_linear
