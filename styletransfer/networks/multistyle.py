"""MultiStyleNet: many styles in one TransformNet (Dumoulin, Shlens, Kudlur 2017)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from styletransfer.networks.transform import TransformConfig, TransformNet


class MultiStyleNet(nn.Module):
    """One shared TransformNet; every style owns only the gammas and betas of its norm layers.

    Row 0 of ``affine`` is *identity*. Instance norm erases the brightness and contrast of a picture, so no choice of
    gamma and beta can give the photo back; here the identity's share of a mix is painted by the photo itself:
    output = share * photo + (1 - share) * network. Training sees mixes too, so the network learns to paint what has
    to be added to the photo, and the way from strength 0 to 1 is more than a cross-fade. A TransformNet that owns its
    norms is one style; only the photo's share changes its strength.
    """

    def __init__(self, styles: int, config: TransformConfig) -> None:
        super().__init__()
        self.transform = TransformNet(config)
        channels = sum(self.transform.norm_channels) if config.norm == "conditional" else 0
        start = torch.stack([torch.ones(channels), torch.zeros(channels)])
        self.affine = nn.Parameter(start.repeat(1 + styles, 1, 1) + 0.02 * torch.randn(1 + styles, 2, channels))

    def forward(self, image: Tensor, mix: Tensor) -> Tensor:
        """Paint ``image`` (N,3,H,W) in 0..1 with ``mix`` (N,1+styles) or (1,1+styles): shares that sum to 1, identity first."""
        affine = torch.einsum("ns,sac->nac", mix, self.affine)
        painted = self.transform(image, affine if affine.shape[-1] else None)
        identity = mix[:, :1, None, None].to(image.dtype)
        return identity * image + (1 - identity) * painted
