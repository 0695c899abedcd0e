"""The audit of an import in sentences and as a section, for the command line, the report and the Data page."""

import pandas as pd

from core.data.import_audit import ImportAudit
from core.presentation.blocks import Block, Grid, Section, Words


def audit_sentences(audit: ImportAudit) -> list[str]:
    """Return sentences on rows and lines, shared images, fall-backs, dates, and the overlap of train and val."""
    lines = f"from {audit.lines:,} lines" if audit.lines else "from no lines"
    most = f", at most by {audit.most_used}" if audit.most_used > 2 else ""
    return [
        f"read: {audit.rows:,} rows {lines}.",
        f"images: {audit.used_once:,} used by one article, {audit.used_twice:,} by two, {audit.used_more:,} by more"
        f"{most}.",
        *_about_several_images(audit),
        *_about_fall_backs(audit),
        *_about_days(audit),
        *_about_shared(audit),
    ]


def _about_several_images(audit: ImportAudit) -> list[str]:
    if not audit.several_images:
        return []
    return [
        f"note: {audit.several_images:,} rows name several images, and only the first of each was imported. To use all "
        "images, give each a separate row."
    ]


def _about_fall_backs(audit: ImportAudit) -> list[str]:
    if not audit.fall_backs:
        return ["names: every image has exactly the name in its row; no fall-back was needed."]
    return [
        f"names: {use.rows:,} images were found by a fall-back ({use.how}), such as {'; '.join(use.examples)}."
        for use in audit.fall_backs
    ]


def _about_days(audit: ImportAudit) -> list[str]:
    days = [f"{span.split} {span.first} to {span.last}" for span in audit.spans if span.first]
    return [f"first and last date: {', '.join(days)}."] if days else []


def _about_shared(audit: ImportAudit) -> list[str]:
    shared = audit.shared
    sentences = []
    if audit.moved:
        sentences.append(
            f"split: articles that share an image are in the same split (--split-groups image); {audit.moved:,} "
            f"articles moved for this."
        )
    if shared.images:
        sentences.append(
            f"warning: {shared.images:,} of {shared.val_images:,} images of val are also in train, so val partly "
            "measures memory. Import again with --split-groups image to keep them apart."
        )
    if shared.texts:
        sentences.append(
            f"note: {shared.texts:,} of {shared.val_articles:,} articles of val have the same text as an article of "
            "train."
        )
    if not (shared.images or shared.texts):
        sentences.append("train and val share no image and no text.")
    return sentences


def audit_section(audit: ImportAudit) -> Section:
    """Return the audit as a section of the report."""
    first, *others = audit_sentences(audit)
    spans = pd.DataFrame(
        [
            {"split": span.split, "articles": f"{span.articles:,}", "first": span.first, "last": span.last}
            for span in audit.spans
        ]
    )
    words: tuple[Block, ...] = tuple(Words(sentence) for sentence in others)
    grids = (Grid("Splits", spans), Grid("Pairs to check", pairs_table(audit)))
    return Section("import", "Import", first, (*words, *grids))


def pairs_table(audit: ImportAudit) -> pd.DataFrame:
    """Return the sampled pairs, one in each row."""
    return pd.DataFrame(
        [
            {"article": pair.article_id, "text": pair.text, "named": pair.named, "image": pair.file}
            for pair in audit.pairs
        ]
    )
