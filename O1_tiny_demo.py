"""Tasks and objects: a task is a function call that Ray runs in another process, an object is its result.

Run:   python O1_tiny_demo.py
Next:  O2_actors.py
Docs:  https://docs.ray.io/en/latest/ray-core/tasks.html
Time:  10 minutes
"""

import os
import socket
import sys
import time

import numpy as np
import ray

SIDE = 10_000  # rows and columns of the large matrix: 100 MB at one byte a number
ROWS = SIDE // 4  # four tasks sum this many rows each
LIMIT = 200_000  # count the primes below: a third of a second of pure Python, worth sharing out
PART = LIMIT // 4  # four tasks look at this many numbers each


@ray.remote
def sum_matrix(matrix):
    """Return the sum of all elements."""
    return float(np.sum(matrix))


@ray.remote
def sum_rows(matrix, first, last):
    """Return the sum of the rows from first up to, not including, last."""
    return float(np.sum(matrix[first:last]))


@ray.remote
def add_up(*numbers):
    """Return the sum of the numbers."""
    return sum(numbers)


@ray.remote
def write_into(matrix):
    """Try to change the matrix, return what NumPy says."""
    try:
        matrix[0, 0] = 2
        return "written"
    except ValueError as error:
        return str(error)


@ray.remote
def count_primes(first, last):
    """Return how many primes there are from first up to, not including, last."""
    return sum(n > 1 and all(n % d for d in range(2, int(n**0.5) + 1)) for n in range(first, last))


def main():
    """Run the lesson."""
    # Starts Ray on this machine, or joins the running cluster that RAY_ADDRESS names, if one answers there.
    address = os.environ.get("RAY_ADDRESS") or "local"
    host, _, port = address.rpartition(":")
    if port.isdigit() and socket.socket().connect_ex((host, int(port))):
        sys.exit(f"No Ray cluster answers at RAY_ADDRESS={address}. Start it, or unset the variable.")
    ray.init(address=address)

    # .remote() hands the call to another process, ray.get() fetches its result.
    print("sum of a small matrix:", ray.get(sum_matrix.remote(np.ones((100, 100)))))
    # -> sum of a small matrix: 10000.0

    # A small argument travels with the call. A large one is put into the object store once, and every task
    # that is given the reference reads it there.
    matrix = ray.put(np.ones((SIDE, SIDE), dtype=np.uint8))
    print("sum of a large matrix:", ray.get(sum_matrix.remote(matrix)))
    # -> sum of a large matrix: 100000000.0

    # Reading makes no copy: the processes of one machine share the memory. So that none can change what
    # another reads, the array is read-only.
    print("fetched twice, one memory:", np.shares_memory(ray.get(matrix), ray.get(matrix)))
    # -> fetched twice, one memory: True
    print("a task writes into it:", ray.get(write_into.remote(matrix)))
    # -> a task writes into it: assignment destination is read-only

    # Does Ray split the sum over cores and machines by itself? No: one call is one process. You split the
    # work, here by rows. A reference as an argument arrives as its value, so add_up needs no ray.get().
    sums = [sum_rows.remote(matrix, row, row + ROWS) for row in range(0, SIDE, ROWS)]
    total = add_up.remote(*sums)
    print("four blocks of rows:", ray.get(sums), "make", ray.get(total))
    # -> four blocks of rows: [25000000.0, 25000000.0, 25000000.0, 25000000.0] make 100000000.0

    # .remote() returns at once, with a reference to a result that is still to come.
    started = time.perf_counter()
    all_primes = count_primes.remote(0, LIMIT)
    finished, running = ray.wait([all_primes], timeout=0)
    print("right after .remote():", len(finished), "finished,", len(running), "running")
    # -> right after .remote(): 0 finished, 1 running
    print("primes counted by one task:", ray.get(all_primes))
    # -> primes counted by one task: 17984
    one_task = time.perf_counter() - started

    # That is what lets tasks run side by side: start them all, and only then fetch.
    started = time.perf_counter()
    parts = ray.get([count_primes.remote(first, first + PART) for first in range(0, LIMIT, PART)])
    four_tasks = time.perf_counter() - started
    print("primes counted by four tasks:", parts, "make", sum(parts))
    # -> primes counted by four tasks: [5133, 4459, 4256, 4136] make 17984
    print(f"speed-up with {ray.cluster_resources()['CPU']:.0f} CPUs: {one_task / four_tasks:.1f}x")
    # -> speed-up with ... CPUs: ...x

    # ray.wait() returns the first result that is there, in whatever order the tasks finish.
    pending, finished_in_order = [count_primes.remote(0, LIMIT // n) for n in (1, 2, 4, 8)], []
    while pending:
        finished, pending = ray.wait(pending)
        finished_in_order += ray.get(finished)
    print("as they finished:", finished_in_order)
    # -> as they finished: [...]


if __name__ == "__main__":
    main()
