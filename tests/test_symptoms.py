"""Every message in the table of symptoms is what happens, with the Ray that is pinned."""

import asyncio
import http.server
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np
import pytest
import ray
import ray.data
import torch
from ray import serve, train, tune
from ray._private.utils import check_version_info
from ray.util import state
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

import devices
from tests.support.messages import error_of, get_answer_of_serve, logs, says
from tests.support.pages import DOCS, rows
from tests.support.places import Place, run, start, wait_until
from tools.lessons import LESSONS, ROOT, Lesson, lesson_named

pytestmark = pytest.mark.thorough

# What Ray says in its logs: about prints, a full disk, replicas that find no CPU.
TROUBLE = """
import os, threading, time
import ray
from ray import serve

@ray.remote
def say_hello():
    print("hello")
    time.sleep(0.5)

@serve.deployment(ray_actor_options={"num_cpus": 64})
class Greedy:
    pass

@serve.deployment(ray_actor_options={"num_cpus": 0.1})
class Slow:
    def __init__(self):
        time.sleep(60)

ray.init(num_cpus=4, include_dashboard=False)
serve.start(proxy_location="Disabled")
for name, application in ("greedy", Greedy.bind()), ("slow", Slow.bind()):
    options = {"name": name, "route_prefix": f"/{name}"}
    threading.Thread(target=serve.run, args=[application], kwargs=options, daemon=True).start()
ray.get([say_hello.remote() for _ in range(12)])
time.sleep(8)
ray.shutdown()
os._exit(0)
"""
IN_DOCKER = "import ray\nray.init(num_cpus=1, include_dashboard=False)\n"
# Runs the command that follows with the 64 MB of shared memory that Docker gives, where the system allows it.
SMALL_SHARED_MEMORY = ("unshare", "--mount", "--map-root-user", "--", "sh", "-c")
SMALL_SHARED_MEMORY += ('mount -t tmpfs -o size=64m tmpfs /dev/shm && exec "$@"', "sh")
NO_MEMORY = """
import time
import ray

@ray.remote(max_retries=0)
def eat():
    time.sleep(20)

ray.init(num_cpus=1, include_dashboard=False)
ray.get(eat.remote(), timeout=30)
"""
HEAD_DIES = """
import psutil, ray
ray.init(num_cpus=1, include_dashboard=False)
[head] = [child for child in psutil.Process().children() if "gcs_server" in child.name()]
head.kill()
while True:
    ray.get(ray.remote(lambda: None).remote())
"""
WITHOUT_AGENT = """
import contextlib, socket
import ray
from ray.job_submission import JobSubmissionClient
with contextlib.suppress(OSError):  # another test's Ray may have the port, which is just as good
    taken = socket.create_server(("", 52365))
cluster = ray.init(num_cpus=1)
JobSubmissionClient(f"http://{cluster.dashboard_url}").submit_job(entrypoint="true")
"""
WITHOUT_TOKEN = """
import os, subprocess, sys
import ray
ray.init(num_cpus=1, include_dashboard=False)
join = f"import ray; ray.init({ray.get_runtime_context().gcs_address!r})"
environment = {name: value for name, value in os.environ.items() if name != "RAY_AUTH_MODE"}
subprocess.run([sys.executable, "-c", join], env=environment, stderr=sys.stdout)
status = [sys.executable, "-m", "ray.scripts.scripts", "status", "--address", ray.get_runtime_context().gcs_address]
subprocess.run(status, env=environment, stderr=sys.stdout)
"""

# Makes an environment of Python in a folder with a space, which finds this one's packages, and runs tasks there.
IN_A_FOLDER_WITH_A_SPACE = """
import pathlib, subprocess, sysconfig, venv
task = '''
import ray
ray.init(num_cpus=1, include_dashboard=False)
task = ray.remote(lambda: "done")
print("without a runtime environment:", ray.get(task.remote()))
try:
    ray.get(task.options(runtime_env={"env_vars": {"A": "1"}}).remote(), timeout=8)
except ray.exceptions.GetTimeoutError as error:
    print("with one:", error)
'''
venv.create("new comer")
[packages] = pathlib.Path("new comer").glob("lib/python3*/site-packages")
(packages / "ray.pth").write_text(sysconfig.get_path("purelib"))
subprocess.run([pathlib.Path("new comer", "bin", "python").absolute(), "-c", task])
"""

