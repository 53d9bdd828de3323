"""Style networks of other projects, made into ours."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor

from styletransfer.errors import CheckpointError
from styletransfer.networks import TransformConfig, TransformNet
from styletransfer.networks.transform import RESIDUAL_BLOCKS

# fast_neural_style of github.com/pytorch/examples: its names -> those of TransformNet.
LAYERS = {
    "conv1.conv2d": "encoder.0.conv.conv", "in1": "encoder.0.norm",
    "conv2.conv2d": "encoder.1.conv.conv", "in2": "encoder.1.norm",
    "conv3.conv2d": "encoder.2.conv.conv", "in3": "encoder.2.norm",
    "deconv1.conv2d": "decoder.0.conv.layer.conv", "in4": "decoder.0.norm",
    "deconv2.conv2d": "decoder.1.conv.layer.conv", "in5": "decoder.1.norm", "deconv3.conv2d": "output.conv",
}  # fmt: skip
RESIDUAL = {"conv1.conv2d": "block.conv.conv", "in1": "block.norm", "conv2.conv2d": "conv.conv", "in2": "norm"}
for number in range(RESIDUAL_BLOCKS):
    LAYERS |= {f"res{number + 1}.{layer}": f"residuals.{number}.{ours}" for layer, ours in RESIDUAL.items()}
# What instance norm saved before PyTorch 0.4, and never used.
DEPRECATED = re.compile(r"\.(running_mean|running_var|num_batches_tracked)$")
# What torch.load says to files that it did not write.
UNREADABLE = (OSError, RuntimeError, EOFError, UnpicklingError, LookupError, ValueError, TypeError, AttributeError, struct.error)
LEVELS = 255.0  # those networks take and give colours in 0..255


def import_network(path: Path) -> TransformNet:
    """A TransformNet from the state dict of pytorch/examples' fast_neural_style, in a ``.pth`` or ``.pt`` file.

    It computes the same: the range of its colours is folded into the first and the last convolution. Pickled code is not
    run. Raises CheckpointError.
    """
    return convert(_read_pickle(path), path.name)


def convert(state: Mapping[str, Tensor], name: str) -> TransformNet:
    """See :func:`import_network`; ``name`` is for the errors."""
    found = _rename({key: value for key, value in state.items() if not DEPRECATED.search(key)}, name)
    first = found["encoder.0.conv.conv.weight"]
    network = TransformNet(TransformConfig(base=first.shape[0], clamped=False))
    found["encoder.0.conv.conv.weight"] = first * LEVELS
    for kind in ("weight", "bias"):
        found[f"output.conv.{kind}"] = found[f"output.conv.{kind}"] / LEVELS
    try:
        network.load_state_dict(found)
    except RuntimeError as error:
        raise CheckpointError(f"{name} has layers of other sizes than the networks of pytorch/examples.") from error
    return network.eval()


def _rename(state: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """All tensors under our names. Raises CheckpointError for one too few or too many."""
    theirs = {f"{layer}.{kind}": f"{ours}.{kind}" for layer, ours in LAYERS.items() for kind in ("weight", "bias")}
    if wrong := sorted(theirs.keys() ^ state.keys()):
        what = "has no" if wrong[0] in theirs else "has an unknown"
        raise CheckpointError(f"{name} is no style network of pytorch/examples: it {what} tensor {wrong[0]}.")
    return {ours: state[key].float() for key, ours in theirs.items()}


def _read_pickle(path: Path) -> dict[str, Tensor]:
    """The tensors of a state dict. Raises CheckpointError."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise CheckpointError(f"There is no file {path}; check the path.") from error
    except UNREADABLE as error:
        raise CheckpointError(f"{path.name} is no file of tensors alone, and nothing else is read; it may be damaged.") from error
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise CheckpointError(f"{path.name} holds no state dict; save network.state_dict() and import that.")
    return dict(state)
