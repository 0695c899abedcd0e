"""The demo, end to end and small: painted, fine-tuned, swept, and taken up again where it stopped."""

import pytest

from core.data.demo import DEMO_DOMAINS, write_newsroom
from core.experiment import demo
from core.experiment.demo import Step, demo_steps, missing_steps, prepare_demo
from core.workspace.folders import Workspace
from core.workspace.runs import load_runs

SMALL = 30


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, lite, lite_multilingual) -> None:
    """Thirty articles a domain, and the encoders already loaded."""
    encoders = {"lite": lite, "lite-multilingual": lite_multilingual}
    monkeypatch.setattr(demo, "write_newsroom", lambda *args, **kwargs: write_newsroom(*args, count=SMALL, **kwargs))
    monkeypatch.setattr("core.experiment.train.load_encoder", lambda name, device, cache: encoders[name])


def test_the_first_domain_comes_whole_before_the_next_begins() -> None:
    first = DEMO_DOMAINS[0].slug
    assert demo_steps()[:2] == [Step(first, None), Step(first, "lite")]
    assert Step("demo-portals", "lite-multilingual") in demo_steps()


def test_the_demo_is_made_once_and_goes_on_where_it_stopped(small: None, workspace: Workspace) -> None:
    steps: list[Step] = []

    def stop_after_two(step: Step) -> None:
        if len(steps) == 2:
            raise KeyboardInterrupt
        steps.append(step)

    with pytest.raises(KeyboardInterrupt):
        prepare_demo(workspace, "cpu", stop_after_two)
    assert missing_steps(workspace) == demo_steps()[2:]
    prepare_demo(workspace, "cpu", steps.append)
    assert steps == demo_steps()
    assert missing_steps(workspace) == []
    assert sorted(workspace.domain_slugs()) == sorted(each.slug for each in DEMO_DOMAINS)
    for slug in workspace.domain_slugs():
        domain = workspace.load_domain(slug)
        assert domain.info.synthetic
        assert "synthetic" in domain.info.title
        assert domain.info.split_by == "published_at"
        assert domain.articles["split"].value_counts().to_dict() == {"train": 24, "val": 6}
        assert domain.articles["published_at"].is_monotonic_increasing
    portals = [run.info for run in load_runs(workspace, "demo-portals")]
    assert [(info.encoder, info.english) for info in portals] == [("lite-multilingual", False), ("lite", True)]
    curve = load_runs(workspace, "demo-rss")[0].curve()
    assert len(curve) == 101
    assert not curve.loc[curve["alpha"].isin([0.0, 1.0]), "interpolated"].any()
    assert set(curve["n"]) == {6}
