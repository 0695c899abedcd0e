"""The README that goes with three run files: how they were made, so that the working notes can say it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tabulate import tabulate

from core.data.domain import Domain
from core.evaluation.metrics import table_metrics
from core.experiment.submit import SubmittedFile
from core.presentation.import_report import how_split
from core.presentation.reranking import reranked_by, reranking_notes
from core.workspace.runs import Run, now


def submission_notes(
    run: Run, domain: Domain, split: str, submitted: Sequence[SubmittedFile], notes: Sequence[str]
) -> str:
    """Markdown: the files, val along the three α, the test where it is known, settings, versions, fingerprints."""
    info, selected = run.info, run.selected()
    files = [{name: getattr(one, name) for name in ("file", "alpha", "articles", "images")} for one in submitted]
    curve = run.curve()
    rows = {row["alpha"]: row for row in curve[curve["split"] == "val"].to_dict("records")}
    of_val = [{"file": one.file, "n": int(rows[one.alpha]["n"])} | _of_row(rows[one.alpha]) for one in submitted]
    parts = [
        f"# {domain.info.title}: three runs on {split}",
        f"Made {now()[:16]} UTC with Rematch from run `{info.name}` of domain `{info.domain}`.",
        _table(files),
        f"alpha = {selected.alpha:g} has the highest {selected.criterion} on val. Weights are "
        f"(1 - alpha) * zero-shot + alpha * fine-tuned, evaluated exactly{reranked_by(run.reranking())}.",
        *reranking_notes(run.reranking()),
        *notes,
        "## Validation",
        _table(of_val),
    ]
    measured = [{"file": one.file, "n": one.metrics["n"]} | _of_row(one.metrics) for one in submitted if one.metrics]
    if measured:
        parts += [f"## {split.capitalize()}", _table(measured)]
    settings = {
        "encoder": info.encoder, "text": info.text, "English version read": info.english, "device": info.device,
        "language": domain.info.language, "split": how_split(domain.info),
    } | asdict(info.settings)  # fmt: skip
    prints = {"articles": info.articles, "zero-shot weights": info.zero_shot, "fine-tuned weights": info.fine_tuned}
    for heading, entries in (("Settings", settings), ("Versions", info.versions), ("Fingerprints", prints)):
        parts += [f"## {heading}", "\n".join(f"- {name}: {value}" for name, value in entries.items())]
    return "\n\n".join(parts) + "\n"


def _of_row(row: Mapping[Any, Any]) -> dict[str, str]:
    return {name: f"{row[name]:.4f}" for name in table_metrics()}


def _table(rows: list[dict]) -> str:
    return tabulate(rows, headers="keys", tablefmt="github", disable_numparse=True)
