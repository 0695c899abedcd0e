"""What kind of article gains or loses? Slices of every split that can be judged, each against the articles outside."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.analysis.significance import FINE_TUNED, WISE_FT, ZERO_SHOT
from core.analysis.slices import Slice, compare_slices
from core.data.entities.store import mentions_file, mentions_of
from core.data.time_split import Split
from core.findings.question import Question, RunContext, files_as_parts
from core.findings.slice_members import slices_of
from core.storage.files import Part
from core.workspace.tags import read_tags, tags_file

#: From zero-shot by fine-tuning, and from there by mixing back: what the paper's figures are about.
PAIRS = ((ZERO_SHOT, FINE_TUNED), (FINE_TUNED, WISE_FT))


@dataclass(frozen=True)
class SplitSlices:
    """n: articles of the split. slices: those judged. members: slice → its articles' ids, in order of time."""

    n: int
    slices: tuple[Slice, ...]
    members: dict[str, tuple[str, ...]]

    def of(self, name: str) -> Slice | None:
        """One slice; None if it is none of these, or too small or too large to be judged."""
        return next((one for one in self.slices if one.name == name), None)


@dataclass(frozen=True)
class SlicesFound:
    """alpha: WiSE-FT's. named_by: what found persons, places and organisations."""

    alpha: float
    named_by: str
    splits: dict[Split, SplitSlices]


def rows_in_slice(found: SlicesFound, split: Split, name: str, article_ids: Sequence[str]) -> np.ndarray:
    """Which of `article_ids` are in the slice of that name, as places, int64; none for a name that is no slice."""
    members = set(found.splits[split].members.get(name, ())) if split in found.splits else set()
    return np.array([place for place, article_id in enumerate(article_ids) if article_id in members], dtype=np.int64)


def _ask(context: RunContext) -> SlicesFound:
    alpha = context.run.selected().alpha
    mentioned, tags = mentions_of(context.domain), read_tags(context.workspace, context.domain.info.slug)
    splits: dict[Split, SplitSlices] = {}
    for split, results in context.results.items():
        models = {ZERO_SHOT: results.ranks[0], FINE_TUNED: results.ranks[-1], WISE_FT: results.ranks_at(alpha)}
        inside = slices_of(context.domain, split, mentioned.articles, tags)
        slices = compare_slices(models, PAIRS, inside)
        ids = results.articles["article_id"].to_numpy()
        members = {one.name: tuple(ids[inside[one.name]].tolist()) for one in slices}
        splits[split] = SplitSlices(len(ids), slices, members)
    return SlicesFound(alpha, mentioned.found_by, splits)


def _rests_on(context: RunContext) -> tuple[Part, ...]:
    return files_as_parts([mentions_file(context.domain), tags_file(context.workspace, context.domain.info.slug)])


SLICES = Question(
    "slices",
    "What kind of article gains or loses?",
    SlicesFound,
    _ask,
    duration_hint="about half a minute",
    cache_key_parts=_rests_on,
)
