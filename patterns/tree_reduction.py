"""Tree reduction: to combine many results, combine pairs, then pairs of those, and no task waits for all.

Run:   python patterns/tree_reduction.py
Docs:  https://docs.ray.io/en/latest/ray-core/tasks.html
"""

import os
import time

import ray

NUMBERS = list(range(16))


@ray.remote(num_cpus=0.25)
def add(one, other):
    """Return the sum, after a while: it could be two large matrices."""
    time.sleep(0.1)
    return one + other


def in_a_chain(values):
    """Add one value after the other: fifteen steps, each of which waits for the one before."""
    total = values[0]
    for value in values[1:]:
        total = add.remote(total, value)
    return ray.get(total)


def in_a_tree(values):
    """Add neighbours, then the sums of neighbours: four steps. References are arguments, nothing comes here."""
    while len(values) > 1:
        values = [add.remote(one, other) for one, other in zip(values[::2], values[1::2])]
    return ray.get(values[0])


def main():
    """Run the pattern."""
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    in_a_tree(NUMBERS)  # starts the workers

    seconds = {}
    for way in in_a_tree, in_a_chain:
        started = time.perf_counter()
        print(f"{way.__name__}:", way(NUMBERS))
        seconds[way] = time.perf_counter() - started
    # -> in_a_tree: 120
    # -> in_a_chain: 120
    print("the tree is faster:", seconds[in_a_tree] < seconds[in_a_chain])
    # -> the tree is faster: True


if __name__ == "__main__":
    main()
