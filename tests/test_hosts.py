"""Four hosts form a cluster with the scripts of cluster/, and a fifth joins or is turned away. Lessons run on them.

make cluster-test    prints, for each failure, what was lost.
"""

import json
import os
import re
import shutil
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import ray
import yaml
from ray.autoscaler._private import fake_multi_node

from tests.support.hosts import Hosts, NoHostsError
from tests.support.places import ROOT, ended, wait_until
from tools.lessons import differences, lesson_named

pytestmark = [pytest.mark.hosts, pytest.mark.timeout(300)]

TOKEN = "0123456789abcdef" * 4
PORTS = {6379, 8000, 8265, 10001}  # of a head, its Serve and its dashboard
LISTENED = {socket.laddr.port for socket in psutil.net_connections("tcp")} if sys.platform == "linux" else set()
PATH = f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"
# Two hundred tasks, whose results stay on the hosts that computed them. Each run leaves a file, to count repeats.
TASKS = """
import json, os, pathlib, sys, time, uuid
import numpy as np
import ray

folder = pathlib.Path(sys.argv[1])
ray.init(log_to_driver=False)

@ray.remote(scheduling_strategy="SPREAD")
def square(number):
    (folder / f"{number}-{uuid.uuid4().hex}").touch()
    time.sleep(0.2)
    return np.full(200_000, number**2)  # 1.6 MB, too large to travel to the driver at once

results = [square.remote(number) for number in range(200)]
ray.wait(results, num_returns=80, timeout=100, fetch_local=False)
print("80 are done", flush=True)
started = time.monotonic()
right = sum(int(ray.get(result, timeout=240)[0]) == number**2 for number, result in enumerate(results))
runs = len(list(folder.iterdir()))
print(json.dumps({"right": right, "repeated": runs - 200, "seconds": round(time.monotonic() - started)}))
"""
NODES = "import ray; ray.init(); print(*sorted(node['NodeManagerAddress'] for node in ray.nodes() if node['Alive']))"
WAITING = """
import ray, time
ray.init(log_to_driver=False)
where = ray.remote(resources={"late": 1})(ray.util.get_node_ip_address)
result = where.remote()
print("waiting", flush=True)
print(ray.get(result, timeout=100))
"""


