"""Actor pools: each actor loads its model once, and whichever is free gets the next piece of work.

Run:   python patterns/actor_pool.py
Docs:  https://docs.ray.io/en/latest/ray-core/actors/actor-utils.html
"""

import os
import time

import ray
from ray.util import ActorPool

SECONDS = [0.4, 0.1, 0.1, 0.1, 0.1, 0.1]  # how long the pieces of work take, which is not known in advance


@ray.remote(num_cpus=0)
class Model:
    """Stands in for a model that is slow to load."""

    def __init__(self):
        self.loaded = time.time()

    def work(self, seconds):
        """Take the given time. Return it, and when this model was loaded."""
        time.sleep(seconds)
        return seconds, self.loaded


def main():
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    models = [Model.remote() for _ in range(2)]
    ray.get([model.work.remote(0) for model in models])  # both are loaded
    pool = ActorPool(models)

    # One actor does the long piece, while the other one does short pieces.
    results = list(pool.map_unordered(lambda model, seconds: model.work.remote(seconds), SECONDS))
    print("as they finish, first:", results[0][0], "all:", len(results))
    # -> as they finish, first: 0.1 all: 6
    print("models loaded:", len({loaded for _, loaded in results}))
    # -> models loaded: 2

    # map() keeps the order of the input. While it waits for the first result, an actor that is free gets no work.
    results = list(pool.map(lambda model, seconds: model.work.remote(seconds), SECONDS))
    print("in order:", [seconds for seconds, _ in results])
    # -> in order: [0.4, 0.1, 0.1, 0.1, 0.1, 0.1]


if __name__ == "__main__":
    main()
