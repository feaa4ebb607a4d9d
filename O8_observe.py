"""Observing: Ray knows of every task, actor and object what became of it, and tells who asks.

Run:   python O8_observe.py    (KEEP=<folder> keeps the files that it writes)
Next:  O9_train.py
Docs:  https://docs.ray.io/en/latest/ray-observability/index.html
Time:  15 minutes
"""

import json
import os
import socket
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import ray
import requests
from matplotlib.figure import Figure
from prometheus_client.parser import text_string_to_metric_families
from ray.util import metrics, state
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy
from ray.util.state.exception import RayStateApiException

PARCELS = range(8)
BROKEN = 3  # the parcel that cannot be weighed


@ray.remote
def weigh(parcel):
    """Return the weight of a parcel in kilograms. Raises ValueError where the scale shows nothing."""
    time.sleep(0.1)
    if parcel == BROKEN:
        raise ValueError(f"parcel {parcel} weighs nothing")
    return 1.5 * parcel


@ray.remote
class Depot:
    """Keeps parcels, and counts them for Prometheus, a program that collects such numbers."""

    def __init__(self):
        self.received = metrics.Counter("parcels_received", "Parcels that came.", tag_keys=("size",))
        self.stored = metrics.Gauge("parcels_stored", "Parcels that are here now.")
        self.weights = metrics.Histogram("parcels_kg", "Their weights.", boundaries=[1, 5, 20])
        self.parcels = 0

    def take(self, weight):
        """Take a parcel in."""
        print("took a parcel of", weight, "kg")
        self.parcels += 1
        self.received.inc(tags={"size": "large" if weight > 5 else "small"})
        self.stored.set(self.parcels)
        self.weights.observe(weight)

    def count(self):
        """Return how many parcels are here, and the id of the worker that this actor lives in."""
        return self.parcels, ray.get_runtime_context().get_worker_id()


@ray.remote(num_cpus=0)
def read_log(worker):
    """Return the lines about parcels that a worker of this node has printed."""
    context = ray.get_runtime_context()
    logs = Path(context.get_temp_dir(), context.get_session_name(), "logs")
    lines = [line for log in logs.glob(f"worker-{worker}-*.out") for line in log.read_text().splitlines()]
    return [line for line in lines if "parcel" in line]


def wait_for(look, patience=30):
    """Return what a function returns as soon as it is something. Raises TimeoutError after `patience` seconds.

    What Ray's processes report of themselves arrives a little later, metrics after ten seconds, and the process on each
    node that answers for it may still be starting.
    """
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            if found := look():
                return found
        except (RayStateApiException, requests.ConnectionError):
            pass
        time.sleep(0.2)
    raise TimeoutError(f"nothing within {patience} seconds")


def draw(events, path):
    """Draw a timeline: a row for each worker, a bar for each task."""
    figure = Figure(figsize=(9, 3), layout="constrained")
    axes = figure.subplots()
    workers = list(dict.fromkeys(event["tid"] for event in events))
    first = min(event["ts"] for event in events)
    for name, colour in ("weigh", "tab:blue"), ("Depot.take", "tab:orange"):
        bars = [event for event in events if event["cat"] == f"task::{name}"]
        rows, starts = [workers.index(bar["tid"]) for bar in bars], [(bar["ts"] - first) / 1e6 for bar in bars]
        axes.barh(rows, [bar["dur"] / 1e6 for bar in bars], left=starts, color=colour, edgecolor="white", label=name)
    axes.set_yticks(range(len(workers)), [f"worker {number}" for number in range(1, len(workers) + 1)])
    axes.set_xlabel("seconds")
    axes.legend()
    figure.savefig(path)


