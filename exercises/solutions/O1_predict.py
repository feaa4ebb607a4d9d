"""Predict what four steps give before you run them.

Task:  Write into PREDICTED what you think each step of outcomes() gives. Only then run this file, which prints it.
Check: make exercises ONLY=O1_predict
Look:  O1_tiny_demo.py, all of it
Time:  8 minutes
"""

import os
import time

import ray

# exercise
# PREDICTED = {"in order": None, "names": None, "argument": None, "in a list": None}  # TODO
# solution
PREDICTED = {"in order": [3, 2, 1], "names": [], "argument": "int", "in a list": "ObjectRef"}
# end


@ray.remote
def wait(tenths):
    """Return the argument after as many tenths of a second."""
    time.sleep(tenths / 10)
    return tenths


@ray.remote
def append(names, name):
    """Append a name to the list."""
    names.append(name)


@ray.remote
def type_of(value):
    """Return the name of the value's type."""
    return type(value[0] if isinstance(value, list) else value).__name__


def outcomes():
    """Return what the four steps give."""
    names = []
    ray.get(append.remote(names, "Ada"))
    return {
        "in order": ray.get([wait.remote(tenths) for tenths in (3, 2, 1)]),
        "names": names,
        "argument": ray.get(type_of.remote(ray.put(7))),
        "in a list": ray.get(type_of.remote([ray.put(7)])),
    }


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(outcomes())
