"""Every script of the folders runs as a reader runs it, prints what it says, and leaves nothing behind."""

import re

import pytest

from tests.support.places import joining, run
from tools.lessons import ROOT, Lesson, differences

FOLDERS = {"patterns": 13, "training": 1, "cluster": 1, "languages": 2}  # and how many scripts are there
SCRIPTS = [Lesson(path) for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.py"))]
# The first starts a Ray with a small object store, which a cluster has no reason to have. The second asks for as many
# processes as a small machine has CPUs, and a cluster of sixteen would not notice if it asked for more.
LOCAL = "larger_than_the_store", "process_pools"
TWO_CPUS = {"RAY_OVERRIDE_RESOURCES": '{"CPU": 2}'}


def test_scripts_are_there():
    assert {name: sum(script.path.parent.name == name for script in SCRIPTS) for name in FOLDERS} == FOLDERS


# Where there is a compiler, test_languages.py runs those of languages/.
@pytest.mark.thorough
@pytest.mark.parametrize("script", [script for script in SCRIPTS if script.path.parent.name != "languages"], ids=str)
def test_prints_what_it_says_and_leaves_nothing_behind(script, cluster, place):
    result = run(script, place, **(TWO_CPUS if script.path.stem in LOCAL else joining(script, cluster)))
    assert script.expected
    assert differences(script.expected, result.stdout.splitlines()) == []
    assert result.returncode == 0, result.stderr
    assert place.leftovers() == []


@pytest.mark.parametrize("script", SCRIPTS, ids=str)
def test_header_says_claim_and_command(script):
    claim = script.docstring.partition("\n")[0]
    assert ": " in claim
    assert claim.endswith(".")
    assert script.header("Run") == f"python {script}"
    assert script.header("Docs").startswith("https://docs.ray.io/")


@pytest.mark.parametrize("folder", FOLDERS)
def test_page_lists_every_script_with_its_claim(folder):
    claims = [
        (script.path.name, script.docstring.partition("\n")[0]) for script in SCRIPTS if folder in script.path.parts
    ]
    rows = [f"| [{name}]({name}) | {claim} |" for name, claim in claims]
    assert "\n".join(["|---|---|", *rows, ""]) in (ROOT / folder / "README.md").read_text(encoding="utf-8") + "\n"
    for chinese in (ROOT / folder).glob("README.zh.md"):
        listed = re.findall(r"^\| \[(\w+\.py)\]\(\1\) \|", chinese.read_text(encoding="utf-8"), re.MULTILINE)
        assert listed == [name for name, _ in claims]
