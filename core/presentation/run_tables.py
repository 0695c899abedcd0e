"""Tables that compare the runs of a domain: different settings, metrics, and means over seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from core.data.time_split import Split
from core.evaluation.metrics import metrics_of, table_metrics
from core.evaluation.models import Model
from core.presentation.cross_fit import CROSS_FITTED, HOW
from core.presentation.language_notes import language_mark
from core.presentation.paper_tables import TableFormat, grid
from core.presentation.reranking import reranked_by
from core.workspace.runs import Run
from core.workspace.sweep_results import cross_fit_on_val

METRICS = ("mrr@100", "recall@1")
MODELS = tuple(map(str, Model))
#: To follow `compared`.
NOTE = (
    f"WiSE-FT is at α*, which was chosen on the same articles, so a part of its gain is luck. {CROSS_FITTED}: {HOW}. "
    f"Compare runs by these values."
)


def differing_settings(runs: Sequence[Run]) -> pd.DataFrame:
    """Return one row per run with the settings of training that differ between the runs."""
    table = pd.DataFrame([_settings(run) for run in runs])
    return table[[name for name in table if table[name].astype(str).nunique() > 1]]


def differences(runs: Sequence[Run]) -> dict[str, str]:
    """Return by name what distinguishes each run from the others, as in "seed 7, 3 epochs"; "" if nothing does."""
    rows = differing_settings(runs).to_dict("records")
    return {
        run.info.name: ", ".join(_setting_text(str(name), value) for name, value in row.items() if name != "articles")
        for run, row in zip(runs, rows or [{}] * len(runs), strict=True)
    }


def summary(run: Run) -> str:
    """Return what a swept run reached: "val recall@1 0.412, n = 567, at α* 0.35". Raises InputError as `Run.curve`."""
    chosen, val = run.selected(), _rows(run, "val")
    value, n = val[chosen.criterion].loc[chosen.alpha], int(val["n"].iloc[0])
    return f"val {chosen.criterion} {value:.3f}, n = {n:,}, at α* {chosen.alpha:g}"


def _setting_text(name: str, value: Any) -> str:
    """Return a setting with its value: "seed 7", "3 epochs", "lora:8 tuned", "no english"."""
    if value is None or value != value:
        return f"no {name.replace('_', ' ')}"
    if isinstance(value, bool):
        return name.replace("_", " ") if value else f"no {name.replace('_', ' ')}"
    number = f"{value:g}" if isinstance(value, float) else str(value)
    if name == "encoder":
        scheme, colon, weights = number.partition(":")
        return f"{scheme}{colon}{weights.rstrip('/').rpartition('/')[2]}"  # no folders of this machine
    if name == "text":
        return number
    after = {"epochs": f"{number} epoch{'s' * (value != 1)}", "tune": f"{number} tuned"}
    return after.get(name, f"{name.replace('_', ' ')} {number}")


def _settings(run: Run) -> dict[str, Any]:
    info = run.info
    return {
        "encoder": info.encoder, **asdict(info.settings), "text": info.text.describe(), "english": info.english,
        "processes": info.processes, "articles": info.articles[:6],
    }  # fmt: skip


def compared(runs: Sequence[Run]) -> pd.DataFrame:
    """Return one row per run: name, different settings, n, α*, metrics of the three models on val, and date."""
    reached = pd.DataFrame([_reached(run) for run in runs])
    return pd.concat([reached[["run"]], differing_settings(runs), reached.drop(columns="run")], axis=1)


def _reached(run: Run) -> dict[str, Any]:
    """Return the metrics of a run on val, from its history if it has no sweep."""
    name = f"{run.info.name}{language_mark(run)}{reranked_by(run.reranking())}"
    row: dict[str, Any] = {"run": name, "n": None, "α*": None}
    metrics: dict[str, Any] = {}
    cross_fitted: dict[str, float] = {}
    if run.is_swept:
        cross_fitted = metrics_of(cross_fit_on_val(run).ranks)
        val, alpha = _rows(run, "val"), run.selected().alpha
        row |= {"n": int(val["n"].iloc[0]), "α*": alpha}
        at_alpha = val.to_dict("index")
        reached: list[Mapping[Any, Any] | None] = [at_alpha[at] for at in (0.0, 1.0, alpha)]
    else:
        history = run.history().rename(columns=lambda name: name.removeprefix("val_"))
        epochs = history.to_dict("records")
        reached = [epochs[0], epochs[-1], None]
    for metric in METRICS:
        for model, at in zip(MODELS, reached, strict=True):
            metrics[f"{metric} {model}"] = None if at is None else at[metric]
        metrics[f"{metric} {CROSS_FITTED}"] = cross_fitted.get(metric)
    return row | metrics | {"date": run.info.created_at[:16].replace("T", " ")}


def _rows(run: Run, split: Split) -> pd.DataFrame:
    curve = run.curve()
    return curve[curve["split"] == split].set_index("alpha")


def over_seeds(runs: Sequence[Run], split: Split) -> pd.DataFrame:
    """Return mean and standard deviation (n − 1) of each metric over at least two runs, for each model.

    Columns: model, seeds, n, then `<metric> mean` and `<metric> sd`. WiSE-FT is at the α* of each run; on val it is
    also cross-fitted.
    """
    by_model: dict[str, list[Mapping[Any, Any]]] = {model: [] for model in MODELS}
    for run in runs:
        curve = _rows(run, split).to_dict("index")
        for model, alpha in zip(MODELS, (0.0, 1.0, run.selected().alpha), strict=True):
            by_model[model].append(curve[alpha])
    if split == "val":
        by_model[CROSS_FITTED] = [metrics_of(cross_fit_on_val(run).ranks) for run in runs]
    rows = []
    for model, of_runs in by_model.items():
        results = pd.DataFrame(of_runs)
        row: dict[str, Any] = {"model": model, "seeds": len(runs), "n": int(results["n"].iloc[0])}
        for metric in table_metrics():
            values = results[metric].astype(float)
            row |= {f"{metric} mean": values.mean(), f"{metric} sd": values.std(ddof=1)}
        rows.append(row)
    return pd.DataFrame(rows)


def seeds_text(table: pd.DataFrame, seeds: Sequence[int], style: TableFormat) -> str:
    """Return the table of `over_seeds` as text. seeds: of the runs."""
    body = [
        [row["model"], f"{row['n']}", *(f"{row[f'{m} mean']:.3f} ± {row[f'{m} sd']:.3f}" for m in table_metrics())]
        for row in table.to_dict("records")
    ]
    listed = ", ".join(map(str, seeds))
    heading = f"Over {len(seeds)} seeds ({listed}), mean ± standard deviation, WiSE-FT at the alpha* of each run:"
    return f"{heading}\n\n{grid(['run', 'n', *table_metrics()], body, style)}"
