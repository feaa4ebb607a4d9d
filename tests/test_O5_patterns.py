"""O5: the three habits cost what the lesson says they cost."""

import re

import pytest

from tools.lessons import lesson_named


@pytest.mark.thorough
def test_each_habit_takes_longer(cluster_run):
    printed = cluster_run(lesson_named("O5_patterns")).stdout
    times = [float(number) for number in re.findall(r"([\d.]+)x as long as", printed)]
    in_the_loop, one_item, _, hundred_items, large_argument = times
    assert in_the_loop > 1
    assert one_item > hundred_items
    assert large_argument > 1
