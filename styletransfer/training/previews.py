"""Contact sheets of tensors."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor


def grid(rows: Sequence[Tensor]) -> Image.Image:
    """Rows of pictures (N,3,H,W) in 0..1, all of one size, as one picture."""
    sheet = torch.cat([torch.cat(list(row), dim=2) for row in rows], dim=1)
    array = (sheet.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()
    return Image.fromarray(array)
