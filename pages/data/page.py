"""Data page: import of articles and images, and the contents of a domain."""

from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from core.analysis.timeline import Timeline, timeline
from core.data.domain import Domain, translated
from core.data.language import STATED, contradicts
from core.data.time_split import SPLITS
from core.encoders.choices import default_encoder_name
from core.presentation.import_report import ImportReport, how_split, import_sentences, read_report
from core.presentation.theme import NEUTRAL
from core.storage.safe_csv import spreadsheet_csv
from core.workspace.folders import Workspace
from pages.data.articles import show_articles, show_duplicates
from pages.data.audit import show_audit
from pages.data.ground_truth import TRUTH, show_test_set
from pages.data.import_form import IMPORT, input_import
from pages.data.translation import TRANSLATION, input_translation
from pages.page_files import page_file
from pages.shared import session, sidebar
from pages.shared.charts import show_figure
from pages.shared.empty_states import input_demo
from pages.shared.help_texts import DATA, help_for
from pages.shared.jobs import show_jobs
from pages.shared.text import counted, period, plain

#: Splits differ by pattern, because the colours are those of the models.
SPLIT_PATTERNS = {"train": "", "val": "/", "test": "x"}
LANGUAGES_SHOWN = 5


def show_domain(workspace: Workspace, domain: Domain) -> None:
    """Show size, splits over time, language and import report of a domain."""
    st.header(plain(domain.info.title))
    st.text(f"{counted(len(domain.articles), 'article')}, {period(domain)}.")
    if domain.info.synthetic:
        st.info("Synthetic: test data with known causes, made by the demo. It is not news.", icon=":material/science:")
    show_timeline(domain)
    show_language(workspace, domain)
    report = read_report(domain)
    if domain.test_images is not None:
        show_test_set(workspace, domain, report.left_out if report else {})
    show_report(workspace, domain, report)
    st.caption(
        f"To use the data in other tools: `rematch export-data {domain.info.slug} --format parquet --output DIR`"
    )


def show_timeline(domain: Domain) -> None:
    """Show the sizes of train, val and test, and a chart over time."""
    counts = domain.articles["split"].value_counts()
    n = len(domain.articles)
    shares = [
        f"{split} {counts[split]:,} ({counts[split] / n:.0%})" if split in counts else f"{split} none"
        for split in SPLITS
    ]
    st.subheader("Splits", help=help_for("Split"))
    st.text(
        f"{', '.join(shares)}; {how_split(domain.info)}"
        + (": trained on the past, measured on what came after." if domain.info.split_from == "time" else ".")
    )
    line = timeline(domain.articles)
    show_figure(
        plot_timeline(line, domain),
        f"{domain.info.slug}-splits",
        alt=f"Bar chart of {counted(n, 'article')} over time, stacked by split: {', '.join(shares)}.",
        height=260,
    )
    if line.undated:
        st.caption(f"Not in the chart: {counted(line.undated, 'article')} without a date.")


def plot_timeline(line: Timeline, domain: Domain) -> go.Figure:
    """Plot stacked bars with a pattern for each split that has articles."""
    figure = go.Figure()
    for split, pattern in SPLIT_PATTERNS.items():
        if line.counts[split].any():
            marker = {"color": NEUTRAL, "line": {"color": NEUTRAL, "width": 1}}
            marker["pattern"] = {"shape": pattern, "fgcolor": NEUTRAL, "bgcolor": "rgba(0,0,0,0)", "size": 6}
            figure.add_bar(
                x=line.counts.index, y=line.counts[split], name=split, marker=marker, hovertemplate="%{x}: %{y}"
            )
    place = f"position in order of {domain.info.split_by} (1 is the first)"
    figure.update_layout(barmode="stack", bargap=0.15, showlegend=True, legend_traceorder="normal", dragmode=False)
    figure.update_xaxes(title=place if line.unit == "place" else None)
    figure.update_yaxes(title="articles" if line.unit == "place" else f"articles per {line.unit}", rangemode="tozero")
    return figure


