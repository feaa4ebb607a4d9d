"""Closures: a task captures the variables that its function uses, and they travel with it, up to 100 MB.

Run:   python patterns/closure.py
Docs:  https://docs.ray.io/en/latest/ray-core/patterns/closure-capture-large-objects.html
"""

import os

import numpy as np
import ray

NUMBERS = 13_000_000  # 104 MB


def main():
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    numbers = np.arange(NUMBERS)

    # Ray sends the function to every worker that runs it, and the array with it. It warns above 10 MB and refuses above
    # 100 MB.
    @ray.remote
    def sum_captured():
        return int(numbers.sum())

    try:
        print("captured:", ray.get(sum_captured.remote()))
    except ValueError as error:
        print("captured:", error)
    # -> captured: The remote function ... is too large (99 MiB > FUNCTION_SIZE_ERROR_THRESHOLD=95 MiB). ...

    # An argument does not belong to the function, and a reference is a few bytes.
    @ray.remote
    def sum_given(numbers):
        return int(numbers.sum())

    print("given:", ray.get(sum_given.remote(ray.put(numbers))))
    # -> given: 84499993500000


if __name__ == "__main__":
    main()
