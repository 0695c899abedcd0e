"""What zero-shot, fine-tuning and WiSE-FT reach on a domain: the paper's table, the curves over α, some articles."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.analysis.published import PAPERS, PUBLISHED
from core.data.domain import Domain
from core.data.pixels import ImageError, open_image
from core.errors import RematchError
from core.report.tables import TABLE_METRICS, PaperTable, paper_table, path_sentences, precision_sentences, render
from core.workspace import jobs
from core.workspace.places import Places, default_places
from core.workspace.runs import Run, load_runs
from pages.style import METRIC_COLOURS, MODEL_COLOURS, lay_out

ARTICLES_SHOWN = 6


def show_demo_progress(places: Places) -> None:
    """How far the demo is, while it is being made or after it failed; nothing otherwise."""
    status = jobs.status(places, "demo")
    if status.state == "running":
        _poll_demo_progress(places)
    elif status.state == "failed":
        st.error("Making the demo stopped before its end. Start it again with: python -m core demo")
        st.code("\n".join(status.log), language=None)


@st.fragment(run_every=1.0)
def _poll_demo_progress(places: Places) -> None:
    status = jobs.status(places, "demo")
    ready = {slug: len(swept_runs(places, slug)) for slug in places.domain_slugs()}
    if status.state != "running" or st.session_state.setdefault("ready", ready) != ready:
        st.session_state["ready"] = ready
        st.rerun()
    step = status.log[-1] if status.log else "starting"
    of = f" of {status.total}" if status.total else ""
    st.progress(
        status.done / status.total if status.total else 0.0,
        f"Preparing the demo. {step} — {status.label}, {status.done}{of}",
    )


def input_domain_and_run(places: Places) -> tuple[Domain, Run] | None:
    """The domain and run chosen in the sidebar and the URL; None, with the way out shown, if there is none yet."""
    slugs = places.domain_slugs()
    if not slugs:
        show_how_to_begin(places)
        return None
    with st.sidebar:
        slug = st.selectbox("Domain", slugs, key="domain", bind="query-params")
        runs = swept_runs(places, slug)
        names = [run.info.name for run in reversed(runs)]
        name = st.selectbox("Run (newest first)", names, key="run", bind="query-params") if names else None
    if name is None:
        show_what_is_missing(places, slug)
        return None
    return places.load_domain(slug), next(run for run in runs if run.info.name == name)


def show_what_is_missing(places: Places, slug: str) -> None:
    """A domain without a swept run: that it is coming, or how to make one."""
    domain = places.load_domain(slug)
    st.title(domain.info.title)
    if domain.info.synthetic and jobs.status(places, "demo").state == "running":
        st.write("Its pictures and headlines are there; the curves appear here as soon as it is fine-tuned.")
        return
    st.write(f"{len(domain.articles)} articles, not fine-tuned and swept yet:")
    st.code(f"python -m core train --domain {slug}\npython -m core sweep --domain {slug}", language=None)


def swept_runs(places: Places, slug: str) -> list[Run]:
    """The domain's runs that have something to show, oldest first."""
    return [run for run in load_runs(places, slug) if run.is_swept]


def show_how_to_begin(places: Places) -> None:
    """The empty state: what to type."""
    st.title("Rematch")
    if jobs.status(places, "demo").state != "running":
        st.write("There is no domain yet. Make the synthetic demo, or import your own articles and pictures:")
        st.code("python -m core demo\npython -m core import SOURCE --domain my-news", language=None)


def show_heading(domain: Domain, run: Run) -> None:
    """Which domain, how large, and whether it is synthetic."""
    st.title(domain.info.title)
    counts = domain.articles["split"].value_counts()
    dates = domain.articles["published_at"].dropna()
    period = f", {dates.min():%Y-%m-%d} to {dates.max():%Y-%m-%d}" if len(dates) else ""
    st.text(
        f"{len(domain.articles)} articles in '{domain.info.language}'{period}; train {counts.get('train', 0)}, "
        f"val {counts.get('val', 0)}, split by {domain.info.split_by}. "
        f"Run {run.info.name}: {run.info.encoder}, {run.info.settings.tune} tuned."
    )
    if domain.info.synthetic:
        st.info(
            "Synthetic: a test bed with known truth, made by the demo. None of this is news.", icon=":material/science:"
        )


def show_tiles(table: PaperTable) -> None:
    """recall@1, recall@10 and mrr@100 of WiSE-FT with the change against both ends."""
    rows = table.rows.set_index("run")
    n = int(rows.loc["WiSE-FT", "n"])
    for column, metric in zip(st.columns(3), ("recall@1", "recall@10", "mrr@100"), strict=True):
        zero_shot, fine_tuned, wise_ft = (rows.loc[name, metric] for name in ("zero-shot", "fine-tuning", "WiSE-FT"))
        column.metric(
            f"{metric} at α = {rows.loc['WiSE-FT', 'alpha']:g} (n = {n})",
            f"{wise_ft:.3f}",
            f"{wise_ft - zero_shot:+.3f} against zero-shot",
            border=True,
        )
        column.caption(f"{wise_ft - fine_tuned:+.3f} against fine-tuning ({fine_tuned:.3f})")


