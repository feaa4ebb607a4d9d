"""Leases: Ray's count lets a worker in, a file lock picks its device, and the kernel frees it when the worker ends.

Run:   python ipu/I2_leases.py
Next:  ipu/I3_inference.py
Docs:  https://docs.ray.io/en/latest/ray-core/scheduling/accelerators.html
Time:  10 minutes
"""

import os
import signal
import time
from collections import Counter

import ray

import devices


@ray.remote(num_cpus=0, resources={"IPU": 1})
def use_a_device(patience=30):
    """Use a device for a moment, return its ids."""
    # A lease covers as many IPUs as Ray counted for this task.
    with devices.lease(patience) as device:
        time.sleep(0.1)
        return device


@ray.remote(num_cpus=0, resources={"IPU": 1})
class Holder:
    """Holds a device until it ends."""

    def __init__(self):
        self.lease = devices.lease()

    def device(self):
        """Return the id of the device."""
        return self.lease.device.id

    def crash(self):
        """End this process as the kernel does when memory runs out. Nothing is cleaned up."""
        os.kill(os.getpid(), signal.SIGKILL)


def main():
    devices.start_ray()
    # -> backend: cpu stand-in: this machine has no IPU, so PyTorch computes on its CPU

    # Twelve tasks, four IPUs: Ray runs four tasks at a time, and each of them leases a device by locking a file.
    used = ray.get([use_a_device.remote() for _ in range(12)])
    print("tasks on each device:", dict(sorted(Counter(device.id for device in used).items())))
    # -> tasks on each device: {0: ...}

    # An actor holds its device between calls.
    holders = {}
    for _ in range(4):
        holder = Holder.remote()
        holders[ray.get(holder.device.remote())] = holder
    print("four actors hold:", sorted(holders))
    # -> four actors hold: [0, 1, 2, 3]

    # When a process ends, the kernel unlocks its file. The next actor gets that device, even after a crash.
    holders[2].crash.remote()
    holders[2] = Holder.remote()
    print("after the crash of 2, another actor holds:", ray.get(holders[2].device.remote()))
    # -> after the crash of 2, another actor holds: 2

    # IPUs compute together only if they form a device. With 1 and 3 free, Ray counts two and lets the task in.
    ray.kill(holders[1])
    ray.kill(holders[3])
    use_a_pair = use_a_device.options(resources={"IPU": 2})
    try:
        print("a pair of IPUs:", ray.get(use_a_pair.remote(patience=1)))
    except devices.DeviceError as error:
        print("a pair of IPUs:", error.cause)
    # -> a pair of IPUs: No device of 2 IPUs is free. In use: 0 (pid ...), 2 (pid ...). Free, but no device: [1, 3].

    # With 2 free as well, 2 and 3 form a device. It has an id of its own, and both IPUs are leased or neither.
    ray.kill(holders[2])
    print("a pair of IPUs:", ray.get(use_a_pair.remote()))
    # -> a pair of IPUs: Device(id=5, ipus=(2, 3))


if __name__ == "__main__":
    main()
