"""O6: what is requested is counted until its holder ends, and what no node has can be given up."""

import subprocess
import sys

import pytest
import ray

import O6_resources as lesson
from tests.support.places import start, wait_until
from tools.lessons import lesson_named


def in_use():
    """Return how many CPUs and how much memory are taken, in CPUs and bytes."""
    total, left = ray.cluster_resources(), ray.available_resources()
    return total["CPU"] - left.get("CPU", 0), total["memory"] - left.get("memory", 0)


def test_what_an_actor_requests_is_taken_until_it_ends(ray_here):
    wait_until(lambda: in_use() == (0, 0))
    holder = lesson.Holder.options(num_cpus=0.5, memory=1e8).remote()
    ray.get(holder.gpus.remote())
    wait_until(lambda: in_use() == pytest.approx((0.5, 1e8)), patience=10)
    ray.kill(holder)
    wait_until(lambda: in_use() == (0, 0))


def test_an_actor_without_a_gpu_sees_none_of_its_own(ray_here):
    assert not ray.get(lesson.Holder.options(num_cpus=0.1).remote().gpus.remote())


def test_a_printer_that_no_node_has_is_waited_for_and_can_be_given_up(ray_here):
    never = lesson.where.options(resources={"printer": 1}).remote()
    with pytest.raises(ray.exceptions.GetTimeoutError):
        ray.get(never, timeout=1)
    ray.cancel(never)
    with pytest.raises(ray.exceptions.TaskCancelledError):
        ray.get(never, timeout=10)


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
