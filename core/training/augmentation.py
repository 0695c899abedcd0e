"""Light image augmentation: a random square crop in every epoch, as in open_clip's training.

No flips: they mirror text in an image, and CLIP was trained without them: "a random square crop from resized images is
the only data augmentation used" (Radford et al. 2021, section 2.3).
"""

import torch
from torch import Tensor
from torch.nn import functional

#: Smallest share of an image's area in a crop (open_clip's default for RandomResizedCrop).
SMALLEST_AREA = 0.9


def random_crops(pixels: Tensor) -> Tensor:
    """Crop a random square from each image and enlarge it to the image's size: uint8 [b, 3, H, W] → same shape.

    Random numbers come from the CPU's generator, so that a seed gives the same crops on every device.
    """
    side = (SMALLEST_AREA + (1 - SMALLEST_AREA) * torch.rand(len(pixels))).sqrt()  # 1: the whole image
    shift = (1 - side)[:, None] * (2 * torch.rand(len(pixels), 2) - 1)  # of the centre; the image is [−1, 1]²
    corners = torch.diag_embed(side[:, None].expand(-1, 2))  # [b, 2, 2]
    affine = torch.cat([corners, shift[:, :, None]], dim=2).to(pixels.device)
    grid = functional.affine_grid(affine, list(pixels.shape), align_corners=False)
    crops = functional.grid_sample(pixels.float(), grid, padding_mode="border", align_corners=False)
    return crops.round().to(torch.uint8)