# A task runs on the last host when that is told to leave. Where do new tasks run then, and what becomes of the old one?
LEAVING = """
import json, pathlib, sys, time
import ray
started = pathlib.Path(sys.argv[1], "started")
ray.init(log_to_driver=False)
[node] = [node["NodeID"] for node in ray.nodes() if "late" in node["Resources"]]

@ray.remote(resources={"late": 1}, max_retries=0)
def finish():
    started.touch()
    time.sleep(15)
    return "finished"

@ray.remote(scheduling_strategy="SPREAD")
def where():
    return ray.util.get_node_ip_address()

result = finish.remote()
while not started.exists():
    time.sleep(0.1)
print(node, flush=True)
time.sleep(8)
print(json.dumps([ray.get([where.remote() for _ in range(20)]), ray.get(result)]))
"""
COUNTER = """
import ray
ray.init(namespace="tour", log_to_driver=False)

@ray.remote
class Counter:
    calls = 0

    def call(self):
        self.calls += 1
        return self.calls

counter = Counter.options(name="counter", get_if_exists=True, lifetime="detached", resources={"far": 1}).remote()
print(ray.get(counter.call.remote(), timeout=100))
"""
# The file that AutoscalingCluster starts from, which is not in Ray's wheel.
EXAMPLE = {
    **{name: {} for name in ("auth", "docker", "file_mounts")},
    **{name: [] for name in ("cluster_synced_files", "rsync_exclude", "rsync_filter")},
    **{f"{name}_commands": [] for name in ("initialization", "setup", "head_setup", "worker_setup")},
    **{f"{name}_start_ray_commands": [] for name in ("head", "worker")},
    "file_mounts_sync_continuously": False,
    "cluster_name": "fake",
    "provider": {"type": "fake_multinode", "disable_node_updaters": True, "disable_launch_config_check": True},
    "max_workers": 2,
    "upscaling_speed": 1,
    "head_node_type": "ray.head.default",
}
# The nodes of AutoscalingCluster are processes. It calls `ray stop --force`, which finds only those on its host.
AUTOSCALING = """
import json, time
import numpy as np
import ray
from ray.autoscaler.sdk import request_resources
from ray.cluster_utils import AutoscalingCluster

IDLE = 6  # seconds
kinds = {"worker": {"resources": {"CPU": 2}, "node_config": {}, "min_workers": 0, "max_workers": 2}}
cluster = AutoscalingCluster({"CPU": 1}, kinds, autoscaler_v2=True, idle_timeout_minutes=IDLE / 60)
cluster.start()
ray.init(address="auto", log_to_driver=False)
events = []

def nodes():
    return sum(node["Alive"] for node in ray.nodes())

def wait_for(count, patience=60):
    started = time.monotonic()
    while nodes() != count and time.monotonic() < started + patience:
        time.sleep(0.1)
    return nodes(), round(time.monotonic() - started)

def tell(event, patience=60, count=2):
    events.append([event, *wait_for(count, patience)])

@ray.remote
def work(megabytes=0):
    return np.ones(megabytes * 125_000)

@ray.remote(num_cpus=2)
class Idle:
    def ready(self):
        pass

too_large = work.options(num_cpus=3).remote()
tell("a task that fits no node", 15)
ray.cancel(too_large)
result = work.options(num_cpus=2).remote()
tell("a task that needs a node")
ray.get(result)
tell("the node is idle", count=1)
kept = work.options(num_cpus=2).remote(1)
tell("a task whose result is kept")
tell("its node is idle", 3 * IDLE, count=1)
del kept
tell("its result is gone", count=1)
actor = Idle.remote()
tell("an actor")
ray.get(actor.ready.remote())
tell("the actor is idle", 3 * IDLE, count=1)
ray.kill(actor)
tell("the actor is gone", count=1)
request_resources(num_cpus=5)
tell("a request for five CPUs", count=3)
request_resources(num_cpus=0)
tell("no request", count=1)
print(json.dumps(events), flush=True)
ray.shutdown()
cluster.shutdown()
"""
# Four clients send four hundred pictures to the head's proxy, and count the answers by their status.
PICTURES = """
import collections, concurrent.futures, json, pathlib, sys
import requests

photo = pathlib.Path(sys.argv[1]).read_bytes()
session = requests.Session()
session.trust_env = False

def send(_):
    try:
        return session.post("http://127.0.0.1:8000/image/", data=photo, timeout=60).status_code
    except requests.RequestException as error:
        return type(error).__name__

statuses = []
with concurrent.futures.ThreadPoolExecutor(4) as clients:
    for status in clients.map(send, range(400)):
        statuses.append(status)
        if len(statuses) == 100:
            print("100 are answered", flush=True)
print(json.dumps(collections.Counter(map(str, statuses))))
"""


@pytest.fixture(scope="module")
def hosts():
    """Yield five hosts, none of which runs anything yet."""
    try:
        hosts = Hosts(5)
    except NoHostsError as reason:
        pytest.skip(str(reason))
    with hosts:
        yield hosts.hosts
        assert not outside() & PORTS, "something of the hosts listens outside their network"
    assert [process for host in hosts.hosts for process in host.place.processes()] == []
    assert not any(host.place.folder.exists() for host in hosts.hosts)


def outside():
    """Return the ports on which something listens outside the hosts, except what did so before."""
    listening = {socket.laddr.port for socket in psutil.net_connections("tcp") if socket.status == psutil.CONN_LISTEN}
    return listening - LISTENED


