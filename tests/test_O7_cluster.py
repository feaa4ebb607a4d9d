"""O7: the total is Python's, and what an actor forgets or keeps when it restarts is what the lesson says."""

import os
import signal

import ray

import O7_cluster as lesson
from tools.lessons import ROOT, Lesson


def add_up_and_restart(tally, times):
    """Add one so many times, kill the actor's process, return what the next call returns."""
    counted = [ray.get(tally.add_one.remote()) for _ in range(times)]
    assert counted == list(range(1, times + 1))
    os.kill(ray.get(tally.__ray_call__.remote(lambda actor: os.getpid())), signal.SIGKILL)
    return ray.get(tally.add_one.remote(), timeout=60)


def test_the_squares_add_up_to_what_python_says(ray_here):
    log = lesson.Log.remote()
    results = ray.get([lesson.square.remote(number, log) for number in range(5)])
    assert [number for number, _ in results] == [0, 1, 4, 9, 16]
    assert {node for _, node in results} == {ray.get_runtime_context().get_node_id()}
    assert ray.get(log.count.remote("square")) == 5
    assert ray.get(log.count.remote("square", "no such node")) == 0


def test_total_of_the_lesson_is_that_of_python():
    total = sum(number**2 for number in lesson.TASKS)
    said = [line for line in Lesson(ROOT / "O7_cluster.py").expected if "total:" in line]
    assert [f"total: {total} " in line for line in said] == [True, True]


def test_an_actor_forgets_when_it_restarts(ray_here):
    tally = lesson.Tally.options(max_restarts=1, max_task_retries=1).remote()
    assert add_up_and_restart(tally, 4) == 1


def test_an_actor_with_a_checkpoint_goes_on(ray_here, tmp_path):
    tally = lesson.Tally.options(max_restarts=1, max_task_retries=1).remote(tmp_path / "tally")
    assert add_up_and_restart(tally, 4) == 5
    assert (tmp_path / "tally").read_text() == "5"


def test_two_tallies_with_checkpoints_of_their_own_do_not_mix(ray_here, tmp_path):
    one, other = (lesson.Tally.remote(tmp_path / name) for name in ("one", "other"))
    ray.get([one.add_one.remote() for _ in range(3)])
    assert ray.get(other.add_one.remote()) == 1
