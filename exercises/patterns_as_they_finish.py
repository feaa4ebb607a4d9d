"""Deliver each parcel as soon as it is packed.

Task:  deliver_all() fetches the parcels in the order of their references, so one slow parcel holds up all the others.
       Change it so that it delivers each parcel as soon as it is packed.
Check: make exercises ONLY=patterns_as_they_finish
Look:  patterns/as_they_finish.py, ray.wait()
Time:  5 minutes
"""

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
    for reference in packing:
        deliver(ray.get(reference))  # TODO: this parcel may take longer than all the others.


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    deliver_all([pack.remote("clock", 3), pack.remote("book", 1), pack.remote("lamp", 2)], print)
