"""Resources: a task or actor requests what it needs, and waits until a node has that much left.

Run:   python O6_resources.py
Next:  O7_cluster.py
Docs:  https://docs.ray.io/en/latest/ray-core/scheduling/index.html
Time:  12 minutes
"""

import atexit
import os
import secrets

# The nodes below accept only processes that have this token. Ray reads RAY_AUTH_MODE when it is imported.
os.environ["RAY_AUTH_MODE"] = "token"
os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)

import ray
from ray.cluster_utils import Cluster
from ray.util.placement_group import placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy


@ray.remote(num_cpus=0.1)
def where():
    """Return the id of the node on which this runs."""
    return ray.get_runtime_context().get_node_id()


@ray.remote
class Holder:
    """Holds what it has requested as long as it lives."""

    def gpus(self):
        """Return the ids of the GPUs that CUDA lets this process use."""
        return os.environ.get("CUDA_VISIBLE_DEVICES")


def main():
    # Two nodes on this machine, with known resources. Cluster is a developer API. Your machines join with:
    # ray start --address=<head>:6379 --num-gpus=1 --resources='{"printer": 1}' --labels=zone=east
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    atexit.register(cluster.shutdown)
    atexit.register(ray.shutdown)  # runs before the line above: last registered, first called
    cluster.add_node(num_cpus=1, num_gpus=1, resources={"printer": 1}, labels={"zone": "east"})
    ray.init(address=cluster.address)
    total = ray.cluster_resources()
    print("nodes:", len(ray.nodes()), {name: total[name] for name in ("CPU", "GPU", "printer")})
    # -> nodes: 2 {'CPU': 2.0, 'GPU': 1.0, 'printer': 1.0}

    # Ray subtracts a request from what the node has left. Amounts may be fractional, and you can name resources
    # yourself. Ray only counts: this actor could still keep two cores busy, or take 300 MB.
    holder = Holder.options(num_cpus=0.5, memory=200e6, resources={"printer": 1}).remote()
    ray.get(holder.gpus.remote())  # returns once the actor is running
    left = ray.available_resources()
    print("held:", {name: total[name] - left.get(name, 0) for name in ("CPU", "memory", "printer")})
    # -> held: {'CPU': 0.5, 'memory': 200000000.0, 'printer': 1.0}
    ray.kill(holder)

    # Ray counts GPUs too, and sets CUDA_VISIBLE_DEVICES, so that torch sees the GPUs that were requested. (Without a
    # request it sees all.) Two actors with half a GPU each share one. No real GPU is needed: Ray trusts num_gpus.
    half_a_gpu = Holder.options(num_cpus=0.1, num_gpus=0.5)
    first, second = half_a_gpu.remote(), half_a_gpu.remote()
    print("GPUs of two actors:", ray.get([first.gpus.remote(), second.gpus.remote()]))
    # -> GPUs of two actors: ['0', '0']

    # There is no GPU left for a third: it waits until one of the others ends.
    third = half_a_gpu.remote()
    answer = third.gpus.remote()
    ready, _ = ray.wait([answer], timeout=2)
    print("ready after two seconds:", ready)
    # -> ready after two seconds: []
    ray.kill(first)
    print("after the first has ended:", ray.get(answer))
    # -> after the first has ended: 0

    # A request that no current node can meet waits as well, since one that can may still join. So pass get() a timeout.
    # On your cluster, `RAY_AUTH_MODE=token ray status` lists what waits, under Demands.
    never = where.options(resources={"printer": 2}).remote()
    try:
        ray.get(never, timeout=1)
    except ray.exceptions.GetTimeoutError as error:
        print("two printers:", error)
        # -> two printers: Get timed out: some object(s) not ready.
    ray.cancel(never)

    # A label selector, a beta API, picks the nodes that have the label. (By default Ray fills half of a node before it
    # takes the next one, and scheduling_strategy="SPREAD" takes all nodes in turn.)
    zones = {node["NodeID"]: node["Labels"].get("zone") for node in ray.nodes()}
    node = ray.get(where.options(label_selector={"zone": "east"}).remote())
    print("a node with the label:", zones[node])
    # -> a node with the label: east

    # A placement group reserves all of its bundles or none, for work that has to run together. A bundle is a set of
    # resources on one node. PACK uses as few nodes as it can. STRICT_SPREAD needs a node for each, or the group waits.
    for strategy, bundles in ("PACK", 2), ("STRICT_SPREAD", 2), ("STRICT_SPREAD", 3):
        group = placement_group([{"CPU": 0.25}] * bundles, strategy=strategy)
        if group.wait(timeout_seconds=2):
            places = [PlacementGroupSchedulingStrategy(group, index) for index in range(bundles)]
            nodes = ray.get([where.options(scheduling_strategy=place).remote() for place in places])
            print(f"{bundles} bundles with {strategy} are on nodes:", len(set(nodes)))
        else:
            print(f"{bundles} bundles with {strategy} wait")
        remove_placement_group(group)
    # -> 2 bundles with PACK are on nodes: 1
    # -> 2 bundles with STRICT_SPREAD are on nodes: 2
    # -> 3 bundles with STRICT_SPREAD wait


if __name__ == "__main__":
    main()
