"""Leases: Ray's count lets a worker in, a file lock picks its device, and the kernel frees that when the worker ends.

Run:   python ipu/I2_leases.py
Next:  ipu/I3_inference.py
Docs:  https://docs.ray.io/en/latest/ray-core/scheduling/accelerators.html
Time:  10 minutes
"""

import os
import signal
import socket
import sys
import time

import ray

import devices

PRETEND = 4  # IPUs that this script pretends to have, on a machine that has none
TASKS = 12


@ray.remote(num_cpus=0, resources={"IPU": 1})
def use_a_device(patience=30):
    """Hold a device for a moment. Return it, and from when to when."""
    # A lease of as many IPUs as Ray has counted for this task.
    with devices.lease(patience) as device:
        start = time.monotonic()
        time.sleep(0.1)
        return device, start, time.monotonic()


@ray.remote(num_cpus=0, resources={"IPU": 1})
class Holder:
    """Holds a device as long as it lives."""

    def __init__(self):
        self.lease = devices.lease()

    def device(self):
        """Return the device's id and those of its IPUs."""
        return self.lease.device

    def crash(self):
        """End this process as the kernel ends one that is out of memory. Nothing is tidied up."""
        os.kill(os.getpid(), signal.SIGKILL)


def most_at_once(spans):
    """Return how many spans of time overlap at most."""
    return max(sum(start <= moment < end for _, start, end in spans) for _, moment, _ in spans)


def main():
    """Run the lesson."""
    backend, count = devices.announce(PRETEND, computes=False)
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
    if count != 4:
        sys.exit(f"This lesson is about a machine with 4 IPUs, and this one has {count}.")

    # Twelve tasks, four IPUs: Ray starts four, the others wait until an IPU is free.
    spans = ray.get([use_a_device.remote() for _ in range(TASKS)])
    used = {device.id for device, _, _ in spans}
    print(f"{backend}, {TASKS} tasks, all on the devices 0 to 3: {used <= set(range(4))}")
    # -> cpu stand-in, 12 tasks, all on the devices 0 to 3: True
    at_once = [most_at_once([span for span in spans if span[0].id == number]) for number in used]
    print(f"{backend}, tasks on one device at the same time, at most: {max(at_once)}")
    # -> cpu stand-in, tasks on one device at the same time, at most: 1

    # An actor holds its IPU between calls. A fifth has to wait for one of the four to end.
    holders = [Holder.remote() for _ in range(4)]
    ids = [device.id for device in ray.get([holder.device.remote() for holder in holders])]
    print(f"{backend}, four actors hold", sorted(ids))
    # -> cpu stand-in, four actors hold [0, 1, 2, 3]
    fifth = Holder.remote()
    device = fifth.device.remote()
    _, waiting = ray.wait([device], timeout=1)
    print(f"{backend}, after a second: {len(waiting)} waiting")
    # -> cpu stand-in, after a second: 1 waiting

    # The end of a process unlocks its file, whether Ray kills it or it crashes.
    ray.kill(holders[2])
    print(f"{backend}, killed was an actor on {ids[2]}, the fifth got it:", ray.get(device).id == ids[2])
    # -> cpu stand-in, killed was an actor on ..., the fifth got it: True
    holders[0].crash.remote()
    sixth = Holder.remote()
    same = ray.get(sixth.device.remote()).id == ids[0]
    print(f"{backend}, crashed has an actor on {ids[0]}, the sixth got it: {same}")
    # -> cpu stand-in, crashed has an actor on ..., the sixth got it: True

    # Two IPUs compute together where they form a device. Now one of each pair is freed: Ray counts two and lets the
    # next task in, but no device of two is whole, and the lease says so.
    held = {ray.get(holder.device.remote()).id: holder for holder in (holders[1], holders[3], fifth, sixth)}
    ray.kill(held[1])
    ray.kill(held[3])
    use_a_pair = use_a_device.options(resources={"IPU": 2})
    try:
        ray.get(use_a_pair.remote(patience=1))
    except devices.DeviceBusyError as error:
        print(f"{backend}:", error.cause)
    # -> cpu stand-in: No device of 2 IPUs is free. In use: 0 (pid ...), 2 (pid ...). Free, but no device: [1, 3].

    # With IPU 2 free, 2 and 3 are a device again. It has an id of its own, and its IPUs are held both or none.
    ray.kill(held[2])
    device, _, _ = ray.get(use_a_pair.remote())
    print(f"{backend}, two IPUs are device {device.id}: {list(device.ipus)}")
    # -> cpu stand-in, two IPUs are device 5: [2, 3]


if __name__ == "__main__":
    main()
