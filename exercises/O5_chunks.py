"""Compute many small items in a few tasks.

Task:  compute_all() starts one task for each of 413 small items, although starting a task takes about as long as
       computing an item. Change the file so that two to twenty tasks compute all items in parallel. Return the results
       in the order of the items.
Check: make exercises ONLY=O5_chunks
Look:  O5_patterns.py, the items per task
Time:  8 minutes
"""

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
    # TODO: one task per item.
    return ray.get([compute_one.remote(item) for item in items])


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(compute_all(range(413))[-3:])