class Cluster:
    """A head and workers on hosts."""

    def __init__(self, hosts):
        self.head, *self.workers = hosts
        self.address = f"{self.head.address}:6379"
        self.joins = {"RAY_ADDRESS": self.address, "RAY_AUTH_MODE": "token", "PATH": PATH}

    def call(self, host, script, *arguments, token=TOKEN, **variables):
        """Run a script of cluster/ on a host that has a token, and return it as a CompletedProcess."""
        file = host.place.folder / "home" / ".ray" / "auth_token"
        file.parent.mkdir(exist_ok=True)
        file.write_text(token)
        return host.run(["sh", ROOT / "cluster" / f"{script}.sh", *arguments], PATH=PATH, **variables)

    def start(self, *options, **variables):
        """Start the head, with options of `ray start` and variables."""
        started = self.call(self.head, "head", "--num-cpus=1", *options, **variables)
        assert started.returncode == 0, started.stderr
        assert f"sh cluster/worker.sh {self.address}\n" in started.stdout

    def join(self, host, *options):
        """Add a host."""
        joined = self.call(host, "worker", self.head.address, "--num-cpus=2", *options)
        assert joined.returncode == 0, joined.stderr

    def python(self, program, *arguments, at=None):
        """Start a program on a host, by default on the head, joined to the cluster."""
        host = at or self.head
        return host.popen([sys.executable, "-c", program, *arguments], **self.joins)

    def command(self, *command):
        """Run a command of Ray or Serve on the head, and return it as a CompletedProcess."""
        return self.head.run(command, **self.joins)

    def nodes(self):
        """Return the addresses of the nodes that are alive."""
        result = ended(self.python(NODES))
        assert result.returncode == 0, result.stderr
        return result.stdout.split()


@pytest.fixture(scope="module")
def cluster(hosts):
    """Start a cluster on the first four hosts."""
    cluster = Cluster(hosts[:4])
    cluster.start()
    for host in cluster.workers:
        cluster.join(host)
    assert cluster.nodes() == [host.address for host in hosts[:4]]
    return cluster


@contextmanager
def during_tasks(cluster, folder):
    """Start the tasks, yield when 80 are done, and report what they say in the end."""
    process, said = cluster.python(TASKS, folder), {}
    try:
        assert process.stdout.readline() == "80 are done\n"
        yield said
    finally:
        result = ended(process, timeout=270)
    found = [line for line in result.stdout.splitlines() if line.startswith("{")]  # Ray's own lines are there, too
    assert found, result.stdout + result.stderr
    said |= json.loads(found[0])
    print(said)


@pytest.mark.parametrize("name", ["O1_tiny_demo", "O2_actors", "O3_data", "O5_patterns", "O8_observe", "O9_train"])
def test_a_lesson_prints_on_the_cluster_what_it_prints_at_home(cluster, name):
    lesson = lesson_named(name)
    host = cluster.head if name == "O8_observe" else cluster.workers[0]  # only the head sees the dashboard
    result = host.run([sys.executable, lesson.path], **cluster.joins)
    assert result.returncode == 0, result.stderr
    assert differences(lesson.expected, result.stdout.splitlines()) == []


@pytest.mark.parametrize(("token", "reason"), [("", "There is no token"), ("f" * 64, "InvalidAuthToken")])
def test_a_host_without_the_token_is_turned_away(cluster, hosts, token, reason):
    stranger = hosts[4]
    refused = cluster.call(stranger, "worker", cluster.head.address, token=token)
    assert refused.returncode == 1
    assert reason in refused.stderr
    assert stranger.place.processes() == []


def test_another_version_of_ray_is_turned_away(cluster, hosts, tmp_path):
    stranger, installed, other = hosts[4], Path(ray.__file__).with_name("_version.py"), tmp_path / "_version.py"
    other.write_text(installed.read_text().replace(ray.__version__, "2.59.0"))
    mounted = stranger.run(["mount", "--bind", other, installed])  # on this host alone, Ray has another number
    assert mounted.returncode == 0, mounted.stderr
    try:
        refused = cluster.call(stranger, "worker", cluster.head.address, PYTHONDONTWRITEBYTECODE="1")
    finally:
        stranger.run(["umount", installed])
    assert refused.returncode == 1
    assert re.search(rf"The cluster was started with:\s+Ray: {ray.__version__}", refused.stderr)
    assert re.search(r"was started with:\s+Ray: 2\.59\.0", refused.stderr)
    assert stranger.place.processes() == []


