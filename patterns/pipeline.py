"""Pipelining: ask for the next piece before you work on this one, and loading costs no time of its own.

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
    """While a piece is worked on, the next one is loaded."""
    results, coming = [], loader.load.remote(PIECES[0])
    for number in PIECES[1:]:
        piece, coming = ray.get(coming), loader.load.remote(number)
        results.append(work_on(piece))
    return [*results, work_on(ray.get(coming))]


def main():
    """Run the pattern."""
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    loader = Loader.remote()
    ray.get(loader.load.remote(0))  # it has started

    results, seconds = [], []
    for way in one_after_the_other, pipelined:
        started = time.perf_counter()
        results.append(way(loader))
        seconds.append(time.perf_counter() - started)
    print("same results:", results[0] == results[1], "faster:", seconds[1] < seconds[0])
    # -> same results: True faster: True


if __name__ == "__main__":
    main()
