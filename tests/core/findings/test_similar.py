"""The question of similar images on a real small run: its numbers are the sweep's, and its section says them."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from core.experiment.loaded_run import open_run
from core.experiment.sweep import sweep_run
from core.findings.question import RunContext, compute_or_load
from core.findings.similar import GROUPS, MODELS, SIMILAR, WAYS, named
from core.presentation.blocks import Chart, Grid, Words
from core.retrieval.choices import BY_COSINE


@pytest.fixture
def context(run, shapes_domain, workspace):
    sweep_run(open_run(run, shapes_domain, workspace, "cpu"), [0.0, 0.5, 1.0], "recall@1")
    return RunContext(run, shapes_domain, workspace, "cpu")


def _value(counted, model, metric):
    return next(one.value for one in counted.reached if (one.model, one.metric) == (model, metric))


def test_plain_and_re_ranked_numbers_are_those_of_sweeps(context, run, shapes_domain, workspace):
    on = compute_or_load(SIMILAR, context).splits["val"]
    alphas = dict(zip(MODELS, (0.0, 1.0, run.selected().alpha), strict=True))
    for way in ("none", *WAYS):
        curve, info = sweep_run(
            open_run(run, shapes_domain, workspace, "cpu", rerank=way), [*alphas.values()], "recall@1"
        )
        rows = {row["alpha"]: row for row in curve.to_dict("records")}
        for model, alpha in alphas.items():
            name = model if info.reranking == BY_COSINE else named(model, way)
            for metric in ("mrr@100", "recall@1", "mean_rank"):
                assert _value(on.reranked, name, metric) == rows[alpha][metric]


def test_a_run_swept_re_ranked_is_asked_the_same_things(context, run, shapes_domain, workspace):
    before = compute_or_load(SIMILAR, context).splits["val"].reranked
    sweep_run(open_run(run, shapes_domain, workspace, "cpu", rerank="csls"), [0.0, 1.0], "recall@1")
    after = compute_or_load(SIMILAR, RunContext(run, shapes_domain, workspace, "cpu")).splits["val"].reranked
    for name in (MODELS[0], named(MODELS[0], "csls"), MODELS[1], named(MODELS[1], "dual-softmax")):
        assert _value(after, name, "mrr@100") == _value(before, name, "mrr@100")


def test_any_image_of_the_group_is_never_worse_than_the_own(context):
    duplicates = compute_or_load(SIMILAR, context).splits["val"].duplicates
    assert duplicates.groups  # the same shapes again, a little to the side
    for model in MODELS:
        assert _value(duplicates.counted, named(model, GROUPS), "mean_rank") < _value(
            duplicates.counted, model, "mean_rank"
        )
        assert duplicates.counted.of("mrr@100", model, named(model, GROUPS)).value > 0


def test_the_record_is_read_back_as_it_was_and_made_alike_again(context, workspace):
    record = compute_or_load(SIMILAR, context)
    written = msgspec.json.encode(record)
    assert msgspec.json.decode(written, type=SIMILAR.result_type) == record
    [file] = (workspace.cache / "findings").iterdir()
    file.unlink()
    assert (
        msgspec.json.encode(compute_or_load(SIMILAR, RunContext(context.run, context.domain, workspace, "cpu")))
        == written
    )


def test_where_no_images_are_alike_that_is_all_that_is_said(context):
    record = compute_or_load(SIMILAR, context)
    on = record.splits["val"]
    alone = replace(on, duplicates=replace(on.duplicates, groups=0, alike=0))
    section = SIMILAR.section(replace(record, splits={"val": alone}), context)
    assert "None of its 12 images is a near-duplicate" in section.answer
    assert not any(isinstance(block, Grid) and "of its group" in block.caption for block in section.blocks)


def test_the_section_says_what_was_found(context):
    record = compute_or_load(SIMILAR, context)
    section = SIMILAR.section(record, context)
    on = record.splits["val"]
    assert section.answer.startswith("On val, n = 12:")
    assert f"{on.duplicates.alike} of its 12 images are near-duplicates" in section.answer
    kinds = [type(block) for block in section.blocks]
    assert (kinds.count(Grid), kinds.count(Chart)) == (4, 1)
    words = " ".join(block.text for block in section.blocks if isinstance(block, Words))
    assert "transductive" in words
    hubs = next(block.table for block in section.blocks if isinstance(block, Grid) and block.caption.startswith("Hubs"))
    assert len(hubs) == len(MODELS) * (1 + len(WAYS))
    chart = next(block for block in section.blocks if isinstance(block, Chart))
    listed = np.array(chart.figure.data[0].y)
    assert (len(listed), listed.sum()) == (12, 120)
    assert (np.diff(listed) <= 0).all()
