"""Mixed precision (Micikevicius et al. 2018) on CUDA: towers in 16 bits, weights and loss in 32."""

import torch


def training_dtype(device: torch.device) -> torch.dtype | None:
    """Return the towers' dtype in training; None for float32, where 16 bits have no advantage."""
    if device.type != "cuda":
        return None
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def loss_scaler(device: torch.device, dtype: torch.dtype | None) -> torch.amp.GradScaler:
    """Make a loss scaler that preserves small float16 gradients and skips steps in which large ones overflow.

    It is disabled for other types, which have float32's range.
    """
    return torch.amp.GradScaler(device.type, enabled=dtype == torch.float16)
