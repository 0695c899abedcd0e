"""A domain and an encoder put together: what training, sweeping and ranking need, computed once.

This is where the wings meet; the command line and jobs call it, and it knows no formats, no pages.
"""

import importlib.metadata
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from torch import Tensor

from core.analysis.sweep import Sweep, sweep
from core.data.domain import Domain, Gallery, gallery_of, query_texts, tie_order
from core.data.splitting import Split
from core.data.text import TextChoice
from core.encoders.base import Encoder, TowerName, first_changed_stage, first_tuned_stages
from core.encoders.checkpoints import read_weights, weights_fingerprint, write_weights
from core.encoders.embedding import Activations, embed, image_activations, text_activations
from core.encoders.loading import DeviceChoice, choose_device, load_encoder
from core.errors import InputError
from core.files import fingerprint, replacing
from core.interpolation.wiseft import check_compatible, interpolate
from core.retrieval.ranking import ranks_of, top_k
from core.training.finetune import Epoch, Pairs, finetune
from core.training.settings import Settings
from core.workspace.places import Places
from core.workspace.runs import Run, RunInfo, now, reserve_folder, save_run

_VERSIONS_OF = ("torch", "torchvision", "open_clip_torch", "timm", "transformers", "numpy", "pillow")


class Experiment:
    """One domain seen through one encoder. Its activations are made on first use and kept in the cache.

    english: True if the queries are the domain's English version, for an encoder that does not read the original.
    """

    def __init__(self, domain: Domain, encoder: Encoder, text: TextChoice, places: Places) -> None:
        self.domain, self.encoder, self.text, self.places = domain, encoder, text, places
        self.english = domain.has_english and domain.info.language not in encoder.languages
        self.articles = domain.articles
        self.gallery: Gallery = gallery_of(self.articles)
        self.queries = query_texts(self.articles, text, self.english)
        self.zero_shot = {key: tensor.detach().cpu().clone() for key, tensor in encoder.state_dict().items()}

    @property
    def reads_the_language(self) -> bool:
        """False if the encoder is shown a language it does not read."""
        return self.english or self.domain.info.language in self.encoder.languages

    def fingerprint(self) -> str:
        """20 hex digits of all that is learned from: queries, pictures, splits."""
        columns = [self.articles[name].tolist() for name in ("article_id", "image_id", "image_hash", "split")]
        return fingerprint(self.queries, *columns)

    def activations(self, starts: Mapping[TowerName, int]) -> dict[TowerName, Activations]:
        """The whole domain's activations in front of the given stages, with the zero-shot weights."""
        self.encoder.set_weights(self.zero_shot)
        hashes = self.articles.drop_duplicates("image_id")["image_hash"].tolist()
        files = [self.domain.images_root / file for file in self.gallery.files]
        return {
            "image": image_activations(self.encoder, starts["image"], files, hashes, self.places.cache),
            "text": text_activations(self.encoder, starts["text"], self.queries, self.places.cache),
        }

    def view(self, split: Split, activations: dict[TowerName, Activations]) -> "SplitView":
        """One split, ready to be ranked."""
        articles = self.domain.subset(split)
        return SplitView(self.encoder, articles, self.gallery, activations)


class SplitView:
    """The articles of one split against the pictures of that split, under the encoder's weights of the moment."""

    def __init__(
        self,
        encoder: Encoder,
        articles: pd.DataFrame,
        whole: Gallery,
        activations: dict[TowerName, Activations],
    ) -> None:
        self.encoder, self.activations = encoder, activations
        self.text_rows = articles.index.to_numpy()
        self.article_ids = articles["article_id"].tolist()
        self.gallery = gallery_of(articles)
        row_of = {image_id: row for row, image_id in enumerate(whole.image_ids)}
        self.image_rows = np.array([row_of[image_id] for image_id in self.gallery.image_ids])
        self.article_ties = tie_order(self.article_ids)

    def embeddings(self) -> tuple[Tensor, Tensor]:
        """(texts [N, d], pictures [G, d]), of length one."""
        return (
            embed(self.encoder, self.activations["text"], self.text_rows),
            embed(self.encoder, self.activations["image"], self.image_rows),
        )

    def ranks(self) -> tuple[np.ndarray, np.ndarray]:
        """Ranks of the own picture among pictures, and of the own text among texts: int32 [N] each."""
        texts, images = self.embeddings()
        target = self.gallery.target
        forward = ranks_of(texts, images, target, self.gallery.tie_order)
        own = np.arange(len(texts))
        return forward, ranks_of(images[target], texts, own, self.article_ties)

    def best_images(self, k: int) -> tuple[list[list[str]], np.ndarray]:
        """The ids of each article's best `k` pictures, best first, and their scores [N, k]."""
        texts, images = self.embeddings()
        rows, scores = top_k(texts, images, self.gallery.tie_order, k)
        return [[self.gallery.image_ids[column] for column in row] for row in rows], scores


