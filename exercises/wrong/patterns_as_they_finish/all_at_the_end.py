"""ray.wait() waits for all of them."""

import os
import time

import ray


@ray.remote(num_cpus=0.25)
def pack(parcel, seconds):
    """Return the parcel after this time."""
    time.sleep(seconds)
    return parcel


def deliver_all(packing, deliver):
    """Call deliver(parcel) for each parcel. `packing` is a list of references to parcels."""
    packed, _ = ray.wait(packing, num_returns=len(packing))
    for parcel in ray.get(packed):
        deliver(parcel)


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    deliver_all([pack.remote("clock", 3), pack.remote("book", 1), pack.remote("lamp", 2)], print)