LONG_PATH = """
import os
os.environ["RAY_TMPDIR"] += "/long" * 12
import ray
ray.init(num_cpus=1, include_dashboard=False)
"""
# Where nobody can write, and what lets Ray start there.
NO_HOME = {"HOME": "/dev/null/home"}
OWN_TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0123456789abcdef" * 4}
# On one CPU and a GPU that is not there: a placement group, a dataset and a task that want more.
NOT_ENOUGH = """
import os, subprocess, sys, threading
import ray, ray.data
from ray.util import placement_group

@ray.remote(num_cpus=0, num_gpus=1)
def use_gpu():
    import torch
    torch.zeros(1).cuda()

ray.init(num_cpus=1, num_gpus=1, include_dashboard=False)
group = placement_group([{"CPU": 1}, {"CPU": 1}])
dataset = ray.data.range(3).map(dict, num_cpus=2)
threading.Thread(target=dataset.take_all, daemon=True).start()
for name, reference, timeout in ("task", use_gpu.remote(), 60), ("group", group.ready(), 1):
    try:
        ray.get(reference, timeout=timeout)
    except Exception as error:
        print(f"{name}: {error}")
command = [sys.executable, "-m", "ray.scripts.scripts", "status", "--address", ray.get_runtime_context().gcs_address]
while "placement groups" not in (status := subprocess.run(command, capture_output=True, text=True).stdout):
    pass
print(status, flush=True)
os._exit(0)
"""
# A project whose environment has Ray, which pyproject.toml does not mention.
WITH_UV_RUN = """
import os, pathlib, subprocess, sysconfig, venv
script = '''
import os
import ray
ray.init(num_cpus=1, include_dashboard=False)
try:
    print("a task:", ray.get(ray.remote(lambda: "done").remote(), timeout=int(os.environ["PATIENCE"])))
except ray.exceptions.GetTimeoutError as error:
    print("a task:", error)
'''
venv.create(".venv")
[packages] = pathlib.Path(".venv").glob("lib/python3*/site-packages")
(packages / "ray.pth").write_text(sysconfig.get_path("purelib"))
pathlib.Path("pyproject.toml").write_text('[project]\\nname = "newcomer"\\nversion = "1"\\n')
pathlib.Path("script.py").write_text(script)
subprocess.run([os.environ["UV"], "run", "script.py"])
"""


def in_trouble():
    """Return what Ray says where the disk is full, nearly, and no CPU is free."""
    sooner = {"RAY_SERVE_SLOW_STARTUP_WARNING_S": "1", "RAY_SERVE_SLOW_STARTUP_WARNING_PERIOD_S": "1"}
    return logs(TROUBLE, PYTHONUNBUFFERED="1", RAY_local_fs_capacity_threshold="0.001", **sooner)


def in_a_folder_with_a_space():
    """Return what Ray says where the path of Python has a space: only tasks with a runtime environment do not run."""
    said = logs(IN_A_FOLDER_WITH_A_SPACE, RAY_worker_register_timeout_seconds="5")
    assert "without a runtime environment: done" in said
    assert "with one: Get timed out" in said
    return said


def with_a_long_path():
    """Return what Ray says where its temporary folder has a long path. One of 35 characters is short enough."""
    said = logs(LONG_PATH)
    [socket] = re.findall(r"bytes: (\S+)", said)
    assert len(socket) - len(socket.partition("/ray/session_")[0]) <= 103 - 35  # on macOS. On Linux it is 107.
    return said


def where_there_is_not_enough():
    """Return what Ray, torch and `ray status` say about requests that one CPU and no GPU cannot meet."""
    said = logs(NOT_ENOUGH, RAY_DATA_STARVATION_WARNING_DELAY_S="1", **NO_HOME, **OWN_TOKEN)
    assert "group: Get timed out" in said
    return said


