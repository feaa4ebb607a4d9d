"""Before you run the file, predict what replicas remember.

Task:  Predict the result of each step of outcomes() and write it into PREDICTED as a Python value. Only then run this
       file and compare.
Check: make exercises ONLY=O4_predict
Look:  O4_serve.py, all of it; O2_actors.py, a call that fails
Time:  8 minutes
"""

import ray
from ray import serve

# exercise
# PREDICTED = {"three calls": None, "the other": None, "after an error": None, "ones of twenty": None}  # TODO
# solution
PREDICTED = {"three calls": [1, 2, 3], "the other": 1, "after an error": 5, "ones of twenty": 2}
# end
QUIET = {"log_level": "CRITICAL"}


@serve.deployment(ray_actor_options={"num_cpus": 0.1})
class Visitors:
    """Counts visitors."""

    def __init__(self):
        self.count = 0

    def __call__(self, name):
        """Count a visitor, then raise ValueError if the name is empty. Return the count."""
        self.count += 1
        if not name:
            raise ValueError("nobody")
        return self.count


apps = {"one": Visitors.bind(), "other": Visitors.bind(), "two": Visitors.options(num_replicas=2).bind()}


def outcomes(one, other, two):
    """Return the results of the four steps. Two applications have one replica each, and the third has two."""
    found = {"three calls": [one.remote("Ada").result() for _ in range(3)]}
    found["the other"] = other.remote("Ada").result()
    try:
        one.remote("").result()
    except ValueError:
        found["after an error"] = one.remote("Ada").result()
    found["ones of twenty"] = [two.remote("Ada").result() for _ in range(20)].count(1)
    return found


if __name__ == "__main__":
    ray.init(address="local")
    serve.start(proxy_location="Disabled", logging_config=QUIET)  # handles need no HTTP
    handles = [serve.run(app, name=name, route_prefix=None, logging_config=QUIET) for name, app in apps.items()]
    print(outcomes(*handles))
