"""Predict what Ray counts, what forms a device, and what a compiled model computes.

Task:  Write into PREDICTED, as Python values, what each step of outcomes() gives. Only then run this file, and compare.
Check: make exercises ONLY=ipu_predict
Look:  ipu/README.md, A custom resource is a number, and ipu/I3_inference.py
Time:  8 minutes
"""

import os

import ray

# exercise
# PREDICTED = {"half": None, "a thousand": None, "pairs": None, "pictures": None}  # TODO
# solution
PAIRED = ["waits", "no device", "no device", "computes"]
PREDICTED = {"half": [0.5, "no id"], "a thousand": "GetTimeoutError", "pairs": PAIRED, "pictures": [4, 16]}
# end
HEAD = "node:__internal_head__"  # a custom resource that every Ray has one of. It stands in for an IPU
PAIRS = [set(range(first, first + 2)) for first in range(0, 4, 2)]  # of pretended IPUs that are wired up


@ray.remote(num_cpus=0)
def assigned(name):
    """Return how many of a resource this task has, and which, or "no id" if Ray does not say that."""
    context = ray.get_runtime_context()
    return [context.get_assigned_resources()[name], context.get_accelerator_ids().get(name, "no id")]


@ray.remote(num_cpus=0)
class Model:
    """Stands in for a model on a device, compiled for a batch of four pictures."""

    def __init__(self):
        self.calls = self.computed = 0

    def predict(self, pictures):
        """Let the device compute all pictures. Return how often it was called so far, and how many it computed."""
        for start in range(0, len(pictures), 4):
            part = pictures[start : start + 4]
            batch = part + ["empty"] * (4 - len(part))
            self.calls += 1
            self.computed += len(batch)
        return [self.calls, self.computed]


def ask_for_two(free):
    """Return what becomes of a task that asks for two IPUs, if these are free."""
    if len(free) < 2:
        return "waits"  # Ray does not start it
    return "computes" if any(pair <= free for pair in PAIRS) else "no device"


def outcomes():
    """Return what the four steps give."""
    found = {"half": ray.get(assigned.options(resources={HEAD: 0.5}).remote(HEAD))}
    many = assigned.options(resources={"IPU": 1000}).remote("IPU")
    try:
        found["a thousand"] = ray.get(many, timeout=1)
    except Exception as error:
        found["a thousand"] = type(error).__name__
    ray.cancel(many)
    found["pairs"] = [ask_for_two(free) for free in ({3}, {1, 3}, {1, 2}, {2, 3})]
    model = Model.remote()
    return found | {"pictures": ray.get([model.predict.remote(["photo"] * number) for number in (1, 4, 6)])[-1]}


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(outcomes())
