"""ray.wait() takes the sums in the order in which they are ready."""

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
    result, waiting = 0, [add_up.remote(block) for block in blocks]
    while waiting:
        [first], waiting = ray.wait(waiting)
        result += ray.get(first)
    return result


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(total([range(100)] * 8))
