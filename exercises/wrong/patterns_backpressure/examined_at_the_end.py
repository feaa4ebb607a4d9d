"""Few photos are loading, and all that are loaded pile up."""

import os
import time

import numpy as np
import ray


@ray.remote
def load(number):
    """Return a photo of 1 MB, whose pixels are all equal to the number."""
    time.sleep(0.5)  # stands in for reading a file
    return np.full(1_000_000, number, dtype=np.uint8)


def examine_all(numbers, examine, limit):
    """Return the sum of examine(photo) over the photos with these numbers."""
    loading, loaded = [], []
    for number in numbers:
        if len(loading) == limit:
            ready, loading = ray.wait(loading, num_returns=1)
            loaded += ready
        loading.append(load.remote(number))
    return sum(examine(ray.get(photo)) for photo in loaded + loading)


def brightness(photo):
    """Return the brightness of a photo."""
    time.sleep(0.2)  # stands in for work
    return float(photo.mean())


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(examine_all(range(12), brightness, limit=3))
