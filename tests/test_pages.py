"""Every block, link and number of lessons on the pages is tied to a file or to tested output."""

import re
import shlex
import subprocess
import textwrap
from pathlib import Path

import pytest

from tests.support.pages import (
    BLOCKS,
    CHINESE,
    CHINESE_PAGES,
    DEFINITION,
    DOCS,
    LINK,
    PAGES,
    README,
    blocks_of,
    english_of,
    page,
    prose,
)
from tools.lessons import LESSONS, ROOT, Lesson

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def blocks(kind):
    """Return what the blocks of this kind are tied to, and their text."""
    found = [(tie.partition("=")[2], text) for _, tie, text in BLOCKS if tie.partition("=")[0] == kind]
    return [pytest.param(*block, id=f"{block[0]}-{number}") for number, block in enumerate(found)]


def test_no_block_is_tied_to_nothing():
    assert sum(text.count("```") for text in (README, page("ipu/README.md"), *DOCS.values())) == 2 * len(BLOCKS)
    ties = {"python": {"file"}, "text": {"output", "ray", "tried"}, "sh": {""}, "diff": {"try"}}
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


def make_targets():
    """Return what can be made."""
    [targets] = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return targets.split()


def commands():
    """Return the lines of the blocks that a reader types."""
    return [line for language, _, text in BLOCKS if language == "sh" for line in text.splitlines()]


@pytest.mark.parametrize("command", commands())
def test_command_names_what_exists(command):
    words = [word for word in shlex.split(command) if not re.fullmatch(r"[A-Z_]+=\S+", word)]
    targets = make_targets()
    match words:
        case ["make", target, *_]:
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


def test_make_help_lists_every_target():
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert sorted(re.findall(r"^make ([\w-]+)", listed, re.MULTILINE)) == sorted(make_targets())


def anchors(text):
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return [re.sub(r"[^\w -]", "", words).lower().replace(" ", "-") for words in headings]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path):
    text = prose(path.read_text(encoding="utf-8"))
    definitions = dict(DEFINITION.findall(text))
    for picture, words, target, name in LINK.findall(text):
        assert words.strip(), "a link, or a picture, has words"
        target = target or definitions[name]
        if "://" in target:
            assert re.fullmatch(r"https://[\w.-]+(/[\w./#%=?&-]*)?", target)
            assert not picture, "pictures are in this repository"
            continue
        file, _, anchor = target.partition("#")
        page = path.parent / file if file else path
        assert page.exists(), target
        assert not anchor or anchor in anchors(page.read_text(encoding="utf-8")), target
    assert definitions.keys() == {name for _, _, _, name in LINK.findall(text) if name}


def test_links_to_other_sites_are_collected_at_the_end():
    assert re.findall(r"\]\(https?://", "".join([README, CHINESE, *DOCS.values()])) == []


def headings(page):
    """Return the levels of a page's headings."""
    return [len(level) for level in re.findall(r"^(#+) ", prose(page), re.MULTILINE)]


@pytest.fixture(params=CHINESE_PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def languages(request):
    """Return the text of a page in English and in Chinese."""
    return [path.read_text(encoding="utf-8") for path in (english_of(request.param), request.param)]


def test_every_page_to_look_things_up_in_is_there_in_chinese():
    assert {path.name for path in CHINESE_PAGES if path.parent.name == "docs"} == {
        name.replace(".md", ".zh.md") for name in DOCS
    }


def test_chinese_page_has_the_same_chapters(languages):
    english, chinese = map(headings, languages)
    assert chinese == english


def test_chinese_page_has_the_same_blocks(languages):
    english, chinese = map(blocks_of, languages)
    assert chinese == english


def test_chinese_page_has_the_same_links_and_pictures(languages):
    def targets(page):
        # The Chinese page leads to Chinese pages and pictures with Chinese words. Its headings have other anchors.
        text = re.sub(r"\.zh\.md|\.md", ".md", prose(page)).replace("imgs/zh/", "imgs/")
        return sorted((picture, target.partition("#")[0], name) for picture, _, target, name in LINK.findall(text))

    english, chinese = languages
    assert targets(chinese) == targets(english)
    assert DEFINITION.findall(chinese) == DEFINITION.findall(english)


def test_chinese_page_has_the_same_code_in_its_lines(languages):
    def code(page):
        page = re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
        return sorted(re.sub(r"\s+", " ", words) for words in re.findall(r"`([^`]+)`", page))

    english, chinese = map(code, languages)
    assert chinese == english


def test_chapter_of_every_lesson_has_what_a_chapter_has():
    chapters = re.split(r"^### ", README, flags=re.MULTILINE)
    for lesson in LESSONS:
        name = str(lesson) if lesson.path.parent == ROOT else "ipu/"
        [chapter] = [text for text in chapters if text.partition("\n\n")[2].startswith(f"**[{name}]")]
        assert re.findall(r"^!\[", chapter, re.MULTILINE)
        assert "**Try this.**" in chapter
        assert re.findall(r"^```(\w+)", chapter, re.MULTILINE)[-2:] == ["diff", "text"]
        if lesson.path.parent == ROOT:
            assert f", {lesson.header('Time')}.**" in chapter


def test_table_lists_every_lesson_of_ipu_with_its_minutes():
    rows = re.findall(r"^\| \[(\S+)\]\(\S+\) \| \*\*(.+?)\*\*.* \| (\d+) \|$", README, re.MULTILINE)
    rows = [(file, title.lower(), minutes) for file, title, minutes in rows]
    lessons = [lesson for lesson in LESSONS if lesson.path.parent.name == "ipu"]
    assert rows == [(str(lesson), lesson.title.lower(), lesson.header("Time").split()[0]) for lesson in lessons]


def test_pages_name_the_ray_that_is_pinned():
    [pinned] = re.findall(r"^ray\[.*\]==(\S+)$", (ROOT / "requirements-core.txt").read_text(), re.MULTILINE)
    assert f"Ray {pinned}" in DOCS["symptoms.md"]
    assert f"Ray {pinned}" in page("docs/symptoms.zh.md")


def test_every_pin_is_a_constraint_too():
    constraints = (ROOT / "constraints.txt").read_text().lower().splitlines()
    versions = {line.partition(" ;")[0] for line in constraints}
    pins = re.findall(r"^([\w-]+)(?:\[.*\])?(==\S+)$", "\n".join(map(Path.read_text, ROOT.glob("require*.txt"))), re.M)
    assert len(pins) > 10
    assert [name + version for name, version in pins if name.lower() + version not in versions] == []
