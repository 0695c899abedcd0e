"""Published results of the MediaEval NewsImages 2022 paper on the test set."""

from dataclasses import astuple, dataclass
from typing import Literal, get_args

Paper = Literal["portals", "twitter", "rss"]
PAPERS: tuple[Paper, ...] = get_args(Paper)


@dataclass(frozen=True)
class PublishedRow:
    """One row of the published tables 1–3; the paper has no recall@1 and no n."""

    mrr_100: float
    recall_5: float
    recall_10: float
    recall_50: float
    recall_100: float

    @property
    def metrics(self) -> dict[str, float]:
        """The metrics by their names in tables and files."""
        return dict(zip(("mrr@100", "recall@5", "recall@10", "recall@50", "recall@100"), astuple(self), strict=True))


@dataclass(frozen=True)
class PublishedDomain:
    """Published results for one domain. improvement, decrease: in places (table 4)."""

    name: str
    alpha: float
    zero_shot: PublishedRow
    fine_tuned: PublishedRow
    wise_ft: PublishedRow
    improvement: float
    decrease: float


PUBLISHED: dict[Paper, PublishedDomain] = {
    "portals": PublishedDomain(
        "Online News portals", 0.5,
        PublishedRow(0.195, 0.261, 0.347, 0.562, 0.647),
        PublishedRow(0.231, 0.329, 0.416, 0.655, 0.745),
        PublishedRow(0.240, 0.329, 0.423, 0.649, 0.735),
        4.905, 6.091,
    ),
    "twitter": PublishedDomain(
        "Twitter", 0.5,
        PublishedRow(0.446, 0.547, 0.641, 0.802, 0.868),
        PublishedRow(0.472, 0.595, 0.679, 0.857, 0.915),
        PublishedRow(0.476, 0.595, 0.681, 0.848, 0.910),
        3.893, 5.158,
    ),
    "rss": PublishedDomain(
        "RSS news feed", 0.4,
        PublishedRow(0.403, 0.509, 0.603, 0.777, 0.833),
        PublishedRow(0.408, 0.531, 0.621, 0.772, 0.839),
        PublishedRow(0.455, 0.569, 0.666, 0.809, 0.859),
        1.667, 6.778,
    ),
}  # fmt: skip
