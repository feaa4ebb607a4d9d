"""What would happen if tasks were threads."""

import os
import time

import ray

PREDICTED = {"three waits": [3, 2, 1], "names": ["Ada"], "argument": True, "in a list": False}


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
