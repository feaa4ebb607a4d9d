"""Every row of the table in docs/configuring.md is tried: Rays are started with what it names, and show the effect."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from ray.scripts.scripts import start as ray_start
from ray.serve.config import HTTPOptions

from tests.support.pages import DOCS, rows
from tests.support.places import Place, free_port, start
from tools.lessons import Lesson

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.xdist_group("configuring"),
    pytest.mark.skipif(sys.platform != "linux", reason="the nodes listen on 127.0.0.2, which only Linux has by itself"),
]

ROWS = {subject: cells for subject, *cells in rows(DOCS["configuring.md"])}
STORE = 80_000_000  # bytes. Ray takes no less than 75 MiB
TOKEN = "fedcba9876543210" * 4

# Starts a Ray or joins one, and writes down what it sees there.
LOOK = """
import json, os, pathlib, time, urllib.error, urllib.request
import numpy, psutil, ray
from ray import serve
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

plan = json.loads(os.environ["PLAN"])

@ray.remote(num_cpus=0)
def look():
    print("a worker prints this")
    time.sleep(0.5)  # so that each of several looks has a worker of its own
    return {"environment": dict(os.environ), "ports": [port for _, port in listening(psutil.Process())]}

def listening(where):
    return [c.laddr for c in where.net_connections("tcp") if c.status == psutil.CONN_LISTEN]

def dashboard_says(path, token):
    request = urllib.request.Request(f"http://127.0.0.1:{plan['dashboard']}{path}")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return [answer.status, json.load(answer)]
    except urllib.error.HTTPError as error:
        return [error.code, None]

seen = {"refused": {}}
for name, value in plan.get("refused", {}).items():
    try:
        ray.init(**{name: value})
    except ValueError as error:
        seen["refused"][name] = str(error)
context = ray.init(**plan["init"])
if plan.get("serve"):
    serve.start(http_options=plan["serve"])
nodes = ray.nodes()
seen["dashboard"] = context.dashboard_url
seen["address"] = context.address_info["gcs_address"]
seen["cluster"] = ray.cluster_resources()
seen["nodes"] = {node["NodeID"]: node for node in nodes}
seen["mine"] = context.address_info["node_id"]
seen["looks"], seen["elsewhere"] = [], []
for node in seen["nodes"]:
    there = look.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False))
    if node == seen["mine"]:
        seen["looks"] += [there.remote() for _ in range(plan.get("looks", 3))]
    else:
        seen["elsewhere"] += [there.remote()]
seen["looks"], seen["elsewhere"] = ray.get(seen["looks"]), ray.get(seen["elsewhere"])
if seen["cluster"].get("GPU") == 1:
    seen["with_gpu"] = ray.get(look.options(num_gpus=1).remote())
store = seen["nodes"][seen["mine"]]["Resources"]["object_store_memory"]
full = [ray.put(numpy.zeros(50_000_000, dtype="u1")) for _ in range(int(store / 50_000_000) + 2)]
seen["spilled"] = [str(path) for path in pathlib.Path(plan["place"]).rglob("ray_spilled_objects_*/*")]
if "dashboard" in plan:
    token = os.environ.get("TOKEN") or pathlib.Path("~/.ray/auth_token").expanduser().read_text()
    seen["usage"] = dashboard_says("/usage_stats_enabled", token)
    seen["without_token"] = dashboard_says("/usage_stats_enabled", None)
metrics, deadline = {node["MetricsExportPort"] for node in nodes}, time.monotonic() + 20
while True:  # until the metrics have, which start last
    seen["open"] = listening(psutil)
    if metrics <= {port for _, port in seen["open"]} or time.monotonic() > deadline:
        break
    time.sleep(0.2)
time.sleep(0.5)  # until the prints of the workers have come
if "newest" in plan:
    ray.shutdown()
    del os.environ["RAY_ADDRESS"]
    os.environ["RAY_TMPDIR"] = plan["newest"]
    seen["newest"] = ray.init(log_to_driver=False).address_info["gcs_address"]
