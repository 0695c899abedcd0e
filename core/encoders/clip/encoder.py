"""Encoder for every model that open_clip can build: `ViT-B-32:openai`, a checkpoint on disk, a hub name.

State-dict keys are open_clip's with the prefix `clip.`, so that a checkpoint can be loaded and exported unchanged.
OpenAI-style ViTs and causal text towers are cut into stages; every other tower is one stage that always runs whole.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import open_clip
import torch
from open_clip.model import CLIP
from open_clip.transformer import VisionTransformer, text_global_pool
from PIL import Image
from torch import Tensor, nn
from torchvision import transforms

from core.encoders.base import AdamOptions, Encoder, OpenClipCheckpoint, Stage
from core.encoders.clip.activations import loading_options
from core.encoders.clip.building import BuiltModel, build
from core.encoders.clip.model_specs import ModelSpec, find_spec
from core.encoders.languages import languages_of
from core.errors import InputError
from core.storage.files import file_fingerprint, fingerprint


class ClipEncoder(Encoder):
    """An open_clip model. Build one with `load_clip`."""

    pixel_mean: Tensor
    pixel_std: Tensor
    clip: Any  # open_clip's model classes share no typed base

    def __init__(self, built: BuiltModel) -> None:
        super().__init__()
        self.spec, self.clip, self._tokenizer = built.spec, built.model, built.tokenizer
        self.name = self.spec.name
        self.languages = languages_of(self.spec.config)
        self.adam = AdamOptions.of_open_clip(_kind(self.spec))
        config = _preprocessing(self.clip.visual.preprocess_cfg)
        steps = open_clip.transform.image_transform_v2(config, is_train=False).transforms
        # open_clip ends with ToTensor and Normalize; the first stage does both, so that the cache can store bytes.
        self._resize_and_crop = transforms.Compose([*steps[:-2], transforms.PILToTensor()])
        self.register_buffer("pixel_mean", torch.tensor(config.mean).view(1, 3, 1, 1) * 255, persistent=False)
        self.register_buffer("pixel_std", torch.tensor(config.std).view(1, 3, 1, 1) * 255, persistent=False)
        self.preprocessing = f"RGB, open_clip {config}, uint8"
        self.tokenization = _tokenization(built)
        # Values one by one, since a later open_clip may describe the same model with another text.
        sizes = f"{config.size} px {config.interpolation} {config.resize_mode}, mean {config.mean}, std {config.std}"
        self.built = f"{self.spec.activation}, {sizes}, {self.tokenization}"
        # Tokens after the end-of-text token cannot change a causal tower's output (open_clip's text_global_pool).
        self._causal = (
            isinstance(self.clip, CLIP)
            and self.clip.attn_mask is not None
            and self.clip.text_pool_type in ("argmax", "eos")
        )
        self.pad_id = 0 if self._causal and self.spec.tokenizer is None else None
        self.embedding_dim = self.spec.config["embed_dim"]

    @property
    def logit_scale(self) -> nn.Parameter:  # type: ignore[override]
        """Log of the inverse temperature."""
        return self.clip.logit_scale

    def open_clip_checkpoint(self) -> OpenClipCheckpoint:
        """Return the current weights for open_clip. Raises InputError for a model of transformers."""
        if self.spec.architecture is None:
            raise InputError(
                f"{self.name} cannot be exported for open_clip: it is a model of transformers, for which open_clip has "
                f"no name. Use a run with an open_clip encoder."
            )
        architecture, activation = self.spec.architecture, self.spec.activation
        options = loading_options(architecture, activation)
        return OpenClipCheckpoint(architecture, self.clip.state_dict(), activation, options)

    def preprocess(self, image: Image.Image) -> Tensor:
        """Resize and crop an RGB image with open_clip's transform: uint8 [3, H, W]."""
        return self._resize_and_crop(image)

    def tokenize(self, texts: Sequence[str]) -> Tensor:
        """Tokenize texts with the model's tokenizer: int64 [n, context]."""
        return self._tokenizer(list(texts))

    def _normalised(self, pixels: Tensor) -> Tensor:
        return ((pixels.float() - self.pixel_mean) / self.pixel_std).to(self.computes_in("image"))

    @property
    def image_stages(self) -> tuple[Stage, ...]:
        """Embeddings, blocks, pool and head of an OpenAI-style ViT; one stage for other towers."""
        visual: Any = self.clip.visual
        if not isinstance(visual, VisionTransformer) or visual.attn_pool is not None or visual.proj is None:
            return (
                Stage(
                    "image tower", ("clip.visual.",), lambda pixels, _: self.clip.encode_image(self._normalised(pixels))
                ),
            )
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
        """Embeddings, blocks, pool and head of a causal text tower; one stage for other towers."""
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
    """Return a stage for each residual block; activations are [b, L, width] for either order of the blocks."""

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


def _kind(spec: ModelSpec) -> str:
    """Return the model's name if open_clip lists it, else its image tower's, for open_clip's rules by name."""
    if spec.architecture in open_clip.list_models():
        return str(spec.architecture)
    vision = spec.config["vision_cfg"]
    return str(vision.get("timm_model_name") or ("ViT" if isinstance(vision.get("layers"), int) else "RN"))


def _preprocessing(config: Mapping[str, Any]) -> open_clip.transform.PreprocessCfg:
    """Convert a configuration to open_clip's record, with tuples for JSON's lists."""
    return open_clip.transform.PreprocessCfg(
        **{key: tuple(value) if isinstance(value, list) else value for key, value in config.items()}
    )


def _tokenization(built: BuiltModel) -> str:
    """Describe everything that tokens depend on: kind of tokenizer, context, and hashes of its files."""
    tokenizer = f"{type(built.tokenizer).__name__}, context {built.tokenizer.context_length}"
    if built.spec.tokenizer is None:
        return tokenizer
    files = sorted(file for file in built.spec.tokenizer.iterdir() if file.suffix in (".json", ".model", ".txt"))
    return f"{tokenizer}, files {fingerprint([[file.name, file_fingerprint(file)] for file in files])}"


def load_clip(name: str) -> ClipEncoder:
    """Build the model called `name` with the activation and preprocessing that its weights were trained with.

    `core.encoders.clip.model_specs` lists the forms of names. Raises InputError: unknown model or tag, weights that do
    not fit or cannot be downloaded.
    """
    return ClipEncoder(build(find_spec(name)))
