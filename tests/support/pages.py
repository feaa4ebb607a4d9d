"""The pages, and what the tests look for in them."""

import re

from tools.lessons import ROOT

# Dot folders hold no pages of ours: they are environments, caches.
PAGES = sorted(path for path in ROOT.glob("**/*.md") if "/." not in f"/{path.relative_to(ROOT)}")
CHINESE_PAGES = [path for path in PAGES if path.name.endswith(".zh.md")]
LINK = re.compile(r"(!?)\[([^\]]*)\](?:\(([^)]+)\)|\[([^\]]+)\])")  # ![text](target) or [text][name]
DEFINITION = re.compile(r"^\[(\S+)\]: (\S+)$", re.MULTILINE)


def page(name):
    """Return the text of a page, by its path from the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def english_of(path):
    """Return the path of the English page that belongs to a Chinese one."""
    return path.with_name(path.name.replace(".zh.md", ".md"))


def blocks_of(text):
    """Return the blocks of a page: the language, what the fence says that the block is tied to, and the text."""
    return re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def prose(text):
    """Return the text of a page without its blocks and inline code."""
    return re.sub(r"`[^`\n]+`", "", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))


def rows(text, heading=""):
    """Return the rows of the tables of a page, or of the first one under a heading, each as the list of its cells."""
    if heading:
        text = text.partition(f"\n{heading}\n")[2].partition("\n#")[0]
    lines = re.sub(r"^\|.*\|\n\|[-|]+\|$", "", text, flags=re.MULTILINE)  # without heads
    return [[cell.strip() for cell in line.split("|")] for line in re.findall(r"^\|(.*)\|$", lines, re.MULTILINE)]


README = page("README.md")
CHINESE = page("README.zh.md")
DOCS = {
    path.name: page(f"docs/{path.name}") for path in PAGES if path.parent.name == "docs" and path not in CHINESE_PAGES
}
# The block of sentiment/README.md is tested in test_sentiment.py.
BLOCKS = [block for text in (README, page("ipu/README.md"), *DOCS.values()) for block in blocks_of(text)]
