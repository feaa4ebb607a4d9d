"""Custom resources: Ray can count devices that it does not know, but not say which one a worker has.

Run:   python ipu/I1_devices.py
Next:  ipu/I2_leases.py
Docs:  https://docs.ray.io/en/latest/ray-core/scheduling/resources.html#custom-resources
Time:  8 minutes
"""

import ray

import devices


@ray.remote(num_cpus=0, resources={"IPU": 1})
class Holder:
    """Holds what it has asked Ray for."""

    def knows(self):
        """Return how many IPUs this worker has, and which."""
        context = ray.get_runtime_context()
        return context.get_assigned_resources(), context.get_accelerator_ids().get("IPU", "no id")


def main():
    # Finds this machine's IPUs, or pretends that it has four, and starts Ray with their number, as this does:
    # ray start --address=<host:port> --resources='{"IPU": 4}'
    known = devices.start_ray()
    # -> backend: cpu stand-in: this machine has no IPU, so PyTorch computes on its CPU

    # An IPU has an id, and so does each group of 2, 4, 8, ... that the machine has wired up. PopTorch wants such an id.
    print("devices:", {device.id: list(device.ipus) for device in known})
    # -> devices: {0: [0], 1: [1], 2: [2], 3: [3], 4: [0, 1], 5: [2, 3], 6: [0, 1, 2, 3]}

    # Ray knows only the number. This is the total: Ray keeps count of how many are taken.
    print("Ray counts:", ray.cluster_resources()["IPU"])
    # -> Ray counts: 4.0

    # Each actor has one IPU, but does not know which. The next lesson is about that.
    holders = [Holder.remote() for _ in range(2)]
    for holder in holders:
        print("an actor knows:", *ray.get(holder.knows.remote()))
    # -> an actor knows: {'IPU': 1.0} no id
    # -> an actor knows: {'IPU': 1.0} no id

    # Ray accepts fractions, even where half a device makes no sense.
    half = Holder.options(resources={"IPU": 1.5}).remote()
    print("an actor knows:", *ray.get(half.knows.remote()))
    # -> an actor knows: {'IPU': 1.5} no id

    # A request for more than any node has is accepted as well, and waits. Only a timeout shows it.
    eight = Holder.options(resources={"IPU": 8}).remote()
    try:
        ray.get(eight.knows.remote(), timeout=1)
    except ray.exceptions.GetTimeoutError as error:
        print(error)
    # -> Get timed out: some object(s) not ready.


if __name__ == "__main__":
    main()
