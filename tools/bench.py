"""Measure what each lesson costs, as a ratio to the least that a Ray script costs. `make bench` calls this.

The floor is a bare process that starts Ray, runs one empty task and shuts Ray down, measured in the same run.
Machines differ and are busy: only ratios are comparable.
"""

import statistics
import subprocess
import sys
import time

from tests.support.places import Place
from tools.lessons import LESSONS

ROUNDS = 5
FLOOR = """
import ray
ray.init(address="local")
@ray.remote
def nothing():
    pass
ray.get(nothing.remote())
ray.shutdown()
"""
LIMITS = {
    "O1_tiny_demo.py": 1.4,
    "O2_actors.py": 1.9,
    "O3_data.py": 2.6,
    "O4_serve.py": 2.5,
    "O5_patterns.py": 1.6,
    "O6_resources.py": 2.3,
    "O7_cluster.py": 3.2,
    "O8_observe.py": 3.1,
    "O9_train.py": 5.5,
}
# The two that serve models have no limit here: bench_models.py measures them.


def seconds(place, *arguments):
    """Return how long this Python takes to run the arguments in this place. Raises if the script fails."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], cwd=place.work, env=place.environment(), check=True, capture_output=True
    )
    return time.perf_counter() - started


def main(rounds=ROUNDS):
    """Print the median of the rounds for each lesson. Exits with 1 if one is above its limit."""
    place = Place.make()
    try:
        scripts = {"floor": ["-c", FLOOR]} | {str(lesson): [lesson.path] for lesson in LESSONS}
        times = {name: [] for name in scripts}
        for _ in range(rounds):  # interleaved, so that a busy minute affects all of them
            for name, arguments in scripts.items():
                times[name].append(seconds(place, *arguments))
    finally:
        place.remove()

    floor = statistics.median(times["floor"])
    print(f"{'':22}{'seconds':>9}{'ratio':>8}{'limit':>8}   medians of {rounds} rounds")
    failed = False
    for name, values in times.items():
        middle = statistics.median(values)
        ratio, limit = middle / floor, LIMITS.get(name)
        failed |= limit is not None and ratio > limit
        print(f"{name:22}{middle:9.1f}{ratio:8.2f}{limit or '':>8}")
    sys.exit(failed)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
