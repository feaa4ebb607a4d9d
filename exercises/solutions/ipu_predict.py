"""Predict what an actor knows about the custom resource that it holds, and what happens when too little is left.

Task:  Predict the result of each step of outcomes() and write it into PREDICTED as a Python value. Only then run this
       file and compare.
Check: make exercises ONLY=ipu_predict
Look:  ipu/I1_devices.py, all of it; O6_resources.py, two printers
Time:  8 minutes
"""

import os

import ray

# exercise
# PREDICTED = {"first": None, "second": None, "third": None, "third later": None, "a thousand": None}  # TODO
# solution
HALF = [0.5, "no id"]
PREDICTED = {
    "first": HALF,
    "second": HALF,
    "third": "GetTimeoutError",
    "third later": HALF,
    "a thousand": "GetTimeoutError",
}
# end
NAME = "node:__internal_head__"  # a custom resource that every cluster has, with the amount 1. Stands in for an IPU


@ray.remote(num_cpus=0)
class Holder:
    """Holds what it has requested."""

    def knows(self):
        """Return the amount of the resource that this actor holds, and the ids, or "no id" if Ray gives none."""
        context = ray.get_runtime_context()
        return [context.get_assigned_resources()[NAME], context.get_accelerator_ids().get(NAME, "no id")]


def error_of(holder):
    """Return the name of the error if an actor does not answer within three seconds."""
    try:
        ray.get(holder.knows.remote(), timeout=3)
    except Exception as error:
        return type(error).__name__
    return "no error"


def outcomes():
    """Return what three actors with half a device each know, and what happens to one with a thousand devices."""
    half, thousand = Holder.options(resources={NAME: 0.5}), Holder.options(resources={NAME: 1000})
    first, second = half.remote(), half.remote()
    found = {"first": ray.get(first.knows.remote()), "second": ray.get(second.knows.remote())}
    third = half.remote()
    found["third"] = error_of(third)
    ray.kill(first)
    return found | {"third later": ray.get(third.knows.remote()), "a thousand": error_of(thousand.remote())}


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(outcomes())
