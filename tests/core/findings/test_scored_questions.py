"""Near-duplicates, hubs and re-ranking on a small run: the numbers equal the sweep's, and the sections show them."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from core.experiment.loaded_run import LoadedRun, open_run
from core.experiment.sweep import sweep_run
from core.findings.hubs import HUBS
from core.findings.near_duplicates import GROUPS, NEAR_DUPLICATES
from core.findings.question import RunContext, compute_or_load
from core.findings.reranking import RERANKING
from core.findings.scored_models import MODELS, WAYS, variant_name
from core.presentation.blocks import Chart, Grid, Words
from core.retrieval.choices import BY_COSINE


@pytest.fixture
def context(run, shapes_domain, workspace):
    sweep_run(open_run(run, shapes_domain, workspace, "cpu"), [0.0, 0.5, 1.0], "recall@1")
    return RunContext(run, shapes_domain, workspace, "cpu")


def test_plain_and_re_ranked_numbers_are_those_of_sweeps(context, run, shapes_domain, workspace):
    on = compute_or_load(RERANKING, context).splits["val"]
    alphas = dict(zip(MODELS, (0.0, 1.0, run.selected().alpha), strict=True))
    for way in ("none", *WAYS):
        curve, info = sweep_run(
            open_run(run, shapes_domain, workspace, "cpu", rerank=way), [*alphas.values()], "recall@1"
        )
        rows = {row["alpha"]: row for row in curve.to_dict("records")}
        for model, alpha in alphas.items():
            name = model if info.reranking == BY_COSINE else variant_name(model, way)
            for metric in ("mrr@100", "recall@1", "mean_rank"):
                assert on.value(metric, name) == rows[alpha][metric]


def test_a_run_swept_re_ranked_is_asked_the_same_things(context, run, shapes_domain, workspace):
    before = compute_or_load(RERANKING, context).splits["val"]
    sweep_run(open_run(run, shapes_domain, workspace, "cpu", rerank="csls"), [0.0, 1.0], "recall@1")
    after = compute_or_load(RERANKING, RunContext(run, shapes_domain, workspace, "cpu")).splits["val"]
    for name in (MODELS[0], variant_name(MODELS[0], "csls"), MODELS[1], variant_name(MODELS[1], "dual-softmax")):
        assert after.value("mrr@100", name) == before.value("mrr@100", name)


def test_any_image_of_the_group_is_never_worse_than_the_own(context):
    duplicates = compute_or_load(NEAR_DUPLICATES, context).splits["val"]
    assert duplicates.groups  # the same shapes again, a little to the side
    counted = duplicates.counted
    for model in MODELS:
        assert counted.value("mean_rank", variant_name(model, GROUPS)) < counted.value("mean_rank", model)
        assert counted.of("mrr@100", model, variant_name(model, GROUPS)).value > 0


@pytest.mark.parametrize("question", [NEAR_DUPLICATES, HUBS, RERANKING], ids=lambda question: question.name)
def test_the_record_is_read_back_as_it_was_and_made_alike_again(context, workspace, question):
    record = compute_or_load(question, context)
    written = msgspec.json.encode(record)
    assert msgspec.json.decode(written, type=question.result_type) == record
    [file] = (workspace.cache / "findings").iterdir()
    file.unlink()
    again = compute_or_load(question, RunContext(context.run, context.domain, workspace, "cpu"))
    assert msgspec.json.encode(again) == written


def test_the_three_questions_together_embed_each_model_once(context, monkeypatch):
    embedded = []
    real = LoadedRun.embeddings
    monkeypatch.setattr(
        LoadedRun, "embeddings", lambda run, tower, *given: embedded.append(tower) or real(run, tower, *given)
    )
    context.loaded_run.precision  # noqa: B018 - opened here, so that embeddings made by opening are not counted
    embedded.clear()
    for question in (NEAR_DUPLICATES, HUBS, RERANKING):
        compute_or_load(question, context)
    assert sorted(embedded) == ["image", "text"]


def test_without_near_duplicates_the_section_has_no_table(context):
    record = compute_or_load(NEAR_DUPLICATES, context)
    alone = replace(record.splits["val"], groups=0, alike=0)
    section = NEAR_DUPLICATES.section(replace(record, splits={"val": alone}), context)
    assert "none of the 12 images" in section.answer
    assert not any(isinstance(block, Grid) for block in section.blocks)


def test_the_sections_show_what_was_found(context):
    record = compute_or_load(NEAR_DUPLICATES, context)
    section = NEAR_DUPLICATES.section(record, context)
    assert section.answer.startswith(f"On val, n = 12: {record.splits['val'].alike} of the 12 images")
    [table] = [block.table for block in section.blocks if isinstance(block, Grid)]
    assert set(table["model"]) == set(MODELS)

    section = RERANKING.section(compute_or_load(RERANKING, context), context)
    assert "transductive" in " ".join(block.text for block in section.blocks if isinstance(block, Words))
    [table] = [block.table for block in section.blocks if isinstance(block, Grid)]
    assert set(table["re-ranked by"]) == set(WAYS)


def test_hubs_are_listed_for_each_model_plain_and_re_ranked(context):
    section = HUBS.section(compute_or_load(HUBS, context), context)
    assert section.answer.startswith("On val, n = 12:")
    tables = [block.table for block in section.blocks if isinstance(block, Grid)]
    assert len(tables[0]) == len(MODELS) * (1 + len(WAYS))
    [chart] = [block for block in section.blocks if isinstance(block, Chart)]
    listed = np.array(chart.figure.data[0].y)
    assert (len(listed), listed.sum()) == (12, 120)
    assert (np.diff(listed) <= 0).all()
