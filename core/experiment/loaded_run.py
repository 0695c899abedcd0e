"""A finished run with its weights loaded: embeddings and ranks at any α, exact or interpolated."""

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial

import torch
from PIL import Image
from torch import Tensor

from core.data.domain import Domain
from core.data.time_split import Split
from core.encoders.base import TOWERS, Encoder, TowerName, first_changed_stage
from core.encoders.choices import DeviceChoice
from core.encoders.embedding import Activations, without_padding
from core.encoders.loading import choose_device, load_encoder
from core.encoders.weights import read_weights, weights_fingerprint
from core.errors import InputError
from core.experiment.experiment import Experiment, SplitRanker
from core.experiment.precision import (
    bf16_sentence,
    choose_precision,
    compute_in,
    has_bf16_instructions,
    only_head_changes,
    use_swept_precision,
)
from core.interpolation.alpha_path import AlphaPath, build_path, read_path, write_path
from core.interpolation.linear_path import linear_path
from core.interpolation.wise_ft import check_compatible, interpolate
from core.progress import progress
from core.retrieval.choices import BY_COSINE, WITH_TEMPERATURE, Rerank, Reranking
from core.storage.files import fingerprint
from core.workspace.builds import check_build
from core.workspace.folders import Workspace
from core.workspace.runs import Run
from core.workspace.sweep_info import PrecisionName, TowerPrecision

Precisions = PrecisionName | Mapping[str, PrecisionName]

PATH_FORMAT = 1  # increment when the cached content changes for the same key


