"""Predict the results of four steps before you run them.

Task:  Predict the result of each step of outcomes() and write it into PREDICTED as a Python value. Only then run this
       file and compare.
Check: make exercises ONLY=O1_predict
Look:  O1_tiny_demo.py, all of it
Time:  8 minutes
"""

import os
import time

import ray

# exercise
# PREDICTED = {"three waits": None, "names": None, "argument": None, "in a list": None}  # TODO
# solution
PREDICTED = {"three waits": [3, 2, 1], "names": [], "argument": True, "in a list": False}
# end


@ray.remote
def wait(tenths):
    """Sleep for that many tenths of a second, then return the number."""
    time.sleep(tenths / 10)
    return tenths


@ray.remote
def append(names, name):
    """Append a name to the list."""
    names.append(name)


@ray.remote
def is_number(value):
    """Return whether the value, or the first item if it is a list, is an int."""
    return isinstance(value[0] if isinstance(value, list) else value, int)


def outcomes():
    """Return the results of the four steps."""
    names = []
    ray.get(append.remote(names, "Ada"))
    return {
        "three waits": ray.get([wait.remote(tenths) for tenths in (3, 2, 1)]),
        "names": names,
        "argument": ray.get(is_number.remote(ray.put(7))),
        "in a list": ray.get(is_number.remote([ray.put(7)])),
    }


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(outcomes())
