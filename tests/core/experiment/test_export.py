"""An exported checkpoint loads in open_clip without Rematch and gives the same embeddings."""

import open_clip
import pytest
import torch
from safetensors import safe_open

from core.data.query_text import Reading
from core.encoders.loading import load_encoder
from core.errors import InputError
from core.experiment.export import export_run
from core.experiment.loaded_run import load_zero_shot_and_fine_tuned
from core.experiment.train import train_run
from core.interpolation.wise_ft import interpolate
from core.training.settings import Settings


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
@torch.inference_mode()
def test_open_clip_loads_it_by_itself(alpha, tiny_name, shapes_domain, workspace, tmp_path):
    settings = Settings(tune="head", epochs=1, lr=0.01)
    with torch.inference_mode(False):
        run, _ = train_run(shapes_domain, tiny_name, settings, Reading("title"), "cpu", workspace)
    exported = export_run(run, alpha, tmp_path / "model.safetensors", workspace)
    assert exported.architecture == "TinyClip"
    model, _, _ = open_clip.create_model_and_transforms(
        exported.architecture, pretrained=str(tmp_path / "model.safetensors")
    )
    encoder = load_encoder(run.info.encoder, torch.device("cpu"), workspace.cache)
    encoder.set_weights(interpolate(*load_zero_shot_and_fine_tuned(run, encoder.state_dict()), alpha))
    tokens = encoder.tokenize(["a red circle", "ein grünes Dreieck"])
    theirs = model.eval().encode_text(tokens, normalize=True)
    torch.testing.assert_close(theirs, encoder.encode_text(tokens), atol=1e-5, rtol=0)
    with safe_open(tmp_path / "model.safetensors", "pt") as file:
        assert file.metadata()["alpha"] == f"{alpha:g}"


def test_a_built_in_encoder_cannot_be_exported(lite):
    with pytest.raises(InputError, match=r"lite .*open_clip"):
        lite.open_clip_checkpoint()
