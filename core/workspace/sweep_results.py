"""One split of a stored sweep, ready to look up by article and α without loading a model."""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from core.analysis.cross_fit import CrossFit, Judged
from core.data.domain import Domain, Gallery, gallery_of
from core.data.time_split import Split
from core.errors import InputError
from core.evaluation.models import Model
from core.evaluation.overtakings import Overtakings
from core.evaluation.tower_plane import Plane
from core.workspace.provenance import check_same_articles
from core.workspace.runs import Run
from core.workspace.sweep_info import SweepInfo


@dataclass(frozen=True)
class Results:
    """Stored sweep of one split.

    articles: [N] rows of the domain's table with a known image, in order of time. gallery: the images searched.
    image_table: [G] rows, one for each gallery image (see `Domain`). curve: metrics, one row for each α.

    alphas: float64 [A], ascending; interpolated: bool [A]; ranks: int32 [A, N]; top_images: gallery rows [A, N, K],
    memory-mapped. plane: val over the α of both towers, if computed. overtakings: between the α's, if computed.
    """

    run: Run
    info: SweepInfo
    split: Split
    articles: pd.DataFrame
    gallery: Gallery
    image_table: pd.DataFrame
    curve: pd.DataFrame
    alphas: np.ndarray
    interpolated: np.ndarray
    ranks: np.ndarray
    top_images: np.ndarray
    plane: Plane | None
    overtakings: Overtakings | None

    def nearest_index(self, alpha: float) -> int:
        """Return the index of the swept α nearest to `alpha`."""
        return int(np.abs(self.alphas - alpha).argmin())

    def ranks_at(self, alpha: float) -> np.ndarray:
        """Return the ranks at the swept α nearest to `alpha`: int32 [N]."""
        return self.ranks[self.nearest_index(alpha)]

    @cached_property
    def models(self) -> dict[str, Judged]:
        """The three models for comparisons. On val, which chose α*, WiSE-FT is cross-fitted; elsewhere it is at α*."""
        alpha, criterion = self.info.selected.alpha, self.info.selected.criterion
        wise_ft = CrossFit(self.ranks, criterion) if self.split == "val" else self.ranks_at(alpha)
        return {Model.ZERO_SHOT: self.ranks[0], Model.FINE_TUNED: self.ranks[-1], Model.WISE_FT: wise_ft}

    def row_of(self, article_id: str) -> int | None:
        """Return the row of an article; None if the split has no such article."""
        found = np.flatnonzero((self.articles["article_id"] == article_id).to_numpy())
        return int(found[0]) if len(found) else None

    @cached_property
    def records(self) -> list[dict[Hashable, Any]]:
        """Articles as dicts, in order: 100 times faster to look up than rows of a table."""
        return self.articles.to_dict("records")

    @cached_property
    def _image_records(self) -> list[dict[Hashable, Any]]:
        return self.image_table.to_dict("records")

    def with_image(self, row: int) -> dict[Hashable, Any]:
        """Return the first article published with gallery image `row`; its columns are empty if it is unknown."""
        return self._image_records[row]


def cross_fit_on_val(run: Run) -> CrossFit:
    """Return WiSE-FT of a swept run on val, at the α that other articles choose. Raises InputError as `Run.ranks`."""
    ranks = run.ranks()
    ranks = ranks[ranks["split"] == "val"]
    by_alpha = ranks["rank"].to_numpy().reshape(ranks["alpha"].nunique(), -1)
    return CrossFit(by_alpha, run.selected().criterion)


def read_results(run: Run, domain: Domain, split: Split) -> Results:
    """Read the stored sweep. Raises InputError if it is missing, damaged or of other articles than the domain's."""
    while True:
        written = run.sweep_stamp()
        results = _read_results(run, domain, split)
        if run.sweep_stamp() == written:  # else a new sweep replaced files between two reads
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
    articles, image_table = domain.labelled(split), domain.image_table(split)
    alphas = curve["alpha"].to_numpy()
    ids = articles["article_id"].tolist()
    if len(ranks) != len(alphas) * len(ids) or ranks["article_id"].iloc[: len(ids)].tolist() != ids:
        if split == "test" and domain.test_images is not None:
            raise InputError(f"run '{name}' was swept before the ground truth of the test articles was added; {again}")
        raise InputError(f"{run.folder / 'ranks.parquet'} is of another sweep; {again}")
    top_images = run.top_images(split)
    if top_images.shape[:2] != (len(alphas), len(ids)):
        raise InputError(f"{run.folder / f'best-{split}.npy'} is of another sweep; {again}")
    ranks_by_alpha = ranks["rank"].to_numpy().reshape(len(alphas), len(ids))
    return Results(
        run,
        info,
        split,
        articles.reset_index(drop=True),
        gallery_of(articles, image_table),
        image_table,
        curve.reset_index(drop=True),
        alphas,
        curve["interpolated"].to_numpy(dtype=bool),
        ranks_by_alpha,
        top_images,
        run.plane() if split == "val" else None,
        run.overtakings(split, ranks_by_alpha[0]),
    )
