"""Patterns: three habits that make Ray programs slow, and a simple remedy for each.

Run:   python O5_patterns.py
Next:  O6_resources.py
Docs:  https://docs.ray.io/en/latest/ray-core/patterns/index.html
Time:  8 minutes
"""

import os
import time

import numpy as np
import ray

TASKS = 8
ITEMS = range(400)
IMAGE = np.ones(50_000_000, dtype=np.uint8)  # 50 MB


@ray.remote
def wait():
    """Take a tenth of a second."""
    time.sleep(0.1)


def compute(item):
    """Return a number for an item. This takes less than a tenth of a millisecond."""
    return sum(range(item, item + 3000))


@ray.remote
def compute_all(items):
    """Return a number for each item."""
    return [compute(item) for item in items]


def compute_in_tasks(size):
    """Compute all items, `size` of them in each task."""
    batches = [ITEMS[start : start + size] for start in range(0, len(ITEMS), size)]
    ray.get([compute_all.remote(batch) for batch in batches])


@ray.remote
def first_pixel(image):
    """Return the first pixel of an image."""
    return int(image[0])


def seconds(function, *arguments):
    """Return how long a call takes."""
    started = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - started


def main():
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    ray.get([wait.remote() for _ in range(TASKS)])  # now the workers have started, and no step below waits for them

    # 1. ray.get() in the loop waits for each task before the next one starts, so nothing runs in parallel. Start all
    # tasks first, then wait for all of them.
    slow = seconds(lambda: [ray.get(wait.remote()) for _ in range(TASKS)])
    fast = seconds(lambda: ray.get([wait.remote() for _ in range(TASKS)]))
    print(f"ray.get() in the loop: {slow / fast:.1f}x as long as after the loop")
    # -> ray.get() in the loop: ...x as long as after the loop

    # 2. A task that takes less time to run than to start is slower than a plain loop. Give each task many items.
    plain = seconds(lambda: [compute(item) for item in ITEMS])
    for size in 1, 10, 100:
        print(f"items per task: {size}, {seconds(compute_in_tasks, size) / plain:.1f}x as long as a plain loop")
    # -> items per task: 1, ...x as long as a plain loop
    # -> items per task: 10, ...x as long as a plain loop
    # -> items per task: 100, ...x as long as a plain loop

    # 3. A large argument is copied into the object store for every call. Put it there once and pass the reference.
    image = ray.put(IMAGE)
    slow = seconds(lambda: ray.get([first_pixel.remote(IMAGE) for _ in range(TASKS)]))
    fast = seconds(lambda: ray.get([first_pixel.remote(image) for _ in range(TASKS)]))
    print(f"a 50 MB argument: {slow / fast:.1f}x as long as a reference to it")
    # -> a 50 MB argument: ...x as long as a reference to it


if __name__ == "__main__":
    main()
