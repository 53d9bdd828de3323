"""The networks: plain ``nn.Module`` classes that know nothing of files, devices or screens."""

from styletransfer.networks.multistyle import MultiStyleNet
from styletransfer.networks.transform import TransformConfig, TransformNet, fold_statistics

__all__ = ["MultiStyleNet", "TransformConfig", "TransformNet", "fold_statistics"]
