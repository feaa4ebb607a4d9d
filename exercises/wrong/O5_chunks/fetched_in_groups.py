"""The results are fetched in groups, and there is still a task for each item."""

import os
import time

import ray


def compute(item):
    """Return a number for an item."""
    time.sleep(0.001)  # stands in for a little work, about as much as it takes to start a task
    return item**2 % 1000


@ray.remote
def compute_one(item):
    """Return a number for an item."""
    return compute(item)


def compute_all(items):
    """Return a number for each item, as one list."""
    numbers = []
    for start in range(0, len(items), 50):
        numbers += ray.get([compute_one.remote(item) for item in items[start : start + 50]])
    return numbers


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(compute_all(range(413))[-3:])
