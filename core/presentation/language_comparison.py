"""Comparison of two ways to read a language: translated for an English encoder, or the original for a multilingual one.

It uses the newest swept run of each on the same articles, and shows their metrics and the differences.
"""

from dataclasses import dataclass

import pandas as pd
from tabulate import tabulate

from core.data.domain import Domain
from core.data.time_split import Split
from core.errors import InputError
from core.evaluation.metrics import table_metrics
from core.evaluation.models import Model
from core.presentation.cross_fit import CROSS_FITTED
from core.presentation.language_notes import MARK, language_mark, text_read
from core.presentation.paper_tables import paper_table
from core.presentation.reranking import reranked_by
from core.presentation.run_tables import NOTE
from core.workspace.runs import Run


@dataclass(frozen=True)
class Comparison:
    """A comparison. rows: model, reads, run, alpha, n and metrics; a `difference` row is English minus original."""

    heading: str
    rows: pd.DataFrame
    notes: list[str]


def compare_readings(runs: list[Run], domain: Domain, split: Split) -> Comparison:
    """Compare the newest swept run that reads the English version with the newest one that reads the original.

    Raises InputError if one is missing, or if they were not swept on the same articles.
    """
    swept = [run for run in runs if run.is_swept]
    english = _newest([run for run in swept if run.info.english], domain, "the English version", "lite")
    original = _newest([run for run in swept if not run.info.english], domain, "the original", "lite-multilingual")
    if _articles(english, split) != _articles(original, split):
        raise InputError(
            f"Runs '{english.info.name}' and '{original.info.name}' were swept on different {split} articles of "
            f"'{domain.info.slug}', so their metrics cannot be compared. Train and sweep the older run again."
        )
    tables = {
        run.info.name: paper_table(run, domain, split, None).rows.set_index("model") for run in (english, original)
    }
    rows = []
    for model in (*Model, *([CROSS_FITTED] if split == "val" else [])):
        pair = [tables[run.info.name].loc[model] for run in (english, original)]
        rows += [
            {"model": model, "reads": reads, "run": run.info.name + language_mark(run)} | dict(row)
            for reads, run, row in zip(("English", "original"), (english, original), pair, strict=True)
        ]
        rows.append(
            {"model": model, "reads": "difference", "run": ""}
            | {metric: pair[0][metric] - pair[1][metric] for metric in table_metrics()}
        )
    slug = domain.info.slug
    heading = f"{slug}, {split} split, the same {int(rows[0]['n'])} articles. " + " ".join(
        f"{run.info.name}: {run.info.encoder}, {text_read(run, domain)}{reranked_by(run.reranking())}."
        for run in (english, original)
    )
    notes = ["difference: English minus original.", *([NOTE] if split == "val" else [])]
    if any(language_mark(run) for run in (english, original)):
        notes.append(f"{MARK} The encoder does not read the language of these texts, so the numbers mean little.")
    return Comparison(heading, pd.DataFrame(rows), notes)


def _newest(runs: list[Run], domain: Domain, what: str, encoder: str) -> Run:
    """Return the newest of the runs whose encoder reads the language, else the newest run."""
    if not runs:
        raise InputError(
            f"Domain '{domain.info.slug}' has no swept run that reads {what}, so there is nothing to compare. Make one "
            f"with: rematch train --domain {domain.info.slug} --encoder {encoder} --sweep"
        )
    return next((run for run in reversed(runs) if run.info.reads_the_language), runs[-1])


def _articles(run: Run, split: Split) -> list[str]:
    ranks = run.ranks()
    return sorted(ranks.loc[ranks["split"] == split, "article_id"].unique())


def render_comparison(comparison: Comparison) -> str:
    """Return the comparison as text; differences have a sign."""
    columns = ["model", "reads", "run", "alpha", *table_metrics()]
    body = [
        ["" if column == "alpha" and pd.isna(row[column]) else _cell(row, column) for column in columns]
        for row in comparison.rows.to_dict("records")
    ]
    table = tabulate(body, headers=columns, disable_numparse=True, colalign=("left",) * 3 + ("right",) * 7)
    return "\n".join([comparison.heading, "", table, "", *comparison.notes])


def _cell(row: dict, column: str) -> str:
    value = row[column]
    if isinstance(value, str):
        return value
    if column == "alpha":
        return f"{value:g}"
    return f"{value:+.3f}" if row["reads"] == "difference" else f"{value:.3f}"
