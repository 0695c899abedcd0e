"""The paper's tables for one run, as text, Markdown and CSV."""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from tabulate import tabulate

from core.data.domain import Domain
from core.data.time_split import Split
from core.errors import InputError
from core.evaluation.alpha_selection import Selected
from core.evaluation.image_to_text import image_ranks
from core.evaluation.metrics import metrics_of, table_metrics
from core.evaluation.models import Model
from core.evaluation.published import PUBLISHED, Paper, PublishedDomain
from core.evaluation.rank_changes import Table4, table_4
from core.presentation.language_notes import language_mark, language_note, text_read
from core.presentation.reranking import reranked_by, reranking_notes
from core.workspace.runs import Run
from core.workspace.sweep_info import SweepInfo, TowerPrecision

TableFormat = Literal["text", "markdown", "csv"]


@dataclass(frozen=True)
class PaperTable:
    """Tables 1–3 and table 4 for one run and split. rows: run, alpha, n and the metrics; published ones lack some.

    mark: what `shown_rows` puts beside the run's own names.
    """

    heading: str
    rows: pd.DataFrame
    table_4: Table4
    published: PublishedDomain | None
    notes: list[str]
    mark: str = ""

    def shown_rows(self) -> pd.DataFrame:
        """The rows as they are shown: the run's own marked where its encoder does not read the language."""
        published = self.rows["model"].str.startswith("published")
        return self.rows.assign(model=self.rows["model"].where(published, self.rows["model"] + self.mark))


def paper_table(run: Run, domain: Domain, split: Split, paper: Paper | None) -> PaperTable:
    """Build the table from the run's sweep. Raises InputError if it was not swept."""
    curve, selected = run.curve(), run.selected()
    at = {row["alpha"]: row for row in curve[curve["split"] == split].to_dict("records")}
    if not at:
        raise InputError(
            f"run '{run.info.name}' has no results on {split}: the domain has no such articles, or their ground truth "
            f"was not known when it was swept; see: rematch sweep --domain {run.info.domain}"
        )
    models: dict[str, float] = {Model.ZERO_SHOT: 0.0, Model.FINE_TUNED: 1.0, Model.WISE_FT: selected.alpha}
    rows = [
        {"model": str(name), "alpha": alpha, "n": at[alpha]["n"]}
        | {metric: at[alpha][metric] for metric in table_metrics()}
        for name, alpha in models.items()
    ]
    published = PUBLISHED[paper] if paper else None
    if published:
        rows += _published_rows(published)
    ranks = run.ranks()
    ranks = ranks[ranks["split"] == split]
    by_model = [_ranks_at(ranks, alpha) for alpha in models.values()]
    return PaperTable(
        _heading(run, domain, split, selected),
        pd.DataFrame(rows),
        table_4(*by_model),
        published,
        [*_image_to_text(ranks, models, domain), *_notes(run, domain, split)],
        language_mark(run),
    )


def _image_to_text(ranks: pd.DataFrame, models: dict[str, float], domain: Domain) -> list[str]:
    """The recalls from image to text where images have several texts, as Flickr30k and COCO are measured."""
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
    return [f"From image to text, over {measured['n']} images (any of an image's texts is right):", *lines]


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
        f"alpha {selected.alpha:g} has the highest val {selected.criterion}."
    )


def _notes(run: Run, domain: Domain, split: Split) -> list[str]:
    notes = []
    if split == "val":
        notes.append("alpha was chosen on these same articles, so the WiSE-FT row is a little flattered.")
    unknown = int((domain.articles["split"] == split).sum()) - len(domain.labelled(split))
    if unknown:
        notes.append(f"the ground truth of {unknown} more {split} articles is not known; they are not counted.")
    notes += reranking_notes(run.reranking())
    unread = language_note(run, domain)
    return notes if unread is None else [*notes, unread]


def render(table: PaperTable, style: TableFormat) -> str:
    """The whole report in one of the formats; CSV holds the rows alone."""
    if style == "csv":
        return table.shown_rows().to_csv(index=False).rstrip("\n")
    words = words_of(table)
    formatted = grid(list(words.columns), words.to_numpy().tolist(), style)
    return "\n".join([table.heading, "", formatted, "", *table_4_lines(table), *table.notes])