class LoadedRun:
    """A run's domain under θ(α). `open_run` loads one from disk.

    precision: of the stages that change with α; earlier stages and heads are always float32. One name for both towers:
    bf16 is first checked against fp32 on val. By tower: applied without a check. rerank: method for all scores. None
    for either: as in the run's sweep, so that numbers agree with it.

    encoding_seconds: time that `embeddings` has spent on each tower.
    """

    def __init__(
        self, run: Run, experiment: Experiment, precision: Precisions | None = None, rerank: Rerank | None = None
    ) -> None:
        self.run, self.experiment = run, experiment
        encoder = experiment.encoder
        base, fine_tuned = load_zero_shot_and_fine_tuned(run, experiment.zero_shot)
        self._starts = {tower: first_changed_stage(encoder, tower, set(fine_tuned)) for tower in TOWERS}
        device = encoder.logit_scale.device
        self._base = {key: tensor.to(device) for key, tensor in base.items()}
        self._fine_tuned = {key: tensor.to(device) for key, tensor in fine_tuned.items()}
        # References to parameters and buffers, looked up once: with small heads the look-up takes a third of the time.
        self._theta = encoder.state_dict(keep_vars=True)
        self._views: dict[tuple[Split, bool, Reranking], SplitRanker] = {}
        self.reranking = self.reranking_by(rerank or run.reranking().method)
        self.encoding_seconds = dict.fromkeys(TOWERS, 0.0)
        self.precision: dict[TowerName, TowerPrecision] = {}
        if isinstance(precision, str):
            self.precision = choose_precision(
                precision,
                encoder,
                self._starts,
                lambda tower: next(self.embeddings(tower, [0.5], "val")),
                lambda texts, images: self.view("val").image_ranks(texts, images),
            )
        else:
            self.precision = use_swept_precision(precision or run.precision(), encoder)

    @cached_property
    def activations(self) -> dict[TowerName, Activations]:
        """Activations in front of the first stages that change with α, computed or opened on first use.

        The encoder's current weights are restored afterwards.
        """
        encoder = self.experiment.encoder
        weights = {key: self._theta[key].detach().clone() for key in self._base}
        for tower in TOWERS:
            encoder.compute_in(tower, torch.float32)
        found = self.experiment.activations(self._starts)
        compute_in(self.precision, encoder)
        encoder.set_weights(weights)
        return found

    def changes(self, tower: TowerName) -> bool:
        """Return whether any stage of the tower changes with α."""
        return self._starts[tower] < len(self.experiment.encoder.stages(tower))

    @property
    def only_heads_change(self) -> bool:
        """Whether only the heads of the towers change with α, so that embeddings cost next to nothing."""
        encoder = self.experiment.encoder
        return all(only_head_changes(encoder, tower, self._starts[tower]) for tower in TOWERS)

    def reranking_by(self, method: Rerank) -> Reranking:
        """Return the re-ranking by `method`, with the temperature at the end of fine-tuning if it has one.

        No parameter is tuned on val, so all methods can be evaluated on all its articles.
        """
        if method not in WITH_TEMPERATURE:
            return Reranking(method)
        self.set_alpha(1.0)
        return Reranking(method, 1 / float(self.experiment.encoder.logit_scale.detach().exp()))

    def view(
        self, split: Split, *, include_unlabelled: bool = False, reranking: Reranking | None = None
    ) -> SplitRanker:
        """Return a ranker of the split, as `Experiment.view`; reranking: None for that of this object."""
        key = (split, include_unlabelled, reranking or self.reranking)
        if key not in self._views:
            self._views[key] = self.experiment.view(
                split, self.activations, include_unlabelled=include_unlabelled, reranking=key[-1]
            )
        return self._views[key]

    def set_alpha(self, alpha: float, tower: TowerName | None = None) -> None:
        """Load θ(alpha) into the encoder, or only into one tower."""
        keys = self._base.keys() if tower is None else self._keys_of(tower)
        base = {key: self._base[key] for key in keys}
        interpolate(base, self._fine_tuned, alpha, out=self._theta)

    def at(self, alpha: float, split: Split) -> SplitRanker:
        """Return a ranker of all articles of the split, labelled or not, that embeds with θ(alpha).

        It loads θ(alpha) before it embeds, so rankers at several α can be used alternately.
        """
        return self.view(split, include_unlabelled=True).with_weights(lambda tower: self.set_alpha(alpha, tower))

    def elsewhere(self, domain: Domain) -> "LoadedRun":
        """Return this run on another domain. Both share the encoder, so embed through `Mixer.on` or `at`."""
        own = self.experiment
        experiment = Experiment(domain, own.encoder, own.text, own.workspace)
        experiment.zero_shot = own.zero_shot  # the encoder may have the weights of a mix
        return LoadedRun(self.run, experiment, {tower: self.precision[tower].name for tower in TOWERS})

    def weights_at(self, alpha: float) -> dict[str, Tensor]:
        """Return all weights of the encoder at `alpha`, mixed in float32: new tensors with the encoder's names."""
        weights = {key: tensor.clone() for key, tensor in self.experiment.zero_shot.items()}
        base, fine_tuned = ({key: end[key].cpu() for key in end} for end in (self._base, self._fine_tuned))
        interpolate(base, fine_tuned, alpha, out=weights)
        return weights

    def embeddings(self, tower: TowerName, alphas: Sequence[float], split: Split) -> Iterator[Tensor]:
        """Yield one tower's exact embeddings of a split at each of `alphas`: [n, d]."""
        view = self.view(split)
        for alpha in alphas:
            start = time.perf_counter()
            self.set_alpha(alpha, tower)
            found = view.embed(tower)
            self.encoding_seconds[tower] += time.perf_counter() - start
            yield found

    def bf16_note(self) -> str | None:
        """Return a hint on how much of `encoding_seconds` `--precision bf16` would save.

        None if only heads change, bf16 was used or rejected, or the processor has no bf16 instructions.
        """
        encoder = self.experiment.encoder
        seconds = sum(
            self.encoding_seconds[tower]
            for tower, chosen in self.precision.items()
            if chosen.name == "fp32"
            and chosen.agreement is None
            and not only_head_changes(encoder, tower, self._starts[tower])
        )
        on_cpu = encoder.logit_scale.device.type == "cpu"
        return bf16_sentence(seconds) if seconds and on_cpu and has_bf16_instructions() else None

    def path(self, split: Split) -> AlphaPath:
        """Return the split's embeddings along α: exact if only linear heads change, else interpolated and cached.

        Check `is_good` before use.
        """
        if (linear := self._linear_path(split)) is not None:
            return linear
        file = self.experiment.workspace.cache / "paths" / f"{self._path_key(split)}.safetensors"
        cached = read_path(file)
        if cached is not None:
            return cached
        view = self.view(split)

        def text_at(alphas: Sequence[float]) -> Iterator[Tensor]:
            return progress(self.embeddings("text", alphas, split), "Texts at exact alphas", len(alphas))

        def image_at(alphas: Sequence[float]) -> Iterator[Tensor]:
            return progress(self.embeddings("image", alphas, split), "Images at exact alphas", len(alphas))

        path = build_path(text_at, image_at, (self.changes("text"), self.changes("image")), view.image_ranks)
        write_path(path, file)
        return path

    def _linear_path(self, split: Split) -> AlphaPath | None:
        """Return the exact path of the split, or None if more than linear heads change."""
        encoder = self.experiment.encoder
        if not all(only_head_changes(encoder, tower, self._starts[tower]) for tower in TOWERS):
            return None
        view = self.view(split)

        def raw_at(tower: TowerName, alpha: float) -> Tensor:
            self.set_alpha(alpha, tower)
            return view.embed(tower, normalised=False)

        changes = self.changes("text"), self.changes("image")
        path = linear_path(partial(raw_at, "text"), partial(raw_at, "image"), changes)
        if path is not None:
            for alpha in (0.0, 1.0):
                view.finite(*path.at(alpha, alpha))
        return path

    @torch.inference_mode()
    def embed_headlines(self, texts: Sequence[str], alpha: float) -> Tensor:
        """Return embeddings of any texts under θ(alpha): [n, d], of length one."""
        self.set_alpha(alpha, "text")
        encoder = self.experiment.encoder
        tokens = without_padding(encoder, encoder.tokenize(texts))
        return encoder.encode_text(tokens.to(encoder.logit_scale.device)).float()

    @torch.inference_mode()
    def embed_photos(self, photos: Sequence[Image.Image], alpha: float) -> Tensor:
        """Return embeddings of any images under θ(alpha): [n, d], of length one."""
        self.set_alpha(alpha, "image")
        encoder = self.experiment.encoder
        pixels = torch.stack([encoder.preprocess(photo) for photo in photos])
        return encoder.encode_image(pixels.to(encoder.logit_scale.device)).float()

    def _keys_of(self, tower: TowerName) -> list[str]:
        prefixes = tuple(key for stage in self.experiment.encoder.stages(tower) for key in stage.keys)
        return [key for key in self._base if key.startswith(prefixes)]

    def _path_key(self, split: Split) -> str:
        info, encoder = self.run.info, self.experiment.encoder
        read = [encoder.preprocessing, encoder.tokenization, *(self.precision[tower].name for tower in TOWERS)]
        key = fingerprint(PATH_FORMAT, info.zero_shot, info.fine_tuned, self.experiment.fingerprint(), split, read)
        if self.reranking != BY_COSINE:
            key = fingerprint(key, self.reranking.method)  # the measured error depends on the re-ranking
        if split == "test" and self.experiment.domain.test_images is not None:
            return fingerprint(key, self.view(split).article_ids, self.view(split).gallery.target)  # the ground truth
        return key


