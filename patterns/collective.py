"""Collective communication: workers that all need the sum of their numbers form a group, and the driver moves no data.

Run:   python patterns/collective.py
Docs:  https://docs.ray.io/en/latest/ray-more-libs/ray-collective.html
"""

import os

import ray
import torch
from ray.util import collective  # partly an alpha API

WORKERS = 4


@ray.remote(num_cpus=0)
class Worker:
    """Holds one number in a tensor."""

    def __init__(self, number):
        self.tensor = torch.tensor([number])

    def add_up(self):
        """Replace the number with the sum of all workers' numbers, and return it."""
        collective.allreduce(self.tensor, group_name="workers")
        return self.tensor.item()


def main():
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")

    # gloo sends the tensors over the network, from worker to worker. Between GPUs, NCCL does this much faster.
    workers = [Worker.remote(number) for number in range(1, WORKERS + 1)]
    collective.create_collective_group(workers, WORKERS, list(range(WORKERS)), backend="gloo", group_name="workers")

    # Every member has to call add_up(), which waits for the others: a ray.get() between the calls would wait half an
    # hour, then fail.
    print("each has the sum:", ray.get([worker.add_up.remote() for worker in workers]))
    # -> each has the sum: [10, 10, 10, 10]


if __name__ == "__main__":
    main()
