"""Every lesson runs as a reader runs it, prints what it says, and leaves nothing behind."""

import os
import shutil
import signal
import subprocess
import sys

import pytest

from tests.support.places import NO_NETWORK, TIMEOUT, run, start
from tools.lessons import BLOCKS, LESSONS, NOT_OF_THE_LESSON, README, ROOT, Lesson, differences


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


@pytest.mark.parametrize("name", LESSONS[:1], ids=str)
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


def joining(lesson, cluster):
    """Return the variables with which a lesson joins the cluster, where http_proxy leads nowhere."""
    # Ray's state API asks the dashboard over HTTP, and heeds the proxy. The table of symptoms says what helps.
    return cluster | ({"no_proxy": "*"} if lesson.path.stem == "O8_observe" else {})


@pytest.mark.thorough
def test_prints_the_same_on_a_running_cluster_of_sixteen_cpus(lesson, cluster, place):
    if "Cluster(" in lesson.source:
        pytest.skip("it starts nodes of its own. Beside a running cluster its change to try is tested, below")
    result = run(lesson, place, **joining(lesson, cluster))
    assert differences(lesson.expected, result.stdout.splitlines()) == []
    assert result.returncode == 0, result.stderr
    assert place.leftovers(patience=0) == []


def shown(tie):
    """Return what blocks of this kind are tied to, their text, and the lines of the block after each of them."""
    pairs = [(block, following) for block, following in zip(BLOCKS, BLOCKS[1:]) if block[1].startswith(tie)]
    found = [(of.removeprefix(tie), text, then.splitlines()) for (_, of, text), (_, _, then) in pairs]
    return [pytest.param(*values, id=values[0]) for values in found]


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "change", "said"), shown("try="))
def test_change_to_try_does_what_the_page_says(name, change, said, cluster, place, tmp_path):
    repository = tmp_path / "repository"
    shutil.copytree(ROOT, repository, ignore=shutil.ignore_patterns(".*", "tests", "__pycache__"))
    script = repository / name
    before, after = ("".join(f"{line[1:]}\n" for line in change.splitlines() if line[0] == sign) for sign in "-+")
    source = script.read_text(encoding="utf-8")
    assert source.count(before) == 1
    script.write_text(source.replace(before, after), encoding="utf-8")
    result = run(Lesson(script), place, **joining(Lesson(script), cluster))
    printed = [line for line in result.stdout.splitlines() if not NOT_OF_THE_LESSON.match(line)]
    places = [printed[start : start + len(said)] for start in range(len(printed))]
    assert [] in [differences(said, place) for place in places], result.stdout + result.stderr
    assert result.returncode == 0, result.stderr


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "code", "said"), shown("run="))
def test_block_of_the_page_prints_what_the_page_says(name, code, said, cluster, place, tmp_path):
    script = tmp_path / f"{name}.py"
    script.write_text(code, encoding="utf-8")
    result = run(Lesson(script), place, **cluster)
    assert differences(said, result.stdout.splitlines()) == [], result.stderr
    assert result.returncode == 0, result.stderr


def interrupt(process, lesson):
    """Wait for a lesson's first two lines, send what the terminal sends on Ctrl-C, and wait for its end."""
    lines = []
    while len(lines) < 2:
        line = process.stdout.readline().rstrip()
        lines += [] if NOT_OF_THE_LESSON.match(line) else [line]
    assert differences(lesson.expected[:2], lines) == []
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=40)
    assert process.returncode != 0
    assert "\nKeyboardInterrupt" in err


@pytest.mark.thorough
def test_ctrl_c_leaves_nothing_on_the_cluster(lesson, cluster, place):
    interrupt(start(lesson, place, PYTHONUNBUFFERED="1", **joining(lesson, cluster)), lesson)
    assert place.leftovers() == []


@pytest.mark.thorough
def test_ctrl_c_leaves_nothing_here_and_spares_another_ray_of_the_same_user(place):
    interrupted, other = (start(LESSONS[0], place, PYTHONUNBUFFERED="1") for _ in range(2))
    interrupt(interrupted, LESSONS[0])
    out, err = other.communicate(timeout=TIMEOUT)
    assert differences(LESSONS[0].expected, out.splitlines()) == []
    assert other.returncode == 0, err
    assert place.leftovers() == []


@pytest.mark.parametrize("address", ["127.0.0.1:9", "no-such-host.invalid:6379", "auto", "ray://127.0.0.1:9"])
def test_address_of_no_cluster_is_one_clear_line(address, place):
    result = run(LESSONS[0], place, RAY_ADDRESS=address)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        f"No Ray cluster answers at RAY_ADDRESS={address}. Start it, or unset the variable."
    ]


def test_every_lesson_begins_in_one_of_two_ways():
    own_nodes = [lesson.source for lesson in LESSONS if "Cluster(" in lesson.source]
    others = [lesson.source for lesson in LESSONS if "Cluster(" not in lesson.source]
    [joins] = {source.partition("# Starts Ray")[2].partition("sys.exit(")[0] for source in others}
    assert "create_connection" in joins
    [starts] = {source.partition("# The nodes get")[2].partition("\n\n")[0] for source in own_nodes}
    assert "os.execve" in starts
