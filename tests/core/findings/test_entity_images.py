"""The question `entities` on a tuned run: from the articles' names to a verdict in words."""

from dataclasses import replace

import msgspec
import pytest

from core.data.domain import Domain
from core.data.entities.rules import Mentions
from core.data.entities.store import tag_domain
from core.experiment.loaded_run import LoadedRun
from core.experiment.sweep import sweep_run
from core.findings.entity_images import ENTITIES, EntitiesFound
from core.findings.question import RunContext
from core.workspace.folders import Workspace
from core.workspace.runs import Run


class Towns:
    """Tagger by which every article names the town of its colour."""

    name = "towns"

    def __call__(self, texts: list[str], languages: list[str]) -> list[Mentions]:
        return [Mentions(places=(text.split()[1],)) for text in texts]


@pytest.fixture
def context(loaded_run: LoadedRun, run: Run, shapes_domain: Domain, workspace: Workspace) -> RunContext:
    sweep_run(loaded_run, [0.0, 0.5, 1.0], "recall@1")
    return RunContext(run, shapes_domain, workspace, "cpu")


def test_nothing_named_is_nothing_to_tell(context: RunContext) -> None:
    found = ENTITIES.ask(context)
    assert all(one.effect is None and one.p_holm == 1 for one in found.findings)
    assert ENTITIES.section(found, context).answer.startswith("Unknown: val, n = 12")


def test_what_is_named_is_judged_at_both_models(context: RunContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.analysis.entity_images.MIN_ARTICLES", 6)
    tag_domain(context.domain, Towns())
    found = ENTITIES.ask(context)

    judged = [one for one in found.findings if one.effect]
    assert [(one.model, one.kind, one.known) for one in judged] == [
        (model, kind, 6) for model in ("zero-shot", "WiSE-FT") for kind in ("places", "places and persons")
    ]
    assert all((one.effect.n_earlier, one.effect.n_later) == (6, 6) for one in judged)
    assert found.named_by == "towns"
    written = msgspec.json.encode(found)
    assert msgspec.json.decode(written, type=EntitiesFound) == found
    assert written == msgspec.json.encode(ENTITIES.ask(replace(context)))
    section = ENTITIES.section(found, context)
    assert "found by towns" in section.details[0].text
    assert len(section.details[1].table) == 6


def test_without_a_bonus_the_ranks_are_the_sweeps(context: RunContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.analysis.entity_images.MIN_ARTICLES", 6)
    monkeypatch.setattr("core.analysis.entity_images.WEIGHTS", (0.0,))
    tag_domain(context.domain, Towns())
    first = ENTITIES.ask(context).findings[0].effect

    assert first is not None
    assert first.before == first.after == pytest.approx((1 / context.val.ranks[0][6:]).mean())
    assert (first.gain, first.p, first.improved, first.worsened) == (0, 1, 0, 0)
