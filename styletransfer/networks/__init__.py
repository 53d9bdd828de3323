"""The networks: plain ``nn.Module`` classes that know nothing of files, devices or screens."""

from styletransfer.networks.meta import MetaConfig, MetaNet, channel_statistics, palette
from styletransfer.networks.multistyle import MultiStyleNet
from styletransfer.networks.transform import TransformConfig, TransformNet, fold_statistics, pack, unpack

__all__ = [
    "MetaConfig",
    "MetaNet",
    "MultiStyleNet",
    "TransformConfig",
    "TransformNet",
    "channel_statistics",
    "fold_statistics",
    "pack",
    "palette",
    "unpack",
]