def train_run(
    domain: Domain,
    encoder_name: str,
    settings: Settings,
    text: TextChoice,
    device: DeviceChoice,
    places: Places,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
) -> tuple[Run, Experiment]:
    """Fine-tune, and write the run's folder. Raises InputError for anything a user can mend."""
    encoder = load_encoder(encoder_name, choose_device(device), places.cache)
    experiment = Experiment(domain, encoder, text, places)
    activations = experiment.activations(first_tuned_stages(encoder, settings.tune))
    val = experiment.view("val", activations)
    train_rows = domain.subset("train").index.to_numpy()
    pairs = Pairs(images=experiment.gallery.target[train_rows], texts=train_rows)
    history: list[Epoch] = []

    def keep(epoch: Epoch) -> None:
        history.append(epoch)
        on_epoch(epoch)

    changed = finetune(encoder, activations, pairs, lambda _: val.ranks()[0], settings, keep)
    folder = reserve_folder(places, domain.info.slug, encoder.name, settings.tune)
    info = RunInfo(
        domain=domain.info.slug,
        name=folder.name,
        created_at=now(),
        encoder=encoder.name,
        text=text,
        english=experiment.english,
        device=str(encoder.logit_scale.device),
        settings=settings,
        articles=experiment.fingerprint(),
        zero_shot=weights_fingerprint(experiment.zero_shot),
        fine_tuned=weights_fingerprint(changed),
        versions={name: importlib.metadata.version(name) for name in _VERSIONS_OF},
    )
    run = Run(info, folder)
    write_weights(run.weights_file, changed, {"encoder": encoder.name, "domain": domain.info.slug})
    _write_history(history, folder / "history.csv")
    save_run(run)
    return run, experiment


def _write_history(history: list[Epoch], path: Path) -> None:
    names = {"loss": "train_loss", "val_mrr": "val_mrr@100", "val_recall_1": "val_recall@1"}
    with replacing(path) as temporary:
        pd.DataFrame([asdict(epoch) for epoch in history]).rename(columns=names).to_csv(temporary, index=False)


class TunedExperiment:
    """A finished run with its weights loaded, at any α with the exact weights. `open_run` makes one from disk."""

    def __init__(self, run: Run, experiment: Experiment) -> None:
        self.experiment, encoder = experiment, experiment.encoder
        if weights_fingerprint(experiment.zero_shot) != run.info.zero_shot:
            raise InputError(
                f"the zero-shot weights of {run.info.encoder} are not the ones run '{run.info.name}' started from."
            )
        if experiment.fingerprint() != run.info.articles:
            raise InputError(
                f"domain '{run.info.domain}' was changed after run '{run.info.name}' was trained on it; train again."
            )
        self.fine_tuned = read_weights(run.weights_file)
        if weights_fingerprint(self.fine_tuned) != run.info.fine_tuned:
            raise InputError(f"{run.weights_file} is not the file that run '{run.info.name}' wrote; train again.")
        self.base = {key: tensor for key, tensor in self.experiment.zero_shot.items() if key in self.fine_tuned}
        check_compatible(self.base, self.fine_tuned)
        changed = set(self.fine_tuned)
        self.activations = self.experiment.activations(
            {
                "image": first_changed_stage(encoder, "image", changed),
                "text": first_changed_stage(encoder, "text", changed),
            }
        )

    def at(self, alpha: float, split: Split) -> SplitView:
        """The split under θ(alpha), until the next call of `at`."""
        self.experiment.encoder.set_weights(interpolate(self.base, self.fine_tuned, alpha))
        return self.experiment.view(split, self.activations)

    def sweep(self, alphas: tuple[float, ...], split: Split) -> Sweep:
        """Ranks of one split at each of `alphas`."""
        article_ids = self.experiment.view(split, self.activations).article_ids
        return sweep(split, alphas, article_ids, lambda alpha: self.at(alpha, split).ranks())


def open_run(run: Run, domain: Domain, places: Places, device: DeviceChoice) -> TunedExperiment:
    """Load the run's encoder and weights. InputError if they or the domain are not what it was made with."""
    encoder = load_encoder(run.info.encoder, choose_device(device), places.cache)
    return TunedExperiment(run, Experiment(domain, encoder, run.info.text, places))