def load_zero_shot_and_fine_tuned(
    run: Run, zero_shot: Mapping[str, Tensor]
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return the tensors that training changed, at α = 0 and α = 1, on the CPU; all others are equal at every α.

    zero_shot: the encoder's weights. Raises InputError if they or the file of weights are not those of the run.
    """
    if weights_fingerprint(zero_shot) != run.info.zero_shot:
        raise InputError(
            f"the zero-shot weights of {run.info.encoder} are not those that run '{run.info.name}' started from. "
            "Restore the original weights, or train again."
        )
    fine_tuned = read_weights(run.weights_file)
    if weights_fingerprint(fine_tuned) != run.info.fine_tuned:
        raise InputError(f"{run.weights_file} is not the file that run '{run.info.name}' wrote. Train again.")
    base = {key: tensor for key, tensor in zero_shot.items() if key in fine_tuned}
    check_compatible(base, fine_tuned)
    return base, fine_tuned


def open_run(
    run: Run,
    domain: Domain,
    workspace: Workspace,
    device: DeviceChoice,
    precision: Precisions | None = None,
    rerank: Rerank | None = None,
) -> LoadedRun:
    """Load a run with its encoder. Raises InputError if weights, encoder or articles are not those of its training."""
    encoder = _encoder_of(run, workspace, device)
    experiment = Experiment(domain, encoder, run.info.text, workspace, run.info.english)
    loaded_run = LoadedRun(run, experiment, precision, rerank)
    loaded_run.experiment.check_articles(
        run.info.articles, run.info.translators, f"run '{run.info.name}'", "train again"
    )
    return loaded_run


def open_elsewhere(
    run: Run, domain: Domain, workspace: Workspace, device: DeviceChoice, precision: Precisions | None = None
) -> LoadedRun:
    """Load a run with its encoder to evaluate it on another domain than its own."""
    encoder = _encoder_of(run, workspace, device)
    return LoadedRun(run, Experiment(domain, encoder, run.info.text, workspace), precision)


def _encoder_of(run: Run, workspace: Workspace, device: DeviceChoice) -> Encoder:
    """Load the run's encoder with zero-shot weights. Raises InputError if it is not built as at training."""
    owner = f"run '{run.info.name}'"
    check_build(run.info, owner)  # before a download of the weights
    encoder = load_encoder(run.info.encoder, choose_device(device), workspace.cache)
    check_build(run.info, owner, encoder.built)
    return encoder
