"""The diagonal Fisher against plain back-propagation, batch by batch."""

import numpy as np
import torch

from core.data.query_text import Reading
from core.encoders.base import first_tuned_stages
from core.experiment.experiment import Experiment
from core.experiment.train import train_pairs
from core.training.fisher import BATCH, diagonal_fisher
from core.training.loss import contrastive_loss


def test_it_is_the_mean_squared_gradient_over_its_mean(tiny, shapes_domain, workspace) -> None:
    experiment = Experiment(shapes_domain, tiny, Reading(), workspace)
    pairs = train_pairs(experiment)
    activations = experiment.activations(first_tuned_stages(tiny, "all"))
    keys = ["clip.visual.proj", "clip.transformer.resblocks.0.mlp.c_fc.weight", "clip.logit_scale"]
    found = diagonal_fisher(tiny, activations, pairs, keys)
    assert not any(parameter.requires_grad for parameter in tiny.parameters())

    tiny.requires_grad_()
    named = dict(tiny.named_parameters())
    squared = {key: torch.zeros_like(named[key]) for key in keys}
    order = np.random.default_rng(0).permutation(len(pairs))
    assert len(pairs) == 3 * BATCH
    for batch in np.array_split(order, 3):
        images = tiny.encode_image(torch.from_numpy(np.array(activations["image"].x[pairs.images[batch]])))
        texts = tiny.encode_text(torch.from_numpy(activations["text"].tokens[pairs.texts[batch]]))
        tiny.zero_grad()
        contrastive_loss(images, texts, tiny.logit_scale, torch.from_numpy(pairs.same(batch))).backward()
        for key in keys:
            squared[key] += named[key].grad ** 2
    mean = sum(float(values.sum()) for values in squared.values()) / sum(values.numel() for values in squared.values())
    for key in keys:
        torch.testing.assert_close(found[key], squared[key] / mean, rtol=1e-3, atol=1e-4)
