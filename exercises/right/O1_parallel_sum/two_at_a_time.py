"""Two blocks at a time are slower than all, but at once."""

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
    result = 0
    for first, second in zip(blocks[::2], blocks[1::2]):
        result += sum(ray.get([add_up.remote(first), add_up.remote(second)]))
    return result


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(total([range(100)] * 8))
