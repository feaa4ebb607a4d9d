"""Predict how many items Ray works on at the same time, with four CPUs.

Task:  Predict the result of each step of outcomes() and write it into PREDICTED as a Python value. Only then run this
       file and compare.
Check: make exercises ONLY=O5_predict
Look:  O5_patterns.py, ray.get() in the loop
Time:  8 minutes
"""

import time

import ray

# exercise
# PREDICTED = {"one loop": None, "two loops": None, "pairs": None, "two tasks": None}  # TODO
# solution
PREDICTED = {"one loop": 1, "two loops": 4, "pairs": 2, "two tasks": 2}
# end


@ray.remote
def work(items):
    """Work on each item for half a second. Return a list of pairs: when the work on each item began and ended."""
    times = []
    for _ in range(items):
        began = time.monotonic()
        time.sleep(0.5)
        times.append((began, time.monotonic()))
    return times


def at_once(results):
    """Return the largest number of items in progress at the same time, given the results of the tasks."""
    times = [pair for result in results for pair in result]
    return max(sum(began <= moment < ended for began, ended in times) for moment, _ in times)


def outcomes():
    """Return the largest number of items in progress at the same time, for each of four steps."""
    found = {"one loop": at_once([ray.get(work.remote(1)) for _ in range(8)])}
    tasks = [work.remote(1) for _ in range(8)]
    found["two loops"] = at_once([ray.get(task) for task in tasks])
    pairs = [ray.get([work.remote(1), work.remote(1)]) for _ in range(4)]
    found["pairs"] = at_once([result for pair in pairs for result in pair])
    found["two tasks"] = at_once(ray.get([work.remote(4), work.remote(4)]))
    return found


if __name__ == "__main__":
    ray.init(address="local", num_cpus=4)
    print(outcomes())
