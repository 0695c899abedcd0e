"""Ranks at α = 0, 0.3 and 1 after a fine-tuning step equal those of a plain script, for every family of models."""

import numpy as np
import pytest
from safetensors.torch import load_file

from core.data.query_text import Reading
from core.experiment.loaded_run import open_run
from core.experiment.train import train_run
from core.training.settings import Settings
from tests.families import FAMILIES, write_family
from tests.reference import plain_ranks


@pytest.mark.parametrize("family", FAMILIES)
def test_ranks_are_those_of_a_plain_script(family, shapes_domain, workspace, tmp_path):
    made = write_family(family, tmp_path / family)
    settings = Settings(tune="all", epochs=1, lr=1e-3, batch_size=24, warmup=0.0)
    run, _ = train_run(shapes_domain, made.name, settings, Reading("title"), "cpu", workspace)
    loaded_run = open_run(run, shapes_domain, workspace, "cpu", "fp32")

    zero_shot = load_file(made.weights)
    changed = {key.removeprefix("clip."): tensor for key, tensor in load_file(run.weights_file).items()}
    assert changed.keys() <= zero_shot.keys()
    articles = shapes_domain.subset("val")
    order = np.argsort(
        loaded_run.view("val").gallery.tie_order
    )  # of equal scores, the first in this order counts first
    files = [shapes_domain.images_root / file for file in articles["image_file"]]
    texts = articles["title"].tolist()

    for alpha in (0.0, 0.3, 1.0):
        weights = plain_ranks.blended(zero_shot, zero_shot | changed, alpha)
        theirs = plain_ranks.ranks(
            made.architecture, weights, [files[row] for row in order], [texts[row] for row in order]
        )
        loaded_run.set_alpha(alpha)
        ours = loaded_run.view("val").ranks()[0]
        assert len(set(ours)) > 1, "ranks that are all alike prove nothing"
        assert ours[order].tolist() == theirs.tolist()
