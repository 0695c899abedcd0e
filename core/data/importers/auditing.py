"""Computation of the audit of an import from its rows."""

import pandas as pd

from core.data.import_audit import ImportAudit, fall_back_uses, sample_pairs, shared_between_splits, split_spans, usage
from core.data.importers.source_table import ImportChoices, SourceTable, TableFile
from core.data.importers.split_choice import ChosenSplit


def audit_of(rows: pd.DataFrame, listing: SourceTable, split: ChosenSplit, choices: ImportChoices) -> ImportAudit:
    """Return the audit of the articles `rows`, in order of time. Columns _how, _named: how the image was found."""
    once, twice, more, most = usage(rows["image_hash"])
    return ImportAudit(
        rows=len(listing.articles),
        lines=sum(_lines(file) for file in listing.files),
        used_once=once,
        used_twice=twice,
        used_more=more,
        most_used=most,
        fall_backs=fall_back_uses(rows["_how"], rows["_named"], rows["image_file"]),
        pairs=sample_pairs(rows, rows["_named"].tolist()),
        spans=split_spans(rows),
        shared=shared_between_splits(rows),
        split_from=split.source,
        split_groups=choices.split_groups,
        moved=split.moved,
        several_images=listing.several_images,
    )


def _lines(file: TableFile) -> int:
    """Return the number of lines of a file up to the end of its last row."""
    if not len(file.frame):
        return 0
    return int(file.frame.index[-1]) + max(str(cell).count("\n") for cell in file.frame.iloc[-1])
