"""The tables of the paper for one run, as text, Markdown and CSV."""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from tabulate import tabulate

from core.data.domain import Domain
from core.data.time_split import Split
from core.errors import InputError
from core.evaluation.alpha_selection import Selected, best_range
from core.evaluation.image_to_text import image_ranks
from core.evaluation.metrics import metrics_of, table_metrics
from core.evaluation.models import Model
from core.evaluation.published import PUBLISHED, Paper, PublishedDomain
from core.evaluation.rank_changes import READINGS, Table4, table_4
from core.presentation.cross_fit import CROSS_FITTED, HOW
from core.presentation.language_notes import language_mark, language_note, text_read
from core.presentation.reranking import reranked_by, reranking_notes
from core.workspace.runs import Run
from core.workspace.sweep_info import SweepInfo, TowerPrecision
from core.workspace.sweep_results import cross_fit_on_val

TableFormat = Literal["text", "markdown", "csv"]


@dataclass(frozen=True)
class PaperTable:
    """Tables 1–3 and table 4 for one run and split.

    rows: model, alpha, n and metrics. Published rows lack some; the cross-fitted row, which only val has, lacks alpha.
    table_4: reading → table 4, the first being ours. mark: appended by `shown_rows` to the names of the run's models.
    """

    heading: str
    rows: pd.DataFrame
    table_4: dict[str, Table4]
    published: PublishedDomain | None
    notes: list[str]
    mark: str = ""

    def shown_rows(self) -> pd.DataFrame:
        """Return the rows with the run's models marked if its encoder does not read the language."""
        published = self.rows["model"].str.startswith("published")
        return self.rows.assign(model=self.rows["model"].where(published, self.rows["model"] + self.mark))


def paper_table(run: Run, domain: Domain, split: Split, paper: Paper | None) -> PaperTable:
    """Build the table from the run's sweep. Raises InputError if it was not swept."""
    curve, selected = run.curve(), run.selected()
    at = {row["alpha"]: row for row in curve[curve["split"] == split].to_dict("records")}
    if not at:
        raise InputError(
            f"Run '{run.info.name}' has no results on {split}: the domain has no such articles, or their ground truth "
            f"was unknown when the run was swept. If it is known now, run: rematch sweep --domain {run.info.domain} "
            f"--run {run.info.name}"
        )
    models: dict[str, float] = {Model.ZERO_SHOT: 0.0, Model.FINE_TUNED: 1.0, Model.WISE_FT: selected.alpha}
    columns = ("n", *table_metrics())
    rows: list[dict[str, Any]] = [
        {"model": str(name), "alpha": alpha} | {column: at[alpha][column] for column in columns}
        for name, alpha in models.items()
    ]
    if split == "val":
        cross_fitted = metrics_of(cross_fit_on_val(run).ranks)
        rows.append({"model": CROSS_FITTED, "alpha": math.nan} | {name: cross_fitted[name] for name in columns})
    published = PUBLISHED[paper] if paper else None
    if published:
        rows += _published_rows(published)
    ranks = run.ranks()
    ranks = ranks[ranks["split"] == split]
    zero_shot, fine_tuned, wise_ft = (_ranks_at(ranks, alpha) for alpha in models.values())
    return PaperTable(
        _heading(run, domain, split, selected),
        pd.DataFrame(rows),
        {reading: table_4(zero_shot, fine_tuned, wise_ft, reading) for reading in READINGS},
        published,
        [*_image_to_text(ranks, models, domain), *_notes(run, domain, split)],
        language_mark(run),
    )


def _image_to_text(ranks: pd.DataFrame, models: dict[str, float], domain: Domain) -> list[str]:
    """Return the recalls from image to text if images have several texts, as measured on Flickr30k and COCO."""
    image_of = domain.articles.set_index("article_id")["image_id"]
    lines = []
    for name, alpha in models.items():
        at = ranks[np.isclose(ranks["alpha"], alpha)]
        images = at["article_id"].map(image_of)
        if images.isna().any() or not images.duplicated().any():
            return []
        measured = metrics_of(image_ranks(at["reverse_rank"].to_numpy(dtype=np.int32), images.tolist()))
        recalls = ", ".join(f"recall@{k} {measured[f'recall@{k}']:.4f}" for k in (1, 5, 10))
        lines.append(f"  {name}: {recalls}")
    return [f"From image to text, over {measured['n']} images (any text of the image counts as right):", *lines]


