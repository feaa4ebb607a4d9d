"""O7: the total is Python's, and what an actor forgets or keeps when it restarts is what the lesson says."""

import os
import signal

import pytest
import ray

import O7_cluster as lesson
from tests.support.places import changed, run
from tools.lessons import lesson_named

RESTARTS = {"max_restarts": 1, "max_task_retries": 1}


def count_and_restart(tally, times):
    """Add one so many times, kill the actor's process, return what the next call returns."""
    counted = [ray.get(tally.add_one.remote()) for _ in range(times)]
    assert counted == list(range(1, times + 1))
    os.kill(ray.get(tally.__ray_call__.remote(lambda actor: os.getpid())), signal.SIGKILL)
    return ray.get(tally.add_one.remote(), timeout=60)


def test_squares_are_those_of_python(ray_here):
    assert ray.get([lesson.square.remote(number) for number in range(5)]) == [0, 1, 4, 9, 16]


def test_total_of_the_lesson_is_that_of_python():
    total = sum(number**2 for number in range(12))
    assert [f" {total}" in line for line in lesson_named("O7_cluster").expected[:2]] == [True, True]


def test_an_actor_forgets_when_it_restarts(ray_here):
    assert count_and_restart(lesson.Tally.options(**RESTARTS).remote(), 4) == 1


def test_an_actor_with_a_file_goes_on(ray_here, tmp_path):
    assert count_and_restart(lesson.Tally.options(**RESTARTS).remote(tmp_path / "tally"), 4) == 5
    assert (tmp_path / "tally").read_text() == "5"


def test_two_tallies_with_files_of_their_own_do_not_mix(ray_here, tmp_path):
    one, other = (lesson.Tally.remote(tmp_path / name) for name in ("one", "other"))
    ray.get([one.add_one.remote() for _ in range(3)])
    assert ray.get(other.add_one.remote()) == 1


@pytest.mark.thorough
def test_a_power_failure_ends_as_a_shutdown_does(place, tmp_path):
    script = changed(
        lesson_named("O7_cluster"), tmp_path, ("remove_node(first)", "remove_node(first, allow_graceful=False)")
    )
    result = run(script, place)
    # Of such a death Ray prints much more, in lines of its own that do not say so.
    assert [line for line in result.stdout.splitlines() if line in script.expected] == script.expected, result.stderr
