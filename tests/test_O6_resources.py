"""O6: its nodes refuse whoever has no token, and a request for CPUs is what libraries get as threads."""

import os
import subprocess
import sys

import pytest
import ray

from tests.support.places import start, wait_until
from tools.lessons import lesson_named


@pytest.mark.thorough
def test_its_nodes_refuse_who_has_no_token(place):
    process = start(lesson_named("O6_resources"), place)
    try:
        file = place.folder / "ray" / "ray" / "ray_current_cluster"
        address = wait_until(lambda: file.exists() and file.read_text())
        ask = [sys.executable, "-m", "ray.scripts.scripts", "status", f"--address={address}"]
        environment = place.environment(RAY_AUTH_MODE="disabled")
        refused = subprocess.run(ask, env=environment, capture_output=True, text=True, timeout=60)
        assert "Authentication token is missing" in refused.stdout + refused.stderr
    finally:
        process.communicate(timeout=60)


@pytest.mark.parametrize("cpus", [1, 2])
def test_libraries_are_told_as_many_threads_as_the_task_requests_cpus(ray_here, cpus):
    @ray.remote(num_cpus=cpus)
    def threads():
        return os.environ["OMP_NUM_THREADS"]  # which torch reads when it is imported

    assert ray.get(threads.remote()) == str(cpus)
