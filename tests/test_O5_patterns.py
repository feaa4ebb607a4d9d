"""O5: the three habits do what the lesson says. How much time they cost is measured by `make bench`."""

import json
import subprocess
import sys

import pytest

from tools.lessons import ROOT

HABITS = """
import json, ray
import O5_patterns as lesson
from exercises.checks.watching import CPUS, LARGE, Meeting, Watch, ask, attend, start_ray
from ray.util import state

start_ray()
watch, found = Watch(), {}
with watch() as run:
    [ray.get(lesson.wait.remote()) for _ in range(lesson.TASKS)]
found["in the loop"] = run.at_once("wait")
with watch() as run:
    ray.get([lesson.wait.remote() for _ in range(lesson.TASKS)])
found["after the loop"] = run.at_once("wait")
for size in 1, 100:
    with watch() as run:
        lesson.compute_in_tasks(size)
    found[f"tasks of {size}"] = len(run.calls("compute_all"))

def large():
    return {one.object_id for one in ask(state.list_objects) if one.object_size > LARGE}

for what in "an argument", "a reference":
    meeting, before = Meeting.remote(CPUS + 1), large()
    busy = [attend.remote(meeting) for _ in range(CPUS)]  # so that the tasks wait, and their arguments with them
    image = ray.put(lesson.IMAGE) if what == "a reference" else lesson.IMAGE
    pixels = [lesson.first_pixel.remote(image) for _ in range(lesson.TASKS)]
    found[what] = len(large() - before)
    ray.get(meeting.arrive.remote())
    ray.get(busy + pixels)
print(json.dumps(found))
"""


@pytest.mark.thorough
@pytest.mark.timeout(300)
def test_each_habit_does_what_the_lesson_says(place):
    result = subprocess.run(
        [sys.executable, "-c", HABITS], cwd=ROOT, env=place.environment(), capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found.pop("after the loop") > 1
    assert found == {
        "in the loop": 1,
        "tasks of 1": 400,
        "tasks of 100": 4,
        "an argument": 8,
        "a reference": 1,
    }
