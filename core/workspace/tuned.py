"""A finished run with its weights loaded: its domain at any α."""

from core.analysis.sweep import Sweep, sweep
from core.data.domain import Domain
from core.data.splitting import Split
from core.encoders.base import first_changed_stage
from core.encoders.checkpoints import read_weights, weights_fingerprint
from core.encoders.loading import DeviceChoice, choose_device, load_encoder
from core.errors import InputError
from core.interpolation.wiseft import check_compatible, interpolate
from core.workspace.experiment import Experiment, SplitView
from core.workspace.places import Places
from core.workspace.runs import Run


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
