"""Inference: an actor holds a device, compiles a model for it once, and pads its input to the compiled size.

Run:   python ipu/I3_inference.py
Next:  ipu/I4_serve.py
Docs:  https://docs.ray.io/en/latest/ray-core/actors.html
Time:  10 minutes
"""

from pathlib import Path

import ray
from PIL import Image

import devices

PHOTO = Path(__file__).parent.parent / "imgs" / "espresso.jpg"  # class 967 of ImageNet's 1,000


@ray.remote(num_cpus=0, resources={"IPU": 1})
class Model:
    """An image classifier on a device of its own."""

    def __init__(self):
        # The lease comes first, since compiling attaches to the device. The driver needs neither torch nor PopTorch.
        self.lease = devices.lease()
        from classifier import Classifier

        self.classifier = Classifier(self.lease.device)

    def about(self):
        """Return the IPUs, and how many images they take at once."""
        return self.lease.device.ipus, self.classifier.batch

    def predict(self, pictures):
        """Return the class of each picture, and how often the device has been called so far."""
        return self.classifier.predict(pictures).argmax(axis=1), self.classifier.calls

    def close(self):
        """Release the device, then its lease."""
        self.classifier.close()
        self.lease.close()


def main():
    devices.start_ray()
    # -> backend: cpu stand-in: this machine has no IPU, so PyTorch computes on its CPU

    # The shape of the input is compiled in. Compiling can take many minutes, so it happens once, at the start.
    model = Model.remote()
    ipus, batch = ray.get(model.about.remote())
    print("compiled for IPUs", ipus, "and a batch of", batch)
    # -> compiled for IPUs (0,) and a batch of 4

    # Smaller inputs are padded with empty images, whose results are dropped. Larger ones take several calls.
    photo = Image.open(PHOTO)
    for number in 1, 4, 6:
        classes, calls = ray.get(model.predict.remote([photo] * number))
        print("classes:", classes, "calls of the device so far:", calls)
    # -> classes: [967] calls of the device so far: 1
    # -> classes: [967 967 967 967] calls of the device so far: 2
    # -> classes: [967 967 967 967 967 967] calls of the device so far: 4

    # A device of two IPUs holds two copies of the model, in one process. PopTorch gives each of them half of a batch.
    pair = Model.options(resources={"IPU": 2}).remote()
    ipus, batch = ray.get(pair.about.remote())
    print("compiled for IPUs", ipus, "and a batch of", batch)
    # -> compiled for IPUs (2, 3) and a batch of 8

    # An actor that keeps running returns its device like this. Otherwise the kernel does so when the process ends.
    ray.get([model.close.remote(), pair.close.remote()])


if __name__ == "__main__":
    main()
