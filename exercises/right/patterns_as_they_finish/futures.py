"""A reference has a future, and Python waits for futures as they complete."""

import os
import time
from concurrent.futures import as_completed

import ray


@ray.remote(num_cpus=0.25)
def pack(parcel, seconds):
    """Return the parcel after this time."""
    time.sleep(seconds)
    return parcel


def deliver_all(packing, deliver):
    """Call deliver(parcel) for each parcel. `packing` is a list of references to parcels."""
    for future in as_completed([reference.future() for reference in packing]):
        deliver(future.result())


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    deliver_all([pack.remote("clock", 3), pack.remote("book", 1), pack.remote("lamp", 2)], print)
