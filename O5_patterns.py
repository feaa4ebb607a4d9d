"""Patterns: five habits that make a Ray program slow or large, each beside the way that is not.

Run:   python O5_patterns.py
Next:  O6_resources.py
Docs:  https://docs.ray.io/en/latest/ray-core/patterns/index.html
Time:  12 minutes
"""

import os
import socket
import sys
import time

import numpy as np
import ray

AT_ONCE = 4  # tasks run side by side, even on one core: most of them sleep, which stands for waiting for something
SHARE = {"num_cpus": 1 / AT_ONCE}
QUICK, SLOW = 0.1, 0.5  # seconds that tasks take
ITEMS = range(400)  # each is a tenth of a millisecond's work
SIZES = [1, 2, 5, 10, 20, 50, 100, 200]  # items in a task
IMAGE = np.ones(50_000_000, dtype=np.uint8)  # 50 MB
ROUNDS = 10  # in each of them the image goes to as many tasks as run at once
PARTS = 12  # results of 4 MB each, which are used one after the other


@ray.remote(**SHARE)
def wait(seconds):
    """Take so long, return it."""
    time.sleep(seconds)
    return seconds


@ray.remote(**SHARE)
def process_id():
    """Return the id of the worker's process. This takes a moment, so that one worker does not run all such tasks."""
    time.sleep(QUICK)
    return os.getpid()


@ray.remote(**SHARE)
def compute(items):
    """Return a number for each item."""
    return [sum(range(item, item + 3000)) for item in items]


@ray.remote(**SHARE)
def first_pixel(image):
    """Return the first pixel of an image."""
    return int(image[0])


@ray.remote(**SHARE)
def make_part(number):
    """Return 4 MB that consist of this number."""
    return np.full(4_000_000, number, dtype=np.uint8)


def get_in_the_loop():
    """Wait for each task before the next one starts."""
    return [ray.get(wait.remote(QUICK)) for _ in range(AT_ONCE)]


def get_after_the_loop():
    """Start all tasks, then wait for all."""
    return ray.get([wait.remote(QUICK) for _ in range(AT_ONCE)])


def compute_in_batches(size):
    """Compute all items, so many in a task."""
    batches = [ITEMS[start : start + size] for start in range(0, len(ITEMS), size)]
    return [number for numbers in ray.get([compute.remote(batch) for batch in batches]) for number in numbers]


def pass_the_image():
    """Hand the image itself to every task: each call copies it into the object store."""
    return [ray.get([first_pixel.remote(IMAGE) for _ in range(AT_ONCE)]) for _ in range(ROUNDS)]


def pass_a_reference():
    """Copy the image into the object store once."""
    image = ray.put(IMAGE)
    return [ray.get([first_pixel.remote(image) for _ in range(AT_ONCE)]) for _ in range(ROUNDS)]


def one_slow_task():
    """Start a slow task, then quick ones."""
    return [wait.remote(SLOW)] + [wait.remote(QUICK) for _ in range(AT_ONCE - 1)]


def use(result):
    """Do something with a result, here in the driver."""
    time.sleep(QUICK)
    return result


def use_in_order():
    """Use the results in the order of their tasks. All wait for the first, which is slow."""
    return sorted(use(ray.get(task)) for task in one_slow_task())


def use_as_they_come():
    """Use whatever result is there."""
    tasks, results = one_slow_task(), []
    while tasks:
        [ready], tasks = ray.wait(tasks)
        results.append(use(ray.get(ready)))
    return sorted(results)


def add_up_parts(most):
    """Return the sum of the parts, and how many MB of them lay in the object store, with so many tasks at once."""
    free = lowest = ray.available_resources()["object_store_memory"]
    waiting, running, total = list(range(PARTS)), [], 0
    while waiting or running:
        while waiting and len(running) < most:
            running.append(make_part.remote(waiting.pop()))
        [ready], running = ray.wait(running)
        total += use(int(ray.get(ready)[0]))  # which takes longer than to make one
        lowest = min(lowest, ray.available_resources()["object_store_memory"])
        del ready  # with the last reference the object store forgets the part
    return total, (free - lowest) / 1e6


def measure(function, *arguments):
    """Return what a function returns, and its seconds, without those in which Ray starts workers."""
    for _ in range(50):
        if len(set(ray.get([process_id.remote() for _ in range(AT_ONCE)]))) == AT_ONCE:
            break
    started = time.perf_counter()
    result = function(*arguments)
    return result, time.perf_counter() - started


def main():
    """Run the lesson."""
    # Starts Ray on this machine, or joins the cluster that RAY_ADDRESS names as host:port.
    address = os.environ.get("RAY_ADDRESS") or "local"
    if address != "local":
        try:
            socket.create_connection(address.rsplit(":", 1), timeout=5).close()
        except (OSError, ValueError):
            sys.exit(f"No Ray cluster answers at RAY_ADDRESS={address}. Start it, or unset the variable.")
    ray.init(address=address)
    costs = {}

    # 1. ray.get() in the loop that starts the tasks: each is waited for, and nothing runs side by side.
    (wrong, slow), (right, fast) = measure(get_in_the_loop), measure(get_after_the_loop)
    costs["ray.get() in the loop"] = slow / fast
    print("get after the loop: same results:", wrong == right, "faster:", fast < slow)
    # -> get after the loop: same results: True faster: True

    # 2. Tasks that do less than starting them costs. Larger ones divide that cost among more items. Where is it gone?
    results, times = zip(*(measure(compute_in_batches, size) for size in SIZES))
    costs["tasks that are too small"] = times[0] / min(times)
    enough = next(size for size, seconds in zip(SIZES, times) if seconds < 1.5 * min(times))
    print("larger tasks: same results:", all(result == results[0] for result in results), "faster:", enough > 1)
    # -> larger tasks: same results: True faster: True
    print("items in a task, from which on more gain little:", enough)
    # -> items in a task, from which on more gain little: ...

    # 3. A large object as an argument, again and again.
    (wrong, slow), (right, fast) = measure(pass_the_image), measure(pass_a_reference)
    costs["a large argument, again and again"] = slow / fast
    print("put once: same results:", wrong == right, "faster:", fast < slow)
    # -> put once: same results: True faster: True

    # 4. Results that are there, and wait for one that is not.
    (wrong, slow), (right, fast) = measure(use_in_order), measure(use_as_they_come)
    costs["results in the order of their tasks"] = slow / fast
    print("results as they come: same results:", wrong == right, "faster:", fast < slow)
    # -> results as they come: same results: True faster: True

    # 5. All tasks at once, whose results come faster than they are used and pile up. With a new task only for each
    # result that has been used, few of them lie about: this is called back-pressure. Here the price is memory.
    (wrong, large), (right, small) = add_up_parts(most=PARTS), add_up_parts(most=4)
    costs["everything at once (memory)"] = large / max(small, 4)  # MB, at least the one in use
    print("four at once: same results:", wrong == right, "smaller:", small < large)
    # -> four at once: same results: True smaller: True

    # What the habits cost here, today. On your machine, and with your work, the order may be another one.
    for habit in sorted(costs, key=costs.get, reverse=True):
        print(f"{costs[habit]:6.1f}x  {habit}")
    # -> ...x  ...
    # -> ...x  ...
    # -> ...x  ...
    # -> ...x  ...
    # -> ...x  ...


if __name__ == "__main__":
    main()
