"""One half and the other, each of which consists of halves."""

import os
import time

import ray


@ray.remote
def add(one, other):
    """Return the sum of two values, and the length of the longest chain of additions behind it."""
    time.sleep(0.5)  # stands in for work
    return one[0] + other[0], max(one[1], other[1]) + 1


def halve(values):
    """Return the sum of the values, or a reference to it."""
    if len(values) == 1:
        return values[0]
    middle = len(values) // 2
    return add.remote(halve(values[:middle]), halve(values[middle:]))


def add_up(numbers):
    """Return the sum of the numbers, and the length of the longest chain of additions behind it."""
    values = [(number, 0) for number in numbers]  # each with the length of its chain
    return ray.get(halve(values))


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(add_up(range(11)))
