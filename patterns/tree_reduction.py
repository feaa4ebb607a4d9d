"""Tree reduction: combine results in pairs, then the pairs, so that the additions run in parallel.

Run:   python patterns/tree_reduction.py
Docs:  https://docs.ray.io/en/latest/ray-core/tasks.html
"""

import os
import time

import ray

NUMBERS = [(number, 0) for number in range(16)]  # each with the length of its chain of additions


@ray.remote(num_cpus=0.25)
def add(one, other):
    """Return the sum, after a while, and the length of the longest chain of additions behind it."""
    time.sleep(0.1)  # these could be two large matrices
    return one[0] + other[0], max(one[1], other[1]) + 1


def in_a_chain(values):
    """Add one value after the other. Each addition waits for the one before it."""
    total = values[0]
    for value in values[1:]:
        total = add.remote(total, value)
    return ray.get(total)


def in_a_tree(values):
    """Add neighbours, then the sums of neighbours. The driver does not wait for partial sums."""
    while len(values) > 1:
        values = [add.remote(one, other) for one, other in zip(values[::2], values[1::2])]
    return ray.get(values[0])


def main():
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    in_a_tree(NUMBERS)  # starts the workers
    for way in in_a_tree, in_a_chain:
        started = time.perf_counter()
        total, steps = way(NUMBERS)
        print(f"{way.__name__}: {total} after {steps} steps, in {time.perf_counter() - started:.1f} seconds")
    # -> in_a_tree: 120 after 4 steps, in ... seconds
    # -> in_a_chain: 120 after 15 steps, in ... seconds


if __name__ == "__main__":
    main()