def main():
    """Run the lesson."""
    for name in "http_proxy", "https_proxy", "all_proxy":  # no proxy leads to what this lesson asks for
        os.environ.pop(name, None)
        os.environ.pop(name.upper(), None)

    # Starts Ray on this machine, or joins the cluster that RAY_ADDRESS names as host:port.
    address = os.environ.get("RAY_ADDRESS") or "local"
    if address != "local":
        try:
            socket.create_connection(address.rsplit(":", 1), timeout=5).close()
        except (OSError, ValueError):
            sys.exit(f"No Ray cluster answers at RAY_ADDRESS={address}. Start it, or unset the variable.")
    context = ray.init(address=address)
    temporary = tempfile.TemporaryDirectory()  # gone when the script ends
    folder = Path(os.environ.get("KEEP", temporary.name))
    folder.mkdir(parents=True, exist_ok=True)

    # A day at the depot. One task fails, and with it the call that was to take its result. Nobody gets that, so Ray
    # complains of an unhandled error.
    depot = Depot.remote()
    for parcel in PARCELS:
        depot.take.remote(weigh.remote(parcel))
    taken, worker = ray.get(depot.count.remote())
    print("parcels taken:", taken, "of", len(PARCELS))
    # -> parcels taken: 7 of 8

    # What became of the tasks? list_tasks() returns a hundred, unless limit= says more. In a shell: `ray list tasks`.
    job, here = ray.get_runtime_context().get_job_id(), ray.get_runtime_context().gcs_address
    mine = ("job_id", "=", job)

    def ended():
        tasks = state.list_tasks(here, filters=[mine, ("name", "=", "weigh")], detail=True)
        return tasks if sum(task.state in ("FINISHED", "FAILED") for task in tasks) == len(PARCELS) else None

    tasks = wait_for(ended)
    print("weighed:", dict(sorted(Counter(task.state for task in tasks).items())))
    # -> weighed: {'FAILED': 1, 'FINISHED': 7}
    [failed] = [task for task in tasks if task.state == "FAILED"]
    print("why:", failed.error_message.strip().splitlines()[-1])
    # -> why: ValueError: parcel 3 weighs nothing

    # What did an actor print? It goes to a file on its node, which is named after the worker. In a shell:
    # `ray logs actor --id <its id>`.
    [actor] = state.list_actors(here, filters=[mine, ("class_name", "=", "Depot")])
    there = NodeAffinitySchedulingStrategy(actor.node_id, soft=False)

    def log():
        lines = ray.get(read_log.options(scheduling_strategy=there).remote(worker))
        return lines if len(lines) == taken else None

    print("the actor is", actor.state, "| its log:", wait_for(log)[-1])
    # -> the actor is ALIVE | its log: took a parcel of 10.5 kg

    # Who holds this object? As long as somebody does, it takes memory. `ray memory` shows all of them.
    numbers = ray.put(np.zeros(1_000_000))
    [held] = wait_for(lambda: state.list_objects(here, filters=[("object_id", "=", numbers.hex())]))
    print("an object of", held.object_size // 1_000_000, "MB, held by", held.type, "as", held.reference_type)
    # -> an object of 8 MB, held by DRIVER as LOCAL_REFERENCE
    print("by this process:", held.pid == os.getpid())
    # -> by this process: True

    # Metrics of your own stand beside Ray's, on a page of every node that Prometheus reads. Names begin with ray_. Of a
    # histogram Ray keeps how many values lay between which boundaries, and takes the middles for the sum: the weights
    # add up to 37.5, not 56.5.
    [node] = [node for node in ray.nodes() if node["NodeID"] == actor.node_id]
    page = f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics"

    def scrape():
        families = text_string_to_metric_families(requests.get(page, timeout=10).text)
        samples = [sample for family in families if "parcels" in family.name for sample in family.samples]
        samples = [sample for sample in samples if sample.labels.get("WorkerId") == worker]
        return samples if taken in [sample.value for sample in samples if "stored" in sample.name] else None

    for sample in sorted(wait_for(scrape), key=lambda sample: (sample.name, sample.labels.get("size", ""))):
        print(
            sample.name,
            {label: sample.labels[label] for label in ("size", "le") if label in sample.labels},
            sample.value,
        )
    # -> ray_parcels_kg_bucket {'le': '1.0'} 1.0
    # -> ray_parcels_kg_bucket {'le': '5.0'} 3.0
    # -> ray_parcels_kg_bucket {'le': '20.0'} 7.0
    # -> ray_parcels_kg_bucket {'le': '+Inf'} 7.0
    # -> ray_parcels_kg_count {} 7.0
    # -> ray_parcels_kg_sum {} 56.5
    # -> ray_parcels_received_total {'size': 'large'} 4.0
    # -> ray_parcels_received_total {'size': 'small'} 3.0
    # -> ray_parcels_stored {} 7.0

    # Where did the time go? Open the file at https://ui.perfetto.dev, or look at the picture.
    timeline, picture = folder / "timeline.json", folder / "timeline.svg"

    def calls():  # Ray tells of all that ran on the cluster. The id of a task ends with that of its job.
        events = [event for event in ray.timeline() if event["args"].get("task_id", "").endswith(job)]
        bars = [event for event in events if event["cat"] in ("task::weigh", "task::Depot.take")]
        return bars if len(bars) == 2 * len(PARCELS) else None

    bars = wait_for(calls)
    timeline.write_text(json.dumps(bars))
    draw(bars, picture)
    print("timeline of", len(bars), "calls:", timeline.name, "and", picture.name)
    # -> timeline of 16 calls: timeline.json and timeline.svg

    # The dashboard shows all this in a browser. It asks for the token, which `ray get-auth-token` prints.
    print("the dashboard:", f"http://{context.dashboard_url}")
    # -> the dashboard: http://...


if __name__ == "__main__":
    main()
