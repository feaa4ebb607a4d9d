"""Let an actor continue its count after its process has been killed.

Task:  A gate is an actor that counts visitors. Its process is killed while the fourth visitor's call is in flight, so
       the count is lost and the call raises an error. Change the file so that a new process continues the count and
       the fourth visitor gets the number 4. The gate gets a folder, whose files survive the crash.
Check: make exercises ONLY=O7_survive
Look:  O7_cluster.py, class Tally and how main() creates it
Time:  10 minutes
"""

import os
import signal
import tempfile
import time
from pathlib import Path

import ray


@ray.remote  # TODO: Ray does not restart this actor. And if it did, the count would be lost.
class Gate:
    """Counts visitors."""

    def __init__(self, folder):
        self.folder = folder
        self.visitors = 0

    def let_in(self):
        """Count a visitor and return the visitor's number."""
        self.visitors += 1
        return self.visitors

    @ray.method(max_task_retries=0)  # never repeated: one crash is enough
    def crash(self):
        """End this process as the kernel does when memory runs out."""
        time.sleep(0.3)  # until the fourth visitor's call is in flight
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
