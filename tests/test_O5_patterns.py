"""O5: the three habits cost what the lesson says they cost."""

import re

import pytest

from tests.support.places import run
from tools.lessons import lesson_named


def habits_that_cost(printed):
    """Return which of the three habits took longer."""
    times = [float(number) for number in re.findall(r"([\d.]+)x as long as", printed)]
    in_the_loop, one_item, _, hundred_items, large_argument = times
    return in_the_loop > 1, one_item > hundred_items, large_argument > 1


@pytest.mark.thorough
@pytest.mark.timeout(400)
def test_each_habit_takes_longer_unless_the_machine_is_busy(cluster, place):
    lesson = lesson_named("O5_patterns")
    seen = [False] * 3
    for _ in range(4):  # a habit that costs nothing is never seen to cost, however often one looks
        seen = [before or now for before, now in zip(seen, habits_that_cost(run(lesson, place, **cluster).stdout))]
        if all(seen):
            return
    assert seen == [True] * 3
