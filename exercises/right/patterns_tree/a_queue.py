"""The first two leave the queue, and their sum joins it at the end."""

import os
import time
from collections import deque

import ray


@ray.remote
def add(one, other):
    """Return the sum of two values, and the length of the longest chain of additions behind it."""
    time.sleep(0.5)  # stands in for work
    return one[0] + other[0], max(one[1], other[1]) + 1


def add_up(numbers):
    """Return the sum of the numbers, and the length of the longest chain of additions behind it."""
    values = [(number, 0) for number in numbers]  # each with the length of its chain
    queue = deque(values)
    while len(queue) > 1:
        queue.append(add.remote(queue.popleft(), queue.popleft()))
    return ray.get(queue[0])


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(add_up(range(11)))
