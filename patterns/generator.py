"""Generators: a task that yields its results one by one delivers each as soon as it is made.

Run:   python patterns/generator.py
Docs:  https://docs.ray.io/en/latest/ray-core/ray-generator.html
"""

import os
import time

import numpy as np
import ray

PARTS = 8


def make(number):
    """Return a part of 8 MB, and when it was made."""
    time.sleep(0.1)
    return np.full(1_000_000, number), time.time()


@ray.remote
def as_a_list():
    """Return all parts. The worker holds all 64 MB at once."""
    return [make(number) for number in range(PARTS)]


@ray.remote
def one_by_one():
    """Yield the parts. The worker holds one at a time, and does not wait for a reader."""
    for number in range(PARTS):
        yield make(number)


def main():
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")

    # The list arrives when all of its parts have been made.
    listed = ray.get(as_a_list.remote())
    arrived = time.time()
    print("parts made when the list arrived:", sum(made < arrived for _, made in listed), "of", PARTS)
    # -> parts made when the list arrived: 8 of 8

    # The loop gets a reference to each part as soon as it is made. The task does not wait for the loop: it runs to its
    # end, and parts that are not read yet stay in the object store.
    made, arrived = [], []
    for reference in one_by_one.remote():
        arrived.append(time.time())
        _, moment = ray.get(reference)
        made.append(moment)
    print("parts made when the first arrived:", sum(moment < arrived[0] for moment in made), "of", PARTS)
    # -> parts made when the first arrived: ... of 8


if __name__ == "__main__":
    main()
