"""The networks: plain ``nn.Module`` classes that know nothing of files, devices or screens."""

from styletransfer.networks.meta import STATISTICS_LAYERS, MetaConfig, MetaNet, channel_statistics, palette
from styletransfer.networks.multistyle import MultiStyleNet
from styletransfer.networks.transform import TransformConfig, TransformNet, pack, paint_with_statistics, unpack

__all__ = [
    "STATISTICS_LAYERS",
    "MetaConfig",
    "MetaNet",
    "MultiStyleNet",
    "TransformConfig",
    "TransformNet",
    "channel_statistics",
    "pack",
    "paint_with_statistics",
    "palette",
    "unpack",
]
