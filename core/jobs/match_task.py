"""The questions of the Match page as tasks for the worker (`core.jobs.model_worker`), and their answers as records.

Each question is put to several α at once; the answers name images and articles by id and carry no tensors, so that
the app's own process reads them without torch. rerank: as the run was swept unless given.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.data.images.decoding import open_image
from core.jobs.model_worker import load_run_cached
from core.retrieval.choices import BY_COSINE, Rerank, Reranking
from core.workspace.folders import Workspace

if TYPE_CHECKING:
    from core.experiment.match import Match, Matcher


@dataclass(frozen=True)
class Found:
    """One thing found. place: its rank, 1 is best. article_id: the first article with that image, or the article."""

    place: int
    score: float
    image_id: str
    article_id: str


@dataclass(frozen=True)
class ModelAnswer:
    """What one α finds, best first. own: the picked article's own image, wherever it stands; else None."""

    alpha: float
    found: tuple[Found, ...]
    own: Found | None = None


@dataclass(frozen=True)
class Answer:
    """models: one for each α, in the order asked. searched: how many images or articles were.

    languages: what the run's encoder reads, two-letter codes, sorted. reranking: how scores were.
    """

    models: tuple[ModelAnswer, ...]
    searched: int
    languages: tuple[str, ...]
    reranking: Reranking = BY_COSINE


def match_headline(
    workspace: Workspace,
    slug: str,
    run_name: str,
    alphas: Sequence[float],
    headline: str,
    k: int,
    rerank: Rerank | None = None,
) -> Answer:
    """The best `k` of all pictures of the domain for a typed headline. Errors as `open_run`."""
    return _ask(
        load_run_cached(workspace, slug, run_name),
        alphas,
        rerank,
        lambda matcher: ModelAnswer(matcher.alpha, _found(matcher.images_for(headline, k))),
    )


def match_photo(
    workspace: Workspace,
    slug: str,
    run_name: str,
    alphas: Sequence[float],
    photo: bytes,
    k: int,
    rerank: Rerank | None = None,
) -> Answer:
    """The best `k` of all articles of the domain for a photo. Raises ImageError for bytes that are none."""
    picture = open_image(photo)
    return _ask(
        load_run_cached(workspace, slug, run_name),
        alphas,
        rerank,
        lambda matcher: ModelAnswer(matcher.alpha, _found(matcher.articles_for(picture, k))),
    )


def match_article(
    workspace: Workspace,
    slug: str,
    run_name: str,
    alphas: Sequence[float],
    article_id: str,
    k: int,
    rerank: Rerank | None = None,
) -> Answer:
    """The best `k` images of the article's split for its text, and where its own stands. InputError if unknown."""

    def ask(matcher: "Matcher") -> ModelAnswer:
        answer = matcher.images_for_article(article_id, k)
        own = _found([answer.own])[0] if answer.own is not None else None
        return ModelAnswer(matcher.alpha, _found(answer.matches), own)

    return _ask(load_run_cached(workspace, slug, run_name), alphas, rerank, ask)


def _ask(
    loaded_run: Any, alphas: Sequence[float], rerank: Rerank | None, ask: Callable[["Matcher"], ModelAnswer]
) -> Answer:
    from core.experiment.match import Matcher  # imports torch, which is for the worker alone

    matchers = {alpha: Matcher(loaded_run, alpha, rerank=rerank) for alpha in map(float, alphas)}
    by_alpha = {alpha: ask(matcher) for alpha, matcher in matchers.items()}
    models = tuple(by_alpha[float(alpha)] for alpha in alphas)
    one = next(iter(matchers.values()))
    return Answer(models, one.searched, tuple(sorted(loaded_run.experiment.encoder.languages)), one.reranking)


def _found(matches: "Sequence[Match]") -> tuple[Found, ...]:
    return tuple(Found(one.place, one.score, one.image_id, str(one.article["article_id"])) for one in matches)
