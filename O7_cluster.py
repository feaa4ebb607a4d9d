"""Clusters: when a node dies, Ray recomputes what tasks returned. Everything else is lost unless you saved it.

Run:   python O7_cluster.py
Next:  O8_observe.py
Docs:  https://docs.ray.io/en/latest/ray-core/fault-tolerance.html
Time:  12 minutes
"""

import atexit
import os
import secrets
import tempfile
import time
from pathlib import Path

# The nodes below accept only processes that have this token. Ray reads RAY_AUTH_MODE when it is imported.
os.environ["RAY_AUTH_MODE"] = "token"
os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)

import numpy as np
import ray
from ray.cluster_utils import Cluster
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy


@ray.remote(scheduling_strategy="SPREAD")
def square(number):
    """Return the square of a number, after a while."""
    time.sleep(0.4)
    return number * number


@ray.remote(num_cpus=0.1)
def make_numbers():
    """Return 8 MB, which stay on the node where they were made."""
    return np.arange(1_000_000)


@ray.remote(num_cpus=0.1)
def put_numbers():
    """Put 8 MB into the object store and return the reference. The worker that runs this owns the object."""
    return ray.put(np.arange(1_000_000))


@ray.remote(num_cpus=0.1)
class Tally:
    """Counts up, and saves the number if it is given a file."""

    def __init__(self, file=None):
        self.file = file
        self.value = int(file.read_text()) if file and file.exists() else 0

    def add_one(self):
        """Add one. Return the number."""
        self.value += 1
        if self.file:
            self.file.write_text(str(self.value))
        return self.value


def main():
    # Three nodes on this machine, because two of them will be shut down. Cluster is a developer API.
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    atexit.register(cluster.shutdown)
    atexit.register(ray.shutdown)  # runs before the line above: last registered, first called
    first, second = cluster.add_node(num_cpus=1), cluster.add_node(num_cpus=1)
    ray.init(address=cluster.address, log_to_driver=False)
    print("nodes:", len(ray.nodes()), "total:", sum(ray.get([square.remote(number) for number in range(12)])))
    # -> nodes: 3 total: 506

    # Now a node dies while the same work runs. Ray starts its tasks again on the other nodes, up to three times unless
    # max_retries says otherwise. So a task must be safe to run twice.
    squares = [square.remote(number) for number in range(12)]
    ray.wait(squares, num_returns=3)
    time.sleep(0.2)  # now each node is in the middle of its next task
    cluster.remove_node(first)
    print("after a node has died:", sum(ray.get(squares)))
    # -> after a node has died: 506

    # The second node holds a result, a ray.put() object and an actor that has counted to three. The actor saves its
    # state to a file, which on several machines has to be on a shared disk.
    there = {"scheduling_strategy": NodeAffinitySchedulingStrategy(second.node_id, soft=True)}
    result = make_numbers.options(**there).remote()
    put = ray.get(put_numbers.options(**there).remote())
    folder = tempfile.TemporaryDirectory()
    tally = Tally.options(**there, max_restarts=1, max_task_retries=1).remote(Path(folder.name) / "tally")
    print("the actor counts:", ray.get([tally.add_one.remote() for _ in range(3)]))
    # -> the actor counts: [1, 2, 3]
    ray.wait([result], fetch_local=False)  # waits until it is made, without copying it here
    cluster.remove_node(second)

    # This script owns the result and knows which task made it, so Ray runs that task again.
    print("the result:", ray.get(result).sum())
    # -> the result: 499999500000

    # No task made the ray.put() object. It is lost with its owner, a worker on that node.
    try:
        ray.get(put)
    except ray.exceptions.OwnerDiedError as error:
        print("the object of ray.put():", type(error).__name__)
        # -> the object of ray.put(): OwnerDiedError

    # max_restarts lets Ray start the actor again on another node, where __init__ reads the file. Without the file it
    # would begin at zero, and without max_restarts this call would raise ActorDiedError.
    print("the actor goes on:", ray.get(tally.add_one.remote()))
    # -> the actor goes on: 4


if __name__ == "__main__":
    main()
