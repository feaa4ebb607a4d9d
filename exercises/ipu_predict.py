"""Predict what Ray counts, which IPUs form a pair, and what a compiled model computes.

Task:  Predict the result of each step of outcomes() and write it into PREDICTED as a Python value. Only then run this
       file and compare.
Check: make exercises ONLY=ipu_predict
Look:  ipu/README.md, A custom resource is a number; ipu/I3_inference.py; O6_resources.py, two printers
Time:  8 minutes
"""

import os

import ray

PREDICTED = {"half": None, "a thousand": None, "pairs": None, "pictures": None}  # TODO
HEAD = "node:__internal_head__"  # a custom resource that every cluster has, with the amount 1. Stands in for an IPU
PAIRS = [{0, 1}, {2, 3}]  # of pretend IPUs, wired together


@ray.remote(num_cpus=0)
def assigned(name):
    """Return the amount of a resource that this task has, and the ids, or "no id" if Ray gives none."""
    context = ray.get_runtime_context()
    return [context.get_assigned_resources()[name], context.get_accelerator_ids().get(name, "no id")]


def compute(inputs):
    """Stand in for a model compiled for batches of four. Return the number of calls, and of pictures in them."""
    calls = pictures = 0
    for number in inputs:
        for start in range(0, number, 4):
            batch = ["photo"] * min(4, number - start)
            batch += ["empty"] * (4 - len(batch))
            calls += 1
            pictures += len(batch)
    return [calls, pictures]


def ask_for_two(free):
    """Return what happens to a task that requests two IPUs while these are free."""
    if len(free) < 2:
        return "waits"  # in Ray's queue
    return "computes" if any(pair <= free for pair in PAIRS) else "no device"


def outcomes():
    """Return the results of the four steps."""
    found = {"half": ray.get(assigned.options(resources={HEAD: 0.5}).remote(HEAD))}
    many = assigned.options(resources={"IPU": 1000}).remote("IPU")
    try:
        found["a thousand"] = ray.get(many, timeout=1)
    except Exception as error:
        found["a thousand"] = type(error).__name__
    ray.cancel(many)
    found["pairs"] = [ask_for_two(free) for free in ({3}, {1, 3}, {1, 2}, {2, 3})]
    return found | {"pictures": compute([1, 4, 6])}


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(outcomes())
