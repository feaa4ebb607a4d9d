"""Load photos no faster than they are examined.

Task:  examine_all() starts to load all photos at once, so they fill up memory while they wait to be examined. Change
       it so that the number of photos loading or loaded never exceeds limit: start a new task only after a photo has
       been examined. Photos should still load in parallel.
Check: make exercises ONLY=patterns_backpressure
Look:  patterns/backpressure.py, add_up()
Time:  8 minutes
"""

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
    # exercise
    # loading = [load.remote(number) for number in numbers]  # TODO: there may be thousands.
    # return sum(examine(ray.get(photo)) for photo in loading)
    # solution
    waiting, loading, total = list(numbers), [], 0
    while waiting or loading:
        while waiting and len(loading) < limit:
            loading.append(load.remote(waiting.pop()))
        [loaded], loading = ray.wait(loading, num_returns=1)
        total += examine(ray.get(loaded))
        del loaded  # or the object store keeps this photo while others are loading
    return total
    # end


def brightness(photo):
    """Return the brightness of a photo."""
    time.sleep(0.2)  # stands in for work
    return float(photo.mean())


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(examine_all(range(12), brightness, limit=3))
