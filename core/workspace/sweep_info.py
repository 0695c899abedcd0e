"""What is kept of a sweep beside its numbers: the α chosen, what each tower computed in, how far the path was off."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from core.data.time_split import Split
from core.evaluation.agreement import Disagreement
from core.evaluation.alpha_selection import Selected
from core.retrieval.choices import BY_COSINE, Reranking

PrecisionName = Literal["fp32", "bf16"]
PRECISIONS: tuple[PrecisionName, ...] = get_args(PrecisionName)


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

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> "SweepInfo":
        """From what TOML gives back. Raises TypeError or KeyError."""
        return cls(
            Selected(**table["selected"]),
            {tower: _precision(row) for tower, row in table["precision"].items()},
            {split: _path(row) for split, row in table["paths"].items()},
            Reranking(**table.get("reranking", {})),
        )


def _precision(row: dict[str, Any]) -> TowerPrecision:
    agreement = _disagreement(row["agreement"]) if "agreement" in row else None
    return TowerPrecision(row["name"], row["reason"], agreement)  # early sweeps have a `speedup`, too


def _path(row: dict[str, Any]) -> PathInfo:
    return PathInfo(**row | {"error": _disagreement(row["error"]), "checked_at": tuple(row["checked_at"])})


def _disagreement(row: dict[str, float]) -> Disagreement:
    """Read both measures. Sweeps written before version 0.2 name the second one recall_10, though it is no recall."""
    return Disagreement(row["mrr_100"], row["top10_flip_rate"] if "top10_flip_rate" in row else row["recall_10"])
