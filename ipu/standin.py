"""A stand-in for the part of PopTorch 3.4 that ipu/ calls: PyTorch on the CPU. No compiler, and no IPU arithmetic."""

import torch


class Error(Exception):
    """What PopTorch raises."""


class Options:
    """Options of a model. Setters return the object, so that they can be chained."""

    def replicationFactor(self, replication_factor):
        """Use this many IPUs, each with a copy of the model and a part of the batch."""
        return self

    def useIpuId(self, ipu_id):
        """Use this device."""
        return self

    def enableExecutableCaching(self, path):
        """Keep compiled models in this folder. The stand-in compiles nothing."""
        return self


class PoplarExecutor:
    """A model on a device."""

    def __init__(self, model, options):
        self._model = model
        self._shapes = None

    def compile(self, *args):
        """Fix the shapes of the input."""
        self._shapes = [tensor.shape for tensor in args]

    def __call__(self, *args):
        """Return what the model returns."""
        if self._shapes is None:
            self.compile(*args)
        if [tensor.shape for tensor in args] != self._shapes:
            raise Error(f"the model was compiled for inputs of the shapes {self._shapes}")
        with torch.no_grad():
            return self._model(*args)

    def destroy(self):
        """Release the device and what was compiled."""
        self._shapes = None


def inferenceModel(model, options=None):
    """Return a model that computes results on a device. Call model.eval() first."""
    return PoplarExecutor(model, options or Options())
