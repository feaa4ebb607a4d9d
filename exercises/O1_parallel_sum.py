"""Add up eight blocks of numbers at the same time.

Task:  total() waits for each sum before it asks for the next one. Change it so that Ray can work on several blocks at
       the same time.
Check: make exercises ONLY=O1_parallel_sum
Look:  O1_tiny_demo.py, the primes counted by four tasks
Time:  5 minutes
"""

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
    # TODO: ray.get() stands inside the loop.
    result = 0
    for block in blocks:
        result += ray.get(add_up.remote(block))
    return result


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(total([range(100)] * 8))