pathlib.Path(plan["into"]).write_text(json.dumps(seen))
"""


@dataclass
class Seen:
    """What a script has seen of a Ray, and what was set for it."""

    place: Place
    facts: dict
    out: str
    err: str
    settings: set  # names of arguments, options and variables

    def __getattr__(self, name):
        return self.facts[name]

    @property
    def node(self):
        """The node that the script is on."""
        return self.nodes[self.mine]

    @property
    def environment(self):
        """The environment of a worker on this node."""
        return self.looks[0]["environment"]

    def listens(self, port, host=None):
        """Tell whether a process listened at a port, and at this address if one is given."""
        return any(opened == port and host in (None, address) for address, opened in self.open)

    @property
    def prints(self):
        """The lines that the driver got from its workers."""
        return [line for line in self.out.splitlines() if "a worker prints this" in line]


def files(folder, pattern, text=""):
    """Return the files in a folder with such a path and this text in them."""
    return [path for path in Path(folder).glob(pattern) if text in path.read_text(errors="replace")]


def looked(place, plan, **variables):
    """Run the script that looks at a Ray, and return what it has seen."""
    script = place.folder / "look.py"
    script.write_text(LOOK)
    into = place.folder / "seen.json"
    plan |= {"into": str(into), "place": str(place.folder)}
    process = start(Lesson(script), place, PLAN=json.dumps(plan), **variables)
    try:
        out, err = process.communicate(timeout=60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, err
    return Seen(place, json.loads(into.read_text()), out, err, {*plan["init"], *variables})


@pytest.fixture(scope="module")
def by_argument():
    """Start a Ray by `ray.init()` with arguments, and with variables that have no say beside them."""
    place = Place.make()
    dashboard, metrics, serve = free_port(), free_port(), free_port()
    arguments = {
        "address": "local",
        "num_cpus": 3,
        "num_gpus": 2,
        "resources": {"printer": 2},
        "labels": {"zone": "a"},
        "object_store_memory": STORE,
        "dashboard_host": "0.0.0.0",
        "dashboard_port": dashboard,
        "_metrics_export_port": metrics,
        "_node_ip_address": "127.0.0.2",
        "_temp_dir": str(place.folder / "t"),
        "object_spilling_directory": str(place.folder / "spilled"),
        "log_to_driver": False,
        "logging_level": "WARNING",
        "runtime_env": {"env_vars": {"GREETING": "of the job"}},
    }
    plan = {"init": arguments, "looks": 1, "dashboard": dashboard, "serve": {"host": "0.0.0.0", "port": serve}}
    variables = {
        "RAY_ADDRESS": "127.0.0.1:9",
        "RAY_USAGE_STATS_ENABLED": "1",
        "RAY_object_spilling_directory": str(place.folder / "not here"),
        "RAY_LOGGER_LEVEL": "debug",
        "GREETING": "of the driver",
    }
    try:
        seen = looked(place, plan, **variables)
        seen.settings.add("serve")
        seen.facts |= {"dashboard_port": dashboard, "metrics": metrics, "serve": serve}
        yield seen
    finally:
        place.remove()


@pytest.fixture(scope="module")
def by_variable():
    """Start a Ray by `ray.init()` with variables, and arguments where a variable wins over them."""
    place = Place.make()
    gcs, serve = free_port(), free_port()
    arguments = {"num_cpus": 1, "resources": {"printer": 1}, "labels": {"zone": "a"}, "include_dashboard": False}
    variables = {
        "RAY_ADDRESS": "local",
        "RAY_OVERRIDE_RESOURCES": '{"CPU": 5, "printer": 7}',
        "RAY_OVERRIDE_LABELS": '{"zone": "c"}',
        "RAY_DEFAULT_OBJECT_STORE_MEMORY_PROPORTION": "0.02",
        "RAY_GCS_SERVER_PORT": str(gcs),
        "RAY_object_spilling_directory": str(place.folder / "spilled"),
        "RAY_DEDUP_LOGS": "0",
        "RAY_LOGGER_LEVEL": "warning",
        "RAY_AUTH_MODE": "disabled",
        "RAY_SERVE_DEFAULT_HTTP_HOST": "0.0.0.0",
        "GREETING": "of the driver",
    }
    try:
        seen = looked(place, {"init": arguments, "serve": {"port": serve}}, **variables)
        seen.settings.add("RAY_TMPDIR")  # set in every place
        seen.facts |= {"gcs": gcs, "serve": serve}
        yield seen
    finally:
        place.remove()


def ray(*words, place, **variables):
    """Start a command of Ray and return the process, with its output in a pipe."""
    return subprocess.Popen(
        [sys.executable, "-m", "ray.scripts.scripts", *words],
        cwd=place.work,
        env=place.environment(PYTHONUNBUFFERED="1", **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_for_start(process):
    """Read what a `ray start` says until it has started, and return that."""
    said = ""
    for line in process.stdout:
        said += line
        if "This command will now block forever" in line:
            return said
    raise AssertionError(said)


@pytest.fixture(scope="module")
def by_option():
    """Start a head by `ray start` with options, a second node with next to none, and a driver that joins them."""
    place = Place.make()
    (place.folder / "home" / ".ray").mkdir()
    (place.folder / "home" / ".ray" / "auth_token").write_text(TOKEN)
    port, dashboard, metrics = free_port(), free_port(), free_port()
    options = {
        "--num-cpus": "4",
        "--num-gpus": "1",
        "--resources": '{"printer": 3}',
        "--labels": "zone=b",
        "--object-store-memory": str(STORE),
        "--port": str(port),
        "--dashboard-host": "0.0.0.0",
        "--dashboard-port": str(dashboard),
        "--min-worker-port": "31100",
        "--max-worker-port": "31199",
        "--metrics-export-port": str(metrics),
        "--node-ip-address": "127.0.0.2",
        "--temp-dir": str(place.folder / "t" / "ray"),
        "--object-spilling-directory": str(place.folder / "spilled"),
    }
    words = [word for option in options.items() for word in option] + ["--disable-usage-stats", "--block"]
    beside = ["--dashboard-agent-listen-port", "0"]  # another Ray of this machine may have the port that it likes
    on_head = {"RAY_USAGE_STATS_ENABLED": "1", "CUDA_VISIBLE_DEVICES": "7", "GREETING": "of the node"}
    elsewhere = {"HOME": str(place.folder / "work"), "RAY_AUTH_MODE": "token"}  # without the file of the token
    with_token = elsewhere | {"RAY_AUTH_TOKEN": TOKEN}
    with_file = elsewhere | {"RAY_AUTH_TOKEN_PATH": str(place.folder / "home" / ".ray" / "auth_token")}
    address = {"RAY_ADDRESS": f"127.0.0.2:{port}"}
    try:
        client = ["--ray-client-server-port", str(free_port())]
        head = ray("start", "--head", *words, *beside, *client, place=place, **on_head)
        wait_for_start(head)
        joins = ["--address", address["RAY_ADDRESS"], "--block"]
        second = ray("start", *joins, *beside, place=place, **with_token)
        wait_for_start(second)
        plan = {
            "init": {"address": "auto", "dashboard_port": free_port(), "object_spilling_directory": "/nowhere"},
            "refused": {"num_cpus": 1, "num_gpus": 1, "resources": {}, "labels": {}, "object_store_memory": STORE},
            "dashboard": dashboard,
            "newest": str(place.folder / "t"),
        }
        status = ray("status", place=place, **with_file, **address)
        seen = looked(place, plan, **with_file, **address, TOKEN=TOKEN, GREETING="of the driver")
        seen.facts |= {"port": port, "dashboard_port": dashboard, "metrics": metrics, "status": status.communicate()[0]}
        seen.facts["ignored"] = plan["init"]["dashboard_port"]
        seen.settings |= {*options, *joins, *words, *on_head, *with_token}
        for process in second, head:
            process.send_signal(signal.SIGINT)
        for process in second, head:
            process.communicate(timeout=20)
        yield seen
    finally:
        place.remove()


@pytest.fixture(scope="module")
def by_itself():
    """Return what `ray start` says before it starts, with nothing set and with usage statistics switched off."""
    place = Place.make()
    try:
        without = {"default": {}, "off": {"RAY_USAGE_STATS_ENABLED": "0"}}
        started = {
            name: ray("start", "--head", "--port", str(free_port()), place=place, **variables)
            for name, variables in without.items()
        }
        said = {}
        for name, process in started.items():
            said[name] = ""
            while "authentication is" not in said[name]:
                line = process.stdout.readline()
                assert line, said[name]
                said[name] += line
            os.killpg(process.pid, signal.SIGKILL)
        return said
    finally:
        place.remove()


CASES = {}


def row(subject):
    """Register what tries the row of the table with this subject."""
    return lambda case: CASES.setdefault(subject, case)


@row("CPUs, GPUs")
def _(argument, option, variable, _):
    assert argument.cluster["CPU"] == 3
    assert argument.cluster["GPU"] == 2
    assert option.node["Resources"]["CPU"] == 4
    assert option.node["Resources"]["GPU"] == 1
    assert option.with_gpu["environment"]["CUDA_VISIBLE_DEVICES"] == "7"
    assert variable.cluster["CPU"] == 5, "and not the 1 of the argument"
    assert second(option)["Resources"]["CPU"] == cpus_here()
    gpus = len(list(Path("/proc/driver/nvidia/gpus").glob("*")))
    assert second(option)["Resources"].get("GPU", 0) == gpus


@row("custom resources")
def _(argument, option, variable, _):
    assert argument.cluster["printer"] == 2
    assert option.cluster["printer"] == 3
    assert variable.cluster["printer"] == 7, "and not the 1 of the argument"
    assert "printer" not in second(option)["Resources"]


@row("labels ‡")
def _(argument, option, variable, _):
    assert [seen.node["Labels"]["zone"] for seen in (argument, option, variable)] == ["a", "b", "c"]
    assert {name.partition("/")[0] for name in second(option)["Labels"]} == {"ray.io"}


@row("object store")
def _(argument, option, variable, _):
    assert argument.cluster["object_store_memory"] == STORE
    assert option.node["Resources"]["object_store_memory"] == STORE
    share, default = (node["Resources"]["object_store_memory"] for node in (variable.node, second(option)))
    assert share / default == pytest.approx(0.02 / 0.3, rel=0.3), "memory is free at both times, about as much"
    assert default < 0.3 * psutil.virtual_memory().total


@row("port of the cluster")
def _(argument, option, variable, _):
    assert option.address == f"127.0.0.2:{option.port}"
    assert option.listens(option.port)
    assert variable.address.endswith(f":{variable.gcs}")
    assert variable.listens(variable.gcs)
    assert not argument.address.endswith(":6379")
    assert "defaults to 6379" in default_of("port")


@row("dashboard")
def _(argument, option, variable, _):
    for seen in argument, option:
        assert seen.listens(seen.dashboard_port, "0.0.0.0")
        assert seen.dashboard.endswith(f":{seen.dashboard_port}")
        assert seen.usage[0] == 200
    assert not variable.dashboard
    assert (default_of("dashboard_host"), default_of("dashboard_port")) == ("127.0.0.1", 8265)


@row("ports of workers")
def _(argument, option, variable, _):
    ports = [{port for worker in looks for port in worker["ports"]} for looks in (option.looks, option.elsewhere)]
    assert all(ports)
    assert ports[0] <= set(range(31100, 31200))
    assert ports[1] <= set(range(10002, 20000))
    assert not {port for worker in argument.looks for port in worker["ports"]} & set(range(10002, 20000))


@row("port of metrics")
def _(argument, option, variable, _):
    for seen in argument, option:
        assert seen.node["MetricsExportPort"] == seen.metrics
        assert seen.listens(seen.metrics)
    assert variable.listens(variable.node["MetricsExportPort"])


@row("cluster to join")
def _(argument, option, variable, _):
    assert list(argument.nodes) == [argument.mine], "a Ray of its own, whatever RAY_ADDRESS says"
    assert list(variable.nodes) == [variable.mine]
    assert len(option.nodes) == 2, "the second node has joined"
    assert option.address == f"127.0.0.2:{option.port}", 'the driver has, where RAY_ADDRESS stands for "auto"'
    assert option.newest == option.address


@row("address of this node")
def _(argument, option, variable, _):
    for seen in argument, option:
        assert seen.node["NodeManagerAddress"] == "127.0.0.2"
    assert (
        variable.node["NodeManagerAddress"]
        == subprocess.run(
            [sys.executable, "-c", "import ray.util; print(ray.util.get_node_ip_address())"],
            capture_output=True,
            text=True,
        ).stdout.strip()
    )


@row("temporary folder, logs")
def _(argument, option, variable, _):
    logs = "session_latest/logs/worker-*.out"
    assert files(argument.place.folder, f"t/{logs}", "a worker prints this")
    assert files(option.place.folder, f"t/ray/{logs}", "a worker prints this")
    assert files(variable.place.folder, f"ray/ray/{logs}", "a worker prints this")
    assert not (argument.place.folder / "ray" / "ray").exists()
    assert not (option.place.folder / "ray" / "ray").exists(), "the second node shares the folder of the head"


@row("spilled objects")
def _(argument, option, variable, _):
    for seen in argument, option, variable:
        assert seen.spilled
        assert {Path(file).relative_to(seen.place.folder).parts[0] for file in seen.spilled} == {"spilled"}


@row("what workers print")
def _(argument, option, variable, _):
    assert argument.prints == []
    assert len(variable.prints) == 3
    first, again = option.prints[0], option.prints[-1]
    assert "repeated" not in first
    assert "repeated" in again


@row("what Ray says")
def _(argument, option, variable, _):
    assert "View the dashboard at" not in argument.err
    assert "Started a local Ray instance" not in argument.err + variable.err
    assert "Connected to Ray cluster" in option.err


@row("token")
def _(argument, option, variable, itself):
    token = argument.place.folder / "home" / ".ray" / "auth_token"
    assert len(token.read_text()) == 64, "made by ray.init()"
    assert not (variable.place.folder / "home" / ".ray").exists()
    for seen in argument, option:
        assert seen.usage[0] == 200
        assert seen.without_token[0] == 401
    assert "Token authentication is disabled" in itself["default"]


@row("usage statistics")
def _(argument, option, variable, itself):
    assert not argument.usage[1]["data"]["usageStatsEnabled"], "whatever the variable says"
    assert not option.usage[1]["data"]["usageStatsEnabled"], "whatever the variable says"
    assert "Usage stats collection is enabled by default" in itself["default"]
    assert "Usage stats collection is disabled" in itself["off"]


@row("environment of workers")
def _(argument, option, variable, _):
    assert argument.environment["GREETING"] == "of the job"
    assert option.environment["GREETING"] == "of the node"
    assert variable.environment["GREETING"] == "of the driver"


@row("address of Serve")
def _(argument, option, variable, _):
    assert argument.listens(argument.serve, "0.0.0.0")
    assert variable.listens(variable.serve, "0.0.0.0")
    assert (HTTPOptions().host, HTTPOptions().port) == ("127.0.0.1", 8000)


def second(seen):
    """Return the node of `ray start` that has next to no options."""
    [node] = [node for node in seen.nodes.values() if node["NodeID"] != seen.mine]
    return node


def cpus_here():
    """Return the number of this machine's CPUs, or what its container may use of them."""
    limit = Path("/sys/fs/cgroup/cpu.max")
    quota, period = limit.read_text().split() if limit.exists() else ("max", "")
    return os.cpu_count() if quota == "max" else max(1, int(quota) // int(period))


def default_of(name):
    """Return the default of an option of `ray start`, or what its help says."""
    [option] = [option for option in ray_start.params if option.name == name]
    return option.default if isinstance(option.default, (int, str)) else option.help


@pytest.mark.parametrize("subject", ROWS)
def test_row_of_the_table_is_true(subject, by_argument, by_option, by_variable, by_itself):
    CASES[subject](by_argument, by_option, by_variable, by_itself)


@pytest.mark.parametrize("subject", ROWS)
def test_names_of_the_row_are_set_where_it_is_tried(subject, by_argument, by_option, by_variable):
    tried = by_argument.settings | by_option.settings | by_variable.settings
    patterns = r"`(\w+)", r"`(--[\w-]+)", r"`([A-Z]+_\w+)"
    names = {name for pattern, cell in zip(patterns, ROWS[subject]) for name in re.findall(pattern, cell)}
    assert names - tried == set()


def test_table_has_a_row_for_each_case():
    assert list(CASES) == list(ROWS)


def test_joining_refuses_what_only_a_start_can_set(by_option):
    [sentence] = re.findall(r"If it joins, ([^.]+) raise `ValueError`", DOCS["configuring.md"])
    assert sorted(by_option.refused) == sorted(re.findall(r"`(\w+)`", sentence))


def test_joining_ignores_the_dashboard_and_the_folder_to_spill_to(by_option):
    assert not by_option.listens(by_option.ignored)
    assert not Path("/nowhere").exists()


def test_status_says_what_the_cluster_has(by_option):
    assert f"/{by_option.cluster['printer']:.1f} printer" in by_option.status
