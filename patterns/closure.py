"""Closures: a task takes along whatever its function uses from around it, however large.

Run:   python patterns/closure.py
Docs:  https://docs.ray.io/en/latest/ray-core/patterns/closure-capture-large-objects.html
"""

import os

import numpy as np
import ray

NUMBERS = 2_000_000  # 16 MB


def main():
    """Run the pattern."""
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    numbers = np.arange(NUMBERS)

    # The function is sent to each worker, and the array with it. Above 95 MB Ray refuses to send it.
    @ray.remote
    def sum_captured():
        return int(numbers.sum())

    # An argument is not a part of the function. A reference to the array is a few bytes.
    @ray.remote
    def sum_given(numbers):
        return int(numbers.sum())

    for name, function in ("captured", sum_captured), ("given", sum_given):
        print(f"{name}: the function has", len(ray.cloudpickle.dumps(function._function)) // 1_000_000, "MB")
    # -> captured: the function has 16 MB
    # -> given: the function has 0 MB
    wrong, right = ray.get([sum_captured.remote(), sum_given.remote(ray.put(numbers))])
    print("same sum:", wrong == right)
    # -> same sum: True


if __name__ == "__main__":
    main()
