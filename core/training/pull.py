"""Pull to zero-shot: L2-SP (Li et al. 2018, "Explicit inductive bias for transfer learning").

It is decoupled from the gradient like AdamW's weight decay, but goes towards the weights before training, not zero.
"""

import torch


class Pull:
    """Each call moves an optimiser's parameters back by lr · strength of the way to where they are now: zero-shot.

    lr: that of the parameter's group, which a schedule sets.
    """

    def __init__(self, optimiser: torch.optim.Optimizer, strength: float) -> None:
        self._optimiser, self._strength = optimiser, strength  # a checkpoint replaces the groups, not the optimiser
        self._starts = [
            [parameter.detach().clone() for parameter in group["params"]] for group in optimiser.param_groups
        ]

    @torch.no_grad()
    def __call__(self) -> None:
        """Move all parameters; at lr · strength = 1 or more, to their starts."""
        for group, starts in zip(self._optimiser.param_groups, self._starts, strict=True):
            share = min(1.0, group["lr"] * self._strength)
            for parameter, start in zip(group["params"], starts, strict=True):
                parameter.lerp_(start, share)
