"""Measure what each lesson costs, as a ratio to the least that a Ray script costs. `make bench` calls this.

It also tells whether O5's habits cost time, and whether a served model's memory grows. How fast the models are served
is measured by `make compare`.

The floor is a bare process that starts Ray, runs one empty task and shuts Ray down, measured in the same run.
Machines differ and are busy: only ratios are comparable.
"""

import re
import statistics
import subprocess
import sys
import time

from tests.support.load import load
from tests.support.places import Place
from tools.compare.servers import Running
from tools.compare.serving import MODELS
from tools.lessons import LESSONS, lesson_named

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
# The two that serve models have no limit: tools/compare/serving.py measures them.
REQUESTS = 5000  # over which the memory of a served model has to stay flat
GROWTH = 40  # MB that the second half may add: a 500 MB replica varies by 20, a leak keeps growing


def seconds(place, *arguments):
    """Return how long this Python takes to run the arguments in this place. Raises if the script fails."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], cwd=place.work, env=place.environment(), check=True, capture_output=True
    )
    return time.perf_counter() - started


def habits_cost(place):
    """Print what O5 measures. Returns whether each of its three habits takes clearly longer than the remedy."""
    command = [sys.executable, lesson_named("O5_patterns").path]
    options = {"cwd": place.work, "env": place.environment(), "check": True, "capture_output": True, "text": True}
    printed = subprocess.run(command, **options).stdout
    print(printed, end="")
    in_the_loop, one_item, _, hundred_items, large_argument = map(float, re.findall(r"([\d.]+)x as long as", printed))
    return min(in_the_loop, one_item / hundred_items, large_argument) > 1.5


def grows(model):
    """Print how the memory of a model's replicas and of the proxy changes. Returns whether it keeps growing."""
    server, sizes = Running("ray_serve", [model]), []
    try:
        for requests in (REQUESTS // 5, REQUESTS // 2, REQUESTS // 2):
            assert all(outcome.ok for outcome in load(server.request(model), clients=16, requests=requests))
            sizes.append(server.megabytes(["ServeReplica", "ProxyActor"]))
    finally:
        server.stop()
    shown = ", ".join(f"{size:.0f}" for size in sizes)
    print(f"{model}: MB after {REQUESTS // 5}, {REQUESTS // 2} more and {REQUESTS // 2} more requests: {shown}")
    return sizes[-1] > sizes[-2] + GROWTH


def main(rounds=ROUNDS):
    """Print the median of the rounds for each lesson. Exits with 1 if one is above its limit, or if memory grows."""
    place = Place.make()
    try:
        scripts = {"floor": ["-c", FLOOR]} | {str(lesson): [lesson.path] for lesson in LESSONS}
        times = {name: [] for name in scripts}
        for _ in range(rounds):  # interleaved, so that a busy minute affects all of them
            for name, arguments in scripts.items():
                times[name].append(seconds(place, *arguments))
        cost = habits_cost(place)
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
    grown = [grows(model) for model in MODELS]
    sys.exit(failed or not cost or any(grown))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
