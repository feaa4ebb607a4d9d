"""O8: what is waited for comes or not, the picture has a bar for each call, and the files can be kept and read."""

import json
import xml.etree.ElementTree as ElementTree

import pytest
import ray

import O8_observe as lesson
from tests.support.places import Place, run
from tools.lessons import ROOT, Lesson, differences


@pytest.fixture(scope="module")
def kept(cluster, tmp_path_factory):
    """Return the folder in which the second run on one cluster has kept its files: it must not see the first."""
    folder, place, script = tmp_path_factory.mktemp("kept") / "new", Place.make(), Lesson(ROOT / "O8_observe.py")
    try:
        for _ in range(2):
            result = run(script, place, KEEP=str(folder), **cluster)
            assert differences(script.expected, result.stdout.splitlines()) == [], result.stderr
        yield folder
    finally:
        place.remove()


@pytest.mark.parametrize("parcel", [0, 2, 7])
def test_a_parcel_weighs_what_it_weighs(ray_here, parcel):
    assert ray.get(lesson.weigh.remote(parcel)) == 1.5 * parcel


def test_the_broken_one_says_which_it_is(ray_here):
    with pytest.raises(ValueError, match=f"parcel {lesson.BROKEN} weighs nothing"):
        ray.get(lesson.weigh.remote(lesson.BROKEN))


def test_waiting_ends_when_there_is_something():
    answers = iter([None, [], ["something"], ["later"]])
    assert lesson.wait_for(lambda: next(answers)) == ["something"]


def test_waiting_ends_when_patience_does():
    with pytest.raises(TimeoutError, match=r"nothing within 0.3 seconds"):
        lesson.wait_for(lambda: None, patience=0.3)


@pytest.mark.thorough
def test_timeline_is_a_trace_that_perfetto_reads(kept):
    events = json.loads((kept / "timeline.json").read_text())
    calls = [event for event in events if event["cat"] in ("task::weigh", "task::Depot.take")]
    assert len(calls) == 2 * len(lesson.PARCELS)
    assert {event["ph"] for event in calls} == {"X"}  # a complete event: it has a start and a duration
    assert all(event["dur"] > 0.09e6 for event in calls if event["cat"] == "task::weigh")  # microseconds
    assert all({"pid", "tid", "ts", "name"} <= event.keys() for event in events)


def test_the_picture_has_a_bar_for_each_call(tmp_path):
    events = [{"cat": "task::weigh", "tid": f"worker:{n % 2}", "ts": 1e6 * n, "dur": 5e5} for n in range(5)]
    pictures = {}
    for count in 1, 5:
        lesson.draw(events[:count], tmp_path / "timeline.svg")
        pictures[count] = ElementTree.parse(tmp_path / "timeline.svg").getroot()
    bars = {count: sum("patch" in (e.get("id") or "") for e in root.iter()) for count, root in pictures.items()}
    assert bars[5] - bars[1] == 4


@pytest.mark.thorough
def test_the_picture_of_a_run_is_one(kept):
    assert ElementTree.parse(kept / "timeline.svg").getroot().tag.endswith("svg")
