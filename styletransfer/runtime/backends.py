"""Ways to run a TransformNet, fastest first, each checked against PyTorch in fp32 before it is used."""

from __future__ import annotations

import logging
import math
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from styletransfer.devices import zero_gpu
from styletransfer.networks import TransformNet, paint_with_statistics, unpack

log = logging.getLogger(__name__)

Pixels = NDArray[np.uint8]  # (N,H,W,3)
PROBE_SIDE = 96
GRAPH_PIXELS = 5_000_000  # of the pictures that compiled graphs are kept for
TOLERANCE = 3.0  # mean absolute difference from fp32, in steps of 1/255


@dataclass(frozen=True)
class StyleParameters:
    """What makes a TransformNet paint in one style.

    ``affine`` (1,2,K): gammas and betas, K = 0 if the network owns its norms; ``weights`` (P,): generated ones in place of
    the network's own (:func:`networks.pack`); ``identity`` 0..1: the photo's own share of the result.
    """

    affine: Tensor
    weights: Tensor | None = None
    identity: float = 0.0


class Backend(Protocol):
    """Paints pixels whose sides are multiples of 4 and at least 16. Not for several threads at once."""

    name: str

    def __call__(
        self, pixels: Pixels, style: StyleParameters, statistics: Tensor | None = None, share: float = 1.0
    ) -> tuple[Pixels, Tensor]:
        """Paint, with ``share`` of the instance norm statistics from each picture's own and the rest from ``statistics``.

        ``statistics``: (1,2,S). Returns the painted pixels and the statistics used (N,2,S), as
        :func:`networks.paint_with_statistics` does.
        """


def no_statistics(network: TransformNet) -> Tensor:
    """Statistics for a share of 1, (1,2,S)."""
    return torch.zeros(1, 2, sum(network.norm_channels))


class TorchBackend:
    """PyTorch itself, in any precision on any device."""

    def __init__(self, network: TransformNet, device: torch.device, dtype: torch.dtype) -> None:
        self.name = f"PyTorch {device.type} {str(dtype).removeprefix('torch.')}"
        self.device, self.dtype = device, dtype
        copy = TransformNet(network.config).eval().requires_grad_(False)
        copy.load_state_dict(network.state_dict())
        self.network = copy.to(device, dtype).to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def __call__(
        self, pixels: Pixels, style: StyleParameters, statistics: Tensor | None = None, share: float = 1.0
    ) -> tuple[Pixels, Tensor]:
        photo = torch.from_numpy(pixels).to(self.device).permute(0, 3, 1, 2).to(self.dtype) / 255
        before = no_statistics(self.network) if statistics is None else statistics
        state = {} if style.weights is None else unpack(self.network, style.weights.to(self.device, self.dtype))
        result, used = paint_with_statistics(
            self.network, photo, style.affine.to(self.device), before.to(self.device), share, state
        )
        painted = photo * style.identity + result * (1 - style.identity)
        return (painted.float().clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy(), used.float().cpu()


class OpenVinoBackend:
    """OpenVINO on the processor. A graph is compiled for every size, in a tenth of a second, and kept for the next time."""

    def __init__(self, network: TransformNet, precision: str, generated: bool = False) -> None:
        self.name = f"OpenVINO {precision}"
        self._network, self._precision, self._generated = network, precision, generated
        self._graphs: OrderedDict[tuple[int, int, int], Callable[[list], dict]] = OrderedDict()

    def __call__(
        self, pixels: Pixels, style: StyleParameters, statistics: Tensor | None = None, share: float = 1.0
    ) -> tuple[Pixels, Tensor]:
        before = no_statistics(self._network) if statistics is None else statistics
        inputs = [
            np.ascontiguousarray(pixels), style.affine.numpy(), np.float32(style.identity), before.numpy(), np.float32(share),
        ]  # fmt: skip
        if style.weights is not None:
            inputs.append(style.weights.numpy())
        painted, used = self._graph(pixels.shape[:3])(inputs).values()
        return painted, torch.from_numpy(used)

    def _graph(self, shape: tuple[int, int, int]) -> Callable[[list], dict]:
        """The compiled graph for a shape; those not used for longest make room, as each holds its layers in memory."""
        if shape not in self._graphs:
            while self._graphs and sum(map(math.prod, self._graphs)) + math.prod(shape) > GRAPH_PIXELS:
                self._graphs.popitem(last=False)
            self._graphs[shape] = self._compile(shape)
        self._graphs.move_to_end(shape)
        return self._graphs[shape]

    def _compile(self, shape: tuple[int, int, int]) -> Callable[[list], dict]:
        import openvino as ov

        from styletransfer.runtime.graph import build_graph

        options = {"INFERENCE_PRECISION_HINT": self._precision, "PERFORMANCE_HINT": "LATENCY"}
        compiled = ov.Core().compile_model(build_graph(self._network, shape, self._generated), "CPU", options)
        request = compiled.create_infer_request()
        return lambda inputs: request.infer(inputs, share_inputs=True)


def _candidates(network: TransformNet, generated: bool) -> Iterator[Callable[[], Backend]]:
    """Makers of backends, the fastest on this machine first."""
    if not zero_gpu():
        yield from _gpu_candidates(network)
    yield lambda: OpenVinoBackend(network, openvino_precision(), generated)


def _gpu_candidates(network: TransformNet) -> Iterator[Callable[[], Backend]]:
    if torch.cuda.is_available():
        yield lambda: TorchBackend(network, torch.device("cuda"), torch.float16)


def openvino_precision() -> str:
    import openvino as ov

    return "bf16" if "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"


def choose_backend(network: TransformNet, style: StyleParameters) -> Backend:
    """The fastest backend that loads here and agrees with PyTorch in fp32 on a probe picture painted in ``style``.

    If the style has weights, all that the backend paints must have some.
    """
    return _first_that_agrees(network, style, _candidates(network, style.weights is not None))


def choose_torch_backend(network: TransformNet, style: StyleParameters) -> Backend:
    """As :func:`choose_backend`, without OpenVINO: for a process forked from one that paints, which has none of its threads."""
    return _first_that_agrees(network, style, _gpu_candidates(network))


def _first_that_agrees(network: TransformNet, style: StyleParameters, makers: Iterable[Callable[[], Backend]]) -> Backend:
    """The first that works and paints as PyTorch in fp32 does, which is the last resort."""
    reference = TorchBackend(network, torch.device("cpu"), torch.float32)
    probe = probe_picture()
    expected = reference(probe, style)[0].astype(np.int16)
    for make in makers:
        try:
            backend = make()
            difference = np.abs(backend(probe, style)[0] - expected).mean()
        except (ImportError, RuntimeError) as error:
            log.warning("A faster way to paint does not work here: %s", error)
            continue
        if difference <= TOLERANCE:
            return backend
        log.warning("%s differs from fp32 by %.1f/255 on average and is not used", backend.name, difference)
    return reference


def probe_picture() -> Pixels:
    """A picture of smooth colours with some noise, always the same."""
    rows, columns = np.mgrid[0:PROBE_SIDE, 0:PROBE_SIDE] / PROBE_SIDE
    smooth = np.stack([rows, columns, 0.5 + 0.5 * np.sin(9 * rows * columns)], axis=-1)
    noise = np.random.default_rng(0).normal(0, 0.05, smooth.shape)
    return ((smooth + noise).clip(0, 1) * 255).astype(np.uint8)[None]
