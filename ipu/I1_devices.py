"""Custom resources: Ray counts devices that it has never heard of, and hands out a number, not a device.

Run:   python ipu/I1_devices.py
Next:  ipu/I2_leases.py
Docs:  https://docs.ray.io/en/latest/ray-core/scheduling/resources.html#custom-resources
Time:  8 minutes
"""

import os
import socket
import sys

import ray

import devices

PRETEND = 4  # IPUs that this script pretends to have, on a machine that has none


@ray.remote(num_cpus=0, resources={"IPU": 1})
class Holder:
    """Does nothing with an IPU but hold it."""

    def knows(self):
        """Return what Ray tells the worker about its IPU: how many, and which."""
        context = ray.get_runtime_context()
        return context.get_assigned_resources(), context.get_accelerator_ids().get("IPU", "no id")


def main():
    """Run the lesson."""
    backend, count = devices.announce(PRETEND, computes=False)
    # -> backend: cpu stand-in: this machine has no IPU, so PyTorch computes on its CPU

    # An IPU has an id, and so has each group of 2, 4, 8, ... that the machine has wired up. PopTorch wants such an id.
    # gc-info, a program of Graphcore's SDK, lists them.
    _, known = devices.detect()
    print(f"{backend}, devices:", {device.id: list(device.ipus) for device in known})
    # -> cpu stand-in, devices: {0: [0], 1: [1], 2: [2], 3: [3], 4: [0, 1], 5: [2, 3], 6: [0, 1, 2, 3]}

    # A machine with IPUs joins a cluster with a number, under a name that we choose.
    print(f"{backend}, to join a cluster: ray start --address=<host:port> --resources='{{\"IPU\": {count}}}'")
    # -> cpu stand-in, to join a cluster: ray start --address=<host:port> --resources='{"IPU": 4}'

    # Starts Ray on this machine, or joins the cluster that RAY_ADDRESS names as host:port.
    address = os.environ.get("RAY_ADDRESS") or "local"
    if address != "local":
        try:
            socket.create_connection(address.rsplit(":", 1), timeout=5).close()
        except (OSError, ValueError):
            sys.exit(f"No Ray cluster answers at RAY_ADDRESS={address}. Start it, or unset the variable.")
    ray.init(address=address, resources={"IPU": count} if address == "local" else None)
    devices.require(PRETEND)

    # From now on that number goes down when a task or an actor asks for it, and up when that ends. Nothing else is
    # known: both actors have one IPU, and neither knows which. The next lesson is about that.
    print(f"{backend}, Ray counts:", ray.cluster_resources()["IPU"])
    # -> cpu stand-in, Ray counts: 4.0
    holders = [Holder.remote() for _ in range(2)]
    for holder in holders:
        print(f"{backend}, an actor knows:", *ray.get(holder.knows.remote()))
    # -> cpu stand-in, an actor knows: {'IPU': 1.0} no id
    # -> cpu stand-in, an actor knows: {'IPU': 1.0} no id

    # Ray takes any number. One and a half IPUs are a number too, and eight are one to wait for, if need be for ever.
    half = Holder.options(resources={"IPU": 1.5}).remote()
    print(f"{backend}, Ray gives one and a half:", ray.get(half.knows.remote())[0])
    # -> cpu stand-in, Ray gives one and a half: {'IPU': 1.5}
    eight = Holder.options(resources={"IPU": 8}).remote()
    _, waiting = ray.wait([eight.knows.remote()], timeout=1)
    print(f"{backend}, eight after a second: {len(waiting)} waiting")
    # -> cpu stand-in, eight after a second: 1 waiting

    # So ask before: which numbers are devices is our knowledge, and what the largest node has, Ray's.
    for wanted in 1.5, 3, 8:
        try:
            devices.request(wanted)
        except devices.DeviceError as error:
            print(f"{backend}:", error)
    # -> cpu stand-in: 1.5 IPUs form no device. Ask for 1, 2, 4, 8, ...
    # -> cpu stand-in: 3 IPUs form no device. Ask for 1, 2, 4, 8, ...
    # -> cpu stand-in: No node of this cluster has 8 IPUs. The largest has 4.


if __name__ == "__main__":
    main()
