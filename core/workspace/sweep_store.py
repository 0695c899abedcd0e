"""The files of a sweep in a run's folder: tables, arrays, and the TOML that says they are all there.

What reads them is `core.workspace.runs`.
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

FORMAT = 1  # counts up when what is written changes


def write_sweep(folder: Path, sweeps: Sequence[Sweep], plane: Plane | None, info: SweepInfo) -> None:
    """Write them into a run's folder in place of the sweep before, which stays until there is room for all of this one.

    sweep.toml, which has the others' fingerprints, goes first and comes last: while it is there, so are they.
    """
    written: dict[str, Path] = {}
    with ExitStack() as files:  # leaves what was entered first last, and so renames sweep.toml last

        def new(name: str) -> Path:
            written[name] = files.enter_context(atomic_write(folder / name))
            return written[name]

        toml = files.enter_context(atomic_write(folder / "sweep.toml"))
        pd.concat([sweep.table() for sweep in sweeps], ignore_index=True).to_parquet(new("ranks.parquet"), index=False)
        pd.concat([sweep.curve() for sweep in sweeps], ignore_index=True).to_csv(new("sweep.csv"), index=False)
        for sweep in sweeps:
            _save_whole_numbers(new(f"best-{sweep.split}.npy"), sweep.top_images)
        if plane is not None:
            _save_whole_numbers(new("plane-ranks.npy"), plane.ranks)
            _save_whole_numbers(new("plane-best.npy"), plane.top_images)
            plane.table().to_csv(new("plane.csv"), index=False)
        prints = {name: file_fingerprint(file) for name, file in written.items()}
        write_toml(toml, asdict(info) | {"files": prints}, FORMAT)
        for name in ("sweep.toml", "plane.csv"):
            (folder / name).unlink(missing_ok=True)


def _save_whole_numbers(file: Path, array: np.ndarray) -> None:
    """In as few bytes as they need."""
    save_array(file, array.astype(np.min_scalar_type(int(array.max(initial=0)))))
