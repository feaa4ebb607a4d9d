"""Inference: an actor holds a device, compiles a model for it once, and pads what comes to the size that it compiled.

Run:   python ipu/I3_inference.py
Next:  ipu/I4_serve.py
Docs:  https://docs.ray.io/en/latest/ray-core/actors.html
Time:  10 minutes
"""

import os
import socket
import sys
from pathlib import Path

import numpy as np
import ray
from PIL import Image

import devices

PRETEND = 4  # IPUs that this script pretends to have, on a machine that has none
PHOTO = Path(__file__).parent.parent / "imgs" / "espresso.jpg"


@ray.remote(num_cpus=0, resources={"IPU": 1})
class Model:
    """An image classifier on a device of its own."""

    def __init__(self):
        # The lease comes first: compiling may attach to the device already. classifier.py imports torch and PopTorch,
        # which the driver does not need, and is the file to read beside this one.
        self.lease = devices.lease()
        import backend
        from classifier import Classifier

        self.backend = backend.NAME
        self.classifier = Classifier(self.lease.device)

    def about(self):
        """Return what computes, on which IPUs, and how many images it takes at once."""
        return self.backend, list(self.lease.device.ipus), self.classifier.batch

    def predict(self, images):
        """Return the probabilities of each image's classes, and how often the device has been called so far."""
        return self.classifier.predict(images), self.classifier.calls

    def close(self):
        """Detach from the device, then let others have it."""
        self.classifier.close()
        self.lease.close()


@ray.remote(num_cpus=0)
def predict_with_pytorch(images):
    """Return the same probabilities, from the same model without PopTorch."""
    import torch

    from classifier import load_model

    # A copy, since what comes from the object store cannot be written to, and PyTorch has no such tensors.
    with torch.inference_mode():
        return load_model()(torch.from_numpy(images.copy())).softmax(dim=1).numpy()


@ray.remote(num_cpus=0)
def prepare(path):
    """Return a photo as the model's input."""
    from classifier import pixels

    return pixels(Image.open(path))


def main():
    """Run the lesson."""
    _, count = devices.announce(PRETEND)
    # -> backend: cpu stand-in: this machine has no IPU, so PyTorch computes on its CPU
    # Starts Ray on this machine, or joins the cluster that RAY_ADDRESS names as host:port.
    address = os.environ.get("RAY_ADDRESS") or "local"
    if address != "local":
        try:
            socket.create_connection(address.rsplit(":", 1), timeout=5).close()
        except (OSError, ValueError):
            sys.exit(f"No Ray cluster answers at RAY_ADDRESS={address}. Start it, or unset the variable.")
    ray.init(address=address, resources={"IPU": count} if address == "local" else None)
    devices.require(4)

    # The shape of the input is compiled in. Compiling takes from seconds to many minutes, so it happens when the
    # actor starts, once, and never because somebody sends another number of images.
    model = Model.remote()
    backend, ipus, batch = ray.get(model.about.remote())
    print(f"{backend}, compiled for IPUs {ipus}: {batch} images at once")
    # -> cpu stand-in, compiled for IPUs [0]: 4 images at once

    # Fewer are padded with black ones, whose results nobody gets. More take several calls.
    images = np.stack([ray.get(prepare.remote(PHOTO))] * 6)
    calls = 0
    for number in 1, 4, 6:
        probabilities, so_far = ray.get(model.predict.remote(images[:number]))
        print(f"{backend}, {number} images: {len(probabilities)} results, calls of the device: {so_far - calls}")
        calls = so_far
    # -> cpu stand-in, 1 images: 1 results, calls of the device: 1
    # -> cpu stand-in, 4 images: 4 results, calls of the device: 1
    # -> cpu stand-in, 6 images: 6 results, calls of the device: 2

    # Padding changes no result. An IPU's arithmetic would change the last digits.
    expected = ray.get(predict_with_pytorch.remote(images))
    print(f"{backend}, like plain PyTorch:", np.allclose(probabilities, expected, atol=1e-3))
    # -> cpu stand-in, like plain PyTorch: True

    # A device of two IPUs holds two copies of the model, each of which gets half of a batch: PopTorch divides the
    # work inside one process. Ray's part is the device.
    pair = Model.options(resources={"IPU": 2}).remote()
    backend, ipus, batch = ray.get(pair.about.remote())
    print(f"{backend}, compiled for IPUs {ipus}: {batch} images at once")
    # -> cpu stand-in, compiled for IPUs [2, 3]: 8 images at once
    probabilities, calls = ray.get(pair.predict.remote(images))
    same = np.allclose(probabilities, expected, atol=1e-3)
    print(f"{backend}, {len(images)} images, calls of the device: {calls}, like plain PyTorch: {same}")
    # -> cpu stand-in, 6 images, calls of the device: 1, like plain PyTorch: True

    # A wrong shape is refused before PopTorch sees it: a new shape would have to be compiled.
    try:
        ray.get(model.predict.remote(images[:, :, :100]))
    except ValueError as error:
        print(f"{backend}:", error.cause)
    # -> cpu stand-in: images have the shape (n, 3, 224, 224), not (6, 3, 100, 224)

    # The order at the end is that of the beginning in reverse: detach, then free. An actor that is killed instead
    # detaches too, because its process ends.
    ray.get([model.close.remote(), pair.close.remote()])


if __name__ == "__main__":
    main()
