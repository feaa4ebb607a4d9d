"""Actors behave as lesson O2 says."""

import pytest
import ray

import O2_actors as lesson

pytestmark = pytest.mark.usefixtures("ray_here")


def test_two_counters_do_not_share_state():
    one, other = lesson.Counter.remote(), lesson.Counter.remote()
    assert ray.get([one.increment.remote() for _ in range(3)]) == [1, 2, 3]
    assert ray.get(other.get_counter.remote()) == 0


def test_calls_of_one_caller_run_in_order():
    counter = lesson.Counter.remote()
    steps = [3, 1, 4, 1, 5]
    assert ray.get([counter.increment.remote(step) for step in steps]) == [3, 4, 8, 9, 14]


@pytest.mark.parametrize("step", [0, -1])
def test_a_failed_call_raises_its_own_error_and_changes_nothing(step):
    counter = lesson.Counter.remote()
    ray.get(counter.increment.remote(7))
    with pytest.raises(ValueError, match=f"not by {step}"):
        ray.get(counter.increment.remote(step))
    assert ray.get(counter.get_counter.remote()) == 7


def test_no_increment_of_several_tasks_is_lost():
    counter = lesson.Counter.remote()
    ray.get([lesson.increment_often.remote(counter, times) for times in (10, 20, 30)])
    assert ray.get(counter.get_counter.remote()) == 60


def test_a_name_finds_the_actor_from_another_process_and_no_other():
    @ray.remote
    def read_by_name(name):
        return ray.get(ray.get_actor(name).get_counter.remote())

    counter = lesson.Counter.options(name="by this name").remote()
    ray.get(counter.increment.remote(5))
    assert ray.get(read_by_name.remote("by this name")) == 5
    with pytest.raises(ValueError, match="already taken"):
        lesson.Counter.options(name="by this name").remote()
    with pytest.raises(ValueError, match="by another name"):
        ray.get(read_by_name.remote("by another name"))


def test_a_game_waits_for_its_last_player():
    game = lesson.Game.remote(seats=3)
    early = [game.join.remote() for _ in range(2)]
    assert ray.wait(early, num_returns=len(early), timeout=0.5)[0] == []
    assert ray.get([*early, game.join.remote()]) == [3, 3, 3]
