"""Results as they finish: ray.wait() returns the results that are ready, so a slow task does not hold up the others.

Run:   python patterns/as_they_finish.py
Docs:  https://docs.ray.io/en/latest/ray-core/patterns/ray-get-submission-order.html
"""

import os
import time

import ray

SECONDS = [1.0, 0.1, 0.5]  # the first task is the slowest


@ray.remote(num_cpus=0.3)  # so that all three run at once, even on one core
def work(seconds):
    """Take the given time and return it."""
    time.sleep(seconds)
    return seconds


def main():
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    ray.get([work.remote(0.5) for _ in SECONDS])  # now the workers have started

    # Fetched in task order, everything waits for the first.
    tasks = [work.remote(seconds) for seconds in SECONDS]
    print("as they started:", [ray.get(task) for task in tasks])
    # -> as they started: [1.0, 0.1, 0.5]

    # ray.wait() splits the references into those with a result, here one, and the others.
    pending = [work.remote(seconds) for seconds in SECONDS]
    finished = []
    while pending:
        [ready], pending = ray.wait(pending, num_returns=1)
        finished.append(ray.get(ready))
    print("as they finish:", finished)
    # -> as they finish: [0.1, 0.5, 1.0]


if __name__ == "__main__":
    main()
