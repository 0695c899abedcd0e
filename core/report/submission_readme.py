"""The README of three run files, with everything that working notes report about them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tabulate import tabulate

from core.data.domain import Domain
from core.evaluation.alpha_selection import best_range
from core.evaluation.metrics import table_metrics
from core.experiment.submit import SubmittedFile
from core.presentation.cross_fit import choice_note
from core.presentation.import_report import how_split
from core.presentation.reranking import reranked_by, reranking_notes
from core.workspace.runs import Run, now
from core.workspace.sweep_results import cross_fit_on_val


def submission_notes(
    run: Run, domain: Domain, split: str, submitted: Sequence[SubmittedFile], notes: Sequence[str]
) -> str:
    """Return Markdown: the files, results on val and, if known, on test, settings, versions and fingerprints."""
    info, selected = run.info, run.selected()
    files = [{name: getattr(file, name) for name in ("file", "alpha", "articles", "images")} for file in submitted]
    curve = run.curve()
    exact = curve[(curve["split"] == "val") & ~curve["interpolated"].astype(bool)]
    rows = {row["alpha"]: row for row in exact.to_dict("records")}
    on_val = [
        {"file": file.file, "n": int(rows[file.alpha]["n"])} | _metrics(rows[file.alpha])
        for file in submitted
        if file.alpha in rows
    ]
    parts = [
        f"# {domain.info.title}: three runs on {split}",
        f"Made {now()[:16]} UTC with Rematch from run `{info.name}` of domain `{info.domain}`.",
        _table(files),
        f"alpha = {selected.alpha:g} has the highest {selected.criterion} on val{best_range(selected)}. "
        "Weights are "
        f"(1 - alpha) * zero-shot + alpha * fine-tuned, evaluated exactly{reranked_by(run.reranking())}.",
        *reranking_notes(run.reranking()),
        *notes,
        "## Validation",
        _table(on_val),
        choice_note(cross_fit_on_val(run)),
    ]
    on_split = [
        {"file": file.file, "n": file.metrics["n"]} | _metrics(file.metrics) for file in submitted if file.metrics
    ]
    if on_split:
        parts += [f"## {split.capitalize()}", _table(on_split)]
    settings = {
        "encoder": info.encoder, "text": info.text, "English version read": info.english, "device": info.device,
        "language": domain.info.language, "split": how_split(domain.info),
    } | asdict(info.settings)  # fmt: skip
    prints = {"articles": info.articles, "zero-shot weights": info.zero_shot, "fine-tuned weights": info.fine_tuned}
    for heading, entries in (("Settings", settings), ("Versions", info.versions), ("Fingerprints", prints)):
        parts += [f"## {heading}", "\n".join(f"- {name}: {value}" for name, value in entries.items())]
    return "\n\n".join(parts) + "\n"


def _metrics(row: Mapping[Any, Any]) -> dict[str, str]:
    return {name: f"{row[name]:.4f}" for name in table_metrics()}


def _table(rows: list[dict]) -> str:
    return tabulate(rows, headers="keys", tablefmt="github", disable_numparse=True)
