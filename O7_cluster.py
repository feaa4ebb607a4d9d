"""Clusters: what dies with a node comes back where Ray knows how it was made. What only the node knew is gone.

Run:   python O7_cluster.py
Next:  O8_observe.py
Docs:  https://docs.ray.io/en/latest/ray-core/fault-tolerance.html
Time:  15 minutes
"""

import atexit
import contextlib
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import ray
from ray.cluster_utils import Cluster
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

# By default Ray needs a quarter of a minute to find that a node is dead, and longer if the network is silent. This
# lesson gives it one second.
IMPATIENT = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 300, "health_check_failure_threshold": 3}
HEAD = {"num_cpus": 1, "include_dashboard": False, "_system_config": IMPATIENT}
TASKS = range(12)
DRIVER = """
import ray, sys
ray.init(address=sys.argv[1], log_to_driver=False)
print("connected", flush=True)
while True:
    ray.get(ray.remote(lambda: "work").remote())
"""


@ray.remote(num_cpus=0)
class Log:
    """Keeps what the tasks write."""

    def __init__(self):
        self.lines = []

    def write(self, *words):
        """Add a line."""
        self.lines.append(words)

    def count(self, *words):
        """Return how many lines begin with these words."""
        return sum(line[: len(words)] == words for line in self.lines)


@ray.remote(scheduling_strategy="SPREAD")
def square(number, log):
    """Take a moment, return the square of a number and the id of the node on which it was computed."""
    node = ray.get_runtime_context().get_node_id()
    ray.get(log.write.remote("square", node))
    time.sleep(0.4)
    return number * number, node


@ray.remote(num_cpus=0.1)
def make_numbers(log):
    """Return 8 MB, which stay on the node where they were made."""
    ray.get(log.write.remote("numbers"))
    return np.arange(1_000_000)


@ray.remote(num_cpus=0.1)
def put_numbers():
    """Put 8 MB into the object store, return the reference. This worker owns them."""
    return [ray.put(np.arange(1_000_000))]


@ray.remote(num_cpus=0.1)
class Tally:
    """Counts up, and keeps the number in a file if it is given one."""

    def __init__(self, checkpoint=None):
        self.checkpoint = checkpoint
        self.value = int(checkpoint.read_text()) if checkpoint and checkpoint.exists() else 0

    def add_one(self):
        """Add one, return the number."""
        self.value += 1
        if self.checkpoint:
            new = self.checkpoint.with_suffix(".new")  # a failure in the middle of writing must not spoil the old one
            new.write_text(str(self.value))
            new.replace(self.checkpoint)
        return self.value


def cut_power(node):
    """End all processes of a node at once and without a word, as a power failure does."""
    raylet = psutil.Process(node.all_processes["raylet"][0].process.pid)  # Ray's own process on each node
    processes = [*raylet.children(recursive=True), raylet]
    for end in psutil.Process.suspend, psutil.Process.kill:  # none of them is to see, and tell, that another has ended
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                end(process)


