"""The paper's model in its real size, from a hub's name to a submitted run, each command in a separate process.

Its weights are random: 605 MB that a local hub serves under the name of OpenAI's weights.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import open_clip
import pytest
import torch
from safetensors.torch import save_file

from tests.local_hub import LocalHub
from tests.shapes import write_shapes

ROOT = Path(__file__).parents[1]
REPOSITORY = "timm/vit_base_patch32_clip_224.openai"
SECONDS = 1200


@pytest.fixture
def environment(local_hub: LocalHub, tmp_path: Path) -> dict[str, str]:
    torch.manual_seed(0)
    weights = open_clip.create_model("ViT-B-32-quickgelu").state_dict()
    save_file({key: tensor.contiguous() for key, tensor in weights.items()}, tmp_path / "weights.safetensors")
    local_hub.add(REPOSITORY, {"open_clip_model.safetensors": tmp_path / "weights.safetensors"})
    folders = {"REMATCH_WORKSPACE": str(tmp_path / "workspace"), "REMATCH_CACHE": str(tmp_path / "cache")}
    return os.environ | local_hub.environment(tmp_path / "home") | folders


def test_the_papers_model_from_import_to_submission(environment, local_hub, tmp_path):
    table = write_shapes(tmp_path / "shapes", 60)

    def verb(*words: object) -> str:
        command = [sys.executable, "-m", "core", *map(str, words)]
        ended = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        assert ended.returncode == 0, (words, ended.stderr[-2000:])
        return ended.stdout

    encoder = ("--encoder", "ViT-B-32:openai")
    verb("import", table, "--domain", "x", "--language", "en")
    verb("train", "--domain", "x", *encoder, "--tune", "head", "--epochs", 1, "--sweep")
    trained = json.loads(
        verb("train", "--domain", "x", *encoder, "--epochs", 1, "--batch-size", 24, "--json")  # the whole model
    )
    assert trained["settings"]["tune"] == "all"
    verb("sweep", "--domain", "x", "--alphas", "0,0.5,1")
    verb("rank", "--domain", "x", "--output", tmp_path / "run.tsv")
    assert "red" in verb("match", "--domain", "x", "--headline", "a red circle")
    verb("submit", "--domain", "x", "--split", "val", "--output", tmp_path / "submitted")
    output = verb("export", "--domain", "x", "--alpha", 0.5, "--output", tmp_path / "theta.safetensors")
    assert '"ViT-B-32-quickgelu"' in output, "open_clip must build it with the activation of its training"
    model, *_ = open_clip.create_model_and_transforms("ViT-B-32-quickgelu", str(tmp_path / "theta.safetensors"))
    assert any(type(module).__name__ == "QuickGELU" for module in model.modules())
    assert len(local_hub.asked_for("open_clip_model.safetensors")) <= 2, "downloaded once for all commands"
