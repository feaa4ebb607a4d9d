"""Pipelining: request the next piece before you work on this one, and loading costs no extra time.

Run:   python patterns/pipeline.py
Docs:  https://docs.ray.io/en/latest/ray-core/patterns/pipelining.html
"""

import os
import time

import ray

PIECES = range(8)


@ray.remote(num_cpus=0)
class Loader:
    """Loads pieces, slowly."""

    def load(self, number):
        """Return a piece."""
        time.sleep(0.1)
        return number


def work_on(piece):
    """Return a result, after a while."""
    time.sleep(0.1)
    return piece * piece


def one_after_the_other(loader):
    """Load, work, load, work."""
    return [work_on(ray.get(loader.load.remote(number))) for number in PIECES]


def pipelined(loader):
    """Load the next piece while this one is worked on."""
    results = []
    coming = loader.load.remote(PIECES[0])
    for number in PIECES[1:]:
        piece = ray.get(coming)
        coming = loader.load.remote(number)
        results.append(work_on(piece))
    return [*results, work_on(ray.get(coming))]


def main():
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    loader = Loader.remote()
    ray.get(loader.load.remote(0))  # now it has started

    for way in one_after_the_other, pipelined:
        started = time.perf_counter()
        results = way(loader)
        print(f"{way.__name__}: {results} in {time.perf_counter() - started:.1f} seconds")
    # -> one_after_the_other: [0, 1, 4, 9, 16, 25, 36, 49] in ... seconds
    # -> pipelined: [0, 1, 4, 9, 16, 25, 36, 49] in ... seconds


if __name__ == "__main__":
    main()
