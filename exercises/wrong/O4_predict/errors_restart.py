"""A replica whose method fails is replaced."""

import ray
from ray import serve

PREDICTED = {"three calls": [1, 2, 3], "the other": 1, "after an error": 1, "ones of twenty": 2}
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


app = Visitors.bind()


def outcomes():
    """Return what the four steps give."""
    first = serve.run(app, name="first", route_prefix=None, logging_config=QUIET)
    other = serve.run(app, name="other", route_prefix=None, logging_config=QUIET)
    found = {"three calls": [first.remote("Ada").result() for _ in range(3)]}
    found["the other"] = other.remote("Ada").result()
    try:
        first.remote("").result()
    except ValueError:
        found["after an error"] = first.remote("Ada").result()
    pair = Visitors.options(num_replicas=2).bind()
    both = serve.run(pair, name="pair", route_prefix=None, logging_config=QUIET)
    found["ones of twenty"] = [both.remote("Ada").result() for _ in range(20)].count(1)
    for name in "first", "other", "pair":
        serve.delete(name)
    return found


if __name__ == "__main__":
    ray.init(address="local")
    serve.start(proxy_location="Disabled", logging_config=QUIET)  # handles need no HTTP
    print(outcomes())
