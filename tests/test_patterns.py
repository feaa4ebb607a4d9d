"""Every pattern runs as a reader runs it, prints what it says, and leaves nothing behind."""

import pytest

from tests.support.places import run
from tools.lessons import ROOT, Lesson, differences

PATTERNS = [Lesson(path) for path in sorted((ROOT / "patterns").glob("*.py"))]
LOCAL = "larger_than_the_store"  # it starts a Ray with a small object store, which a cluster has no reason to have


def test_patterns_are_there():
    assert len(PATTERNS) == 12


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.path.stem)
def test_prints_what_it_says_and_leaves_nothing_behind(pattern, cluster, place):
    result = run(pattern, place, **({} if pattern.path.stem == LOCAL else cluster))
    assert pattern.expected
    assert differences(pattern.expected, result.stdout.splitlines()) == []
    assert result.returncode == 0, result.stderr
    assert place.leftovers() == []


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.path.stem)
def test_header_says_claim_and_command(pattern):
    claim = pattern.docstring.partition("\n")[0]
    assert ": " in claim
    assert claim.endswith(".")
    assert pattern.header("Run") == f"python {pattern}"
    assert pattern.header("Docs").startswith("https://docs.ray.io/")


def test_page_lists_every_pattern_with_its_claim():
    page = (ROOT / "patterns" / "README.md").read_text(encoding="utf-8")
    claims = [(pattern.path.name, pattern.docstring.partition("\n")[0]) for pattern in PATTERNS]
    assert [f"| [{name}]({name}) | {claim} |" for name, claim in claims] == page.splitlines()[-len(claims) :]
