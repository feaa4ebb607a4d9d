"""Add up eight blocks of numbers in parallel.

Task:  total() waits for each sum before it starts the next one. Change it so that Ray can compute several sums at the
       same time.
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
    # TODO: this computes one sum at a time.
    result = 0
    for block in blocks:
        result += ray.get(add_up.remote(block))
    return result


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(total([range(100)] * 8))
