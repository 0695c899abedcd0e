"""Match page: what is found for a headline, an article or a photo at every α, or for a batch of headlines."""

from dataclasses import dataclass

import streamlit as st

from core.data.domain import Domain
from core.data.images.decoding import SUFFIXES, ImageError, open_image
from core.data.images.formats import FORMATS, HEAD, IMAGES, RAW, REFUSED_SUFFIXES, format_of
from core.retrieval.choices import RERANKS, Rerank
from core.workspace.folders import Workspace
from core.workspace.runs import Run
from pages.match.along_view import View, draw_along, show_along
from pages.match.batch import input_batch, show_batch
from pages.match.searches import along_of, batch_answer, prefetch, prepare
from pages.match.view import Matched, MatchQuery, headline_of, show_notes, show_query
from pages.shared import session, sidebar
from pages.shared.alpha_position import input_alpha, last_alpha
from pages.shared.errors import show_error
from pages.shared.help_texts import MATCH, help_for
from pages.shared.images import prepare_images
from pages.shared.text import plain, shorten

KINDS = ("headline", "article", "photo", "batch")
HEADLINE_CHARACTERS = 500  # twice the context of any encoder here
MAX_UPLOAD = 20  # MB
EXAMPLES = 3


def input_by() -> str:
    """Input the kind of query: a headline, an article, a photo or a batch of headlines."""
    chosen = st.segmented_control(
        "Search with", list(KINDS), default="headline", required=True, format_func=str.title, **session.BY.bound,
        help=help_for("Article", "Gallery", also="A headline or an article finds images. A photo finds articles. "
                      "A batch finds images for several headlines."),
    )  # fmt: skip
    return chosen if chosen in KINDS else "headline"


def input_headline() -> MatchQuery | None:
    """Input a headline."""
    text = st.text_input(
        "Headline", max_chars=HEADLINE_CHARACTERS, type="search", placeholder="Type a headline and press Enter",
        help="Searches all images of the domain.", **session.HEADLINE.bound,
    )  # fmt: skip
    text = " ".join((text or "").split())[:HEADLINE_CHARACTERS]
    return MatchQuery("headline", text) if text else None


def input_article(domain: Domain) -> MatchQuery | None:
    """Input one of the domain's articles, val first; all pages share the choice, and it is in the URL."""
    articles = domain.articles.sort_values("split", ascending=False, kind="stable").set_index("article_id")
    current = session.ARTICLE.current()
    session.PICKED_ARTICLE.set(current if current in articles.index else None)
    labels = {
        article_id: f"{shorten(title or text, 110)} · {article_id} ({split})"
        for article_id, title, text, split in articles[["title", "text", "split"]].itertuples()
    }
    article_id = st.selectbox(
        "Article", list(labels), index=None, format_func=labels.__getitem__, key=session.PICKED_ARTICLE.key,
        on_change=_choose_picked, placeholder="Type a part of its headline",
        help=help_for("Own image", also="Searches all images of the article's split."),
    )  # fmt: skip
    if article_id is None:
        return None
    session.ARTICLE.pin(article_id)
    return MatchQuery("article", article_id)


def _choose_picked() -> None:
    session.ARTICLE.pin(session.PICKED_ARTICLE.get())


def input_photo() -> MatchQuery | None:
    """Input a photo; the error for an unusable one names its format."""
    tries = session.PHOTO_TRIES.get()
    # Unsupported formats can be chosen too, so that the error can explain what to do.
    endings = sorted(suffix.lstrip(".") for suffix in {*SUFFIXES, *REFUSED_SUFFIXES})
    key = f"photo_{tries}" if tries else "photo"
    file = st.file_uploader(
        "Photo",
        type=endings,
        key=key,
        help=f"At most {MAX_UPLOAD} MB. Ranks all articles of the domain. The app does not store it.",
    )
    if file is None:
        if sentence := session.REFUSED_PHOTO.get():
            show_error(sentence)
        return None
    session.REFUSED_PHOTO.reset()
    data = file.getvalue()
    if (reason := _why_refused(file.name, data)) is not None:
        session.REFUSED_PHOTO.set(reason)
        session.PHOTO_TRIES.set(tries + 1)  # Streamlit empties the field only under another key
        st.rerun()
    return MatchQuery("photo", file.name, data)


def _why_refused(name: str, data: bytes) -> str | None:
    """Return the error for the photo `name`: why it cannot be used, and what to do. None if it can."""
    if len(data) > MAX_UPLOAD * 2**20:
        return f"'{name}' has {len(data) / 2**20:.0f} MB, more than {MAX_UPLOAD} MB. Export it smaller, as JPEG."
    try:
        open_image(data)  # checks the content: a file's name and type may be wrong
    except ImageError as error:
        found = format_of(data[:HEAD])
        if found in IMAGES and found not in FORMATS:
            what = "a camera's raw file" if found == RAW else f"a {found} image"
            return f"'{name}' is {what}, which Rematch does not read. Export the photo as JPEG and upload that."
        return f"'{name}' cannot be used: {error}. Upload a JPEG, PNG, WebP, GIF, AVIF, BMP or TIFF image."
    return None


