"""`make tour` runs the lessons in order under headings, installs what one needs, and stops at the first that fails."""

import os
import signal
import subprocess
import sys

import pytest

from tools import lessons, tour
from tools.lessons import ROOT

LESSON = '"""{title}: a claim.\n\nTime:  3 minutes\n"""\n{code}\n'


@pytest.fixture
def script(tmp_path, monkeypatch):
    """Return a function that adds a lesson to a tour that has none yet."""
    (tmp_path / "Makefile").write_text("install:\n\t@echo the rest is being installed\n\t@touch installed\n")
    monkeypatch.setattr(lessons, "ROOT", tmp_path)
    monkeypatch.setattr(tour, "ROOT", tmp_path)
    monkeypatch.setattr(tour, "LESSONS", [])

    def add(title, code):
        path = tmp_path / f"{title}.py"
        path.write_text(LESSON.format(title=title, code=code))
        tour.LESSONS.append(lessons.Lesson(path))

    return add


def test_each_lesson_stands_under_its_number_title_and_time(script, capfd):
    script("First", "print('one')")
    script("Second", "print('two')")
    tour.main()
    printed = [line for line in capfd.readouterr().out.splitlines() if line]
    assert printed[:2] == ["=== 1 of 2: First (First.py, 3 minutes) ===", "one"]
    assert printed[2:4] == ["=== 2 of 2: Second (Second.py, 3 minutes) ===", "two"]


def test_a_lesson_that_fails_stops_the_tour_with_the_command_to_repeat_it(script, capfd):
    script("First", "raise SystemExit('what went wrong')")
    script("Second", "print('two')")
    with pytest.raises(SystemExit, match=r"First.py failed with exit code 1. To repeat it alone: \S+ \S+/First.py"):
        tour.main()
    out, err = capfd.readouterr()
    assert "what went wrong" in err
    assert "two" not in out


def test_the_rest_is_installed_when_the_first_lesson_needs_it(script, capfd, tmp_path):
    script("First", "print('one')")
    script("Second", "try:\n    import no_such_module\nexcept ImportError:\n    print('two')")
    tour.main()
    out = capfd.readouterr().out
    assert out.index("one") < out.index("no_such_module") < out.index("the rest is being installed") < out.index("two")
    assert (tmp_path / "installed").exists()


TIDY = """
import pathlib, time
try:
    print('ready', flush=True)
    time.sleep(20)
finally:
    time.sleep(0.5)
    pathlib.Path(__file__).with_name('tidy').touch()
"""


def test_ctrl_c_lets_the_lesson_tidy_up(tmp_path):
    (tmp_path / "lesson.py").write_text(TIDY)
    code = f"from tools import tour; tour.run_to_its_end(['{sys.executable}', '{tmp_path}/lesson.py'])"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout.readline() == b"ready\n"
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=10)
    assert (tmp_path / "tidy").exists()


def test_the_tour_itself_needs_nothing_but_python(tmp_path):
    isolated = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, '{ROOT}'); import tools.tour"]
    assert subprocess.run(isolated, cwd=tmp_path, timeout=20).returncode == 0


def test_a_lesson_that_has_all_it_needs_installs_nothing(script, tmp_path):
    (tmp_path / "beside.py").touch()
    script("First", "import json, beside")
    tour.main()
    assert not (tmp_path / "installed").exists()
