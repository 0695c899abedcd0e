"""Any model open_clip can build, behind the encoder interface: `ViT-B-32:openai`, a checkpoint on disk, a hub name.

State-dict keys stay open_clip's own, behind `clip.`, so a checkpoint can go in and come out unchanged. OpenAI-style
ViTs and causal text towers are cut into stages; every other tower is one stage and is always run whole.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import open_clip
import torch
from open_clip.convert import convert_state_dict
from open_clip.model import CLIP
from open_clip.transformer import QuickGELU, VisionTransformer, text_global_pool
from PIL import Image
from torch import Tensor, nn
from torchvision import transforms

from core.encoders.base import AdamOptions, Encoder, OpenClipCheckpoint, Stage
from core.encoders.checkpoints import load_into, read_weights
from core.errors import InputError
from core.hub import offline_unless_reachable, silent_logs

_HUB_SCHEMES = ("hf-hub:", "local-dir:")


class ClipEncoder(Encoder):
    """An open_clip model. Build one with `load_clip`."""

    languages = frozenset({"en"})
    pixel_mean: Tensor
    pixel_std: Tensor
    clip: Any  # open_clip's model classes share no typed base

    def __init__(self, name: str, model: Any, tokenizer: Callable[..., Tensor]) -> None:
        super().__init__()
        self.name = name
        self.adam = AdamOptions.of_open_clip(name if name.startswith(_HUB_SCHEMES) else name.partition(":")[0])
        self.clip = model.eval()
        self._tokenizer = tokenizer
        config = open_clip.transform.PreprocessCfg(**model.visual.preprocess_cfg)
        steps = open_clip.transform.image_transform_v2(config, is_train=False).transforms
        # open_clip ends in ToTensor and Normalize; the first stage does both, so that bytes can be kept.
        self._resize_and_crop = transforms.Compose([*steps[:-2], transforms.PILToTensor()])
        self.register_buffer("pixel_mean", torch.tensor(config.mean).view(1, 3, 1, 1) * 255, persistent=False)
        self.register_buffer("pixel_std", torch.tensor(config.std).view(1, 3, 1, 1) * 255, persistent=False)
        self.preprocessing = f"RGB, open_clip {config}, uint8"
        self.tokenization = f"{type(tokenizer).__name__} of {name.partition(':')[0]}"
        self._causal = isinstance(model, CLIP) and model.text_pool_type in ("argmax", "eos")
        # After the end-of-text token a causal tower's output cannot change (field: open_clip's text_global_pool).
        self.pad_id = 0 if self._causal else None
        image_size = model.visual.image_size
        size = image_size if isinstance(image_size, tuple) else (image_size, image_size)
        with torch.inference_mode():
            probe = torch.zeros(1, 3, *size, dtype=torch.uint8)
            self.embedding_dim = self.forward_between("image", probe, probe).shape[-1]

    @property
    def logit_scale(self) -> nn.Parameter:  # type: ignore[override]
        return self.clip.logit_scale

    def open_clip_checkpoint(self) -> OpenClipCheckpoint:
        architecture = self.name if self.name.startswith(_HUB_SCHEMES) else self.name.partition(":")[0]
        # OpenAI's weights are of QuickGELU, which open_clip knows by their tag and otherwise only by this name.
        quick = any(isinstance(module, QuickGELU) for module in self.clip.modules())
        if quick and f"{architecture}-quickgelu" in open_clip.list_models():
            architecture += "-quickgelu"
        return OpenClipCheckpoint(architecture, self.clip.state_dict())

    def preprocess(self, image: Image.Image) -> Tensor:
        return self._resize_and_crop(image)

    def tokenize(self, texts: Sequence[str]) -> Tensor:
        return self._tokenizer(list(texts))

    def _normalised(self, pixels: Tensor) -> Tensor:
        return ((pixels.float() - self.pixel_mean) / self.pixel_std).to(self.computes_in("image"))

    @property
    def image_stages(self) -> tuple[Stage, ...]:
        visual: Any = self.clip.visual
        if not isinstance(visual, VisionTransformer) or visual.attn_pool is not None or visual.proj is None:
            return (Stage("image tower", ("clip.visual.",), lambda pixels, _: visual(self._normalised(pixels))),)
        embedding_keys = ("conv1.", "class_embedding", "positional_embedding", "ln_pre.")
        return (
            Stage(
                "embeddings",
                tuple(f"clip.visual.{key}" for key in embedding_keys),
                lambda pixels, _: visual._embeds(self._normalised(pixels)),
            ),
            *_block_stages("clip.visual.transformer", visual.transformer, lambda length: None),
            Stage("pool", ("clip.visual.ln_post.",), lambda x, _: visual._pool(x)[0]),
            Stage("head", ("clip.visual.proj",), lambda x, _: x @ visual.proj, "head"),
        )

    @property
    def text_stages(self) -> tuple[Stage, ...]:
        clip = self.clip
        if not self._causal or clip.text_projection is None:
            keys = ("clip.text.", "clip.transformer.", "clip.token_embedding.", "clip.positional_embedding",
                    "clip.ln_final.", "clip.text_projection")  # fmt: skip
            return (Stage("text tower", keys, lambda tokens, _: clip.encode_text(tokens)),)

        def embed(tokens: Tensor, _: Tensor) -> Tensor:
            x = clip.token_embedding(tokens)
            return x + clip.positional_embedding[: tokens.shape[1]]

        def pool(x: Tensor, tokens: Tensor) -> Tensor:
            return text_global_pool(
                clip.ln_final(x), tokens, clip.text_pool_type, eos_token_id=getattr(clip, "text_eos_id", None)
            )

        def project(x: Tensor, _: Tensor) -> Tensor:
            head = clip.text_projection
            return head(x) if isinstance(head, nn.Linear) else x @ head

        return (
            Stage("embeddings", ("clip.token_embedding.", "clip.positional_embedding"), embed),
            *_block_stages("clip.transformer", clip.transformer, lambda length: clip.attn_mask[:length, :length]),
            Stage("pool", ("clip.ln_final.",), pool),
            Stage("head", ("clip.text_projection",), project, "head"),
        )


def _block_stages(key: str, transformer: Any, mask: Callable[[int], Tensor | None]) -> list[Stage]:
    """One stage per residual block; activations are [b, L, width] whatever order the blocks were built for."""

    def run(block: nn.Module) -> Callable[[Tensor, Tensor], Tensor]:
        def run_block(x: Tensor, _: Tensor) -> Tensor:
            attention_mask = mask(x.shape[1])
            if transformer.batch_first:
                return block(x, attn_mask=attention_mask)
            return block(x.transpose(0, 1), attn_mask=attention_mask).transpose(0, 1)

        return run_block

    return [
        Stage(f"block.{index}", (f"{key}.resblocks.{index}.",), run(block), "block")
        for index, block in enumerate(transformer.resblocks)
    ]


def load_clip(name: str) -> ClipEncoder:
    """Build `MODEL:WEIGHTS` or a hub name. WEIGHTS is a tag of open_clip's or a checkpoint file.

    Raises InputError: unknown model or tag, file that does not fit, weights that are not here and cannot be fetched.
    """
    if name.startswith(_HUB_SCHEMES):
        return _from_hub(name, name, None)
    architecture, _, weights = name.partition(":")
    if architecture not in open_clip.list_models():
        raise InputError(
            f"unknown encoder '{name}': expected lite, lite-multilingual, MODEL:WEIGHTS with a model of open_clip "
            f"(such as ViT-B-32:openai or ViT-B-32:/path/weights.safetensors), or hf-hub:ORGANISATION/NAME."
        )
    tags = open_clip.list_pretrained_tags_by_model(architecture)
    if weights in tags:
        return _from_hub(name, architecture, weights)
    path = Path(weights).expanduser()
    if not weights or not path.is_file():
        raise InputError(
            f"encoder '{name}': no weights '{weights}'; expected a checkpoint file, or one of the tags "
            f"{', '.join(tags) or '(none)'}."
        )
    model = _random_model(architecture)
    load_into(model, convert_state_dict(model, read_weights(path)), f"{architecture} ({path})")
    return ClipEncoder(f"{architecture}:{path.absolute()}", model, open_clip.get_tokenizer(architecture))


def _random_model(architecture: str) -> Any:
    """The architecture as open_clip builds it, without its warning that no weights were loaded: they follow."""
    with silent_logs():
        return open_clip.create_model(architecture)


def _from_hub(name: str, architecture: str, tag: str | None) -> ClipEncoder:
    """Weights that open_clip fetches from a hub, or finds in its cache. The one place that may use the network."""
    try:
        with silent_logs(), offline_unless_reachable():
            model = open_clip.create_model(architecture, pretrained=tag)
            return ClipEncoder(name, model, open_clip.get_tokenizer(architecture))
    except Exception as error:  # the hub's client raises its own, its HTTP library's and the system's errors
        from_disk = f"{architecture}:/path/weights.safetensors" if tag else "local-dir:/path/of/its/folder"
        raise InputError(
            f"the weights of '{name}' are not on this machine and could not be fetched ({type(error).__name__}). "
            f"Download them where there is a network and use --encoder {from_disk}, or use a built-in encoder: "
            f"lite, lite-multilingual."
        ) from error
