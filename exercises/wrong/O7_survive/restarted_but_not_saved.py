"""Ray starts the actor again, but nothing remembers the number."""

import os
import signal
import tempfile
import time
from pathlib import Path

import ray


@ray.remote(max_restarts=1, max_task_retries=1)
class Gate:
    """Counts visitors."""

    def __init__(self, folder):
        self.visitors = 0

    def let_in(self):
        """Count a visitor, return the visitor's number."""
        self.visitors += 1
        return self.visitors

    @ray.method(max_task_retries=0)  # never repeated: one crash is enough
    def crash(self):
        """End this process as the kernel does when memory runs out."""
        time.sleep(0.3)  # until the fourth visitor's call is on the way
        os.kill(os.getpid(), signal.SIGKILL)


def count_visitors(folder):
    """Return the numbers of four visitors. The gate's process is killed after the third."""
    gate = Gate.remote(folder)
    numbers = ray.get([gate.let_in.remote() for _ in range(3)])
    gate.crash.remote()
    return [*numbers, ray.get(gate.let_in.remote())]


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    with tempfile.TemporaryDirectory() as name:
        print(count_visitors(Path(name)))
