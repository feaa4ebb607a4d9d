"""The stand-in refuses what PopTorch refuses."""

import pytest
import torch

import standin as poptorch


def test_shape_is_compiled_in_until_the_model_is_destroyed():
    model = poptorch.inferenceModel(torch.nn.Identity())
    model.compile(torch.zeros(8))
    with pytest.raises(poptorch.Error, match="compiled for inputs of the shapes"):
        model(torch.zeros(4))
    model.destroy()
    assert len(model(torch.zeros(4))) == 4
