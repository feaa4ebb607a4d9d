"""A pool of actors: each takes the next piece of work when it is done with its last, and loads its model once.

Run:   python patterns/actor_pool.py
Docs:  https://docs.ray.io/en/latest/ray-core/actors/actor-utils.html
"""

import os
import time

import ray
from ray.util import ActorPool

SECONDS = [0.4, 0.1, 0.1, 0.1, 0.1, 0.1]  # what the pieces of work take: nobody knows before


@ray.remote(num_cpus=0)
class Model:
    """Stands for a model that takes long to load."""

    def __init__(self):
        self.loaded = time.time()

    def work(self, seconds):
        """Take so long, return it and when this model was loaded."""
        time.sleep(seconds)
        return seconds, self.loaded


def main():
    """Run the pattern."""
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    pool = ActorPool([Model.remote() for _ in range(2)])

    # The one that has the long piece does one, the other does five.
    results = list(pool.map(lambda model, seconds: model.work.remote(seconds), SECONDS))
    print("in order:", [seconds for seconds, _ in results])
    # -> in order: [0.4, 0.1, 0.1, 0.1, 0.1, 0.1]
    print("models loaded:", len({loaded for _, loaded in results}))
    # -> models loaded: 2
    results = list(pool.map_unordered(lambda model, seconds: model.work.remote(seconds), SECONDS))
    print("as they come, first:", results[0][0], "all:", len(results))
    # -> as they come, first: 0.1 all: 6


if __name__ == "__main__":
    main()