def input_rerank(run: Run) -> Rerank:
    """Input the re-ranking; the default is that of the run's sweep."""
    chosen = st.selectbox(
        "Re-rank", RERANKS, RERANKS.index(run.reranking().method), filter_mode=None, width=130, **session.RERANK.bound,
        help=help_for("Re-ranking", also="csls subtracts the mean cosine with the 10 nearest queries; dual-softmax "
                      "takes a softmax over all queries; sinkhorn assigns each image to one query."),
    )  # fmt: skip
    return chosen if chosen in RERANKS else "none"


#: Only the presentation is seen, and reached by the keyboard.
_BEHIND_PRESENTATION = """<style>
.stApp { background: #101318 }
.stSidebar, .stAppHeader, .st-key-page_header, .st-key-match_controls { visibility: hidden }
</style>"""


@dataclass(frozen=True)
class Choices:
    """What the user chose: kind of query, query, re-ranking, and the number of images to show."""

    by: str
    question: MatchQuery | None
    rerank: Rerank
    shown: int


def input_choices(domain: Domain, run: Run) -> Choices:
    """Input kind of query, query, re-ranking, and the number of images to show."""
    kind, query, options = st.columns([3.2, 4.2, 2.9], vertical_alignment="bottom")
    with kind:
        by = input_by()
    with query:
        question = {
            "headline": input_headline,
            "article": lambda: input_article(domain),
            "photo": input_photo,
            "batch": lambda: input_batch(HEADLINE_CHARACTERS),
        }[by]()
    with options, st.container(horizontal=True, gap="small"):
        method = input_rerank(run)
        k = st.selectbox(
            "Shown",
            (3, 5, 10),
            width=84,
            index=1,
            filter_mode=None,
            help=help_for("Rank"),
            **session.IMAGES_SHOWN.bound,
        )
    return Choices(by, question, method, int(k))


def show_examples(domain: Domain, run: Run, by: str) -> None:
    """Show the empty state: what to do, with examples to click."""
    if by == "batch":
        st.write("Nothing to show yet. Paste several headlines above, one per line.")
        return
    if by == "photo":
        st.write(
            "Nothing to show yet, because there is no photo. Upload one above to rank the domain's articles for it. "
            "The photo stays on the machine that runs the app."
        )
        return
    articles = domain.articles[domain.articles["split"] == "val"]
    articles = articles if len(articles) else domain.articles
    st.write(
        f"Nothing to show yet, because there is no {by}. {'Pick' if by == 'article' else 'Type'} one above, or try "
        "one of these:"
    )
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


def show_result(workspace: Workspace, domain: Domain, run: Run, question: MatchQuery, view: View) -> None:
    """Show what is found for a query at all α, with the download of a sheet."""
    along = along_of(workspace, run, question, view.rerank)
    if along is None:
        return
    matched = Matched(workspace, domain, run, question, along.answer((last_alpha(run),), view.shown))
    if view.count:
        draw_along(matched, along, view)  # its messages are about the whole page
        return
    show_notes(matched, along)
    show_query(matched)
    show_along(matched, along, view)


def show_presentation(workspace: Workspace, domain: Domain, run: Run, question: MatchQuery, choices: Choices) -> None:
    """Show a query, or one headline of a batch, as a presentation; the next one is searched meanwhile."""
    headlines = question.text.splitlines() if choices.by == "batch" else [question.text]
    place = min(session.PRESENTED_INDEX.get(), len(headlines) - 1)
    if choices.by == "batch":
        question, following = (
            MatchQuery("headline", headlines[i]) for i in (place, min(place + 1, len(headlines) - 1))
        )
        prefetch(workspace, run, following, choices.rerank)
    show_result(workspace, domain, run, question, View(choices.rerank, choices.shown, place, len(headlines)))


def _begin_presentation() -> None:
    session.PRESENTED_INDEX.reset()


def main() -> None:
    """Draw the page."""
    header = sidebar.show_title(MATCH)
    workspace, domain, run = sidebar.require_run(MATCH)
    with header:
        sidebar.show_heading(domain, run)
        presents = st.toggle("Present", on_change=_begin_presentation, **session.PRESENT.bound, help=(
            "Shows the first images large over the whole window, for an audience. With a batch, the arrow keys go "
            "through its headlines."
        ))  # fmt: skip
    if presents:
        st.html(_BEHIND_PRESENTATION)
    with st.container(key="match_controls"):
        choices = input_choices(domain, run)
    prepare(workspace, run, choices.by, last_alpha(run), choices.rerank)
    prepare_images(workspace, domain)
    if choices.question is None:
        show_examples(domain, run, choices.by)
    elif presents:
        show_presentation(workspace, domain, run, choices.question, choices)
    elif choices.by == "batch":
        with st.container(width=160):
            alpha = input_alpha(run)
        answer = batch_answer(workspace, run, choices.question, alpha, choices.rerank, choices.shown)
        if answer is not None:
            show_batch(Matched(workspace, domain, run, choices.question, answer))
    else:
        show_result(workspace, domain, run, choices.question, View(choices.rerank, choices.shown))


main()