def words_of(table: PaperTable) -> pd.DataFrame:
    """The rows as they are shown, every cell as text."""
    shown = table.shown_rows()
    return pd.DataFrame({name: [_cell(name, value) for value in shown[name]] for name in shown})


def grid(columns: list[str], body: list[list[str]], style: TableFormat) -> str:
    """A table whose first column are words and the others numbers that stand as they are given."""
    return tabulate(
        body,
        headers=columns,
        tablefmt="github" if style == "markdown" else "simple",
        disable_numparse=True,
        colalign=("left", *["right"] * (len(columns) - 1)),
    )


def _cell(column: Hashable, value: str | float) -> str:
    """One cell as text: what was not published is a dash, n has no decimals."""
    if isinstance(value, str):
        return value
    if math.isnan(value):
        return "–"
    return f"{value:.0f}" if column == "n" else f"{value:g}" if column == "alpha" else f"{value:.3f}"


def table_4_lines(table: PaperTable) -> list[str]:
    """Table 4 in words, the published one beside where it was asked for."""
    counts = table.table_4
    lines = [
        f"Table 4, from fine-tuning to WiSE-FT, over the {counts.n} articles that fine-tuning improved over zero-shot "
        "and both models place among the first 100:",
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


def _places(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f} places"


def curve_text(run: Run, domain: Domain, curve: pd.DataFrame, info: SweepInfo) -> str:
    """The sweep for a person: the metrics along alpha on each split, what was interpolated, and the choice."""
    columns = ["alpha", *table_metrics()]
    parts = []
    for split, rows in curve.groupby("split", sort=False):
        # Of a continuous curve every twentieth part, the alpha chosen, and nothing twice.
        shown = rows[
            np.isclose(rows["alpha"] * 20, (rows["alpha"] * 20).round()) | (rows["alpha"] == info.selected.alpha)
        ]
        body = [
            [f"{row['alpha']:g}{'~' if row['interpolated'] else ''}", *(f"{row[name]:.3f}" for name in table_metrics())]
            for row in (shown if rows["interpolated"].any() else rows).to_dict("records")
        ]
        table = tabulate(body, headers=columns, disable_numparse=True, colalign=("right",) * len(columns))
        n = int(rows["n"].iloc[0])
        name = f"{run.info.name}{language_mark(run)}{reranked_by(info.reranking)}"
        parts.append(f"{run.info.domain}, run {name}, {split}, n = {n}\n{table}")
    selected = info.selected
    unread = language_note(run, domain)
    told = [*path_sentences(info, "~ marks what"), *precision_sentences(info.precision), *([unread] if unread else [])]
    parts.append("\n".join(told))
    parts.append(
        f"alpha {selected.alpha:g} has the highest val {selected.criterion} (ties: mrr@100, then the smaller alpha).\n"
        f"next: rematch report --domain {run.info.domain}"
    )
    return "\n\n".join(part for part in parts if part)


def path_sentences(info: SweepInfo, what: str) -> list[str]:
    """How far interpolated ranks were seen to be off, split by split; none if every point was asked for exactly.

    what: how interpolated points can be told apart, as in "~ marks what".
    """
    sentences = []
    for split, path in info.paths.items():
        flips = f"{path.error.top10_flip_rate:.1%} of the first tens"
        at = ", ".join(f"{alpha:.3g}" for alpha in path.checked_at)
        if path.is_good:
            sentences.append(
                f"{split}: {what} is interpolated between {path.nodes} exact points, measured at alpha {at}: "
                f"off by at most {path.error.mrr_100:.4f} in mrr@100 and {flips}."
            )
        else:
            sentences.append(
                f"{split}: interpolation was off by {path.error.mrr_100:.4f} in mrr@100 and {flips} "
                f"even with {path.nodes} exact points, so every point shown is exact."
            )
    return sentences


def precision_sentences(precision: Mapping[str, TowerPrecision]) -> list[str]:
    """Return, for each tower that was to compute in bfloat16, whether it did and how far that changed ranks."""
    return [
        f"{tower} tower in {chosen.name}: {chosen.reason}" + (f" ({chosen.agreement})." if chosen.agreement else ".")
        for tower, chosen in precision.items()
        if chosen.name == "bf16" or chosen.agreement is not None
    ]
