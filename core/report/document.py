"""Content of a run's report, independent of HTML and Markdown: a summary, then one section per question.

It contains nothing that changes between two reports of the same run (no time of day, no folder), so their bytes are
equal.
"""

from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import pandas as pd

from core.analysis.significance import curve_bands
from core.data.domain import Domain
from core.data.import_audit import load_audit
from core.evaluation.alpha_selection import best_range
from core.evaluation.metrics import METRICS, table_metrics
from core.findings.question import Question, RunContext, compute_or_load, load_cached
from core.findings.registry import QUESTIONS
from core.presentation.audit_table import audit_section
from core.presentation.blocks import Chart, Grid, Section, Words
from core.presentation.curve_charts import plot_metric
from core.presentation.import_report import how_split
from core.presentation.language_notes import language_note, text_read
from core.presentation.paper_tables import (
    paper_table,
    path_sentences,
    precision_sentences,
    readings_of_table_4,
    table_4_lines,
    table_as_text,
)
from core.presentation.reranking import reranked_by
from core.report.top_movers import Moved, moved_most
from core.workspace.runs import Run

_TERMS = (
    ("zero-shot", "the model before training on this domain (α = 0)"),
    ("fine-tuned", "the model after training on the older articles of this domain (α = 1)"),
    ("WiSE-FT", "the mix of both: (1 − α) times the zero-shot weights plus α times the fine-tuned weights"),
    ("α*", "the α chosen on the validation articles"),
    ("rank", "the place of an article's own image among all images of the gallery; 1 is best"),
    ("val, test", "newer articles, which training did not see; α was chosen on val"),
    ("n", "the number of articles that a figure rests on"),
    ("95 % interval", "a range that contains the true value in about 95 of 100 such samples of articles"),
    ("p", "the probability of a difference at least this large if neither model were better"),
    ("p (Holm)", "p corrected for several tests at once, so that chance seldom leads to a false claim"),
    ("significant", "p (Holm) is below 0.05; otherwise the models are not distinguishable, which does not mean equal"),
)


def glossary() -> tuple[tuple[str, str], ...]:
    """Return terms and metrics with their meanings."""
    return (*_TERMS, *((name, metric.help) for name, metric in METRICS.items()))


@dataclass(frozen=True)
class Document:
    """Content of a report.

    sheet: the line below each printed page. answers: (question, answer in a sentence or two). answered: names of their
    sections. sections: with all details. moved: the articles of val that moved most. unanswered: questions without an
    answer yet, with their durations.
    """

    title: str
    sheet: str
    summary: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]
    answered: frozenset[str]
    sections: tuple[Section, ...]
    moved: tuple[Moved, ...]
    unanswered: tuple[str, ...]


def document(context: RunContext, *, ask_all: bool, with_images: bool) -> Document:
    """Build the report of a run.

    ask_all: compute missing answers, which may take minutes; otherwise only name them. with_images: include the images
    of the articles that moved most, if you may share them. Raises InputError: the run or the domain cannot answer.
    """
    found = [(question, _answer(question, context, ask_all)) for question in QUESTIONS]
    sections = [question.section(record, context) for question, record in found if record is not None]
    run, domain = context.run, context.domain
    return Document(
        f"{domain.info.title}: effects of fine-tuning and WiSE-FT",
        f"{domain.info.slug} · run {run.info.name} of {run.info.created_at[:10]} · "
        f"val, n = {len(context.val.articles):,}",
        tuple(_summary(run, domain)),
        tuple((section.title, section.answer) for section in sections),
        frozenset(section.name for section in sections),
        (_numbers(context), *sections, *_imported(domain), _made_with(run)),
        moved_most(context, with_images),
        tuple(f"{question.title} ({question.duration_hint})" for question, record in found if record is None),
    )


def _answer(question: Question[Any], context: RunContext, ask_all: bool) -> Any:
    return (
        compute_or_load(question, context)
        if ask_all or question.duration_hint is None
        else load_cached(question, context)
    )


def _summary(run: Run, domain: Domain) -> list[str]:
    counts = domain.articles["split"].value_counts()
    sizes = ", ".join(f"{counts[split]:,} {split}" for split in ("train", "val", "test") if split in counts)
    synthetic = ["These articles are synthetic, made to test the findings with known causes. None of them is news."]
    unread = language_note(run, domain)
    return [
        *(synthetic if domain.info.synthetic else []),
        "Task: each article was published with an image. The model gets the text only and must find that image among "
        "all images of the gallery.",
        f"Domain {domain.info.slug}: {sizes} articles, {how_split(domain.info)}.",
        f"Run {run.info.name}: encoder {run.info.encoder}, {run.info.settings.tune} tuned, reading "
        f"{text_read(run, domain)}{reranked_by(run.reranking())}.",
        *([unread] if unread else []),
    ]


def _numbers(context: RunContext) -> Section:
    """Return the section with the paper's tables and the curves."""
    run, selected = context.run, context.run.selected()
    blocks: list[Words | Grid | Chart] = []
    for split in context.splits:
        table = paper_table(run, context.domain, split, None)
        n = int(table.rows["n"].iloc[0])
        blocks.append(Grid(f"The three models, {split}, n = {n}", table_as_text(table)))
        blocks += [Words(line.strip()) for line in [*table_4_lines(table), *table.notes]]
        blocks.append(Grid(f"Table 4 by who must find an article, {split}", readings_of_table_4(table)))
    ranks_by_split = {split: context.results[split].ranks for split in context.splits}
    for metric in table_metrics():
        by_split = {str(split): curve_bands(ranks, metric) for split, ranks in ranks_by_split.items()}
        draw = partial(plot_metric, run.curve(), metric, selected.alpha, by_split)
        alt = f"{metric} over alpha with its 95 % band; the chosen alpha is {selected.alpha:g}."
        blocks.append(Chart(f"curve-{metric.replace('@', '')}", draw, alt, 260))
    blocks += [
        Words(line)
        for line in [*path_sentences(run.sweep_info(), "the line"), *precision_sentences(run.sweep_info().precision)]
    ]
    answer = f"α* = {selected.alpha:g} has the highest {selected.criterion} on val{best_range(selected)}."
    return Section("numbers", "Zero-shot, fine-tuned, WiSE-FT", answer, tuple(blocks))


def _imported(domain: Domain) -> list[Section]:
    """Return the audit of the domain's import, if there is one."""
    audit = load_audit(domain.folder)
    return [] if audit is None else [audit_section(audit)]


def _made_with(run: Run) -> Section:
    """Return settings, versions and fingerprints, which are needed to reproduce the run."""
    info = run.info
    settings = pd.DataFrame([{"setting": name, "value": f"{value}"} for name, value in asdict(info.settings).items()])
    versions = pd.DataFrame([{"package": name, "version": version} for name, version in sorted(info.versions.items())])
    prints = {
        "articles": info.articles, "zero-shot weights": info.zero_shot, "fine-tuned weights": info.fine_tuned,
    }  # fmt: skip
    return Section(
        "made-with",
        "How this was made",
        f"Trained at {info.created_at[:16].replace('T', ' ')} UTC on {info.device}, {info.processes} process(es).",
        (
            Grid("Settings", settings),
            Grid("Versions", versions),
            Grid("Fingerprints", pd.DataFrame([{"of": name, "fingerprint": value} for name, value in prints.items()])),
        ),
    )
