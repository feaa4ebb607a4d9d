"""Importing a lesson starts nothing: so tests can import it, and `serve run` too."""

import subprocess
import sys

CHECK = """
import importlib, sys, threading
before = threading.active_count()
importlib.import_module(sys.argv[1])
import ray
assert not ray.is_initialized(), "Ray runs"
assert threading.active_count() == before, "threads run"
"""


def test_importing_a_lesson_starts_nothing(lesson, place):
    result = subprocess.run(
        [sys.executable, "-c", CHECK, lesson.path.stem],
        cwd=place.work,
        env=place.environment(PYTHONPATH=str(lesson.path.parent), PYTHONDONTWRITEBYTECODE="1"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert place.processes() == []
    assert place.leftovers(patience=0) == []
