"""Every lesson runs as a reader runs it, prints what it says, and leaves nothing behind."""

import os
import signal

import pytest
from lessons import LESSONS, ROOT, TIMEOUT, Place, differences, run, start


def test_every_script_is_a_lesson_with_tests_of_its_own():
    scripts = [*ROOT.glob("*.py")]
    assert {lesson.path for lesson in LESSONS} == set(scripts)
    assert [path.name for path in scripts if not (ROOT / "tests" / f"test_{path.name}").exists()] == []


def test_header_says_title_command_and_minutes(lesson):
    claim = lesson.docstring.partition("\n")[0]
    assert lesson.title != claim, "the first sentence is 'title: claim'"
    assert claim.endswith(".")
    assert lesson.header("Run").startswith(f"python {lesson}")
    assert lesson.header("Docs").startswith("https://docs.ray.io/")
    assert lesson.header("Time").endswith(" minutes")


def test_lessons_lead_to_each_other():
    for lesson, following in zip(LESSONS, LESSONS[1:]):
        assert lesson.header("Next").startswith(str(following))


def test_prints_what_it_says_without_network_and_with_taken_ports(lesson, first_run):
    result = first_run(lesson)
    assert lesson.expected, "a lesson shows something"
    assert differences(lesson.expected, result.stdout.splitlines()) == []
    assert result.returncode == 0, result.stderr


def test_network_was_really_cut(network_can_be_cut):
    if not network_can_be_cut:
        pytest.skip("this machine has no unshare, or does not allow it: the lessons ran with the network on")


def test_nothing_is_deprecated(lesson, first_run):
    assert "deprecat" not in first_run(lesson).stderr.lower()


def test_leaves_no_process_and_no_file_behind(lesson, first_run):
    assert first_run(lesson).leftovers == []


def test_prints_the_same_on_clusters_of_one_and_of_sixteen_cpus(lesson, clusters, place):
    for process in [start(lesson, place, **cluster) for cluster in clusters]:
        out, err = process.communicate(timeout=TIMEOUT)
        assert differences(lesson.expected, out.splitlines()) == []
        assert process.returncode == 0, err
    assert place.leftovers(patience=0) == []


def test_ctrl_c_ends_four_at_once_cleanly():
    places = [Place.make() for _ in LESSONS]
    try:
        processes = [start(lesson, place) for lesson, place in zip(LESSONS, places)]
        for process, lesson in zip(processes, LESSONS):
            assert differences(lesson.expected[:1], [process.stdout.readline().rstrip()]) == []
            os.killpg(process.pid, signal.SIGINT)  # what the terminal does on Ctrl-C
        for process in processes:
            process.communicate(timeout=30)
            assert process.returncode != 0
        assert [place.leftovers() for place in places] == [[] for _ in LESSONS]
    finally:
        for place in places:
            place.remove()


def test_address_of_no_cluster_is_one_clear_line(lesson, place):
    result = run(lesson, place, RAY_ADDRESS="127.0.0.1:9")
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "No Ray cluster answers at RAY_ADDRESS=127.0.0.1:9. Start it, or unset the variable."
    ]
