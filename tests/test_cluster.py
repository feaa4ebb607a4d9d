"""The scripts of cluster/ start nodes that lessons run on, refuse what is unsafe, and end only what they started."""

import os
import re
import shutil
import subprocess
import sys

import psutil
import pytest
import ray
import yaml
from jsonschema import ValidationError
from ray.autoscaler._private.util import prepare_config, validate_config

from tests.support.pages import page
from tests.support.places import ROOT, free_port, run, wait_until
from tools.lessons import differences, lesson_named
from tools.serve_config import problems

CLUSTER = ROOT / "cluster"
TOKEN = "fedcba9876543210" * 4
# A task is cancelled by SIGINT, which a script's background processes ignore.
CANCEL = """
import time, ray
ray.init(log_to_driver=False)

@ray.remote
def sleep_shortly():
    started.touch()
    for _ in range(600):
        time.sleep(0.1)

import pathlib, tempfile
started = pathlib.Path(tempfile.mkdtemp(), "started")
result = sleep_shortly.remote()
while not started.exists():
    time.sleep(0.1)
ray.cancel(result)
try:
    ray.get(result, timeout=20)
except ray.exceptions.TaskCancelledError as error:
    print("TaskCancelledError")
started.unlink()
"""
HEAD, WORKER = "127.0.0.2", "127.0.0.3"
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these addresses by itself")


class Machine:
    """A pretended machine: a folder for the scripts' files, in a place that machines share."""

    def __init__(self, place, name, **variables):
        self.place, self.folder = place, place.folder / name
        path = f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"
        self.variables = {"CLUSTER_FOLDER": str(self.folder), "PATH": path} | variables

    def call(self, script, *arguments):
        """Run a script, and return it as a CompletedProcess."""
        command = ["sh", CLUSTER / f"{script}.sh", *arguments]
        environment = self.place.environment(**self.variables)
        return subprocess.run(command, env=environment, cwd=self.place.work, capture_output=True, text=True, timeout=90)


@pytest.fixture
def head(place):
    """Return a machine with a token."""
    return Machine(place, "head", RAY_AUTH_TOKEN=TOKEN)


@pytest.fixture
def worker(place):
    """Return another one with the same token."""
    return Machine(place, "worker", RAY_AUTH_TOKEN=TOKEN)


@ON_LINUX
@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({}, "There is no token. Without one, anyone on the network could run code here.\nOn the head:"),
        ({"RAY_AUTH_MODE": "disabled", "RAY_AUTH_TOKEN": TOKEN}, "RAY_AUTH_MODE=disabled lets anyone on the network"),
        ({"RAY_AUTH_TOKEN": TOKEN, "PATH": "/usr/bin:/bin"}, "ray is not on the PATH. Activate its environment first"),
    ],
)
@pytest.mark.parametrize("script", ["head", "worker"])
def test_an_unsafe_start_is_refused(place, script, variables, reason):
    refused = Machine(place, "machine", **variables).call(script, *(["10.0.0.1"] if script == "worker" else []))
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr.startswith(reason)
    assert place.processes() == []


def test_a_worker_needs_the_address_of_a_head(worker):
    refused = worker.call("worker")
    assert refused.returncode == 1
    assert refused.stderr.startswith("Give the address that head.sh printed")


@ON_LINUX
def test_stop_without_a_node_changes_nothing(head, worker):
    assert head.call("stop").stdout == "No node started by these scripts is running here.\n"
    # After a reboot, another process may have the node's id.
    worker.folder.mkdir()
    (worker.folder / "pid").write_text(str(os.getpid()))
    assert worker.call("stop").stdout == "No node started by these scripts is running here.\n"


@ON_LINUX
@pytest.mark.thorough
def test_a_lesson_runs_on_head_and_worker_until_they_stop(place, head, worker, ray_here):
    address = f"{HEAD}:{free_port()}"
    options = ["--num-cpus=2", "--dashboard-port=0", f"--node-ip-address={HEAD}", f"--port={address.partition(':')[2]}"]
    started = head.call("head", *options)
    assert started.returncode == 0, started.stderr
    assert f"sh cluster/worker.sh {address}\n" in started.stdout
    again = head.call("head", *options)
    assert (again.returncode, again.stdout) == (0, started.stdout.partition("log\n")[2]), "it starts nothing else"

    joined = worker.call("worker", address, "--num-cpus=2", f"--node-ip-address={WORKER}", "--resources", '{"far": 1}')
    assert joined.returncode == 0, joined.stderr
    assert joined.stdout.endswith(f"This machine has joined the cluster of {address}.\n")
    assert worker.call("worker", address).returncode == 0
    for script, *elsewhere in [("worker", "127.0.0.9"), ("head",)]:
        assert "Remove it first" in worker.call(script, *elsewhere).stderr

    lesson = lesson_named("O1_tiny_demo")
    joins = {"RAY_ADDRESS": address, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN}
    result = run(lesson, place, **joins)
    assert result.returncode == 0, result.stderr
    assert differences(lesson.expected, result.stdout.splitlines()) == []
    far = "import ray; ray.init(); names = {node['NodeID']: node['NodeManagerAddress'] for node in ray.nodes()}; "
    far += "where = ray.remote(resources={'far': 1})(lambda: ray.get_runtime_context().get_node_id()); "
    far += "print(names[ray.get(where.remote())])"
    nodes = "import ray; ray.init(); print(sorted(node['NodeManagerAddress'] for node in ray.nodes() if node['Alive']))"

    def printed(program):
        command = [sys.executable, "-c", program]
        return subprocess.run(command, env=place.environment(**joins), capture_output=True, text=True).stdout.strip()

    def alive():
        return printed(nodes)

    assert printed(far) == WORKER
    assert printed(CANCEL) == "TaskCancelledError"
    assert alive() == str([HEAD, WORKER])

    assert worker.call("stop").stdout == "Stopped.\n"
    wait_until(lambda: alive() == str([HEAD]))
    assert head.call("stop").stdout == "Stopped.\n"
    assert place.leftovers() == []
    assert ray.get(ray.remote(lambda: "another Ray goes on").remote()) == "another Ray goes on"


