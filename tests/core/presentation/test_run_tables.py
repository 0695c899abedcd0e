"""Comparison of runs: different settings, metrics, and means over seeds."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.evaluation.alpha_selection import select_alpha
from core.evaluation.sweep import Sweep
from core.presentation.run_tables import compared, differences, differing_settings, over_seeds, seeds_text, summary
from core.training.settings import Settings
from core.workspace.comparable_runs import sister_runs
from core.workspace.runs import HISTORY_COLUMNS
from core.workspace.sweep_info import SweepInfo
from tests.core.workspace.test_runs import INFO, keep


def swept(workspace, name, ranks, **changes):
    """Save a run with these ranks at three α, int [3, N]."""
    run = keep(workspace, name, name)
    run = replace(run, info=replace(INFO, name=name, created_at=name, **changes))
    ranks = np.array(ranks, dtype=np.int32)
    ids = [str(i) for i in range(ranks.shape[1])]
    best = np.zeros((*ranks.shape, 1), dtype=np.int32)
    sweep = Sweep("val", (0.0, 0.5, 1.0), ids, ranks, ranks, best, np.array([False] * 3))
    run.save_sweep([sweep], None, SweepInfo(select_alpha(sweep.curve()), {}, {}))
    return run


def seeded(seed):
    return {"settings": Settings(seed=seed)}


def test_only_what_differs_is_shown_and_what_each_reached(workspace):
    runs = [
        swept(workspace, "a", [[2, 2], [1, 1], [1, 2]], settings=Settings(lr=1e-4)),
        swept(workspace, "b", [[2, 2], [1, 2], [4, 4]], settings=Settings(lr=1e-5)),
    ]
    assert list(differing_settings(runs)) == ["lr"]
    table = compared(runs).set_index("run")
    assert list(table["lr"]) == [1e-4, 1e-5]
    assert list(table["α*"]) == [0.5, 0.5]
    assert list(table["mrr@100 fine-tuned"]) == [0.75, 0.25]
    assert list(table["recall@1 WiSE-FT"]) == [1.0, 0.5]


def test_a_run_without_a_sweep_has_what_its_history_says(workspace):
    run = keep(workspace, "a", "1")
    history = pd.DataFrame({name: [0.0, 1.0] for name in HISTORY_COLUMNS})
    history = history.assign(**{"val_mrr@100": [0.1, 0.4], "val_recall@1": [0.0, 0.3]})
    history.to_csv(run.folder / "history.csv", index=False)
    row = compared([run]).iloc[0]
    assert (row["mrr@100 zero-shot"], row["mrr@100 fine-tuned"], row["mrr@100 WiSE-FT"]) == (0.1, 0.4, None)


def test_sisters_differ_in_nothing_but_the_seed_and_the_newest_of_each_counts(workspace):
    ranks = [[2, 2], [1, 1], [1, 2]]
    old, one, two = (swept(workspace, name, ranks, **seeded(seed)) for name, seed in (("a", 0), ("b", 1), ("c", 0)))
    other = swept(workspace, "d", ranks, settings=Settings(seed=3, lr=0.1))
    unswept = replace(keep(workspace, "e", "e"), info=replace(INFO, **seeded(9)))
    assert sister_runs(two, [old, one, two, other, unswept]) == [two, one]


def test_mean_and_spread_are_of_the_runs(workspace):
    runs = [
        swept(workspace, "a", [[2, 2], [1, 1], [1, 2]], **seeded(0)),
        swept(workspace, "b", [[2, 2], [1, 4], [1, 1]], **seeded(1)),
    ]
    table = over_seeds(runs, "val").set_index("model")
    values = [0.75, 1.0]  # mrr@100 of fine-tuned
    assert table.loc["fine-tuned", "mrr@100 mean"] == pytest.approx(np.mean(values))
    assert table.loc["fine-tuned", "mrr@100 sd"] == pytest.approx(np.std(values, ddof=1))
    assert table.loc["zero-shot", "mrr@100 sd"] == 0.0
    assert table.loc["WiSE-FT", "recall@1 mean"] == 1.0  # each at its own alpha: 0.5, and 1
    text = seeds_text(over_seeds(runs, "val"), [0, 1], "markdown")
    assert "Over 2 seeds (0, 1)" in text
    assert "0.875 ± 0.177" in text


def test_what_differs_between_runs_is_named_without_folders(workspace):
    ranks = [[2, 2], [1, 1], [1, 2]]
    first = swept(workspace, "a", ranks, settings=Settings(seed=7, epochs=3), encoder="ViT-B-32:/home/me/tuned.pt")
    second = swept(workspace, "b", ranks, settings=Settings(seed=7, epochs=1), encoder="lite")
    assert differences([first]) == {"a": ""}
    assert differences([first, second]) == {"a": "ViT-B-32:tuned.pt, 3 epochs", "b": "lite, 1 epoch"}
    assert summary(first) == "val recall@1 1.000, n = 2, at α* 0.5"
