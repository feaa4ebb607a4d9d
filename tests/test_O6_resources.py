"""O6: what is asked for is counted, what cannot be had is waited for, and a wheel needs no index."""

import importlib.metadata
import subprocess
import sys
import zipfile

import pytest
import ray

import O6_resources as lesson
from tests.support.places import wait_until


def in_use():
    """Return how many CPUs and how much memory are taken, in CPUs and bytes."""
    total, left = ray.cluster_resources(), ray.available_resources()
    return total["CPU"] - left.get("CPU", 0), total["memory"] - left.get("memory", 0)


def test_what_an_actor_asks_for_is_taken_until_it_ends(ray_here):
    wait_until(lambda: in_use() == (0, 0))
    holder = lesson.Holder.options(num_cpus=0.5, memory=1e8).remote()
    ray.get(holder.node.remote())
    wait_until(lambda: in_use() == pytest.approx((0.5, 1e8)), patience=10)
    ray.kill(holder)
    wait_until(lambda: in_use() == (0, 0))


def test_a_printer_that_no_node_has_is_waited_for_and_can_be_given_up(ray_here):
    never = lesson.use_printer.remote(0)
    with pytest.raises(ray.exceptions.GetTimeoutError):
        ray.get(never, timeout=1)
    ray.cancel(never)
    with pytest.raises(ray.exceptions.TaskCancelledError):
        ray.get(never, timeout=10)


def test_a_task_without_the_package_says_so(ray_here):
    assert ray.get(lesson.open_parcel.remote()) == "not installed"


def test_the_wheel_installs_without_an_index(tmp_path):
    wheel = tmp_path / lesson.WHEEL_NAME
    lesson.write_wheel(wheel)
    assert zipfile.ZipFile(wheel).testzip() is None
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--isolated",
        "install",
        "--quiet",
        "--no-index",
        "--target",
        tmp_path / "packages",
        wheel,
    ]
    subprocess.run(pip, check=True, timeout=60)
    [found] = importlib.metadata.distributions(path=[str(tmp_path / "packages")])
    assert (found.name, found.version) == ("parcel", "1.0")


def test_the_module_that_is_sent_along_greets():
    module = {}
    exec(lesson.GREETINGS, module)
    assert module["greet"]("Grace") == "Hello, Grace!"