@ON_LINUX
@pytest.mark.thorough
def test_the_ports_on_the_page_are_all_that_other_machines_need(place, head):
    [command] = re.findall(
        r"sh cluster/worker.sh 10.0.0.1:6379 (--node-manager.*?)```", page("cluster/README.md"), re.DOTALL
    )
    options = command.replace("\\\n", " ").split()
    numbers = {name: int(number) for name, number in (option.split("=") for option in options)}
    ports = {*numbers.values(), *range(numbers["--min-worker-port"], numbers["--max-worker-port"]), 6379}
    busy = {connection.laddr.port for connection in psutil.net_connections("tcp") if connection.status == "LISTEN"}
    if busy & ports:
        pytest.skip("another program listens on one of the ports")
    started = head.call("head", *options, "--num-cpus=1", "--dashboard-port=0", f"--node-ip-address={HEAD}")
    assert started.returncode == 0, started.stderr

    def listening():
        connections = [c for process in place.processes() for c in process.net_connections("tcp")]
        return {c.laddr.port for c in connections if c.status == "LISTEN" and c.laddr.ip != "127.0.0.1"}

    wait_until(lambda: numbers["--dashboard-agent-listen-port"] in listening())
    ray_client, metrics = 10001, {44217, 44227}  # two for Prometheus, if no other Ray has them
    assert listening() <= ports | {ray_client} | metrics
    assert {6379, numbers["--node-manager-port"], numbers["--object-manager-port"]} <= listening()
    assert head.call("stop").stdout == "Stopped.\n"


@ON_LINUX
@pytest.mark.thorough
def test_a_head_that_cannot_start_says_why(head, place):
    refused = head.call("head", "--num-cpus=many")
    assert refused.returncode == 1
    assert refused.stderr.startswith("The node did not start.")
    assert "'many' is not a valid" in refused.stderr
    assert place.processes() == []


@ON_LINUX
@pytest.mark.thorough
def test_a_killed_head_takes_its_processes_along(head, place):
    options = ["--num-cpus=1", "--dashboard-port=0", f"--node-ip-address={HEAD}", f"--port={free_port()}"]
    assert head.call("head", *options).returncode == 0
    psutil.Process(int((head.folder / "pid").read_text())).kill()
    agents = {"ray::DashboardAgent", "ray::RuntimeEnvAgent"}  # which end after a minute
    wait_until(lambda: {process.name() for process in place.processes()} <= agents)
    assert head.call("stop").stdout == "No node started by these scripts is running here.\n"
    assert not (place.folder / "ray/ray/ray_current_cluster").exists()


def test_on_premises_yaml_fits_the_schema_of_ray():
    config = yaml.safe_load((CLUSTER / "on_premises.yaml").read_text())
    prepared = prepare_config(config)
    validate_config(prepared)
    assert prepared["max_workers"] == len(config["provider"]["worker_ips"])
    with pytest.raises(ValidationError, match="heads"):
        validate_config(prepared | {"heads": 1})


def test_serve_config_has_only_keys_that_ray_knows():
    text = (CLUSTER / "serve_config.yaml").read_text()
    assert problems(text) == []
    assert problems("") == ["this is not a mapping of keys to values"]
    wrong = text.replace("min_replicas: 2", "minimum: 2").replace("port: 8000", "port: many")
    assert problems(wrong) == [
        "http_options.port: Input should be a valid integer, unable to parse string as an integer",
        "applications.0.deployments.0.autoscaling_config.minimum: Ray does not know this key",
    ]


def test_systemd_accepts_the_units(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is missing, which Debian has in the package systemd")
    for unit in (CLUSTER / "systemd").iterdir():
        text = unit.read_text()
        assert "/home/ray/ray-tour/.venv/bin/ray start" in text
        assert "Environment=PATH=/home/ray/ray-tour/.venv/bin:" in text
        ray_command = os.path.join(os.path.dirname(sys.executable), "ray")
        (tmp_path / unit.name).write_text(text.replace("/home/ray/ray-tour/.venv/bin/ray", ray_command))
    command = ["systemd-analyze", "verify", *map(str, sorted(tmp_path.iterdir()))]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")
    (tmp_path / "ray-head.service").write_text(text.replace("Restart=", "Restrat="))
    assert "Restrat" in subprocess.run(command, capture_output=True, text=True).stderr, "it finds mistakes"
