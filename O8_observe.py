"""Observing: Ray records what happens to tasks, actors and objects, and you can query the records.

Run:   python O8_observe.py
Next:  O9_train.py
Docs:  https://docs.ray.io/en/latest/ray-observability/index.html
Time:  12 minutes
"""

import os
import time

import ray
import requests
from prometheus_client.parser import text_string_to_metric_families
from ray.util import metrics, state

PARCELS = range(8)
BROKEN = 3  # the parcel that cannot be weighed


@ray.remote
def weigh(parcel):
    """Return the weight of a parcel in kilograms. Raises ValueError if the parcel is broken."""
    time.sleep(0.1)
    if parcel == BROKEN:
        raise ValueError(f"parcel {parcel} weighs nothing")
    return 1.5 * parcel


@ray.remote
class Depot:
    """Stores parcels, and counts them with a metric, for Prometheus or another program that collects metrics."""

    def __init__(self):
        self.parcels = 0
        self.received = metrics.Counter("parcels_received", "Parcels that came.", tag_keys=("size",))

    def take(self, weight):
        """Accept a parcel."""
        self.parcels += 1
        self.received.inc(tags={"size": "large" if weight > 5 else "small"})

    def count(self):
        """Return how many parcels are here, and the id of this worker, the process of the actor."""
        return self.parcels, ray.get_runtime_context().get_worker_id()


def wait_for(ask):
    """Return ask()'s first result that is not empty: Ray's records arrive a second late, metrics ten seconds."""
    for _ in range(150):
        if answer := ask():
            return answer
        time.sleep(0.2)
    raise TimeoutError("no answer within 30 seconds")


def main():
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")

    # Eight parcels, one of them broken. Its task fails, and so does the call that takes its result. Nothing fetches the
    # result of that call, so Ray reports an unhandled error.
    depot = Depot.remote()
    for parcel in PARCELS:
        depot.take.remote(weigh.remote(parcel))
    taken, worker = ray.get(depot.count.remote())
    print("parcels taken:", taken, "of", len(PARCELS))
    # -> parcels taken: 7 of 8

    # Which tasks failed, and why? In a shell: `RAY_AUTH_MODE=token ray list tasks`, which shows 100 unless --limit asks
    # for more. The state API, a developer API, needs the address if several Ray instances run on a machine.
    address = ray.get_runtime_context().gcs_address
    this_job = ("job_id", "=", ray.get_runtime_context().get_job_id())

    def ended_tasks():
        tasks = state.list_tasks(address, filters=[this_job, ("name", "=", "weigh")], detail=True)
        ended = [task for task in tasks if task.state in ("FINISHED", "FAILED")]
        return ended if len(ended) == len(PARCELS) else []

    tasks = wait_for(ended_tasks)
    states = [task.state for task in tasks]
    print("finished:", states.count("FINISHED"), "failed:", states.count("FAILED"))
    # -> finished: 7 failed: 1
    failed = tasks[states.index("FAILED")]
    print("why:", failed.error_message.strip().splitlines()[-1])
    # -> why: ValueError: parcel 3 weighs nothing

    # Where does the actor live? `ray logs actor --id <its id>` shows what it has printed.
    [actor] = state.list_actors(address, filters=[this_job, ("class_name", "=", "Depot")])
    print("the depot is", actor.state, "in process", actor.pid, "with id", actor.actor_id)
    # -> the depot is ALIVE in process ... with id ...

    # Each node has a page with the metrics of its processes, Ray's and yours, which Prometheus reads. Besides Counter
    # there are Gauge and Histogram.
    [node] = [node for node in ray.nodes() if node["NodeID"] == actor.node_id]
    page = f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics"

    def parcel_metrics():
        families = text_string_to_metric_families(requests.get(page, timeout=10).text)
        samples = [sample for family in families for sample in family.samples if "parcels" in sample.name]
        samples = [sample for sample in samples if sample.labels["WorkerId"] == worker]
        return samples if sum(sample.value for sample in samples) == taken else []

    for sample in sorted(wait_for(parcel_metrics), key=lambda sample: sample.labels["size"]):
        print(sample.name, sample.labels["size"], sample.value)
    # -> ray_parcels_received_total large 4.0
    # -> ray_parcels_received_total small 3.0


if __name__ == "__main__":
    main()
