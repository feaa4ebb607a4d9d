"""Every block, link and number of lessons in the README is tied to a file or to tested output."""

import re
import shlex
import textwrap
from pathlib import Path

import pytest
from lessons import BLOCKS, IPU_README, LESSONS, README, ROOT, Lesson, differences

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def blocks(kind):
    """Return what the blocks of this kind are tied to, and their text."""
    found = [(tie.partition("=")[2], text) for _, tie, text in BLOCKS if tie.partition("=")[0] == kind]
    return [pytest.param(*block, id=f"{block[0]}-{number}") for number, block in enumerate(found)]


def test_no_block_is_tied_to_nothing():
    assert (README + IPU_README).count("```") == 2 * len(BLOCKS)
    ties = {"python": {"file"}, "text": {"output", "ray"}, "sh": {""}}
    assert [block for block in BLOCKS if block[1].partition("=")[0] not in ties[block[0]]] == []


@pytest.mark.parametrize(("name", "code"), blocks("file"))
def test_code_stands_in_its_file(name, code):
    shown = code.splitlines()
    lines = [line for line in (ROOT / name).read_text(encoding="utf-8").splitlines() if "# ->" not in line]
    places = ["\n".join(lines[start : start + len(shown)]) for start in range(len(lines))]
    assert code.rstrip() in [textwrap.dedent(place) for place in places]


@pytest.mark.parametrize(("name", "output"), [block for block in blocks("output") if block.values[0] != "curl"])
def test_output_is_what_the_lesson_is_tested_to_print(name, output):
    shown = output.splitlines()
    expected = Lesson(ROOT / name).expected
    assert shown in [expected[start : start + len(shown)] for start in range(len(expected))]


@pytest.mark.parametrize(("name", "said"), blocks("ray"))
def test_ray_says_what_the_page_explains(name, said, first_run):
    result = first_run(Lesson(ROOT / name))
    # The port is another one where 8265 is taken, as it is in this run. On Python 3.10 Ray leaves out the http://.
    dashboard = r"(http://)?127\.0\.0\.1:\d+"
    came = re.sub(dashboard, "http://127.0.0.1:8265", ANSI.sub("", result.stdout + result.stderr))
    assert [line for line in said.splitlines() if line not in came] == []


def commands():
    """Return the lines of the blocks that a reader types."""
    return [line for language, _, text in BLOCKS if language == "sh" for line in text.splitlines()]


@pytest.mark.parametrize("command", commands())
def test_command_names_what_exists(command):
    words = [word for word in shlex.split(command) if not re.fullmatch(r"[A-Z_]+=\S+", word)]
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    match words:
        case ["make", target]:
            assert target in targets
        case ["pip", "install", "-r", file] | ["python", file]:
            assert (ROOT / file).is_file()
        case ["ray", "start", _, '--resources={"IPU": 4}']:
            pass  # the cluster of test_lessons_run.py is started so, as its head
        case ["python", "-m", "pytest"]:
            pass  # this suite runs it
        case ["serve", "run", _] | ["curl", *_]:
            pass  # test_serve_run.py runs them
        case _:
            pytest.fail("no test knows this command")


def test_local_links_lead_somewhere():
    for page in ROOT.glob("**/*.md"):
        if ".venv" in page.parts:
            continue
        links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
        assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_table_lists_every_lesson_with_its_minutes():
    rows = re.findall(r"^\| \[(\S+)\]\(\S+\) \| \*\*(.+?)\*\*.* \| (\d+) \|$", README, re.MULTILINE)
    rows = [(file, title.lower(), minutes) for file, title, minutes in rows]
    assert rows == [(str(lesson), lesson.title.lower(), lesson.header("Time").split()[0]) for lesson in LESSONS]


def test_differences_are_seen():
    assert differences(["a: ...", "b"], ["a: 7", "b"]) == []
    assert differences(["a"], ["(raylet) a note of Ray's", "a"]) == []
    assert len(differences(["a", "b"], ["a", "c"])) == 1
    assert len(differences(["a"], ["a", "unannounced"])) == 1
    assert len(differences(["a", "b"], ["a"])) == 1


def test_every_pin_is_a_constraint_too():
    constraints = (ROOT / "constraints.txt").read_text().lower().splitlines()
    versions = {line.partition(" ;")[0] for line in constraints}
    pins = re.findall(r"^([\w-]+)(?:\[.*\])?(==\S+)$", "\n".join(map(Path.read_text, ROOT.glob("require*.txt"))), re.M)
    assert len(pins) > 10
    assert [name + version for name, version in pins if name.lower() + version not in versions] == []
