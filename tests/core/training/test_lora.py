"""LoRA: adapters learn and are merged to plain weights, of which only adapted matrices and heads differ."""

import subprocess
import sys

import pytest
import torch

from core.encoders.base import block_linears, first_tuned_stages
from core.errors import InputError
from core.training.lora import add_adapters, lora_rank, merge_adapters


def learn_something(encoder: torch.nn.Module) -> None:
    """Set the matrices that start at zero to random values."""
    torch.manual_seed(5)
    for name, parameter in encoder.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)


@torch.inference_mode()
def embedded(encoder) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    pixels = torch.randint(0, 256, (3, 3, 32, 32), dtype=torch.uint8, generator=generator)
    return [encoder.encode_image(pixels).clone(), encoder.encode_text(encoder.tokenize(["a red circle", "b"])).clone()]


def test_merged_weights_give_what_the_adapters_gave_under_the_old_names(tiny):
    before = {key: tensor.clone() for key, tensor in tiny.state_dict().items()}
    zero_shot = embedded(tiny)
    add_adapters(tiny, 2, seed=0)
    torch.testing.assert_close(embedded(tiny), zero_shot, atol=1e-6, rtol=0)
    learn_something(tiny)
    adapted = embedded(tiny)
    assert (adapted[0] - zero_shot[0]).abs().max() > 1e-2
    assert (adapted[1] - zero_shot[1]).abs().max() > 1e-2
    merge_adapters(tiny)
    torch.testing.assert_close(embedded(tiny), adapted, atol=1e-5, rtol=0)
    after = tiny.state_dict()
    assert after.keys() == before.keys()
    changed = {key for key in after if not torch.equal(after[key], before[key])}
    assert changed == {
        f"clip.{tower}.resblocks.{block}.mlp.{layer}.weight"
        for tower in ("visual.transformer", "transformer") for block in (0, 1) for layer in ("c_fc", "c_proj")
    }  # fmt: skip


def test_it_can_be_done_again(tiny):
    for _ in range(2):
        add_adapters(tiny, 2, seed=0)
        merge_adapters(tiny)
    assert not any("lora" in name for name, _ in tiny.named_modules())


def test_a_text_tower_of_linears_is_adapted_and_an_image_tower_of_convolutions_is_not(lite):
    starts = first_tuned_stages(lite, "lora:4")
    assert starts == {"image": len(lite.image_stages) - 1, "text": 1}
    linears = block_linears(lite, "text")
    assert len(linears) == len(lite.text_model.encoder.layer)
    assert all(len(names) == 6 for names in linears.values()), "query, key, value, and three dense layers"


def test_an_encoder_without_linear_layers_is_refused(lite_multilingual):
    with pytest.raises(InputError, match=r"lite-multilingual: .*linear layers"):
        first_tuned_stages(lite_multilingual, "lora:4")


@pytest.mark.parametrize("word", ["lora", "lora:", "lora:0", "lora:x"])
def test_a_wrong_rank_is_refused(tiny, word):
    with pytest.raises(InputError, match=f"--tune {word} .*lora:R"):
        first_tuned_stages(tiny, word)


def test_only_lora_has_a_rank():
    assert [lora_rank(word) for word in ("lora:8", "last:8", "all")] == [8, None, None]


def test_peft_is_imported_only_if_needed():
    script = "import sys, core.experiment.train; print('peft' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "False"
