"""A headline, an article or a photo, and what three models find for it, side by side or large for an audience."""

from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from hashlib import sha256

import streamlit as st

from core.data.domain import Domain
from core.data.images.decoding import SUFFIXES, ImageError, open_image
from core.data.images.formats import FORMATS, HEAD, IMAGES, REFUSED_SUFFIXES, format_of
from core.jobs.match_task import Answer, match_article, match_headline, match_photo
from core.retrieval.choices import RERANKS, Rerank
from core.storage.files import file_signature
from core.workspace.folders import Workspace
from core.workspace.runs import Run
from pages.match.download import show_take_away
from pages.match.view import Matched, MatchQuery, headline_of, show_comparison, show_language_note, show_presentation
from pages.shared import session, sidebar
from pages.shared.alpha_position import input_alpha
from pages.shared.cached_results import stamp_of
from pages.shared.errors import show_error
from pages.shared.text import plain, shorten
from pages.shared.worker import forget, result_of, show_pending, submit_once

PURPOSE = "match"  # of what a session awaits of the model worker
TASKS: dict[str, Callable[..., Answer]] = {"headline": match_headline, "article": match_article, "photo": match_photo}
HEADLINE_CHARACTERS = 500  # twice what any encoder here reads
MAX_UPLOAD = 20  # MB
EXAMPLES = 3


def input_by() -> str:
    """Whether a headline, an article or a photo is looked for."""
    chosen = st.segmented_control(
        "Look for", list(TASKS), default="headline", required=True, format_func=str.title,
        label_visibility="collapsed", **session.BY.bound,
    )  # fmt: skip
    return chosen if chosen in TASKS else "headline"


def input_headline() -> MatchQuery | None:
    """A typed headline."""
    text = st.text_input(
        "Headline", max_chars=HEADLINE_CHARACTERS, type="search", placeholder="Type a headline and press Enter",
        **session.HEADLINE.bound,
    )  # fmt: skip
    text = " ".join((text or "").split())[:HEADLINE_CHARACTERS]
    return MatchQuery("headline", text) if text else None


def input_article(domain: Domain) -> MatchQuery | None:
    """One of the domain's articles, val first; the same on every page, and in the address."""
    articles = domain.articles.sort_values("split", ascending=False, kind="stable").set_index("article_id")
    asked = session.ARTICLE.current()
    session.PICKED_ARTICLE.set(asked if asked in articles.index else None)
    labels = {
        article_id: f"{shorten(title or text, 110)} · {article_id} ({split})"
        for article_id, title, text, split in articles[["title", "text", "split"]].itertuples()
    }
    article_id = st.selectbox(
        "Article", list(labels), index=None, format_func=labels.__getitem__, key=session.PICKED_ARTICLE.key,
        on_change=_choose_picked, placeholder="Type a part of its headline",
    )  # fmt: skip
    if article_id is None:
        return None
    session.ARTICLE.pin(article_id)
    return MatchQuery("article", article_id)


def _choose_picked() -> None:
    session.ARTICLE.pin(session.PICKED_ARTICLE.get())


def input_photo() -> MatchQuery | None:
    """Input a photo; one that cannot be used is refused by the name of its format."""
    tries = session.PHOTO_TRIES.get()
    # Formats that are refused may be chosen, too, so that their refusal can say what to do.
    endings = sorted(suffix.lstrip(".") for suffix in {*SUFFIXES, *REFUSED_SUFFIXES})
    key = f"photo_{tries}" if tries else "photo"
    file = st.file_uploader("Photo", type=endings, key=key, max_upload_size=MAX_UPLOAD)
    if file is None:
        if sentence := session.REFUSED_PHOTO.get():
            show_error(sentence)
        return None
    session.REFUSED_PHOTO.reset()
    data = file.getvalue()
    try:
        open_image(data)  # by its content: what the browser says of a file proves nothing
    except ImageError as error:
        session.REFUSED_PHOTO.set(refusal(file.name, data, error))
        session.PHOTO_TRIES.set(tries + 1)  # only under another key does the field forget what it was given
        st.rerun()
    return MatchQuery("photo", file.name, data)


def refusal(name: str, data: bytes, error: ImageError) -> str:
    """Say why the photo `name` cannot be used, and what to do."""
    found = format_of(data[:HEAD])
    if found in IMAGES and found not in FORMATS:
        return f"'{name}' is an image in {found} format, which is not read here. Export it as JPEG and choose that."
    return f"'{name}' cannot be used: {error}. Choose a JPEG, PNG, WebP, GIF, AVIF, BMP or TIFF image."