def test_a_host_joins_while_work_waits_for_it(cluster, hosts):
    late = hosts[4]
    process = cluster.python(WAITING)
    assert process.stdout.readline() == "waiting\n"
    wait_until(lambda: re.search(r"Pending Demands:\s+{.*'late': 1.0}: 1", cluster.command("ray", "status").stdout))
    cluster.join(late, "--resources", '{"late": 1}')
    assert ended(process).stdout == f"{late.address}\n"
    assert cluster.call(late, "stop").stdout == "Stopped.\n"
    wait_until(lambda: late.address not in cluster.nodes())


@pytest.mark.parametrize("how", ["drain-node", "stop.sh"])
def test_a_host_that_leaves_finishes_its_task_and_gets_no_other(cluster, hosts, how, tmp_path):
    late = hosts[4]
    cluster.join(late, "--resources", '{"late": 1}')
    process = cluster.python(LEAVING, tmp_path)
    node = process.stdout.readline().strip()
    if how == "drain-node":
        reason = ["--reason=DRAIN_NODE_REASON_PREEMPTION", "--reason-message=maintenance"]
        drained = cluster.command("ray", "drain-node", f"--node-id={node}", *reason)
        assert drained.returncode == 0, drained.stderr
    else:
        assert cluster.call(late, "stop").stdout == "Stopped.\n"
    result = ended(process)
    assert result.returncode == 0, result.stderr
    others, said = json.loads(result.stdout)
    assert said == "finished"
    assert late.address not in others
    wait_until(lambda: late.address not in cluster.nodes())
    if how == "drain-node":
        assert cluster.call(late, "stop").stdout == "Stopped.\n"
    assert late.place.processes() == []


def test_a_job_is_submitted_and_its_log_followed(cluster):
    lines = ["--working-dir", ROOT / "patterns", "--", "python", "tree_reduction.py"]
    submitted = cluster.command("ray", "job", "submit", *lines)
    assert submitted.returncode == 0, submitted.stderr
    assert "in_a_tree: 120 after 4 steps" in submitted.stdout


@pytest.fixture(scope="module")
def deployed(cluster):
    """Deploy both models to the cluster."""
    sent = cluster.command("serve", "deploy", ROOT / "cluster" / "serve_config.yaml")
    assert sent.returncode == 0, sent.stderr

    def applications():
        status = yaml.safe_load(cluster.command("serve", "status").stdout)
        states = {name: application["status"] for name, application in status["applications"].items()}
        assert "DEPLOY_FAILED" not in states.values(), status
        return states == {"image": "RUNNING", "text": "RUNNING"}

    wait_until(applications, patience=120)
    yield cluster
    cluster.command("serve", "shutdown", "--yes")


def test_both_models_answer(deployed):
    ask = """
import json, pathlib, requests, sys
session = requests.Session()
session.trust_env = False
image = session.post("http://127.0.0.1:8000/image/", data=pathlib.Path(sys.argv[1]).read_bytes(), timeout=60)
text = session.get("http://127.0.0.1:8000/text/", params={"text": "What a lovely day!"}, timeout=60)
print(json.dumps([image.json()[0]["label"], text.json()["label"]]))
"""
    result = ended(deployed.python(ask, ROOT / "imgs" / "cat.jpg"))
    assert result.returncode == 0, result.stderr
    image, text = json.loads(result.stdout)
    assert "cat" in image
    assert text == "POSITIVE"


def test_a_power_cut_loses_few_of_four_hundred_requests(deployed):
    process = deployed.python(PICTURES, ROOT / "imgs" / "cat.jpg")
    assert process.stdout.readline() == "100 are answered\n"
    [host, *_] = [host for host in deployed.workers if "ServeReplica:image" in host.titles()]
    host.cut_power()
    assert process.poll() is None
    result = ended(process)
    assert result.returncode == 0, result.stderr
    statuses = json.loads(result.stdout)
    print(statuses)
    assert statuses["200"] >= 390
    wait_until(lambda: host.address not in deployed.nodes(), patience=120)
    host.plug("up")
    deployed.join(host)


