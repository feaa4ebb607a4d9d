"""One task for all blocks is no longer split."""

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
    return ray.get(add_up.remote([number for block in blocks for number in block]))


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(total([range(100)] * 8))
