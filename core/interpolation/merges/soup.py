"""The uniform soup (Wortsman et al. 2022, "Model soups"): the average of runs that differ only in their seed."""

from core.interpolation.merges.merge import Merge, over_alphas

SOUP = Merge(
    "soup",
    "soup of all runs",
    "the weights of all runs are averaged, then mixed with α (Wortsman et al. 2022, model soups)",
    lambda search: over_alphas(search, "soup", runs=search.runs),
    ("several runs",),
)