def main():
    """Run the lesson."""
    # The nodes get a password, a token. Ray looks for one when it is imported, so this starts the script once more.
    if "RAY_AUTH_MODE" not in os.environ:
        token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        os.execve(sys.executable, [sys.executable, __file__], os.environ | token)

    # Starts four nodes of its own on this machine, each a few processes, whatever RAY_ADDRESS says: it will kill some.
    # On machines of your own, type what it prints. The first node is the head.
    cluster = Cluster(initialize_head=True, head_node_args=HEAD)
    atexit.register(cluster.shutdown)
    atexit.register(ray.shutdown)  # what is registered last comes first
    print("on one machine: ray start --head --num-cpus=1")
    # -> on one machine: ray start --head --num-cpus=1
    first, second, _ = (cluster.add_node(num_cpus=1) for _ in range(3))
    print("on the others:  ray start --address=<the first>:6379 --num-cpus=1")
    # -> on the others:  ray start --address=<the first>:6379 --num-cpus=1
    ray.init(address=cluster.address, log_to_driver=False)
    head = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    log = Log.options(scheduling_strategy=head).remote()
    everywhere = [NodeAffinitySchedulingStrategy(node["NodeID"], soft=False) for node in ray.nodes()]
    ray.get([square.options(scheduling_strategy=one).remote(0, log) for one in everywhere])  # each starts its worker

    # Work that asks for nothing special is spread over the nodes.
    results = ray.get([square.remote(number, log) for number in TASKS])
    total = sum(number for number, _ in results)
    print("total:", total, "from nodes:", len({node for _, node in results}))
    # -> total: 506 from nodes: 4

    # A node fails in the middle of the same work. Its tasks run again elsewhere, up to three times if need be
    # (max_retries), so a task must do no harm when it runs twice. Ray says so in lines that begin with (raylet).
    runs, runs_there = ray.get([log.count.remote("square"), log.count.remote("square", first.node_id)])
    again = [square.remote(number, log) for number in TASKS]
    deadline = time.monotonic() + 20
    while ray.get(log.count.remote("square", first.node_id)) == runs_there and time.monotonic() < deadline:
        time.sleep(0.05)
    cut_power(first)
    total_again = sum(number for number, _ in ray.get(again))
    more = ray.get(log.count.remote("square")) - runs - len(TASKS)
    print("a node fails, total:", total_again, "tasks that ran twice:", more > 0)
    # -> a node fails, total: 506 tasks that ran twice: True

    # Everything from here to the failure lives on one node: a result, an object of ray.put(), three actors that have
    # counted to three. The second is detached: it would even outlive this script. max_task_retries has a call that
    # was lost made again, so one that was carried out but not answered counts twice.
    there = {"scheduling_strategy": NodeAffinitySchedulingStrategy(second.node_id, soft=True)}
    folder = tempfile.TemporaryDirectory()
    computed = make_numbers.options(**there).remote(log)
    [put] = ray.get(put_numbers.options(**there).remote())
    plain = Tally.options(**there).remote()
    restarts = {"max_restarts": 1, "max_task_retries": 1}
    detached = Tally.options(**there, **restarts, lifetime="detached", name="tally", namespace="lesson").remote()
    saving = Tally.options(**there, **restarts).remote(Path(folder.name) / "tally")
    counted = [ray.get([tally.add_one.remote() for _ in range(3)])[-1] for tally in (plain, detached, saving)]
    ray.wait([computed], fetch_local=False)
    print("before:", counted)
    # -> before: [3, 3, 3]
    cut_power(second)

    # The owner of the result, this script, knows which task made it, and has it made once more.
    print("the result:", ray.get(computed).sum(), "made:", ray.get(log.count.remote("numbers")), "times")
    # -> the result: 499999500000 made: 2 times
    # An object of ray.put() was made by no task. Its owner was a worker on that node, and with it all knowledge of it.
    try:
        ray.get(put)
    except ray.exceptions.OwnerDiedError as error:
        print("the object of ray.put():", type(error).__name__)
        # -> the object of ray.put(): OwnerDiedError
    # An actor ends, unless it may restart. Then __init__ runs again elsewhere, and its memory is what that makes of it:
    # nothing, detached or not, if there is no checkpoint. On several machines that must lie on a disk that all share.
    try:
        ray.get(plain.add_one.remote())
    except ray.exceptions.ActorDiedError as error:
        print("the actor:", type(error).__name__)
        # -> the actor: ActorDiedError
    print("the detached one, restarted:", ray.get(detached.add_one.remote()))
    # -> the detached one, restarted: 1
    print("with a checkpoint:", ray.get(saving.add_one.remote()))
    # -> with a checkpoint: 4

    # The head keeps the books of the cluster, in a process called GCS. No other node takes over: when that process is
    # gone every driver ends, by default after a minute, here after a second.
    ray.shutdown()
    patience = {"RAY_gcs_rpc_server_reconnect_timeout_s": "1"}
    command = [sys.executable, "-c", DRIVER, cluster.address]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=os.environ | patience, **pipes) as driver:
        try:
            driver.stdout.readline()
            cluster.head_node.kill_gcs_server(check_alive=False)
            _, errors = driver.communicate(timeout=60)
        finally:
            driver.kill()
    print("the head fails, another driver:", *re.findall("Failed to connect to GCS", errors)[:1])
    # -> the head fails, another driver: Failed to connect to GCS


if __name__ == "__main__":
    main()
