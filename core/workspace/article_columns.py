"""Extra columns for exported articles: ranks of a run, and the tags and notes of an analyst."""

import pandas as pd

from core.data.domain import Domain
from core.data.exporters import AddedColumns
from core.data.time_split import SPLITS
from core.workspace.folders import Workspace
from core.workspace.runs import Run
from core.workspace.sweep_results import read_results
from core.workspace.tags import read_tags, tags_table

#: Column → the α of its ranks. None: α*.
RANKS = {"rank_zero_shot": 0.0, "rank_fine_tuned": 1.0, "rank_wise_ft": None}

_TAG_COLUMNS = {"tags": "analyst_tags", "note": "analyst_note"}


def article_columns(workspace: Workspace, domain: Domain, run: Run | None) -> AddedColumns:
    """Return the ranks of `run` in all swept splits, α*, and the tags and notes, as columns by article id.

    The tags are in `analyst_tags`, because FiftyOne reserves the name `tags`. Raises InputError if the run was not
    swept or the domain changed after its training, or if the file of tags is damaged.
    """
    tags = tags_table(domain, read_tags(workspace, domain.info.slug)).set_index("article_id")[list(_TAG_COLUMNS)]
    columns = tags[tags.index.isin(domain.articles["article_id"])].rename(columns=_TAG_COLUMNS)
    columns = columns.loc[:, (columns != "").any()]
    if run is None:
        return AddedColumns(columns)
    alpha = run.selected().alpha
    ranks = _ranks(run, domain, alpha)
    unranked = [split for split in SPLITS if len(domain.labelled(split)) and split not in set(ranks["split"])]
    notes = (f"ranks: none for {' and '.join(unranked)}, because run '{run.info.name}' has no sweep of it.",)
    joined = ranks.drop(columns="split").join(columns, how="outer")
    return AddedColumns(joined, run.info.name, alpha, notes if unranked else ())


def _ranks(run: Run, domain: Domain, alpha: float) -> pd.DataFrame:
    """Return the ranks of all swept splits by article id, with split and α."""
    swept = set(run.curve()["split"])
    parts = []
    for split in SPLITS:
        if split not in swept:
            continue
        results = read_results(run, domain, split)
        ranks = {name: results.ranks_at(alpha if at is None else at) for name, at in RANKS.items()}
        index = pd.Index(results.articles["article_id"], name="article_id")
        parts.append(pd.DataFrame(ranks, index=index, dtype="Int32").assign(alpha=alpha, split=split))
    return pd.concat(parts)