def where_torch_finds_no_gpu():
    """Return what torch says in a task that has a GPU according to Ray, on a machine that has none."""
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    said = where_there_is_not_enough()
    if not torch.backends.cuda.is_built():
        assert "Torch not compiled with CUDA enabled" in said
        pytest.skip("this torch is one for CPUs, which says something else")
    return said


def with_uv_run():
    """Return what Ray says under `uv run`, where tasks run only if Ray takes no notice of it."""
    uv = shutil.which("uv") or shutil.which("uv", path=os.path.dirname(sys.executable))
    if not uv:
        pytest.skip("uv is not installed")
    # The empty home has no Python that uv has installed, so uv takes this one from the path.
    options = {"UV": uv, "UV_OFFLINE": "1", "PATH": f"{sys.base_prefix}/bin:{os.environ['PATH']}"}
    assert "a task: done" in logs(WITH_UV_RUN, RAY_ENABLE_UV_RUN_RUNTIME_ENV="0", PATIENCE="60", **options)
    said = logs(WITH_UV_RUN, PATIENCE="6", **options)
    assert "a task: Get timed out" in said
    return said


def nobody_listens():
    """Return the first warning of a lesson whose RAY_ADDRESS leads nowhere. Left alone, it tries for minutes."""
    place = Place.make()
    process = start(lesson_named("O1_tiny_demo"), place, RAY_ADDRESS="127.0.0.1:9")
    try:
        return next(line for line in process.stderr if "Failed" in line)
    finally:
        place.remove()
        process.communicate()


def printed_by(name, **variables):
    """Return what a lesson writes to the terminal in a bad environment."""
    place = Place.make()
    try:
        result = run(lesson_named(name), place, **variables)
        assert result.returncode == 1
        return result.stderr
    finally:
        place.remove()


class Proxy(http.server.BaseHTTPRequestHandler):
    """A proxy of the kind that companies have: it reaches other machines, not this one."""

    def do_GET(self):
        """Refuse."""
        self.send_error(503)


