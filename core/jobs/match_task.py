"""Searches of the Match page as tasks for the worker (`core.jobs.model_worker`), with typed results.

A search runs at several α at once. Results refer to images and articles by id and hold no tensors, so the app's process
reads them without torch. rerank: None for the re-ranking of the run's sweep.
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
    """One match. place: its rank, 1 is best. article_id: of the first article with the image, or of the article."""

    place: int
    score: float
    image_id: str
    article_id: str


@dataclass(frozen=True)
class ModelAnswer:
    """Matches at one α, best first. own: the article's own image at any rank; None for other searches."""

    alpha: float
    found: tuple[Found, ...]
    own: Found | None = None


@dataclass(frozen=True)
class Answer:
    """Result of a search.

    models: one for each α, in the order of the request; for a batch, one for each headline. searched: number of images
    or articles. languages: two-letter codes that the encoder supports, sorted. reranking: as applied to the scores.
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
    """Find the best `k` of all images of the domain for a typed headline. Raises errors as `open_run`."""
    return _search_at_each_alpha(
        load_run_cached(workspace, slug, run_name),
        alphas,
        rerank,
        lambda matcher: ModelAnswer(matcher.alpha, _found(matcher.images_for(headline, k))),
    )


def match_batch(
    workspace: Workspace,
    slug: str,
    run_name: str,
    alphas: Sequence[float],
    headlines: str,
    k: int,
    rerank: Rerank | None = None,
) -> Answer:
    """Find the best `k` images of the domain for each line of `headlines`, at one α. Raises errors as `open_run`."""
    from core.experiment.match import Matcher  # imports torch, which only the worker may load

    loaded_run = load_run_cached(workspace, slug, run_name)
    [alpha] = alphas
    matcher = Matcher(loaded_run, alpha, rerank=rerank)
    found = tuple(ModelAnswer(alpha, _found(each)) for each in matcher.images_for_batch(headlines.splitlines(), k))
    return Answer(found, matcher.searched, tuple(sorted(loaded_run.experiment.encoder.languages)), matcher.reranking)


def match_photo(
    workspace: Workspace,
    slug: str,
    run_name: str,
    alphas: Sequence[float],
    photo: bytes,
    k: int,
    rerank: Rerank | None = None,
) -> Answer:
    """Find the best `k` of all articles of the domain for a photo. Raises ImageError if it is not an image."""
    image = open_image(photo)
    return _search_at_each_alpha(
        load_run_cached(workspace, slug, run_name),
        alphas,
        rerank,
        lambda matcher: ModelAnswer(matcher.alpha, _found(matcher.articles_for(image, k))),
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
    """Find the best `k` images of the article's split, and its own. Raises InputError if there is no such article."""

    def search(matcher: "Matcher") -> ModelAnswer:
        answer = matcher.images_for_article(article_id, k)
        own = _found([answer.own])[0] if answer.own is not None else None
        return ModelAnswer(matcher.alpha, _found(answer.matches), own)

    return _search_at_each_alpha(load_run_cached(workspace, slug, run_name), alphas, rerank, search)


def _search_at_each_alpha(
    loaded_run: Any, alphas: Sequence[float], rerank: Rerank | None, search: Callable[["Matcher"], ModelAnswer]
) -> Answer:
    from core.experiment.match import Matcher  # imports torch, which only the worker may load

    matchers = {alpha: Matcher(loaded_run, alpha, rerank=rerank) for alpha in map(float, alphas)}
    by_alpha = {alpha: search(matcher) for alpha, matcher in matchers.items()}
    models = tuple(by_alpha[float(alpha)] for alpha in alphas)
    first = next(iter(matchers.values()))
    return Answer(models, first.searched, tuple(sorted(loaded_run.experiment.encoder.languages)), first.reranking)


def _found(matches: "Sequence[Match]") -> tuple[Found, ...]:
    return tuple(Found(match.place, match.score, match.image_id, str(match.article["article_id"])) for match in matches)
