"""The merges, in the order of the table that compares them, one module for each."""

from core.interpolation.merges.extrapolation import EXTRAPOLATION
from core.interpolation.merges.fisher import FISHER
from core.interpolation.merges.greedy_soup import GREEDY_SOUP
from core.interpolation.merges.lines import LINES
from core.interpolation.merges.merge import Merge
from core.interpolation.merges.model_stock import MODEL_STOCK
from core.interpolation.merges.per_depth import PER_DEPTH
from core.interpolation.merges.per_tower import PER_TOWER
from core.interpolation.merges.scores import SCORES
from core.interpolation.merges.soup import SOUP
from core.interpolation.merges.spherical import SPHERICAL
from core.interpolation.merges.task_arithmetic import TASK_ARITHMETIC
from core.interpolation.merges.wise_ft import WISE_FT

#: The merges by name; WiSE-FT first, because the others are compared with it.
MERGES: dict[str, Merge] = {
    merge.name: merge
    for merge in (
        WISE_FT, PER_TOWER, PER_DEPTH, LINES, EXTRAPOLATION, FISHER, SCORES, SPHERICAL,
        SOUP, GREEDY_SOUP, MODEL_STOCK, TASK_ARITHMETIC,
    )
}  # fmt: skip
