"""Sweep on several machines or processes with Ray: one task for each α and share of the articles.

Tasks use the same batches as a single process, so results are equal to the byte. All machines need the same workspace
(a shared disk) and Rematch at the same path; the cache may be shared or not.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.data.time_split import Split
from core.encoders.base import TowerName
from core.encoders.choices import DeviceChoice
from core.encoders.embedding import batches, embed
from core.errors import InputError, RematchError
from core.experiment.loaded_run import LoadedRun, open_run
from core.extras import check_extra
from core.workspace.folders import Workspace
from core.workspace.runs import find_run
from core.workspace.sweep_info import PrecisionName


@dataclass(frozen=True)
class WorkerSpec:
    """Data that a worker needs to open the same run. precision: of (image, text) tower, from the first process."""

    workspace: Workspace
    domain: str
    run: str
    device: DeviceChoice
    precision: tuple[PrecisionName, PrecisionName]


class ClusterExperiment(LoadedRun):
    """A loaded run whose exact embeddings Ray's workers compute; call `start_ray` first."""

    def __init__(self, loaded_run: LoadedRun, device: DeviceChoice) -> None:
        self.__dict__.update(loaded_run.__dict__)
        info, precision = loaded_run.run.info, loaded_run.precision
        self._opening = WorkerSpec(
            loaded_run.experiment.workspace,
            info.domain,
            info.name,
            device,
            (precision["image"].name, precision["text"].name),
        )

    def embeddings(self, tower: TowerName, alphas: Sequence[float], split: Split) -> Iterator[Tensor]:
        """Yield the same embeddings as a single process; all tasks are submitted before the first result is read."""
        import ray

        view = self.view(split)
        shares = self._shares(tower, split)
        task = ray.remote(num_gpus=int(self._device.type == "cuda"))(_embed_share)
        waiting = [[task.remote(self._opening, tower, alpha, split, share) for share in shares] for alpha in alphas]
        for parts in waiting:
            try:
                values = torch.from_numpy(np.concatenate(ray.get(parts)))
            except ray.exceptions.RayError as error:
                raise RematchError(f"a worker of the cluster failed: {' '.join(str(error).split())[-300:]}") from error
            out = torch.empty(len(view.rows(tower)), values.shape[1])
            out[torch.from_numpy(np.concatenate(shares))] = values
            yield out.to(self._device)

    @property
    def _device(self) -> torch.device:
        return self.experiment.encoder.logit_scale.device

    def _shares(self, tower: TowerName, split: Split) -> list[np.ndarray]:
        """Return the positions in the split's rows for each task: whole batches, one share per worker."""
        import ray

        workers = int(ray.cluster_resources().get("GPU" if self._device.type == "cuda" else "CPU", 1))
        cut = batches(self.experiment.encoder, self.activations[tower], self.view(split).rows(tower))
        groups = np.array_split(np.arange(len(cut)), min(workers, len(cut)))
        return [np.concatenate([cut[index] for index in group]) for group in groups]


def start_ray(address: str) -> None:
    """Join the cluster at `address`, or start workers on this machine if it is `local`.

    Raises InputError if Ray is not installed or there is no such cluster.
    """
    check_extra("cluster", "sweep --ray")
    import ray

    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # no network access outside the cluster
    try:
        ray.init(
            **_local_options() if address == "local" else {"address": address},
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, ValueError, RuntimeError) as error:
        detail = " ".join(str(error).split())[:200]
        raise InputError(f"--ray {address}: cannot reach a cluster there ({detail}). Check the address.") from None


def _local_options() -> dict[str, Any]:
    return {"include_dashboard": False, "_node_ip_address": "127.0.0.1"}


def _embed_share(opening: WorkerSpec, tower: TowerName, alpha: float, split: Split, share: np.ndarray) -> np.ndarray:
    """Embed some of a split's rows under θ(alpha), as a task of a worker: float32 [len(share), d]."""
    loaded_run = _open(opening)
    rows = loaded_run.view(split).rows(tower)[share]
    loaded_run.set_alpha(alpha, tower)
    return embed(loaded_run.experiment.encoder, loaded_run.activations[tower], rows).cpu().numpy()


@lru_cache(maxsize=1)
def _open(opening: WorkerSpec) -> LoadedRun:
    """Load the run, once in each worker."""
    domain = opening.workspace.load_domain(opening.domain)
    run = find_run(opening.workspace, opening.domain, opening.run)
    precision = dict(zip(("image", "text"), opening.precision, strict=True))
    return open_run(run, domain, opening.workspace, opening.device, precision)
