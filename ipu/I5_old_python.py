"""Two Pythons: an actor drives a process in another Python through pipes, and replaces it when it dies or hangs.

Run:   python ipu/I5_old_python.py    (IPU_PYTHON=<the SDK's python> for the other one)
Next:  README.md, Others
Docs:  https://docs.ray.io/en/latest/ray-core/actors.html
Time:  10 minutes
"""

import os
import signal
import sys
from pathlib import Path

import numpy as np
import ray
from PIL import Image

import devices
from child import Child, ChildError

# PopTorch needs Python 3.8, and Ray needs 3.10 or newer. Unless IPU_PYTHON is set, the other Python is this one.
PYTHON = os.environ.get("IPU_PYTHON") or sys.executable
PHOTO = Path(__file__).parent.parent / "imgs" / "espresso.jpg"  # class 967 of ImageNet's 1,000


@ray.remote(num_cpus=0, resources={"IPU": 1})
class Model:
    """An image classifier in a process of another Python."""

    def __init__(self, python):
        self.python = python
        self.problems = []
        self.lease = devices.lease()
        # The process inherits the lease, so nobody else gets the device while it still runs.
        self.child = Child(self.python, self.lease)

    def about(self):
        """Return what the process says about itself."""
        return self.child.about

    def predict(self, picture, patience=60):
        """Return the class of a picture, and why processes have been replaced so far."""
        try:
            _, probabilities = self.child.call({}, picture, patience)
        except ChildError as error:
            self.problems.append(str(error))
            self.child = Child(self.python, self.lease)
            _, probabilities = self.child.call({}, picture)
        return int(probabilities.argmax()), self.problems

    def signal_child(self, number):
        """Send the process a signal."""
        os.kill(self.child.process.pid, number)


def main():
    devices.start_ray()
    # -> backend: cpu stand-in: this machine has no IPU, so PyTorch computes on its CPU

    # Arrays go through the pipes as bytes in NumPy's file format, which every version can read.
    model = Model.remote(PYTHON)
    picture = np.asarray(Image.open(PHOTO))
    print("in the other Python:", ray.get(model.about.remote()))
    # -> in the other Python: {'backend': 'cpu stand-in', 'python': '3...'}
    print("class:", *ray.get(model.predict.remote(picture)))
    # -> class: 967 []

    # The process dies. The actor sees the pipe close, starts another process, and asks again.
    ray.get(model.signal_child.remote(signal.SIGKILL))
    print("class:", *ray.get(model.predict.remote(picture)))
    # -> class: 967 ['the child died with exit code -9']

    # The process hangs: it is alive, but never answers. After a second the actor kills and replaces it.
    ray.get(model.signal_child.remote(signal.SIGSTOP))
    print("class:", *ray.get(model.predict.remote(picture, patience=1)))
    # -> class: 967 ['the child died with exit code -9', 'the child hung for 1 s']


if __name__ == "__main__":
    main()