def plot_curves(curve: pd.DataFrame, alpha: float) -> go.Figure:
    """Each metric over α on val, with α* marked."""
    figure = go.Figure()
    for metric in TABLE_METRICS:
        figure.add_scatter(
            x=curve["alpha"],
            y=curve[metric],
            name=metric,
            mode="lines+markers",
            # A dot is an exact point; the line between is interpolated.
            marker={"size": np.where(curve["interpolated"], 0, 6)},
            line={"color": METRIC_COLOURS[metric], "dash": "dot" if metric == "mrr@100" else "solid"},
            customdata=np.where(curve["interpolated"], "interpolated", "exact"),
            hovertemplate="%{y:.3f} (%{customdata})",
        )
    figure.add_vline(
        x=alpha,
        line={"color": MODEL_COLOURS["WiSE-FT"], "dash": "dash"},
        annotation_text=f"α* = {alpha:g}",
        annotation_position="bottom right",
    )
    figure.update_xaxes(title="α (0 zero-shot, 1 fine-tuned)", range=[-0.02, 1.02])
    figure.update_yaxes(title=f"val, n = {int(curve['n'].iloc[0])}", rangemode="tozero")
    return lay_out(figure, 420)


def show_table(table: PaperTable, run: Run) -> None:
    """The paper's table and table 4, to read and to take away."""
    st.dataframe(
        table.rows,
        hide_index=True,
        width="stretch",
        column_config={metric: st.column_config.NumberColumn(format="%.3f") for metric in TABLE_METRICS},
    )
    for note in table.notes:
        st.caption(note)
    counts = table.table_4
    gained, lost = (f"{value:.2f}" if value is not None else "none" for value in (counts.improvement, counts.decrease))
    st.write(
        f"**Table 4.** Of the {counts.n} articles that fine-tuning improved over zero-shot (and that both models place "
        f"among the first 100), WiSE-FT moves {counts.n_improved} up by {gained} places on average and "
        f"{counts.n_decreased} down by {lost}."
    )
    st.download_button("Table as CSV", render(table, "csv"), f"{run.info.domain}-{run.info.name}.csv", "text/csv")


def show_articles(domain: Domain, run: Run, alpha: float) -> None:
    """The articles WiSE-FT moved most from fine-tuning, with their picture and their three ranks."""
    ranks = run.ranks()
    wide = ranks[ranks["split"] == "val"].pivot(index="article_id", columns="alpha", values="rank")
    moved = (wide[1.0] - wide[alpha]).abs().sort_values(ascending=False, kind="stable")
    articles = domain.articles.set_index("article_id").loc[moved.index[:ARTICLES_SHOWN]]
    for start in range(0, len(articles), 3):
        for column, (article_id, article) in zip(
            st.columns(3), articles.iloc[start : start + 3].iterrows(), strict=False
        ):
            with column.container(border=True):
                text = article["title"] or article["text"]
                try:
                    st.image(open_image(domain.images_root / article["image_file"]), width="stretch", alt=text)
                except (ImageError, OSError):
                    st.warning("This picture can no longer be read.")
                st.text(text)
                at = wide.loc[article_id]
                planted = f" Planted: {article['planted']}." if article["planted"] else ""
                st.caption(
                    f"Rank zero-shot {at[0.0]}, fine-tuned {at[1.0]}, WiSE-FT {at[alpha]}, n = {len(wide)}.{planted}"
                )


def main() -> None:
    """Draw the page."""
    places = default_places()
    show_demo_progress(places)
    try:
        chosen = input_domain_and_run(places)
        if chosen is None:
            return
        domain, run = chosen
        swept = run.sweep_info()
        selected = swept.selected
        published = st.sidebar.selectbox(
            "Published numbers beside", ["none", *PAPERS], key="paper", bind="query-params"
        )
        table = paper_table(run, domain, "val", None if published == "none" else published)
        show_heading(domain, run)
        show_tiles(table)
        st.subheader("Metrics over α")
        curve = run.curve()
        val = curve[curve["split"] == "val"]
        described = (
            f"Line chart of {', '.join(TABLE_METRICS)} on val over alpha; the chosen alpha is {selected.alpha:g}."
        )
        st.plotly_chart(plot_curves(val, selected.alpha), width="stretch", key="curves", alt=described)
        for sentence in [*path_sentences(swept, "the line between the dots"), *precision_sentences(swept)]:
            st.caption(sentence)
        st.subheader("Zero-shot, fine-tuning, WiSE-FT")
        if published != "none":
            st.caption(
                f"Published: {PUBLISHED[published].name}, test set of MediaEval 2022; other articles, other encoder."
            )
        show_table(table, run)
        st.subheader("Articles that WiSE-FT moved most")
        show_articles(domain, run, selected.alpha)
    except RematchError as error:
        st.error(str(error))


main()
