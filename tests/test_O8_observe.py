"""O8: what the lesson finds out on a cluster is about itself."""

import pytest

from tests.support.places import TIMEOUT, Place, start
from tools.lessons import differences, lesson_named


@pytest.mark.thorough
def test_two_runs_on_one_cluster_do_not_see_each_other(cluster):
    lesson, places = lesson_named("O8_observe"), [Place.make(), Place.make()]
    try:
        runs = [start(lesson, place, no_proxy="*", **cluster) for place in places]
        for process in runs:
            out, err = process.communicate(timeout=TIMEOUT)
            assert differences(lesson.expected, out.splitlines()) == [], err
    finally:
        for place in places:
            place.remove()
