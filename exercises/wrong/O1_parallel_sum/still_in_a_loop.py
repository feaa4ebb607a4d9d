"""A comprehension that waits in each round is still a loop."""

import os
import time

import ray


@ray.remote
def add_up(block):
    """Return the sum of the numbers in a block."""
    time.sleep(0.5)  # stands in for work
    return sum(block)


def total(blocks):
    """Return the sum of all numbers in all blocks."""
    return sum([ray.get(add_up.remote(block)) for block in blocks])


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(total([range(100)] * 8))
