"""The first two leave the queue, and their sum joins it at the end."""

from collections import deque


def add_up(numbers):
    """Return the sum of the numbers, and the length of the longest chain of additions behind it."""
    values = [(number, 0) for number in numbers]  # each with the length of its chain
    queue = deque(values)
    while len(queue) > 1:
        queue.append(add.remote(queue.popleft(), queue.popleft()))
    return ray.get(queue[0])
