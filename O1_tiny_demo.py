"""Tasks and objects: a task is a function call in another process, an object is a value that every process can fetch.

Run:   python O1_tiny_demo.py
Next:  O2_actors.py
Docs:  https://docs.ray.io/en/latest/ray-core/tasks.html
Time:  8 minutes
"""

import os
import time

import numpy as np
import ray

SIDE = 10_000  # rows and columns of the large matrix: 100 MB at one byte per element
ROWS_PER_TASK = SIDE // 4
LIMIT = 200_000  # counting the primes below this takes pure Python a third of a second, enough to be worth splitting
NUMBERS_PER_TASK = LIMIT // 4


@ray.remote
def sum_matrix(matrix):
    """Return the sum of all elements."""
    return float(np.sum(matrix))


@ray.remote
def sum_rows(matrix, first, last):
    """Return the sum of the rows from first up to, but not including, last."""
    return float(np.sum(matrix[first:last]))


@ray.remote
def add_up(*numbers):
    """Return the sum of the numbers."""
    return sum(numbers)


@ray.remote
def write_into(matrix):
    """Try to change the matrix. Return NumPy's error message."""
    try:
        matrix[0, 0] = 2
        return "written"
    except ValueError as error:
        return str(error)


@ray.remote
def count_primes(first, last):
    """Return how many primes there are from first up to, but not including, last."""
    return sum(n > 1 and all(n % d for d in range(2, int(n**0.5) + 1)) for n in range(first, last))


def main():
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")

    # .remote() sends the call to another process, with a copy of its arguments, and returns a reference to the result
    # at once. ray.get() waits for the result and fetches it. From a list, it fetches all results in the list's order.
    print("sum of a small matrix:", ray.get(sum_matrix.remote(np.ones((100, 100)))))
    # -> sum of a small matrix: 10000.0

    # ray.put() copies a large argument into the object store once. The store is memory shared by all processes on a
    # machine: every task that gets the reference reads the array there, without a copy.
    matrix = ray.put(np.ones((SIDE, SIDE), dtype=np.uint8))
    print("sum of a large matrix:", ray.get(sum_matrix.remote(matrix)))
    # -> sum of a large matrix: 100000000.0

    # Since the array is shared, it is read-only. To change it, a task has to make a copy.
    print("a task writes into it:", ray.get(write_into.remote(matrix)))
    # -> a task writes into it: assignment destination is read-only

    # Ray does not split a call: one call runs in one process. You split the work, here by rows.
    sums = [sum_rows.remote(matrix, row, row + ROWS_PER_TASK) for row in range(0, SIDE, ROWS_PER_TASK)]
    print("four blocks of rows:", ray.get(sums))
    # -> four blocks of rows: [25000000.0, 25000000.0, 25000000.0, 25000000.0]

    # A reference can be an argument. Ray runs the task when the value is ready, and passes it in. References
    # inside a list or dict stay references, and the task has to call ray.get() itself.
    print("added up by another task:", ray.get(add_up.remote(*sums)))
    # -> added up by another task: 100000000.0

    # Counting primes in pure Python takes long enough to be worth splitting. One task does it first, for comparison.
    started = time.perf_counter()
    print("primes counted by one task:", ray.get(count_primes.remote(0, LIMIT)))
    # -> primes counted by one task: 17984
    one_task = time.perf_counter() - started

    # .remote() does not wait, so all four tasks are submitted before ray.get(). Each reserves one CPU, and they run in
    # parallel as far as CPUs allow. The last one takes longest, because its numbers are the largest.
    started = time.perf_counter()
    counts = ray.get([count_primes.remote(n, n + NUMBERS_PER_TASK) for n in range(0, LIMIT, NUMBERS_PER_TASK)])
    four_tasks = time.perf_counter() - started
    print("primes counted by four tasks:", counts, "in all:", sum(counts))
    # -> primes counted by four tasks: [5133, 4459, 4256, 4136] in all: 17984
    print(f"speed-up with {ray.cluster_resources()['CPU']:.0f} CPUs: {one_task / four_tasks:.1f}x")
    # -> speed-up with ... CPUs: ...x


if __name__ == "__main__":
    main()
