"""The stand-in refuses what PopTorch refuses."""

import pytest
import torch

import standin as poptorch


def test_batch_is_divided_among_replicas():
    model = poptorch.inferenceModel(torch.nn.Identity(), poptorch.Options().replicationFactor(4))
    with pytest.raises(poptorch.Error, match="6 rows cannot be divided among 4 replicas"):
        model.compile(torch.zeros(6))
    assert torch.equal(model(torch.arange(8.0)), torch.arange(8.0))


def test_shape_is_compiled_in_until_the_model_is_destroyed():
    model = poptorch.inferenceModel(torch.nn.Identity())
    model.compile(torch.zeros(8))
    with pytest.raises(poptorch.Error, match="compiled for inputs of the shapes"):
        model(torch.zeros(4))
    model.destroy()
    assert len(model(torch.zeros(4))) == 4
