"""What is kept of a sweep beside its numbers: the α chosen, what each tower computed in, how far the path was off."""

from dataclasses import dataclass
from typing import Literal

from core.data.time_split import Split
from core.evaluation.agreement import Disagreement
from core.evaluation.alpha_selection import Selected
from core.retrieval.choices import BY_COSINE, Reranking

PrecisionName = Literal["fp32", "bf16"]


@dataclass(frozen=True)
class TowerPrecision:
    """What a tower computed in, and why. agreement: of bf16 with fp32 on val, None if it was not checked."""

    name: PrecisionName
    reason: str
    agreement: Disagreement | None = None


@dataclass(frozen=True)
class PathInfo:
    """What is known of the path along α on one split. nodes: exact points of a tower; is_good: if it was used.

    error: how far interpolated ranks were off, at worst over the exact points `checked_at`.
    """

    nodes: int
    is_good: bool
    error: Disagreement
    checked_at: tuple[float, ...]


@dataclass(frozen=True)
class SweepInfo:
    """What ``sweep.toml`` holds: the α chosen, what each tower computed in, the path of each split (none if not tried).

    precision: by tower, `image` and `text`. reranking: how the scores were re-ranked that all ranks are of. Beside all
    this the file has the fingerprints of what the sweep left.
    """

    selected: Selected
    precision: dict[str, TowerPrecision]
    paths: dict[Split, PathInfo]
    reranking: Reranking = BY_COSINE  # sweeps made before there were others do not say so
