"""O5: both ways give the same results, plain Python agrees, and the habits cost what the lesson says they cost."""

import re

import numpy as np
import pytest
import ray

import O5_patterns as lesson
from tools.lessons import ROOT, Lesson, lesson_named


@pytest.fixture(scope="module")
def costs(first_run):
    """Return what the habits cost in the run on one CPU: times as much as without them."""
    script = lesson_named("O5_patterns")
    table = re.findall(r"^ *([\d.]+)x  (.+)$", first_run(script).stdout, re.MULTILINE)
    return {habit: float(cost) for cost, habit in table}


def test_every_habit_costs_something_and_the_dearest_stands_first(costs):
    assert len(costs) == 5
    assert min(costs.values()) > 1.0
    assert list(costs.values()) == sorted(costs.values(), reverse=True)


@pytest.mark.parametrize("size", [1, 7, 400, 1000])
def test_batches_of_any_size_compute_what_python_computes(ray_here, size):
    assert lesson.compute_in_batches(size) == [sum(range(item, item + 3000)) for item in lesson.ITEMS]


def test_both_ways_of_getting_give_the_same(ray_here):
    assert lesson.get_in_the_loop() == lesson.get_after_the_loop() == [lesson.QUICK] * lesson.AT_ONCE


def test_both_ways_of_passing_give_the_same(ray_here):
    assert lesson.pass_the_image() == lesson.pass_a_reference() == [[1] * lesson.AT_ONCE] * lesson.ROUNDS


def test_both_orders_give_the_same(ray_here):
    assert lesson.use_in_order() == lesson.use_as_they_come() == [lesson.QUICK] * (lesson.AT_ONCE - 1) + [lesson.SLOW]


@pytest.mark.parametrize("most", [1, 4, lesson.PARTS])
def test_parts_add_up_however_many_run_at_once(ray_here, most):
    total, megabytes = lesson.add_up_parts(most)
    assert total == sum(range(lesson.PARTS))
    assert megabytes < 4.1 * (most + 8), "the parts of the test before may still be leaving"


def test_part_is_what_it_says(ray_here):
    assert np.array_equal(ray.get(lesson.make_part.remote(3)), np.full(4_000_000, 3))


def test_lesson_has_the_table_that_it_promises():
    assert Lesson(ROOT / "O5_patterns.py").expected[-5:] == ["...x  ..."] * 5
