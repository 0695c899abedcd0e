"""One split of a swept run as a reader wants it: article by α, looked up, with no model and no computing on scores."""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from core.data.domain import Domain, Gallery, gallery_of
from core.data.time_split import Split
from core.errors import InputError
from core.evaluation.tower_plane import Plane
from core.workspace.provenance import check_same_articles
from core.workspace.runs import Run
from core.workspace.sweep_info import SweepInfo


@dataclass(frozen=True)
class Results:
    """articles: [N] rows of the domain's table, in order of time, whose image is known.

    gallery: the images that were searched; images: [G] the same as rows of that table (`Domain.image_table`).

    alphas: float64 [A], rising; interpolated: bool [A]; ranks: int32 [A, N]; top_images: [A, N, K] rows of the gallery,
    memory-mapped. plane: val with an α for each tower, if there is one. curve: the metrics, a row for each α.
    """

    run: Run
    info: SweepInfo
    split: Split
    articles: pd.DataFrame
    gallery: Gallery
    pictures: pd.DataFrame
    curve: pd.DataFrame
    alphas: np.ndarray
    interpolated: np.ndarray
    ranks: np.ndarray
    top_images: np.ndarray
    plane: Plane | None

    def place(self, alpha: float) -> int:
        """Row of the α that was swept nearest to `alpha`."""
        return int(np.abs(self.alphas - alpha).argmin())

    def ranks_at(self, alpha: float) -> np.ndarray:
        """int32 [N] at the α swept nearest."""
        return self.ranks[self.place(alpha)]

    def row_of(self, article_id: str) -> int | None:
        """An article's place in the arrays; None if it is not of this split."""
        found = np.flatnonzero((self.articles["article_id"] == article_id).to_numpy())
        return int(found[0]) if len(found) else None

    @cached_property
    def records(self) -> list[dict[Hashable, Any]]:
        """The articles as dicts, in order: a hundred times as quick to look into as rows of a table."""
        return self.articles.to_dict("records")

    @cached_property
    def _image_records(self) -> list[dict[Hashable, Any]]:
        return self.pictures.to_dict("records")

    def with_image(self, row: int) -> dict[Hashable, Any]:
        """The first article published with image `row` of the gallery; its text is empty where none is known."""
        return self._image_records[row]


def read_results(run: Run, domain: Domain, split: Split) -> Results:
    """Read what the sweep left. Raises InputError if it is not there, damaged, or of other articles than these."""
    while True:
        written = run.sweep_stamp()
        results = _read_results(run, domain, split)
        if run.sweep_stamp() == written:  # else it was swept anew meanwhile, and they are partly of each
            return results


def _read_results(run: Run, domain: Domain, split: Split) -> Results:
    slug, name = domain.info.slug, run.info.name
    again = f"sweep again: rematch sweep --domain {slug} --run {name}"
    check_same_articles(
        domain,
        run.info.text,
        run.info.english,
        run.info.articles,
        run.info.translators,
        f"run '{name}'",
        f"train again: rematch train --domain {slug}",
    )
    curve, ranks, info = run.curve(), run.ranks(), run.sweep_info()
    curve, ranks = curve[curve["split"] == split], ranks[ranks["split"] == split]
    articles, pictures = domain.labelled(split), domain.image_table(split)
    alphas = curve["alpha"].to_numpy()
    own = articles["article_id"].tolist()
    if len(ranks) != len(alphas) * len(own) or ranks["article_id"].iloc[: len(own)].tolist() != own:
        if split == "test" and domain.test_images is not None:
            raise InputError(f"run '{name}' was swept before this ground truth of its test articles was there; {again}")
        raise InputError(f"{run.folder / 'ranks.parquet'} is of another sweep; {again}")
    top_images = run.top_images(split)
    if top_images.shape[:2] != (len(alphas), len(own)):
        raise InputError(f"{run.folder / f'best-{split}.npy'} is of another sweep; {again}")
    return Results(
        run,
        info,
        split,
        articles.reset_index(drop=True),
        gallery_of(articles, pictures),
        pictures,
        curve.reset_index(drop=True),
        alphas,
        curve["interpolated"].to_numpy(dtype=bool),
        ranks["rank"].to_numpy().reshape(len(alphas), len(own)),
        top_images,
        run.plane() if split == "val" else None,
    )
