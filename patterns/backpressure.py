"""Backpressure: start a new task only after a result has been used, so that unused results do not fill up memory.

Run:   python patterns/backpressure.py
Docs:  https://docs.ray.io/en/latest/ray-core/patterns/limit-pending-tasks.html
"""

import os
import time

import numpy as np
import ray

PARTS = 12


@ray.remote(num_cpus=0.25)
def make(number):
    """Return 4 MB filled with this number."""
    return np.full(4_000_000, number, dtype=np.uint8)


def add_up(limit):
    """Return the sum of the parts and the most MB that they took in the object store, with `limit` tasks at once."""
    store = "object_store_memory"
    free = lowest = ray.available_resources()[store]
    waiting, pending, total = list(range(PARTS)), [], 0
    while waiting or pending:
        while waiting and len(pending) < limit:
            pending.append(make.remote(waiting.pop()))
        [ready], pending = ray.wait(pending, num_returns=1)
        total += int(ray.get(ready)[0])
        time.sleep(0.1)  # using a part takes longer than making one
        lowest = min(lowest, ray.available_resources()[store])
        del ready  # with no reference left, the store deletes the part
    return total, round((free - lowest) / 1e6)


def main():
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    for limit in PARTS, 3:
        total, megabytes = add_up(limit)
        print(f"{limit} tasks at once: the sum is {total}, and the store held up to {megabytes} of 48 MB")
    # -> 12 tasks at once: the sum is 66, and the store held up to ... of 48 MB
    # -> 3 tasks at once: the sum is 66, and the store held up to ... of 48 MB


if __name__ == "__main__":
    main()