def show_language(workspace: Workspace, domain: Domain) -> None:
    """Show the languages, the English version if there is one, and the encoder that fits."""
    articles, info = domain.articles, domain.info
    st.subheader("Language")
    counts = articles["language"].replace("", "not stated").value_counts()
    listed = [f"{language} {count:,}" for language, count in counts.head(LANGUAGES_SHOWN).items()]
    more = f" and {len(counts) - LANGUAGES_SHOWN} more" if len(counts) > LANGUAGES_SHOWN else ""
    st.text(f"Articles by language: {', '.join(listed)}{more}. The language of the domain is '{info.language}'.")
    if STATED in articles and (contradicted := contradicts(articles[STATED], articles["language"])):
        st.caption(f"{counted(contradicted, 'article')} with another language in the table than that of the text.")
    encoder = default_encoder_name(info.language, domain.has_english)
    if info.language == "en":
        st.write(f"The default encoder `{encoder}` reads English.")
    else:
        _show_translation(workspace, domain, encoder)
    if st.button(f"Train with {encoder}", icon=":material/model_training:", help=help_for("Encoder")):
        st.switch_page(page_file("train"), query_params={})  # an empty dict, or it would clear those of the sidebar


def _show_translation(workspace: Workspace, domain: Domain, encoder: str) -> None:
    articles = domain.articles[domain.articles["language"] == domain.info.language]
    english = translated(articles)
    of = f"{english.sum():,} of {counted(len(articles), 'article')} in '{domain.info.language}'"
    models = domain.translated_by
    origin = f"machine-translated by {', '.join(models)} where the data had none" if models else "from the data"
    if domain.has_english:
        st.write(
            plain(f"{of} have an English version, {origin}. The default encoder is ")
            + f"`{encoder}`, which reads English. `lite-multilingual` reads the original."
        )
    else:
        why = "an English encoder needs it for all" if english.any() else "none"
        st.write(
            plain(f"{of} have an English version ({why}), so the default encoder is ")
            + f"`{encoder}`, which reads 15 languages. To use an English encoder such as CLIP, translate the articles "
            "first."
        )
    if not english.all():
        input_translation(workspace, domain)


def show_report(workspace: Workspace, domain: Domain, report: ImportReport | None) -> None:
    """Show how many articles were imported, which rows were left out and why, and the audit."""
    st.header("Import")
    if report is None:
        st.text("The demo made this domain, so there is no import report.")
        return
    st.text(import_sentences(domain, report.left_out)[0])
    source = Path(domain.info.source)
    where = source.name if source.exists() else f"{source.name} (an upload, or moved since the import)"
    copied = domain.images_root.is_relative_to(workspace.root)
    images = "in the workspace" if copied else f"in the folder '{domain.images_root.name}' of the source"
    st.caption(plain(f"Imported from {where} on {domain.info.created_at[:10]}. The images are {images}."))
    show_audit(workspace, domain)
    if report.left_out:
        _show_left_out(domain, report)


def _show_left_out(domain: Domain, report: ImportReport) -> None:
    with st.expander(f"{counted(len(report.rows), 'row')} left out", icon=":material/rule:"):
        st.dataframe(report.rows, hide_index=True, width="stretch", height="auto")
    st.download_button(
        "Rows left out as CSV",
        spreadsheet_csv(report.rows),
        f"{domain.info.slug}-import-report.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def main() -> None:
    """Draw the page."""
    sidebar.show_title(DATA)
    now = sidebar.selection()
    for kind in (IMPORT, TRANSLATION, TRUTH):
        show_jobs(now.workspace, kind)
    if now.domain is None:
        st.write(
            "There is no domain yet, so there is no data to show. Import your own articles and images with the form "
            "below, or make the demo: three synthetic domains (in a terminal: `rematch demo`)."
        )
        input_demo(now.workspace)
        input_import(now.workspace)
        return
    about, articles, duplicates, importing = st.tabs(
        ["Domain", "Articles", "Duplicates", "Import"], on_change="rerun", **session.PART.bound
    )
    with about:
        if about.open:
            show_domain(now.workspace, now.domain)
    with articles:
        if articles.open:
            show_articles(now.workspace, now.domain)
    with duplicates:
        if duplicates.open:
            show_duplicates(now.workspace, now.domain)
    with importing:
        if importing.open:
            input_import(now.workspace)


main()
