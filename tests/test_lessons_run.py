"""Every lesson runs as a reader runs it, prints what it says, and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys

import pytest

from tests.support.pages import BLOCKS, README
from tests.support.places import NO_NETWORK, TIMEOUT, changed, joining, run, start
from tools.lessons import LESSONS, ROOT, Lesson, differences, lesson_named, of_the_lesson

O1, O4, O6 = (lesson_named(name) for name in ("O1_tiny_demo", "O4_serve", "O6_resources"))


def blocks_with_output(tie):
    """Return the blocks of this kind: what each is tied to, its text, and the lines of the block after it."""
    pairs = [(block, following) for block, following in zip(BLOCKS, BLOCKS[1:]) if block[1].startswith(tie)]
    return [(of.removeprefix(tie), text, then.splitlines()) for (_, of, text), (_, _, then) in pairs]


CHANGES = blocks_with_output("try=")
# The lessons that join a cluster, without those whose change to try is tested there.
JOINING = [lesson for lesson in LESSONS if not re.search(r'address="local"|Cluster\(', lesson.source)]
UNCHANGED = [lesson for lesson in JOINING if str(lesson) not in [name for name, _, _ in CHANGES]]


def test_every_script_is_a_lesson_with_tests_of_its_own():
    scripts = [*ROOT.glob("*.py"), *ROOT.glob("ipu/I*.py")]
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
        assert lesson.header("Next") == str(following)
    page, section = LESSONS[-1].header("Next").split(", ")
    assert page == "README.md"
    assert f"\n## {section}\n" in README


def test_prints_what_it_says_on_one_cpu_without_network_and_with_taken_ports(lesson, first_run):
    result = first_run(lesson)
    assert lesson.expected, "a lesson shows something"
    assert differences(lesson.expected, result.stdout.splitlines()) == []
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", [O1], ids=str)
def test_that_run_had_one_cpu(name, first_run):
    assert "speed-up with 1 CPUs" in first_run(name).stdout


def test_network_was_really_cut(network_can_be_cut):
    if not network_can_be_cut:
        pytest.skip("this machine has no unshare, or does not allow it: the lessons ran with the network on")
    outside = "import socket; socket.socket(type=socket.SOCK_DGRAM).connect(('192.0.2.1', 9))"  # needs a route only
    result = subprocess.run([*NO_NETWORK, sys.executable, "-c", outside], capture_output=True, text=True, timeout=20)
    assert "Network is unreachable" in result.stderr


def test_nothing_is_deprecated(lesson, first_run):
    assert "deprecat" not in first_run(lesson).stderr.lower()


def test_leaves_no_process_and_no_file_behind(lesson, first_run):
    assert first_run(lesson).leftovers == []


@pytest.mark.thorough
@pytest.mark.parametrize("script", UNCHANGED, ids=str)
def test_prints_the_same_on_a_running_cluster_of_sixteen_cpus(script, cluster_run):
    result = cluster_run(script)
    assert differences(script.expected, result.stdout.splitlines()) == []
    assert result.returncode == 0, result.stderr
    assert result.leftovers == []


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "change", "said"), CHANGES, ids=[name for name, _, _ in CHANGES])
def test_change_to_try_changes_what_the_page_says_and_nothing_else(name, change, said, cluster, place, tmp_path):
    before, after = ("".join(f"{line[1:]}\n" for line in change.splitlines() if line[0] == sign) for sign in "-+")
    script = changed(Lesson(ROOT / name), tmp_path, (before, after))
    result = run(script, place, **joining(script, cluster))
    printed = of_the_lesson(result.stdout)
    assert len(printed) == len(script.expected), result.stdout + result.stderr
    changes = list(said)
    for line, unchanged in zip(printed, script.expected):
        if changes and not differences(changes[:1], [line]):
            changes.pop(0)
        else:
            assert differences([unchanged], [line]) == []
    assert changes == []
    assert result.returncode == 0, result.stderr
    assert place.leftovers(patience=5) == []


def interrupt(process, lesson):
    """Wait for a lesson's first line, send what the terminal sends on Ctrl-C, and wait for its end."""
    line = next(line for line in process.stdout if of_the_lesson(line))
    assert differences(lesson.expected[:1], [line.rstrip()]) == []
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=40)
    assert process.returncode != 0
    assert "\nKeyboardInterrupt" in err


# One lesson that joins a cluster, one that serves, one with nodes of its own.
@pytest.mark.thorough
@pytest.mark.parametrize("script", [O1, O4, O6], ids=str)
def test_ctrl_c_leaves_nothing(script, cluster, place):
    interrupt(start(script, place, PYTHONUNBUFFERED="1", **cluster), script)
    assert place.leftovers() == []


@pytest.mark.thorough
def test_ctrl_c_spares_another_ray_of_the_same_user(place):
    interrupted, other = (start(O1, place, PYTHONUNBUFFERED="1") for _ in range(2))
    interrupt(interrupted, O1)
    out, err = other.communicate(timeout=TIMEOUT)
    assert differences(O1.expected, out.splitlines()) == []
    assert other.returncode == 0, err
    assert place.leftovers() == []