def input_rerank(run: Run) -> Rerank:
    """Whether all of the domain's queries together correct the scores; as the run was swept at first."""
    chosen = st.selectbox(
        "Re-rank", RERANKS, index=RERANKS.index(run.reranking().method), filter_mode=None, **session.RERANK.bound,
        help="Lowers what is near to many of the domain's queries: by the mean cosine with the 10 nearest (csls) or by "
        "a softmax over them all (dual-softmax).",
    )  # fmt: skip
    return chosen if chosen in RERANKS else "none"


def input_question(domain: Domain, run: Run) -> tuple[str, MatchQuery | None, float, Rerank, int]:
    """By what, and what is looked for, at which α, re-ranked how, and how many places are shown."""
    by = input_by()
    asked, alpha, rerank, places_shown = st.columns([5, 1.3, 1.5, 1.2], vertical_alignment="bottom")
    with asked:
        question = {"headline": input_headline, "article": lambda: input_article(domain), "photo": input_photo}[by]()
    with alpha:
        value = input_alpha(
            run, "How far from zero-shot (0) to fine-tuned (1); α* at first. Once moved, it is in the page's address."
        )
    with rerank:
        method = input_rerank(run)
    k = places_shown.selectbox("Images shown", (3, 5, 10), index=1, filter_mode=None, **session.IMAGES_SHOWN.bound)
    return by, question, value, method, int(k)


def answer_to(
    workspace: Workspace, run: Run, question: MatchQuery, alphas: tuple[float, ...], rerank: Rerank, k: int
) -> Answer | None:
    """What the model worker says; None while it is waited for, or with a sentence if it failed."""
    slug, what = run.info.domain, question.text if question.photo is None else question.photo
    seen = what if isinstance(what, str) else sha256(what).hexdigest()
    read = file_signature(workspace.domain_folder(slug) / "domain.toml")
    key = (*stamp_of(run), run.info.fine_tuned, read, seen, alphas, rerank, k)
    try:
        future = submit_once(PURPOSE, key, TASKS[question.by], workspace, slug, run.info.name, alphas, what, k, rerank)
    except BrokenExecutor:
        show_failure("The process that computes with models could not be started. Nothing is lost.")
        return None
    answer: Answer | None = result_of(future)
    if answer is None:
        doing = "Looking. Loading the model for the first time takes some seconds."
        show_pending(future, doing, show_failure, st.status)
    return answer


def show_failure(sentence: str) -> None:
    """Why there is no answer, and another try."""
    show_error(sentence)
    st.button("Try again", icon=":material/refresh:", on_click=forget, args=(PURPOSE,))


def show_examples(domain: Domain, run: Run, by: str) -> None:
    """Nothing asked yet: something to click."""
    if by == "photo":
        st.write("Upload a photo, and the domain's articles are ranked for it. It stays on this machine.")
        return
    articles = domain.articles[domain.articles["split"] == "val"]
    articles = articles if len(articles) else domain.articles
    st.write("Nothing is looked for yet. Try one of these:")
    for number in range(min(EXAMPLES, len(articles))):
        article = articles.iloc[number * len(articles) // EXAMPLES]
        text = headline_of(article, english=run.info.english)
        st.button(
            plain(shorten(text, 120)), key=f"example_{number}", icon=":material/search:",
            on_click=_take_example, args=(by, text, str(article["article_id"])),
        )  # fmt: skip


def _take_example(by: str, text: str, article_id: str) -> None:
    if by == "article":
        session.ARTICLE.pin(article_id)
    else:
        session.HEADLINE.set(text[:HEADLINE_CHARACTERS])


def main() -> None:
    """Draw the page."""
    workspace, domain, run = sidebar.require_run()
    presented = session.PRESENT.current()
    answer_place = st.container() if presented else None
    controls = st.expander("Look for something else") if presented else st.container()
    with controls:
        if not presented:
            st.title("Match")
            sidebar.show_heading(domain, run)
        by, question, alpha, rerank, k = input_question(domain, run)
        st.toggle("Presentation: large images, few words", **session.PRESENT.bound)
    with answer_place or st.container():
        if question is None:
            show_examples(domain, run, by)
            return
        answer = answer_to(workspace, run, question, (0.0, alpha, 1.0), rerank, k)
        if answer is None:
            return
        matched = Matched(workspace, domain, run, question, answer)
        if presented:
            show_presentation(matched)
        else:
            show_language_note(matched)
            show_comparison(matched)
            show_take_away(matched)


main()