def test_two_seconds_without_a_link_lose_nothing(cluster, tmp_path):
    with during_tasks(cluster, tmp_path) as said:
        cluster.workers[0].plug("down")
        time.sleep(2)
        cluster.workers[0].plug("up")
    assert (said["right"], said["repeated"]) == (200, 0)


def test_half_a_minute_without_a_link(cluster, tmp_path):
    with during_tasks(cluster, tmp_path) as said:
        cluster.workers[1].plug("down")
        time.sleep(30)
        cluster.workers[1].plug("up")
    assert said["right"] == 200
    # Half a minute is about as long as the head waits before it gives a node up. So the node may have to join again.
    print("still in the cluster:", cluster.workers[1].address in cluster.nodes())
    cluster.call(cluster.workers[1], "stop")
    wait_until(lambda: cluster.workers[1].address not in cluster.nodes())
    cluster.join(cluster.workers[1])


def test_a_power_cut_loses_results_and_they_are_computed_again(cluster, tmp_path):
    with during_tasks(cluster, tmp_path) as said:
        cluster.workers[2].cut_power()
    assert said["right"] == 200
    assert said["repeated"] > 0


def test_without_redis_a_cluster_ends_soon_after_its_head(cluster):
    cluster.head.place.kill()
    started = time.monotonic()
    for host in cluster.workers[:2]:
        wait_until(lambda host=host: "raylet" not in host.titles(), patience=150)
    print(f"the workers ended within {time.monotonic() - started:.0f} seconds")


def test_a_head_with_redis_behind_it_comes_back_and_actors_answer_again(hosts):
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is missing, which Debian has")
    head, worker, store = hosts[0], hosts[1], hosts[4]
    for host in hosts:
        host.place.kill()
    redis = store.popen(["redis-server", "--bind", store.address, "--requirepass", "secret", "--save", ""])
    wait_until(lambda: "Ready to accept connections" in redis.stdout.readline())
    cluster = Cluster([head, worker])
    in_redis = {"RAY_REDIS_ADDRESS": f"{store.address}:6379"}
    try:
        cluster.start("--redis-password=secret", **in_redis)
        cluster.join(worker, "--resources", '{"far": 1}')
        assert [ended(cluster.python(COUNTER)).stdout for _ in range(2)] == ["1\n", "2\n"]
        head.cut_power()
        head.plug("up")
        cluster.start("--redis-password=secret", **in_redis)
        assert ended(cluster.python(COUNTER)).stdout == "3\n", "the actor kept its state"
        wait_until(lambda: cluster.nodes() == [head.address, worker.address])
    finally:
        store.place.kill()
        redis.communicate()


def test_nodes_come_when_work_needs_them_and_go_when_they_are_idle(hosts, tmp_path):
    installed, copy = Path(fake_multi_node.__file__).parent, tmp_path / "copy"
    shutil.copytree(installed, copy)
    (copy / "example.yaml").write_text(yaml.safe_dump(EXAMPLE))
    hosts[3].run(["mount", "--bind", copy, installed])  # on this host alone
    result = ended(hosts[3].popen([sys.executable, "-c", AUTOSCALING], PATH=PATH), timeout=270)
    assert result.returncode == 0, result.stdout + result.stderr
    [events] = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("[[")]
    print(*events, sep="\n")
    assert {event: count for event, count, _ in events} == {
        "a task that fits no node": 1,
        "a task that needs a node": 2,
        "the node is idle": 1,
        "a task whose result is kept": 2,
        "its node is idle": 2,
        "its result is gone": 1,
        "an actor": 2,
        "the actor is idle": 2,
        "the actor is gone": 1,
        "a request for five CPUs": 3,
        "no request": 1,
    }
    stays = "a task that fits no node", "its node is idle", "the actor is idle"
    assert max(seconds for event, _, seconds in events if event not in stays) <= 30
