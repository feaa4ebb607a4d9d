"""Generators: a task that yields hands on each part when it is made, where a list comes whole and late.

Run:   python patterns/generator.py
Docs:  https://docs.ray.io/en/latest/ray-core/ray-generator.html
"""

import os
import time

import numpy as np
import ray

PARTS = 8


def make(number):
    """Return a part, 8 MB, and when it was made."""
    time.sleep(0.1)
    return np.full(1_000_000, number), time.time()


@ray.remote
def as_a_list():
    """Return all parts: 64 MB, which this worker has to hold at once."""
    return [make(number) for number in range(PARTS)]


@ray.remote
def one_by_one():
    """Yield the parts: the worker holds one."""
    for number in range(PARTS):
        yield make(number)


def main():
    """Run the pattern."""
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    listed = ray.get(as_a_list.remote())
    print("the list came after its last part was made:", time.time() > listed[-1][1])
    # -> the list came after its last part was made: True

    # Each turn of the loop gives a reference, as soon as there is something behind it.
    arrivals, total = [], 0
    for reference in one_by_one.remote():
        part, made = ray.get(reference)
        arrivals.append((time.time(), made))
        total += int(part[0])
    print("the first part came before the last was made:", arrivals[0][0] < arrivals[-1][1])
    # -> the first part came before the last was made: True
    print("same parts:", total == sum(int(part[0]) for part, _ in listed))
    # -> same parts: True


if __name__ == "__main__":
    main()
