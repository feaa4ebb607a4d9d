"""Fixtures: places to run lessons in, running clusters, and a Ray for the tests of behaviour."""

import functools
import os
import signal
import subprocess
import sys

import pytest
import ray
from ray import serve

from tests.support.places import NO_NETWORK, Place, free_port, joining, run, wait_until
from tests.support.served import FIXED, IMAGE, PATH, SENTIMENT
from tools.lessons import LESSONS

TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0123456789abcdef" * 4}
PROXY_TO_NOWHERE = dict.fromkeys(["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"], "http://127.0.0.1:9")
# Occupies the ports that Serve and the dashboard like, and runs the command that follows meanwhile.
TAKEN_PORTS = """
import socket, subprocess, sys
taken = []
for port in 8000, 8265:
    try:
        taken.append(socket.create_server(("127.0.0.1", port)))
    except OSError:
        pass  # somebody else has it
sys.exit(subprocess.call(sys.argv[1:]))
"""

# What still runs on a cluster when its tests are over: nothing, or they fail.
WHAT_RUNS = """
import time
import ray
ray.init(address="auto")
deadline = time.monotonic() + 15
while (used := ray.cluster_resources()["CPU"] - ray.available_resources()["CPU"]) and time.monotonic() < deadline:
    time.sleep(0.2)
print("CPUs in use:", used)
"""
# Whoever runs us in the background may have Ctrl-C ignored, which the lessons that we start would inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish():
    """Forget the token that O6 and O7 make for their nodes when they are imported: it is not for other tests."""
    for name in "RAY_AUTH_MODE", "RAY_AUTH_TOKEN":
        os.environ.pop(name, None)


def pytest_generate_tests(metafunc):
    """Run a test that asks for `lesson` once for each of them."""
    if "lesson" in metafunc.fixturenames:
        metafunc.parametrize("lesson", LESSONS, ids=str)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the marks
def pytest_collection_modifyitems(items):
    """Say which tests one process has to run, since they share a Ray or a run of a lesson. Long ones come first."""
    for item in items:
        if "ray_here" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group("ray_here"))
        elif "first_run" in item.fixturenames:
            options = item.callspec.params if hasattr(item, "callspec") else {}
            lesson = options.get("lesson") or options.get("name") or item.path.name.removeprefix("test_")
            item.add_marker(pytest.mark.xdist_group(str(lesson)))
        elif "cluster" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group("cluster"))
        elif item.path.name == "test_serve_run.py":
            item.add_marker(pytest.mark.xdist_group("port 8000"))
    items.sort(key=lambda item: ("first_run" not in item.fixturenames, "ray_here" not in item.fixturenames))


@pytest.fixture
def place():
    """Yield an empty place, which is gone after the test."""
    place = Place.make()
    yield place
    place.remove()


@pytest.fixture(scope="session")
def network_can_be_cut():
    """Tell whether this machine lets us run a process without any network."""
    try:
        return subprocess.run([*NO_NETWORK, "true"], capture_output=True, timeout=10).returncode == 0
    except OSError:
        return False


@pytest.fixture(scope="session")
def first_run(network_can_be_cut):
    """Return a function that runs a lesson as on a newcomer's bad day, once, and returns what it did.

    The machine has one CPU and no network at all, the ports of Serve and of the dashboard are taken, the home folder is
    empty, and the working directory is not that of the script.
    """

    @functools.cache
    def once(lesson):
        place = Place.make()
        try:
            prefix = [*(NO_NETWORK if network_can_be_cut else []), sys.executable, "-c", TAKEN_PORTS]
            kinds = ["error::DeprecationWarning:__main__", "error::FutureWarning:__main__"]
            one_cpu = {"RAY_OVERRIDE_RESOURCES": '{"CPU": 1}'}
            result = run(lesson, place, prefix=prefix, PYTHONWARNINGS=",".join(kinds), **one_cpu)
            result.leftovers = place.leftovers()
            return result
        finally:
            place.remove()

    return once


@pytest.fixture(scope="session")
def cluster():
    """Run a cluster of sixteen CPUs, yield what lets a script join it, and see that no script still runs afterwards."""
    place = Place.make()
    # Jobs go through the dashboard's agent, whose usual port another test's Ray may have.
    ports = ["--port", "0", "--dashboard-port", "0", "--dashboard-agent-listen-port", "0"]
    options = ["--num-cpus", "16", *ports, "--disable-usage-stats", "--block"]
    options += ["--resources", '{"IPU": 4}']  # pretended ones
    process = subprocess.Popen(
        [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", *options],
        cwd=place.work,
        env=place.environment(**TOKEN, IPU_PRETEND="4", IPU_LEASES=str(place.work)),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = place.folder / "ray" / "ray" / "ray_current_cluster"
    try:
        wait_until(lambda: process.poll() is not None or (address.exists() and address.read_text()))
        assert process.poll() is None, "the cluster did not start"
        variables = TOKEN | PROXY_TO_NOWHERE | {"RAY_ADDRESS": address.read_text()}
        yield variables
        script = [sys.executable, "-c", WHAT_RUNS]
        after = subprocess.run(script, env=place.environment(**variables), capture_output=True, text=True, timeout=60)
        assert after.stdout.splitlines() == ["CPUs in use: 0.0"], after.stderr
    finally:
        place.remove()
        process.wait()


@pytest.fixture(scope="session")
def cluster_run(cluster):
    """Return a function that runs a lesson on the cluster, once, and returns what it did."""

    @functools.cache
    def once(lesson):
        place = Place.make()
        try:
            result = run(lesson, place, **joining(lesson, cluster))
            result.leftovers = place.leftovers(patience=5)
            return result
        finally:
            place.remove()

    return once


@pytest.fixture(scope="session")
def ray_here():
    """Start Ray in this process for the tests of behaviour, in a place of its own, and yield that."""
    place = Place.make()
    (place.folder / "leases").mkdir()
    pretended = {"IPU_PRETEND": "4", "IPU_LEASES": str(place.folder / "leases")}
    before, inside = dict(os.environ), place.environment(**pretended, **PATH)
    os.environ.clear()
    os.environ.update(inside)
    try:
        try:
            # No dashboard listens here. On the default port, another test's dashboard would answer instead.
            options = {"include_dashboard": False, "dashboard_port": free_port(), "log_to_driver": False}
            ray.init(address="local", num_cpus=4, resources={"IPU": 4}, **options)
        finally:
            os.environ.clear()
            os.environ.update(before)
        yield place
        ray.shutdown()
    finally:
        place.remove()


@pytest.fixture(scope="session")
def serve_here(ray_here):
    """Start Serve in the Ray of this process, return its address."""
    port = free_port()
    serve.start(http_options={"host": "127.0.0.1", "port": port}, logging_config={"log_level": "WARNING"})
    yield f"http://127.0.0.1:{port}"
    serve.shutdown()


def _two_replicas(model, address, **options):
    """Serve a model, return the address to send its requests to."""
    serve.run(model.bind(**FIXED, **options), name=str(model), route_prefix=f"/{model}")
    return f"{address}/{model}/"


@pytest.fixture(scope="session")
def image_url(serve_here):
    """Serve the image model with two replicas, return its address."""
    return _two_replicas(IMAGE, serve_here)


@pytest.fixture(scope="session")
def sentiment_url(serve_here):
    """Serve the language model with two replicas, return its address."""
    return _two_replicas(SENTIMENT, serve_here, ray_actor_options={"num_cpus": 0.5})  # leaves room for other tests
