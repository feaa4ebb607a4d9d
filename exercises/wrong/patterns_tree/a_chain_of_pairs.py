"""Pairs are added at once, and their sums in a chain."""

import os
import time

import ray


@ray.remote
def add(one, other):
    """Return the sum of two values, and the length of the longest chain of additions behind it."""
    time.sleep(0.5)  # stands in for work
    return one[0] + other[0], max(one[1], other[1]) + 1


def add_up(numbers):
    """Return the sum of the numbers, and the length of the longest chain of additions behind it."""
    values = [(number, 0) for number in numbers]  # each with the length of its chain
    sums = [add.remote(one, other) for one, other in zip(values[::2], values[1::2])]
    total = values[-1]
    for each in sums:
        total = add.remote(total, each)
    return ray.get(total)


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(add_up(range(11)))
