"""Mixed precision (Micikevicius et al. 2018) on CUDA: towers in 16 bits, weights and loss in 32."""

import torch


def training_dtype(device: torch.device) -> torch.dtype | None:
    """What the towers compute in while training; None where 16 bits bring nothing: all is float32 then."""
    if device.type != "cuda":
        return None
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def loss_scaler(device: torch.device, dtype: torch.dtype | None) -> torch.amp.GradScaler:
    """Keeps float16's small gradients from vanishing, and leaves out steps in which large ones overflow.

    Other types have float32's range; for them it does nothing.
    """
    return torch.amp.GradScaler(device.type, enabled=dtype == torch.float16)
