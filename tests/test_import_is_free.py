"""Importing a lesson starts nothing: so tests can import it, and `serve run` too."""

import subprocess
import sys

from tools.lessons import LESSONS

# One process for all of them, since most of the seconds go into Ray and torch.
CHECK = """
import importlib, sys, threading
before = threading.active_count()
for name in sys.argv[1:]:
    importlib.import_module(name)
    import ray
    assert not ray.is_initialized(), f"{name}: Ray runs"
    assert threading.active_count() == before, f"{name}: threads run"
"""


def test_importing_the_lessons_starts_nothing(place):
    folders = ":".join(dict.fromkeys(str(lesson.path.parent) for lesson in LESSONS))
    result = subprocess.run(
        [sys.executable, "-c", CHECK, *(lesson.path.stem for lesson in LESSONS)],
        cwd=place.work,
        env=place.environment(PYTHONPATH=folders, PYTHONDONTWRITEBYTECODE="1"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert place.processes() == []
    assert place.leftovers(patience=0) == []
