"""The pages about scale agree with their results file, and their arithmetic is right."""

import json
import re
import subprocess
import sys

import pytest

from tests.support.pages import page
from tests.support.places import Place
from tools import scaling
from tools.compare.markdown import short
from tools.lessons import ROOT

RECORDS = [json.loads(line) for line in scaling.RESULTS.read_text(encoding="utf-8").splitlines()]
ENGLISH, CHINESE = page("cluster/SCALING.md"), page("cluster/SCALING.zh.md")
CORES = 16  # of a node, in the table of limits


def median(kind, name, number):
    """Return the median of a measurement."""
    return scaling.spreads(RECORDS, kind, name)[number].median


def test_pages_and_pictures_are_those_of_the_results():
    for path, text in scaling.written(RECORDS).items():
        assert path.read_text(encoding="utf-8") == text, f"{path} differs: python -m tools.scaling"


def test_results_have_all_rounds_of_all_cases():
    for kind, numbers in ("nodes", scaling.NODES), ("actors", scaling.ACTORS):
        for name in scaling.KINDS[kind]:
            spreads = scaling.spreads(RECORDS, kind, name)
            assert set(numbers) - set(spreads) <= ({1} if name in ("start", "copy") else set())
            assert all(len(spread.values) == scaling.ROUNDS for spread in spreads.values())


@pytest.mark.parametrize("text", [ENGLISH, CHINESE.replace("毫秒", "ms").replace("秒", "seconds")], ids=["en", "zh"])
def test_lengths_of_tasks_follow_from_the_published_rate(text):
    rate = 7175
    for nodes, length in (10, "22 ms"), (100, "223 ms"), (1000, "2.2 seconds"):
        value, unit = length.split()
        exact = nodes * CORES / rate * (1000 if unit == "ms" else 1)
        assert value == f"{exact:.1f}" if unit == "seconds" else value == f"{exact:.0f}"
        assert len(re.findall(rf"(?<![\d.]){re.escape(value)} {unit}", text)) == 1
    assert text.count(f"{rate:,}") + text.count(str(rate)) == 2


def test_sentences_have_the_numbers_of_the_tables():
    rate, head = ({number: median("nodes", name, number) for number in scaling.NODES} for name in ("rate", "head"))
    with_actors = {number: median("actors", "head", number) for number in scaling.ACTORS}
    each = {number: median("actors", "actor_start", number) for number in scaling.ACTORS}
    more, actor = head[8] - head[1], median("actors", "actor", 150)
    per_100 = with_actors[150] - with_actors[50]
    said = {
        "four nodes": (f"run {rate[4] / rate[1]:.1f} times as many", f"1 个节点的 {rate[4] / rate[1]:.1f} 倍"),
        "eight nodes": (f"only {rate[8] / rate[1]:.1f} times", f"8 个节点只有 {rate[8] / rate[1]:.1f} 倍"),
        "memory": (f"memory grew by {more:.0f} MB", f"head 的内存多占 {more:.0f} MB"),
        "of the": (f"how much of the {more:.0f} MB", f"{more:.0f} MB 里有多少"),
        "idle actor": (f"process of {actor:.0f} MB", f"占 {actor:.0f} MB 内存"),
        "100 actors": (f"100 more actors need {per_100:.0f} MB more", f"head 要多占 {per_100:.0f} MB"),
        "first": (f"first fifty took {short(each[50])}", f"前 50 个是 {short(each[50])} 秒"),
        "last": (f"last fifty {short(each[150])} second", f"最后 50 个是 {short(each[150])} 秒"),
    }
    english_page = " ".join(ENGLISH.split())
    assert [
        name for name, (english, chinese) in said.items() if english not in english_page or chinese not in CHINESE
    ] == []


@pytest.mark.thorough
def test_smallest_case_runs_and_writes_nothing():
    before = scaling.RESULTS.read_bytes()
    place = Place.make()
    try:
        command = [sys.executable, "-m", "tools.scaling", "--quick"]
        ended = subprocess.run(command, cwd=ROOT, env=place.environment(), capture_output=True, text=True, timeout=120)
        assert ended.returncode == 0, ended.stderr
        rows = re.findall(r"^\| (\d+) \| (.+) \|$", ended.stdout, re.MULTILINE)
        assert [(int(number), "–" in cells) for number, cells in rows] == [(1, True), (2, False), (2, False)]
        assert place.leftovers() == []
    finally:
        place.remove()
    assert scaling.RESULTS.read_bytes() == before
