"""NumPy splits the items into twenty groups of almost the same size."""

import os
import time

import numpy as np
import ray


def compute(item):
    """Return a number for an item."""
    time.sleep(0.001)  # stands in for a little work, about as much as it takes to start a task
    return item**2 % 1000


@ray.remote
def compute_group(items):
    """Return a number for each item of a group."""
    return [compute(item) for item in items]


def compute_all(items):
    """Return a number for each item, as one list."""
    groups = np.array_split(items, 20)
    return np.concatenate(ray.get([compute_group.remote(group) for group in groups])).tolist()


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(compute_all(range(413))[-3:])
