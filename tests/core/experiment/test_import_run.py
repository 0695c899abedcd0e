"""Weights fine-tuned elsewhere as the α = 1 end of a run."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import CLIPModel

from core.data.query_text import Reading
from core.errors import InputError
from core.experiment.import_run import import_run
from core.experiment.loaded_run import open_run
from core.experiment.train import train_run
from core.training.settings import Settings
from tests.families import clip_config, saved, spread, write_family

SETTINGS = Settings(tune="all", epochs=1, lr=1e-3, batch_size=24)


@pytest.mark.parametrize("family", ["vit-quickgelu", "resnet"])
def test_it_gives_what_training_here_gave(family, shapes_domain, workspace, tmp_path):
    made = write_family(family, tmp_path / family)
    trained, _ = train_run(shapes_domain, made.name, SETTINGS, Reading("title"), "cpu", workspace)
    changed = {key.removeprefix("clip."): tensor for key, tensor in load_file(trained.weights_file).items()}
    elsewhere = load_file(made.weights) | changed
    for key in elsewhere:
        if key.endswith("num_batches_tracked"):  # other trainers count on
            elsewhere[key] = elsewhere[key] + 7
    torch.save({"epoch": 1, "state_dict": {f"module.{k}": w for k, w in elsewhere.items()}}, tmp_path / "epoch_1.pt")

    run, _ = import_run(shapes_domain, made.name, tmp_path / "epoch_1.pt", Reading("title"), "cpu", workspace)
    ours, theirs = load_file(run.weights_file), load_file(trained.weights_file)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)
    assert run.info.imported_from == str(tmp_path / "epoch_1.pt")
    measured, before = run.history(), trained.history()
    assert measured["val_mrr@100"].tolist() == pytest.approx(before["val_mrr@100"].tolist())
    for alpha in (0.0, 0.4, 1.0):
        ranks = []
        for each in (run, trained):
            loaded_run = open_run(each, shapes_domain, workspace, "cpu", "fp32")
            loaded_run.set_alpha(alpha)
            ranks.append(loaded_run.view("val").ranks()[0])
        assert np.array_equal(*ranks)


def test_a_transformers_folder_is_both_ends(shapes_domain, workspace, tmp_path):
    model = CLIPModel(clip_config("quick_gelu"))
    saved(model, tmp_path / "start")
    spread(model)
    model.save_pretrained(tmp_path / "tuned")
    run, experiment = import_run(
        shapes_domain, f"hf:{tmp_path / 'start'}", tmp_path / "tuned", Reading(), "cpu", workspace
    )
    assert len(load_file(run.weights_file)) == len([k for k in experiment.zero_shot if "logit_scale" not in k])
    open_run(run, shapes_domain, workspace, "cpu").set_alpha(0.5)


def test_what_cannot_be_a_run_is_refused(shapes_domain, workspace, tmp_path):
    made = write_family("vit-quickgelu", tmp_path / "a")
    other = write_family("vit-gelu", tmp_path / "b")
    wide = load_file(made.weights) | {"visual.proj": torch.zeros(32, 8)}
    save_file(wide, tmp_path / "wide.safetensors")
    cases = {
        made.weights: "nothing to mix",
        tmp_path / "wide.safetensors": r"visual.proj is \(32, 8\)",
        tmp_path / "gone.safetensors": "no such file",
        tmp_path / "a" / "..": "no weights",
    }
    for file, message in cases.items():
        with pytest.raises(InputError, match=message):
            import_run(shapes_domain, made.name, file, Reading("title"), "cpu", workspace)
    with pytest.raises(InputError, match="lite"):
        import_run(shapes_domain, "lite", other.weights, Reading("title"), "cpu", workspace)
    assert not list(workspace.runs_folder("shapes").glob("*")), "nothing is left of what was refused"


def test_the_verb_leads_to_a_submission(shapes, verb, tmp_path):
    made = write_family("vit-quickgelu", tmp_path / "model")
    weights = {
        key: tensor + 0.01 if tensor.is_floating_point() else tensor for key, tensor in load_file(made.weights).items()
    }
    save_file(weights, tmp_path / "tuned.safetensors")
    assert verb("import", shapes, "--domain", "x", "--language", "en").status == 0
    imported = verb(
        "import-run",
        "--domain",
        "x",
        "--zero-shot",
        made.name,
        "--fine-tuned",
        tmp_path / "tuned.safetensors",
        "--json",
    )
    assert imported.status == 0, imported.err
    name = imported.record["run"]
    assert name == "family-vit-quickgelu-imported-1"
    assert [row["epoch"] for row in imported.record["history"]] == [0, 1]
    assert verb("sweep", "--domain", "x", "--alphas", "0,0.5,1").status == 0
    assert verb("submit", "--domain", "x", "--split", "val", "--output", tmp_path / "out").status == 0
    assert verb("report", "--domain", "x").status == 0
