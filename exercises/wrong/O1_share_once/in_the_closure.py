"""The table travels inside the function."""

import os
import time

import numpy as np
import ray


def histogram(table):
    """Return how often each of the values 0 to 7 occurs in the table, as a list."""

    @ray.remote
    def count_value(value):
        time.sleep(1)
        return int(np.count_nonzero(table == value))

    return ray.get([count_value.remote(value) for value in range(8)])


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(histogram(np.random.default_rng(seed=0).integers(8, size=(4000, 4000), dtype=np.uint8)))
