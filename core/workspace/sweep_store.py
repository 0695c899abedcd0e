"""Writer of a sweep's files in a run's folder: tables, arrays, and ``sweep.toml`` with their checksums.

The reader is `core.workspace.runs`.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from core.evaluation.sweep import Sweep
from core.evaluation.tower_plane import Plane
from core.storage.files import atomic_write, file_fingerprint, save_array, write_toml
from core.workspace.sweep_info import SweepInfo

FORMAT = 1  # increment when the content of the files changes


def write_sweep(folder: Path, sweeps: Sequence[Sweep], plane: Plane | None, info: SweepInfo) -> None:
    """Write a sweep into a run's folder. The previous sweep stays until all new files are on disk.

    The old sweep.toml is removed first and the new one, with the checksums of all files, is renamed last, so that its
    presence means that the sweep is complete.
    """
    written: dict[str, Path] = {}
    with ExitStack() as files:  # exits in reverse order, so sweep.toml is renamed last

        def new(name: str) -> Path:
            written[name] = files.enter_context(atomic_write(folder / name))
            return written[name]

        toml = files.enter_context(atomic_write(folder / "sweep.toml"))
        pd.concat([sweep.table() for sweep in sweeps], ignore_index=True).to_parquet(new("ranks.parquet"), index=False)
        pd.concat([sweep.curve() for sweep in sweeps], ignore_index=True).to_csv(new("sweep.csv"), index=False)
        for sweep in sweeps:
            _save_whole_numbers(new(f"best-{sweep.split}.npy"), sweep.top_images)
            if sweep.overtakings is not None:
                sweep.overtakings.table().to_parquet(new(f"overtakings-{sweep.split}.parquet"), index=False)
        if plane is not None:
            _save_whole_numbers(new("plane-ranks.npy"), plane.ranks)
            _save_whole_numbers(new("plane-best.npy"), plane.top_images)
            plane.table().to_csv(new("plane.csv"), index=False)
        prints = {name: file_fingerprint(file) for name, file in written.items()}
        write_toml(toml, asdict(info) | {"files": prints}, FORMAT)
        for name in ("sweep.toml", "plane.csv"):
            (folder / name).unlink(missing_ok=True)


def _save_whole_numbers(file: Path, array: np.ndarray) -> None:
    """Save integers in the smallest type that holds them."""
    save_array(file, array.astype(np.min_scalar_type(int(array.max(initial=0)))))
