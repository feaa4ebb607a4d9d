"""Find out which of 300 tasks failed, and why.

Task:  Each of 300 tasks checks one parcel. Ten parcels weigh nothing, so their tasks fail. failures() looks up the
       reasons in Ray's records, but it does so before the tasks have ended, and it gets at most 100 records. Change the
       file so that failures() returns all ten reasons.
Check: make exercises ONLY=O8_failed
Look:  O8_observe.py, ended_tasks() and the comment above it
Time:  10 minutes
"""

import os
import time

import ray
from ray.util import state


@ray.remote
def check(number, weight):
    """Raise ValueError if the parcel with this number weighs nothing."""
    time.sleep(0.02)  # stands in for work
    if not weight:
        raise ValueError(f"parcel {number} weighs nothing")


def records(delivery):
    """Return Ray's records of the tasks with this name."""
    address = ray.get_runtime_context().gcs_address
    return state.list_tasks(address, filters=[("name", "=", delivery)], detail=True)


def failures(delivery, weights):
    """Check all parcels, in tasks that are named after the delivery. Return the last line of each error."""
    for number, weight in enumerate(weights):
        check.options(name=delivery).remote(number, weight)
    tasks = records(delivery)  # TODO: too early, and too few
    return [task.error_message.strip().splitlines()[-1] for task in tasks if task.state == "FAILED"]


if __name__ == "__main__":
    os.environ["RAY_IGNORE_UNHANDLED_ERRORS"] = "1"  # Ray would print each error, too
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(failures("Monday", [0 if number % 30 == 7 else 1.5 for number in range(300)]))
