"""The list of what to read on: each entry can be followed, says when it was written, and none of the note is lost."""

import re

import pytest

from tools.lessons import ROOT

PAGE = (ROOT / "docs" / "reading.md").read_text(encoding="utf-8")
ADDRESSES = dict(re.findall(r"^\[(\S+)\]: (\S+)$", PAGE, re.MULTILINE))
LINK = re.compile(r"\[([^\]]+)\]\[([^\]]+)\](†?)")
# An entry begins with a dash or a number, and goes on in the indented lines below.
ENTRIES = [" ".join(entry.split()) for entry in re.findall(r"^(?:- |\d\. ).*(?:\n {2,}\S.*)*", PAGE, re.MULTILINE)]

# The links of the note that this repository grew from. Those that have moved stand with what the page says of it.
DOCS = "https://docs.ray.io/en/latest"
NOTE = [
    "https://github.com/ray-project/ray",
    "https://www.ray.io/",
    f"{DOCS}/",
    "https://docs.google.com/document/d/1tBw9A4j62ruI5omIJbMxly-la5w4q_TjyJgJL_jN2fI/preview",
    "https://docs.google.com/document/d/1bYL-638GN6EeJ45dPuLiPImA8msojEDDKiBx3YzB4_s/preview",
    "https://github.com/ray-project/ray-educational-materials/blob/main/Introductory_modules/Overview-of-Ray.pdf",
    f"{DOCS}/ray-core/key-concepts.html",
    f"{DOCS}/ray-core/handling-dependencies.html",
    f"{DOCS}/ray-core/scheduling/resources.html",
    f"{DOCS}/ray-core/patterns/index.html",
    f"{DOCS}/cluster/key-concepts.html",
    f"{DOCS}/cluster/vms/user-guides/launching-clusters/on-premises.html",
    f"{DOCS}/ray-air/getting-started.html",
    f"{DOCS}/ray-overview/use-cases.html",
    "https://github.com/ray-project/ray-educational-materials",
    f"{DOCS}/ray-core/configure.html",
    "https://discuss.ray.io/t/what-is-the-difference-between-ray-and-spark/1578",
    "https://c-nemri.medium.com/spark-dask-ray-choose-the-right-distributed-computing-framework-6b766e177728",
    "https://www.datarevenue.com/en-blog/pandas-vs-dask-vs-vaex-vs-modin-vs-rapids-vs-ray",
    "https://github.com/ray-project/ray/issues/642",
    f"{DOCS}/serve/index.html",
    f"{DOCS}/ray-core/examples/highly_parallel.html",
    "https://www.anyscale.com/blog/why-you-should-build-your-ai-applications-with-ray",
    "https://github.com/alpa-projects/alpa",
    "https://www.anyscale.com/blog/training-175b-parameter-language-models-at-1000-gpu-scale-with-alpa-and-ray",
]
TUTORIAL = "modern-parallel-and-distributed-python-a-quick-tutorial-on-ray-99f8d70369b8"
MOVED = {
    f"https://towardsdatascience.com/{TUTORIAL}": (f"https://medium.com/data-science/{TUTORIAL}", "moved"),
    f"{DOCS}/ray-observability/overview.html": (f"{DOCS}/ray-observability/getting-started.html", "Formerly"),
    f"{DOCS}/data/integrations.html": (f"{DOCS}/ray-more-libs/index.html", "Formerly"),
}


def addresses(entry):
    """Return the addresses that an entry links."""
    return [ADDRESSES[name] for _, name, _ in LINK.findall(entry)]


def test_there_are_entries():
    """Or the tests of each of them test nothing."""
    assert 35 <= len(ENTRIES) <= 60


def test_an_address_stands_once():
    definitions = re.findall(r"^\[\S+\]: (\S+)$", PAGE, re.MULTILINE)
    plain = [address.lower().rstrip("/") for address in definitions]
    assert [address for address in plain if plain.count(address) > 1] == []
    assert len(ADDRESSES) == len(definitions), "a name stands for one address"


@pytest.mark.parametrize("address", ADDRESSES.values())
def test_addresses_are_well_formed(address):
    assert re.fullmatch(r"https://([a-z\d-]+\.)+[a-z]+/[\w./-]*", address)
    assert "//" not in address.removeprefix("https://")


def test_entries_link_each_address_once():
    linked = [address for entry in ENTRIES for address in addresses(entry)]
    assert sorted(linked) == sorted(ADDRESSES.values())


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_says_what_it_is_good_for_and_when_it_was_written(entry):
    head, colon, good_for = LINK.sub("", entry).partition(": ")
    assert colon
    assert good_for.endswith(".")
    years = [int(year) for year in re.findall(r"\b\d{4}\b", head)]
    assert years or "kept up to date" in head
    assert all(2017 <= year <= 2026 for year in years), "Ray is not older, and the list is of 2026"


def test_three_things_come_first():
    assert [entry.split()[0] for entry in ENTRIES[:4]] == ["1.", "2.", "3.", "-"]


def test_links_of_the_note_are_marked_and_no_others():
    marked = {ADDRESSES[name] for entry in ENTRIES for _, name, mark in LINK.findall(entry) if mark}
    assert marked == {*NOTE, *(today for today, _ in MOVED.values())}


@pytest.mark.parametrize("old", MOVED)
def test_what_has_moved_says_from_where(old):
    today, words = MOVED[old]
    [entry] = [entry for entry in ENTRIES if today in addresses(entry)]
    [before] = re.findall(r"`([^`]+)`", entry)
    assert words in entry
    assert before in old


def test_page_says_when_and_how_the_addresses_were_seen():
    text = " ".join(PAGE.split())
    assert re.search(r"last seen in [A-Z][a-z]+ 20\d\d, in stored copies of [^.]+; none was opened", text)
