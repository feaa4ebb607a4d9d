"""Add up eleven numbers in a tree.

Task:  add_up() adds the numbers one after another, so eleven numbers take a chain of ten additions. Change it so that
       it adds the numbers in pairs, then the sums in pairs, and so on. There are still ten additions, but the longest
       chain has only four. Do not lose a number that is left without a partner.
Check: make exercises ONLY=patterns_tree
Look:  patterns/tree_reduction.py, in_a_tree()
Time:  10 minutes
"""

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
    total = values[0]
    for value in values[1:]:
        total = add.remote(total, value)  # TODO: each addition waits for the one before it.
    return ray.get(total)


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(add_up(range(11)))
