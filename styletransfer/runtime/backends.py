"""Ways to run a TransformNet, fastest first, each checked against PyTorch in fp32 before it is used."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.func import functional_call

from styletransfer.networks import TransformNet, unpack

log = logging.getLogger(__name__)

Pixels = NDArray[np.uint8]  # (N,H,W,3)
PROBE_SIDE = 96
TOLERANCE = 3.0  # mean absolute difference from fp32, in steps of 1/255


class Backend(Protocol):
    """Paints pixels whose sides are multiples of 4 and at least 16."""

    name: str

    def __call__(self, pixels: Pixels, affine: Tensor, identity: float, normalize: bool, weights: Tensor | None = None) -> Pixels:
        """``affine`` as for :class:`TransformNet`; ``identity`` 0..1, the photo's own share of the result; ``weights``
        (P,) in place of the network's own, if the backend was made for generated ones."""


class TorchBackend:
    """PyTorch itself, in any precision on any device."""

    def __init__(self, network: TransformNet, device: torch.device, dtype: torch.dtype) -> None:
        self.name = f"PyTorch {device.type} {str(dtype).removeprefix('torch.')}"
        self.device, self.dtype = device, dtype
        copy = TransformNet(network.config).eval().requires_grad_(False)
        copy.load_state_dict(network.state_dict())
        self.network = copy.to(device, dtype).to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def __call__(self, pixels: Pixels, affine: Tensor, identity: float, normalize: bool, weights: Tensor | None = None) -> Pixels:
        photo = torch.from_numpy(pixels).to(self.device).permute(0, 3, 1, 2).to(self.dtype) / 255
        own = affine.to(self.device) if affine.shape[-1] else None
        state = {} if weights is None else unpack(self.network, weights.to(self.device, self.dtype))
        painted = photo * identity + functional_call(self.network, state, (photo, own, normalize)) * (1 - identity)
        return (painted.float().clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()


class OpenVinoBackend:
    """OpenVINO on the processor. Its graphs are compiled when first needed: a second one for folded statistics."""

    def __init__(self, network: TransformNet, precision: str, generated: bool = False) -> None:
        self.name = f"OpenVINO {precision}"
        self._network, self._precision, self._generated = network, precision, generated

    @cached_property
    def _normalizing(self) -> Callable[[list], dict]:
        return self._compile(True)

    @cached_property
    def _folded(self) -> Callable[[list], dict]:
        return self._compile(False)

    def _compile(self, normalize: bool) -> Callable[[list], dict]:
        import openvino as ov

        from styletransfer.runtime.graph import build_graph

        options = {"INFERENCE_PRECISION_HINT": self._precision, "PERFORMANCE_HINT": "LATENCY"}
        compiled = ov.Core().compile_model(build_graph(self._network, normalize, self._generated), "CPU", options)
        request = compiled.create_infer_request()
        return lambda inputs: request.infer(inputs, share_inputs=True)

    def __call__(self, pixels: Pixels, affine: Tensor, identity: float, normalize: bool, weights: Tensor | None = None) -> Pixels:
        infer = self._normalizing if normalize else self._folded
        inputs = [np.ascontiguousarray(pixels), affine.numpy(), np.float32(identity)]
        return infer(inputs if weights is None else [*inputs, weights.numpy()])[0]


def _candidates(network: TransformNet, generated: bool) -> Iterator[Callable[[], Backend]]:
    """Makers of backends, the fastest on this machine first."""
    if torch.cuda.is_available():
        yield lambda: TorchBackend(network, torch.device("cuda"), torch.float16)
    yield lambda: OpenVinoBackend(network, _openvino_precision(), generated)


def _openvino_precision() -> str:
    import openvino as ov

    return "bf16" if "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"


def choose_backend(network: TransformNet, affine: Tensor, weights: Tensor | None = None) -> Backend:
    """The fastest backend that loads here and agrees with PyTorch in fp32 on a probe picture.

    With ``weights`` (P,), one that takes the weights with every call.
    """
    reference = TorchBackend(network, torch.device("cpu"), torch.float32)
    probe = _probe()
    expected = reference(probe, affine, 0.0, True, weights).astype(np.int16)
    for make in _candidates(network, weights is not None):
        try:
            backend = make()
            difference = np.abs(backend(probe, affine, 0.0, True, weights) - expected).mean()
        except (ImportError, RuntimeError) as error:
            log.warning("A faster way to paint does not work here: %s", error)
            continue
        if difference <= TOLERANCE:
            return backend
        log.warning("%s differs from fp32 by %.1f/255 on average and is not used", backend.name, difference)
    return reference


def _probe() -> Pixels:
    """A picture of smooth colours with some noise, always the same."""
    rows, columns = np.mgrid[0:PROBE_SIDE, 0:PROBE_SIDE] / PROBE_SIDE
    smooth = np.stack([rows, columns, 0.5 + 0.5 * np.sin(9 * rows * columns)], axis=-1)
    noise = np.random.default_rng(0).normal(0, 0.05, smooth.shape)
    return ((smooth + noise).clip(0, 1) * 255).astype(np.uint8)[None]
