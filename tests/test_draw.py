"""The pictures of the pages are those that the tools draw, in both languages, and each is shown and listed."""

import html
import re

from tests.support.pages import CHINESE, README, page
from tools import draw
from tools.labels import AS_IT_IS
from tools.labels import CHINESE as LABELS
from tools.lessons import LESSONS, ROOT

IMAGES = ROOT / "imgs"
FROM_A_RUN = {"tour.svg", "dashboard.png"}
# test_compare.py and test_scaling.py compare these, which are on the pages of a folder.
FROM_RESULTS = dict.fromkeys(["compare-computing.svg", "compare-tables.svg", "compare-serving.svg"], "compare/README")
FROM_RESULTS["scaling.svg"] = "cluster/SCALING"


def test_pictures_are_those_that_the_script_draws(tmp_path, monkeypatch):
    monkeypatch.setattr(draw, "IMAGES", tmp_path)
    draw.main()
    for folder in ".", "zh":
        drawn = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / folder).glob("*.svg")}
        kept = {path.name: path.read_text(encoding="utf-8") for path in (IMAGES / folder).glob("*.svg")}
        assert drawn == {name: text for name, text in kept.items() if name not in FROM_A_RUN | FROM_RESULTS.keys()}


def test_each_picture_is_shown_and_listed():
    pictures = {path.name for path in IMAGES.iterdir() if path.suffix in (".svg", ".png")}
    assert pictures == {picture().name + ".svg" for picture in draw.PICTURES} | FROM_A_RUN | FROM_RESULTS.keys()
    for name, shown in FROM_RESULTS.items():
        assert f"](../imgs/{name})" in page(f"{shown}.md")
        assert f"](../imgs/zh/{name})" in page(f"{shown}.zh.md")
        assert name in page("imgs/README.md")
    for name in pictures - FROM_RESULTS.keys():
        assert f"](imgs/{name})" in README
        assert f"](imgs/{name if name in FROM_A_RUN else f'zh/{name}'})" in CHINESE
        assert name in page("imgs/README.md")


def test_chinese_labels_are_those_of_the_pictures():
    labels = {label for picture in draw.PICTURES for label in picture().labels()}
    assert {label for label in labels if not AS_IT_IS.fullmatch(label)} == LABELS.keys()
    assert [words for words in LABELS.values() if not re.search("[\u4e00-\u9fff]", words)] == []


def test_the_picture_of_the_tour_shows_the_first_lesson_as_it_is():
    lines = re.findall(r"<text[^>]*>([^<]*)</text>", page("imgs/tour.svg"))
    shown = " ".join(html.unescape(" ".join(lines)).replace("\xa0", " ").split())
    assert "=== 1 of 16: O1_tiny_demo.py" in shown
    assert [text for _, text in LESSONS[0].steps[:8] if text not in shown] == []
    assert "prefers-color-scheme: dark" in page("imgs/tour.svg")