def state_through_a_proxy():
    """Return what lesson O8 writes where a proxy answers in place of the dashboard."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        try:
            return printed_by("O8_observe", http_proxy=f"http://127.0.0.1:{proxy.server_port}", no_proxy="")
        finally:
            proxy.shutdown()


@ray.remote
def identity(value=None):
    """Return the value."""
    return value


@ray.remote
def write_into(array):
    """Try to change an array."""
    array[0] = 1


@ray.remote
class Mortal:
    """Dies when told to."""

    def die(self):
        """End this process."""
        os.kill(os.getpid(), signal.SIGKILL)

    def put(self):
        """Return a reference to an object that this process owns."""
        return [ray.put(np.zeros(1_000_000))]


def too_large():
    """Start a task that carries a hundred megabytes with it."""
    numbers = np.zeros(13_000_000)
    ray.remote(lambda: numbers.sum()).remote()


def import_what_is_not_there():
    """Run a task that imports a module which its worker does not find."""

    @ray.remote
    def use():
        import nowhere_to_be_found

        return nowhere_to_be_found

    ray.get(use.remote())


def get_from_the_dead():
    """Get an object whose owner has died."""
    owner = Mortal.remote()
    [put] = ray.get(owner.put.remote())
    ray.wait([owner.die.remote()])
    time.sleep(2)  # until this process has heard of it
    ray.get(put, timeout=20)


def busy_devices():
    """Ask for an IPU where others have the only one."""
    place = Place.make()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("IPU_PRETEND", "1")
            patch.setenv("IPU_LEASES", str(place.work))
            with devices.Lease(1):
                devices.Lease(1, patience=0)
    finally:
        place.remove()


def map_numbers(function, **options):
    """Run a function on a dataset of three rows."""
    return ray.data.range(3).map_batches(function, **options).take_all()


PRODUCED = {
    "Remote functions cannot be called directly.": lambda: error_of(identity),
    "Get timed out: some object(s) not ready.": lambda: error_of(
        lambda: ray.get(identity.options(num_cpus=64).remote(), timeout=0.5)
    ),
    "assignment destination is read-only": lambda: error_of(lambda: ray.get(write_into.remote(np.zeros(1)))),
    "The remote function ... is too large": lambda: error_of(too_large),
    "Could not serialize the argument": lambda: error_of(lambda: identity.remote(n for n in [1])),
    "No module named ...": lambda: error_of(import_what_is_not_there),
    "bash: line 1: ...: No such file or directory": in_a_folder_with_a_space,
    "have not registered within the timeout": in_a_folder_with_a_space,
    "Creating virtual environment at: .venv": with_uv_run,
    "AF_UNIX path length cannot exceed ...": with_a_long_path,
    "[Errno ...] ...: '.../.ray": lambda: logs(IN_DOCKER, **NO_HOME),
    "Found no NVIDIA driver on your system.": where_torch_finds_no_gpu,
    "...+ pending placement groups": where_there_is_not_enough,
    "Cluster resources are not enough to run any task from": where_there_is_not_enough,
    "Failed to look up actor with name": lambda: error_of(lambda: ray.get_actor("nobody")),
    "The actor died unexpectedly before finishing this task.": lambda: error_of(
        lambda: ray.get(Mortal.remote().die.remote())
    ),
    "Maybe you called ray.init twice by accident?": lambda: error_of(lambda: ray.init(num_cpus=1)),
    "Failed to connect to GCS at address ... within 5 seconds.": nobody_listens,
    "Token authentication is enabled for this Ray cluster.": in_trouble,
    "unhashable type: 'numpy.ndarray'": lambda: error_of(lambda: map_numbers(lambda batch: {"x": {batch["id"]: 1}})),
    "Invalid type of object refs": lambda: error_of(get_answer_of_serve),
    "unexpected keyword argument 'route_prefix'": lambda: error_of(lambda: serve.deployment(route_prefix="/x")),
    "has ... replicas that have taken more than ...s to be scheduled": in_trouble,
    "has ... replicas that have taken more than ...s to initialize": in_trouble,
    "Version mismatch: The cluster was started with:": lambda: error_of(
        lambda: check_version_info({"ray_version": "2.3.0", "python_version": "3.8.18"}, "this process")
    ),
    "The object store is using ... instead of /dev/shm": lambda: logs(IN_DOCKER, prefix=SMALL_SHARED_MEMORY),
    "[repeated ...x across cluster]": in_trouble,
    "We couldn't connect to ... to load the files": lambda: printed_by(
        "serve_transformers", MODEL="nobody/no-model", HF_HUB_OFFLINE="1"
    ),
    "No device of ... IPUs is free.": lambda: error_of(busy_devices),
    "is over ...% full": in_trouble,
    "... were killed due to the node running low on memory": lambda: logs(
        NO_MEMORY,
        RAY_memory_usage_threshold="0.001",
        RAY_memory_monitor_refresh_ms="100",
        RAY_task_oom_retries="0",
    ),
    "The node specified via NodeAffinitySchedulingStrategy doesn't exist any more or is infeasible": lambda: error_of(
        lambda: ray.get(
            identity.options(scheduling_strategy=NodeAffinitySchedulingStrategy("ab" * 28, soft=False)).remote()
        )
    ),
    "Attempting to start raylet with ... GPU, but CUDA_VISIBLE_DEVICES contains ...": lambda: logs(
        "import ray\nray.init(num_gpus=1)\n", CUDA_VISIBLE_DEVICES=""
    ),
    "The object's owner has exited.": lambda: error_of(get_from_the_dead),
    "Failed to connect to GCS within ... seconds.": lambda: logs(HEAD_DIES, RAY_gcs_rpc_server_reconnect_timeout_s="1"),
    "InvalidAuthToken: Authentication token is missing or incorrect": lambda: logs(WITHOUT_TOKEN),
    "Failed to connect to Ray cluster at": lambda: logs(WITHOUT_TOKEN),
    "Failed to connect to API server.": lambda: error_of(
        lambda: state.list_tasks(ray.get_runtime_context().gcs_address)
    ),
    "No available agent to submit job": lambda: logs(WITHOUT_AGENT),
    "Failed to parse Response(url=": state_through_a_proxy,
    "class should be imported from ... when passing it to the Tuner": lambda: error_of(
        lambda: tune.Tuner(print, run_config=train.RunConfig(storage_path=tempfile.gettempdir())).fit()
    ),
}


def messages():
    """Return the messages of the table of symptoms."""
    return [row[0].strip("`") for row in rows(DOCS["symptoms.md"])]


@pytest.mark.parametrize("message", messages())
def test_message_is_what_happens(message, ray_here, serve_here):
    if "/dev/shm" in message and subprocess.run([*SMALL_SHARED_MEMORY, "true"], capture_output=True).returncode:
        pytest.skip("this machine does not let us make its shared memory smaller")
    said = PRODUCED[message]()
    assert says(message, said), said


def test_nothing_is_produced_in_vain():
    assert PRODUCED.keys() == set(messages())


def test_lessons_of_the_table_exist():
    named = {row[3] for row in rows(DOCS["symptoms.md"])} - {"all"}
    scripts = [*LESSONS, *map(Lesson, [*ROOT.glob("training/*.py"), *ROOT.glob("cluster/*.py")])]
    stems = [str(script).removesuffix(".py") for script in scripts]
    assert [name for name in named if not any(stem == name or stem.startswith(f"{name}_") for stem in stems)] == []


def test_writing_twice_doubles_the_rows(ray_here, tmp_path):
    table = ray.data.range(3)
    for _ in range(2):
        table.write_parquet(str(tmp_path))
    assert ray.data.read_parquet(str(tmp_path)).count() == 6
    table.write_parquet(str(tmp_path), mode="overwrite")
    assert ray.data.read_parquet(str(tmp_path)).count() == 3


def test_missing_integer_becomes_nan_and_stays_missing_with_arrow(ray_here, tmp_path):
    path = tmp_path / "missing.csv"
    path.write_text("number,word\n1,a\n,b\n")
    table = ray.data.read_csv(str(path))
    [batch] = table.iter_batches()
    assert np.isnan(batch["number"][1])
    assert batch["number"].dtype == float
    [batch] = table.iter_batches(batch_format="pyarrow")
    assert batch["number"].to_pylist() == [1, None]


@serve.deployment(ray_actor_options={"num_cpus": 0.1}, graceful_shutdown_timeout_s=0)
class Clock:
    """Ticks for as long as somebody listens."""

    async def __call__(self):
        """Yield a tick, again and again."""
        while True:
            yield "tick"
            await asyncio.sleep(0.1)


@serve.deployment(ray_actor_options={"num_cpus": 0.1})
class Clocks:
    """Has clocks."""

    def __init__(self, *clocks):
        self.clocks = clocks


def test_replicas_stay_for_ten_minutes_and_while_requests_run_and_down_to_the_minimum(serve_here):
    two, at_once = {"initial_replicas": 2, "max_replicas": 2}, {"downscale_delay_s": 0}
    scaling = {
        "idle": two,
        "minimum": {**two, **at_once, "min_replicas": 2},
        "listened_to": {**at_once, "max_replicas": 2, "upscale_delay_s": 0, "target_ongoing_requests": 1},
        "impatient": {**two, **at_once},
    }
    assert serve.config.AutoscalingConfig(**two).downscale_delay_s == 600

    def replicas():
        deployments = serve.status().applications["clocks"].deployments
        return {name: deployments[name].replica_states["RUNNING"] for name in scaling}

    clocks = [Clock.options(name=name, autoscaling_config=config).bind() for name, config in scaling.items()]
    serve.run(Clocks.bind(*clocks), name="clocks", route_prefix="/clocks")
    try:
        handle = serve.get_deployment_handle("listened_to", "clocks").options(stream=True)
        listeners = [handle.remote() for _ in range(2)]
        assert [next(iter(ticks)) for ticks in listeners] == ["tick", "tick"]
        wait_until(lambda: replicas()["listened_to"] == 2 and replicas()["impatient"] == 1)
        time.sleep(2)  # longer than "impatient" waits
        assert replicas() == {"idle": 2, "minimum": 2, "listened_to": 2, "impatient": 1}
    finally:
        serve.delete("clocks")
