"""The merges, in the order of the table that compares them, one module for each."""

from core.interpolation.merges.fisher import FISHER
from core.interpolation.merges.greedy_soup import GREEDY_SOUP
from core.interpolation.merges.merge import Merge
from core.interpolation.merges.per_depth import PER_DEPTH
from core.interpolation.merges.per_tower import PER_TOWER
from core.interpolation.merges.scores import SCORES
from core.interpolation.merges.soup import SOUP
from core.interpolation.merges.wise_ft import WISE_FT

#: The merges by name; WiSE-FT first, because the others are compared with it.
MERGES: dict[str, Merge] = {
    merge.name: merge for merge in (WISE_FT, PER_TOWER, PER_DEPTH, FISHER, SCORES, SOUP, GREEDY_SOUP)
}