def _ranks_at(ranks: pd.DataFrame, alpha: float) -> np.ndarray:
    return ranks.loc[np.isclose(ranks["alpha"], alpha), "rank"].to_numpy()


def _published_rows(published: PublishedDomain) -> list[dict]:
    rows = ((Model.ZERO_SHOT, 0.0, published.zero_shot), (Model.FINE_TUNED, 1.0, published.fine_tuned),
            (Model.WISE_FT, published.alpha, published.wise_ft))  # fmt: skip
    return [{"model": f"published {name}", "alpha": alpha} | row.metrics for name, alpha, row in rows]


def _heading(run: Run, domain: Domain, split: str, selected: Selected) -> str:
    synthetic = " (synthetic)" if domain.info.synthetic and "synthetic" not in domain.info.title else ""
    return (
        f"{domain.info.title}{synthetic}, {split} split. Run {run.info.name}: {run.info.encoder}, "
        f"{run.info.settings.tune} tuned, reading {text_read(run, domain)}{reranked_by(run.reranking())}. "
        f"alpha {selected.alpha:g} has the highest val {selected.criterion}{best_range(selected)}."
    )


def _notes(run: Run, domain: Domain, split: Split) -> list[str]:
    notes = []
    if split == "val":
        notes.append(
            f"The WiSE-FT row is optimistic, because alpha was chosen on the same articles. {CROSS_FITTED}, is not: "
            f"{HOW}. Judge WiSE-FT by that row."
        )
    unknown = int((domain.articles["split"] == split).sum()) - len(domain.labelled(split))
    if unknown:
        notes.append(f"The ground truth of {unknown} more {split} articles is unknown, so they are not counted.")
    notes += reranking_notes(run.reranking())
    unread = language_note(run, domain)
    return notes if unread is None else [*notes, unread]


def render(table: PaperTable, style: TableFormat) -> str:
    """Return the table with its notes in one of the formats; CSV has only the rows."""
    if style == "csv":
        return table.shown_rows().to_csv(index=False).rstrip("\n")
    words = table_as_text(table)
    formatted = grid(list(words.columns), words.to_numpy().tolist(), style)
    return "\n".join(
        [table.heading, "", formatted, "", *table_4_lines(table), "", _readings_text(table, style), "", *table.notes]
    )


def table_as_text(table: PaperTable) -> pd.DataFrame:
    """Return the shown rows with every cell as text."""
    shown = table.shown_rows()
    return pd.DataFrame({name: [_cell(name, value) for value in shown[name]] for name in shown})


def grid(columns: list[str], body: list[list[str]], style: TableFormat) -> str:
    """Return a table with text in the first column and numbers, already formatted, in the others."""
    return tabulate(
        body,
        headers=columns,
        tablefmt="github" if style == "markdown" else "simple",
        disable_numparse=True,
        colalign=("left", *["right"] * (len(columns) - 1)),
    )


def _cell(column: Hashable, value: str | float) -> str:
    """Return a cell as text: a dash for an unpublished value, no decimals for n."""
    if isinstance(value, str):
        return value
    if math.isnan(value):
        return "–"
    return f"{value:.0f}" if column == "n" else f"{value:g}" if column == "alpha" else f"{value:.3f}"


def table_4_lines(table: PaperTable) -> list[str]:
    """Return table 4 in words, with the published one if requested."""
    counts = next(iter(table.table_4.values()))
    lines = [
        f"Table 4, from fine-tuned to WiSE-FT, over the {counts.n} articles that fine-tuning improved over zero-shot "
        "and that both models rank among the first 100:",
        f"  improvement {_places(counts.improvement)} (mean of {counts.n_improved} articles), "
        f"decrease {_places(counts.decrease)} (mean of {counts.n_decreased})",
    ]
    if table.published:
        published = table.published
        lines.append(
            f"  published ({published.name}): improvement {published.improvement:.3f}, "
            f"decrease {published.decrease:.3f}"
        )
    return lines


