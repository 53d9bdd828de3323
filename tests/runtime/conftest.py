"""The network both the backends and the painter are tested with."""

import pytest

from styletransfer.networks import TransformConfig
from styletransfer.runtime import StyleParameters


@pytest.fixture
def network(make_network):
    return make_network(TransformConfig(4, norm="conditional"))


@pytest.fixture
def style(network):
    return StyleParameters(network.affine.detach()[1:2])
