"""Two Pythons: an actor drives a process in another Python through pipes, and replaces it when it dies or hangs.

Run:   python ipu/I6_old_python.py    (IPU_PYTHON=<the SDK's python> for the other one)
Next:  README.md, What to try next
Docs:  https://docs.ray.io/en/latest/ray-core/actors.html
Time:  10 minutes
"""

import os
import signal
import socket
import sys
from pathlib import Path

import numpy as np
import ray
from PIL import Image

import devices

PRETEND = 4  # IPUs that this script pretends to have, on a machine that has none
# PopTorch needs Python 3.8, Ray 3.10 or newer. Without an SDK the other Python is this one.
PYTHON = os.environ.get("IPU_PYTHON") or sys.executable
PATIENCE = 20  # seconds that the other process may take for an answer: what takes longer hangs
PHOTO = Path(__file__).parent.parent / "imgs" / "espresso.jpg"


@ray.remote(num_cpus=0, resources={"IPU": 1})
class Model:
    """An image classifier in a process of another Python."""

    def __init__(self, python):
        self.python, self.lease, self.failures = python, devices.lease(), []
        self.start()

    def start(self):
        """Start the process. It compiles before it answers."""
        # The device belongs to both: the lock is held until the last of them has ended. So nobody gets a device
        # that an orphan still uses.
        from child import Child

        self.child = Child(self.python, self.lease)

    def predict(self, images, patience=PATIENCE):
        """Return the probabilities of each image's classes, and what computed. Tries once more in a new process."""
        from child import ChildError

        try:
            _, probabilities = self.child.call({"do": "predict"}, images, patience)
        except ChildError as error:
            self.failures.append(str(error))
            self.start()
            _, probabilities = self.child.call({"do": "predict"}, images, PATIENCE)
        return probabilities, self.child.about

    def signal_child(self, number):
        """Send the process a signal, as misfortune does."""
        os.kill(self.child.process.pid, number)

    def why_replaced(self):
        """Return what was wrong with the processes that have been replaced."""
        return self.failures


@ray.remote(num_cpus=0)
def predict_with_pytorch(path):
    """Return a photo as the model's input, and its probabilities from plain PyTorch in Ray's Python."""
    import torch

    from classifier import load_model, pixels

    images = pixels(Image.open(path))[None]
    with torch.inference_mode():
        return images, load_model()(torch.from_numpy(images)).softmax(dim=1).numpy()


def main():
    """Run the lesson."""
    _, count = devices.announce(PRETEND, PYTHON)
    # -> backend: cpu stand-in: this machine has no IPU, so PyTorch computes on its CPU
    # Starts Ray on this machine, or joins the cluster that RAY_ADDRESS names as host:port.
    address = os.environ.get("RAY_ADDRESS") or "local"
    if address != "local":
        try:
            socket.create_connection(address.rsplit(":", 1), timeout=5).close()
        except (OSError, ValueError):
            sys.exit(f"No Ray cluster answers at RAY_ADDRESS={address}. Start it, or unset the variable.")
    ray.init(address=address, resources={"IPU": count} if address == "local" else None)
    devices.require(1)

    # Arrays go through the pipe as bytes in NumPy's format for files, which every version reads. Nothing is
    # pickled: a pickle wants the same classes at both ends.
    model = Model.remote(PYTHON)
    images, expected = ray.get(predict_with_pytorch.remote(PHOTO))
    probabilities, about = ray.get(model.predict.remote(images))
    print(f"{about['backend']}, in Python {about['python']}: {np.allclose(probabilities, expected, atol=1e-3)}")
    # -> cpu stand-in, in Python 3...: True

    # The process dies. The actor sees the end of the pipe, starts another, and asks again.
    ray.get(model.signal_child.remote(signal.SIGKILL))
    probabilities, about = ray.get(model.predict.remote(images))
    print(f"{about['backend']}, after its death: {np.allclose(probabilities, expected, atol=1e-3)}")
    # -> cpu stand-in, after its death: True

    # The process hangs: it is there, and never answers. The actor waits as long as it was told to, and kills it.
    ray.get(model.signal_child.remote(signal.SIGSTOP))
    probabilities, about = ray.get(model.predict.remote(images, patience=1))
    print(f"{about['backend']}, after it hung: {np.allclose(probabilities, expected, atol=1e-3)}")
    # -> cpu stand-in, after it hung: True
    print(f"{about['backend']}:", "; ".join(ray.get(model.why_replaced.remote())))
    # -> cpu stand-in: the child died with exit code -9; the child hung for 1 s


if __name__ == "__main__":
    main()