def readings_of_table_4(table: PaperTable) -> pd.DataFrame:
    """Return table 4 in every reading as text: a row for each, with who must find an article in the first 100."""
    return pd.DataFrame(
        {
            "found in the first 100 by": reading,
            "n": f"{counts.n:,}",
            "improvement": _places(counts.improvement, "–"),
            "articles up": f"{counts.n_improved:,}",
            "decrease": _places(counts.decrease, "–"),
            "articles down": f"{counts.n_decreased:,}",
        }
        for reading, counts in table.table_4.items()
    )


def _readings_text(table: PaperTable, style: TableFormat) -> str:
    readings = readings_of_table_4(table)
    heading = "The paper does not say which model must find an article in the first 100. Its readings:"
    return f"{heading}\n\n{grid(list(readings.columns), readings.to_numpy().tolist(), style)}"


def _places(value: float | None, none: str = "none") -> str:
    return none if value is None else f"{value:.3f} places"


def curve_text(run: Run, domain: Domain, curve: pd.DataFrame, info: SweepInfo) -> str:
    """Return the sweep as text: the metrics over alpha on each split, the error of interpolation, and α*."""
    columns = ["alpha", *table_metrics()]
    is_continuous = any(path.is_good for path in info.paths.values())
    parts = []
    for split, rows in curve.groupby("split", sort=False):
        # Of a continuous curve, show only every twentieth and the selected alpha.
        shown = rows[
            np.isclose(rows["alpha"] * 20, (rows["alpha"] * 20).round()) | (rows["alpha"] == info.selected.alpha)
        ]
        body = [
            [f"{row['alpha']:g}{'~' if row['interpolated'] else ''}", *(f"{row[name]:.3f}" for name in table_metrics())]
            for row in (shown if is_continuous else rows).to_dict("records")
        ]
        table = tabulate(body, headers=columns, disable_numparse=True, colalign=("right",) * len(columns))
        n = int(rows["n"].iloc[0])
        name = f"{run.info.name}{language_mark(run)}{reranked_by(info.reranking)}"
        parts.append(f"{run.info.domain}, run {name}, {split}, n = {n}\n{table}")
    selected = info.selected
    unread = language_note(run, domain)
    notes = [
        *path_sentences(info, "what is marked ~"),
        *precision_sentences(info.precision),
        *([unread] if unread else []),
    ]
    parts.append("\n".join(notes))
    rule = best_range(selected) or " (ties: mrr@100, then the smaller alpha)"
    parts.append(
        f"alpha {selected.alpha:g} has the highest val {selected.criterion}{rule}.\n"
        f"next: rematch report --domain {run.info.domain}"
    )
    return "\n\n".join(part for part in parts if part)


def path_sentences(info: SweepInfo, what: str) -> list[str]:
    """Return a sentence on the error of interpolation for each split; none if every point is exact.

    what: the name of interpolated values, such as "what is marked ~".
    """
    sentences = []
    for split, path in info.paths.items():
        flips = f"{path.error.top10_flip_rate:.1%} of the articles move into or out of the first ten"
        at = ", ".join(f"{alpha:.3g}" for alpha in path.checked_at)
        if path.is_linear:
            sentences.append(
                f"{split}: every value is exact. Only linear heads were tuned, so the embeddings at every alpha follow "
                "from those at both ends."
            )
        elif path.is_good:
            recall = "" if path.error.recall_1 is None else f"{path.error.recall_1:.4f} in recall@1, "
            sentences.append(
                f"{split}: {what} is interpolated between {path.nodes} exact points. The largest error, measured at "
                f"alpha {at}, is {path.error.mrr_100:.4f} in mrr@100, {recall}and {flips}. It may be larger elsewhere."
            )
        else:
            sentences.append(
                f"{split}: every value is exact, because interpolation has an error of {path.error.mrr_100:.4f} in "
                f"mrr@100, and {flips}, even with {path.nodes} exact points."
            )
    return sentences


def precision_sentences(precision: Mapping[str, TowerPrecision]) -> list[str]:
    """Return a sentence for each tower that was to compute in bfloat16: its precision and the change of ranks."""
    return [
        f"{tower} tower in {chosen.name}: {chosen.reason}" + (f" ({chosen.agreement})." if chosen.agreement else ".")
        for tower, chosen in precision.items()
        if chosen.name == "bf16" or chosen.agreement is not None
    ]
