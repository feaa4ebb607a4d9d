"""Give each task a device of its own.

Task:  Six tasks compute on four pretend IPUs, each of which is a file in a folder. Some tasks use the same IPU at the
       same time. Change compute() so that each task finds a free IPU, waits if there is none, and keeps the IPU's file
       locked while it computes. If a task is killed, its IPU must become free again.
Check: make exercises ONLY=ipu_lease
Look:  ipu/devices.py, class Lease
Time:  12 minutes
"""

import fcntl
import os
import signal
import tempfile
import time
from pathlib import Path

import ray


def lock(file):
    """Lock an open file. Raises BlockingIOError if another process has locked it. Closing the file unlocks it."""
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def use(ipu, killed):
    """Use an IPU for half a second, then kill this process or return the IPU and when its use began and ended."""
    began = time.time()
    time.sleep(0.5)  # stands in for work
    if killed:
        os.kill(os.getpid(), signal.SIGKILL)
    return ipu, began, time.time()


@ray.remote(max_retries=0)
def compute(folder, number, killed=False):
    """Choose an IPU and return the result of use(). The folder has the files 0, 1, 2 and 3, one for each IPU."""
    ipu = number * 4 // 6  # TODO: nothing checks whether this IPU is free.
    return use(ipu, killed)


def compute_all(folder):
    """Return the results of six tasks."""
    return ray.get([compute.remote(folder, number) for number in range(6)])


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    with tempfile.TemporaryDirectory() as name:
        for file in "0123":
            (Path(name) / file).touch()
        for ipu, began, ended in compute_all(Path(name)):
            print(f"IPU {ipu} from {began % 60:.1f} to {ended % 60:.1f}")
