"""Tasks and objects: a task is a function call that runs in another process, an object a value that all can fetch.

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
    # Starts Ray on this machine, or joins the cluster that RAY_ADDRESS names as host:port.
    address = os.environ.get("RAY_ADDRESS") or "local"
    if address != "local":
        try:
            socket.create_connection(address.rsplit(":", 1), timeout=5).close()
        except (OSError, ValueError):
            sys.exit(f"No Ray cluster answers at RAY_ADDRESS={address}. Start it, or unset the variable.")
    ray.init(address=address)

    # .remote() hands the call to another process and returns a reference, a ticket for the result.
    # ray.get() waits for the result and fetches it.
    print("sum of a small matrix:", ray.get(sum_matrix.remote(np.ones((100, 100)))))
    # -> sum of a small matrix: 10000.0

    # A small argument travels with the call. A large one is put once into the object store, memory that all
    # processes of a machine share, and every task that is given its reference reads it there.
    matrix = ray.put(np.ones((SIDE, SIDE), dtype=np.uint8))
    print("sum of a large matrix:", ray.get(sum_matrix.remote(matrix)))
    # -> sum of a large matrix: 100000000.0

    # Reading makes no copy. So that no process can change what another one reads, the array is read-only.
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

    # .remote() does not wait: the reference is there before the result.
    started = time.perf_counter()
    all_primes = count_primes.remote(0, LIMIT)
    finished, pending = ray.wait([all_primes], timeout=0)
    print("right after .remote():", len(finished), "finished,", len(pending), "pending")
    # -> right after .remote(): 0 finished, 1 pending
    print("primes counted by one task:", ray.get(all_primes))
    # -> primes counted by one task: 17984
    one_task = time.perf_counter() - started

    # So tasks run side by side, as many at a time as there are CPUs, since a task reserves one. The last
    # quarter has the largest numbers and takes longest: even four CPUs do not make this four times as fast.
    started = time.perf_counter()
    parts = ray.get([count_primes.remote(first, first + PART) for first in range(0, LIMIT, PART)])
    four_tasks = time.perf_counter() - started
    print("primes counted by four tasks:", parts, "make", sum(parts))
    # -> primes counted by four tasks: [5133, 4459, 4256, 4136] make 17984
    print(f"speed-up with {ray.cluster_resources()['CPU']:.0f} CPUs: {one_task / four_tasks:.1f}x")
    # -> speed-up with ... CPUs: ...x

    # ray.wait() returns as soon as one result is there, to be used while other tasks still run.
    pending, finished_in_order = [count_primes.remote(0, LIMIT // n) for n in (1, 2, 4, 8)], []
    while pending:
        finished, pending = ray.wait(pending)
        finished_in_order += ray.get(finished)
    print("as they finished:", finished_in_order)
    # -> as they finished: [...]
    print("the same, sorted:", sorted(finished_in_order))
    # -> the same, sorted: [2762, 5133, 9592, 17984]


if __name__ == "__main__":
    main()
