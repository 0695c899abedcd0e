"""Finding runs, keeping their folders apart, and refusing what no longer fits together."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file

from core.data.domain import gallery_of, tie_order
from core.data.images.decoding import open_image
from core.data.importers import import_domain
from core.data.query_text import Reading
from core.errors import InputError
from core.experiment.loaded_run import open_run
from core.experiment.train import train_run
from core.retrieval.ranking import ranks_of
from core.training.settings import Settings
from core.workspace.folders import Workspace, default_workspace
from core.workspace.run_names import reserve_folder
from core.workspace.runs import Run, RunInfo, find_run, load_runs, save_run

INFO = RunInfo(
    domain="news", name="", created_at="", encoder="lite", text=Reading("title"), english=False,
    reads_the_language=True, device="cpu", settings=Settings(), articles="a",
    zero_shot="z", fine_tuned="f", versions={"torch": "2"},
)  # fmt: skip
HEAD = Settings(tune="head", epochs=1, lr=0.01)


def keep(workspace: Workspace, name: str, created_at: str) -> Run:
    folder = workspace.runs_folder("news") / name
    folder.mkdir(parents=True)
    run = Run(replace(INFO, name=name, created_at=created_at), folder)
    save_run(run)
    return run


def test_a_run_comes_back_from_disk_as_it_was(workspace):
    run = keep(workspace, "lite-head-1", "2026-01-01T00:00:00.000001+00:00")
    assert find_run(workspace, "news", "lite-head-1") == run


def test_the_newest_run_is_taken_if_none_is_named(workspace):
    keep(workspace, "b", "2026-01-01T00:00:00.000002+00:00")
    keep(workspace, "c", "2026-01-01T00:00:00.000001+00:00")
    keep(workspace, "a", "2025-12-31T23:59:59.000009+00:00")
    assert [run.info.name for run in load_runs(workspace, "news")] == ["a", "c", "b"]
    assert find_run(workspace, "news", None).info.name == "b"
    assert find_run(workspace, "news", "c").info.name == "c"


def test_runs_that_are_not_there_are_said(workspace):
    with pytest.raises(InputError, match=r"'news' has no run.*rematch train"):
        find_run(workspace, "news", None)
    keep(workspace, "a", "1")
    keep(workspace, "b", "2")
    with pytest.raises(InputError, match=r"'news' has no run 'x'.*a, b"):
        find_run(workspace, "news", "x")


def test_a_folder_that_training_did_not_finish_is_no_run(workspace):
    keep(workspace, "a", "1")
    folder = reserve_folder(workspace, "news", "lite", "head")
    (folder / "weights.safetensors").write_bytes(b"")
    assert [run.info.name for run in load_runs(workspace, "news")] == ["a"]


@pytest.mark.parametrize("content", ["name = ", "name = 'a'\n", "settings = 3\n", ""])
def test_a_damaged_run_is_named(workspace, content):
    keep(workspace, "a", "1")
    (workspace.runs_folder("news") / "a" / "run.toml").write_text(content)
    with pytest.raises(InputError, match="run"):
        load_runs(workspace, "news")


def test_two_trainings_never_share_a_folder(workspace):
    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda _: reserve_folder(workspace, "news", "ViT-B-32:/a/b.pt", "last:2"), range(24)))
    assert {folder.name for folder in folders} == {f"vit-b-32-last2-{number}" for number in range(1, 25)}


def test_a_hub_name_makes_a_folder_inside_the_workspace(workspace):
    folder = reserve_folder(workspace, "news", "../../hub/x:y", "head")
    assert folder.parent == workspace.runs_folder("news")


@pytest.mark.parametrize(
    "slug", ["..", "../up", "a/b", "/abs", "", "A", "a--b", "-a", "a b", "ä", "a\n", "a.b", "con:"]
)
def test_a_slug_cannot_leave_the_workspace(workspace, slug):
    for folder in (workspace.domain_folder, workspace.runs_folder, workspace.load_domain):
        with pytest.raises(InputError, match="cannot name a domain"):
            folder(slug)


@pytest.mark.parametrize("slug", ["news", "demo-rss", "a_1", "2024"])
def test_a_plain_slug_is_a_folder(workspace, slug):
    assert workspace.domain_folder(slug) == workspace.root / "domains" / slug


def test_the_environment_says_where_things_lie(monkeypatch, tmp_path):
    monkeypatch.setenv("REMATCH_WORKSPACE", "w")
    monkeypatch.setenv("REMATCH_CACHE", "")
    monkeypatch.chdir(tmp_path)
    assert default_workspace() == Workspace(tmp_path / "w", tmp_path / "cache")


@pytest.fixture
def trained(train_once) -> Run:
    return train_once(HEAD)


def test_only_the_changed_tensors_are_kept(trained):
    assert set(load_file(trained.weights_file)) == {"clip.visual.proj", "clip.text_projection", "clip.logit_scale"}


@torch.inference_mode()
def test_at_any_alpha_it_is_the_model_with_the_mixed_weights(trained, shapes_domain, workspace, tiny):
    loaded_run = open_run(trained, shapes_domain, workspace, "cpu")
    weights, val = load_file(trained.weights_file), shapes_domain.subset("val")
    zero_shot = {key: tensor.clone() for key, tensor in tiny.state_dict().items()}
    pixels = torch.stack([tiny.preprocess(open_image(shapes_domain.images_root / file)) for file in val["image_file"]])
    tokens = tiny.tokenize(list(val["title"]))
    for alpha in (0.0, 0.35, 1.0, 0.0):
        tiny.set_weights({key: (1 - alpha) * zero_shot[key] + alpha * weights[key] for key in weights})
        view = loaded_run.at(alpha, "val")
        texts, images = view.embed("text"), view.embed("image")
        torch.testing.assert_close(texts, tiny.encode_text(tokens), atol=1e-5, rtol=0)
        torch.testing.assert_close(images, tiny.encode_image(pixels), atol=1e-5, rtol=0)
        own, gallery = np.arange(len(val)), gallery_of(val, val.drop_duplicates("image_id"))
        ranks, reverse = view.ranks()
        np.testing.assert_array_equal(ranks, ranks_of(texts, images, own, gallery.tie_order))
        np.testing.assert_array_equal(reverse, ranks_of(images, texts, own, tie_order(list(val["article_id"]))))


def test_a_changed_domain_is_refused(trained, shapes, workspace):
    folder = workspace.domain_folder("shapes")
    table = pd.read_csv(shapes)
    table.loc[3, "title"] = "something else"
    table.to_csv(workspace.root / "changed.csv", index=False)
    changed = import_domain(
        workspace.root / "changed.csv", folder, images=shapes.parent / "images", replace_existing=True
    ).domain
    with pytest.raises(InputError, match=r"'shapes'.*changed.*'tinyclip-head-1'"):
        open_run(trained, changed, workspace, "cpu")


def test_weights_of_the_run_that_were_replaced_are_refused(trained, shapes_domain, workspace):
    weights = load_file(trained.weights_file)
    save_file(weights | {"clip.visual.proj": weights["clip.visual.proj"] + 1}, trained.weights_file)
    with pytest.raises(InputError, match=r"weights\.safetensors.*'tinyclip-head-1'"):
        open_run(trained, shapes_domain, workspace, "cpu")


def test_zero_shot_weights_that_were_replaced_are_refused(shapes_domain, workspace, tiny_name, tmp_path):
    file = tmp_path / "mine.safetensors"
    weights = load_file(tiny_name.partition(":")[2])
    save_file(weights, file)
    run, _ = train_run(shapes_domain, f"TinyClip:{file}", HEAD, Reading("title"), "cpu", workspace)
    save_file(weights | {"visual.proj": weights["visual.proj"] + 1}, file)
    with pytest.raises(InputError, match=r"zero-shot weights.*'tinyclip-head-1'"):
        open_run(run, shapes_domain, workspace, "cpu")


def test_a_run_without_a_sweep_says_how_to_make_one(trained):
    for read in (trained.curve, trained.ranks, trained.selected):
        with pytest.raises(InputError, match="rematch sweep --domain shapes --run tiny"):
            read()


@pytest.mark.parametrize("content", ["", "epoch,loss\n0,1\n", "\0\xff"])
def test_a_history_that_is_damaged_or_of_another_version_is_said(workspace, content):
    run = keep(workspace, "older", "2026")
    (run.folder / "history.csv").write_text(content)
    with pytest.raises(InputError, match=r"history\.csv.*damaged"):
        run.history()


def test_a_run_that_says_its_text_in_the_older_way_is_of_another_version(workspace):
    file = keep(workspace, "older", "2026").folder / "run.toml"
    whole = file.read_text()
    assert Reading("title") == find_run(workspace, "news", "older").info.text
    file.write_text('text = "title"\n' + whole.partition("[text]")[0])
    with pytest.raises(InputError, match=r"run\.toml.*another version"):
        find_run(workspace, "news", "older")
