"""`make tour` tells the lessons in order while they run, installs what one needs, and stops at the first that fails."""

import os
import pty
import re
import signal
import subprocess
import sys
import time

import pytest

from tools import lessons, tour
from tools.lessons import LESSONS, ROOT

LESSON = '''"""{title}: a claim that
goes on.

Time:  3 minutes
"""
import sys, time


def main():
{code}


if __name__ == "__main__":
    main()
'''
TWO_STEPS = """
    # The first comment,
    # in two lines.
    print("one, and", time.time())
    # -> one, and ...

    # The second comment.
    print("(raylet) a line of Ray's")
    print("and one of its errors", file=sys.stderr)
    print("two")
    # -> two
    # The third comment, after which nothing is printed.
"""


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


def tour_of(*arguments, **variables):
    """Run the tour as a process of its own. Return its output."""
    environment = {name: value for name, value in os.environ.items() if name not in ("LC_ALL", "LC_MESSAGES", "LANG")}
    command = [sys.executable, "-m", "tools.tour", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment | variables, capture_output=True, text=True, errors="replace", timeout=60
    )


def test_each_line_stands_under_the_comment_of_its_step(script, capfd):
    script("First", TWO_STEPS)
    script("Second", "    print('three')")
    tour.main()
    printed = [line.rstrip() for line in capfd.readouterr().out.splitlines() if line.strip()]
    printed.remove("  | and one of its errors")  # which comes on a stream of its own, sooner or later
    assert re.fullmatch(r"    one, and [\d.]+", printed.pop(3))
    assert printed == [
        "=== 1 of 2: First.py, 3 minutes to read, 6 to the end of the tour",
        "First: a claim that goes on.",
        "The first comment, in two lines.",
        "The second comment.",
        "  | (raylet) a line of Ray's",
        "    two",
        "The third comment, after which nothing is printed.",
        "=== 2 of 2: Second.py, 3 minutes to read, 3 to the end of the tour",
        "Second: a claim that goes on.",
        "    three",
        "That was the tour. Your turn: make exercises",
    ]


def test_lines_come_while_the_lesson_runs(tmp_path):
    (tmp_path / "slow.py").write_text(LESSON.format(title="S", code="    print('early')\n    time.sleep(2)"))
    code = f"""
import pathlib
from tools import lessons, tour
lessons.ROOT = pathlib.Path({str(tmp_path)!r})
tour.run(lessons.Lesson(lessons.ROOT / "slow.py"), tour.make_console())"""
    with subprocess.Popen([sys.executable, "-u", "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"    early\n"
        came = time.monotonic()
    assert time.monotonic() - came > 1


def test_a_line_that_the_lesson_does_not_say_is_shown_and_the_rest_keeps_its_place(script, capfd):
    script("First", TWO_STEPS.replace('print("two")', 'print("unexpected")\n    print("two")'))
    tour.main()
    printed = [line.rstrip() for line in capfd.readouterr().out.splitlines() if line.strip()]
    assert printed.index("The second comment.") < printed.index("    unexpected") < printed.index("    two")


def test_the_steps_of_each_lesson_are_what_it_prints():
    for lesson in LESSONS:
        assert [text for kind, text in lesson.steps if kind == "prints"] == lesson.expected
        assert any(kind == "says" for kind, _ in lesson.steps), lesson


def test_a_lesson_that_fails_stops_the_tour_with_its_error_and_the_command_to_repeat_it(script, capfd):
    script("First", "    raise ValueError('what went wrong')")
    script("Second", "    print('two')")
    with pytest.raises(SystemExit) as stopped:
        tour.main()
    message = str(stopped.value)
    assert re.search(r"^Traceback .*^ValueError: what went wrong$", message, re.DOTALL | re.MULTILINE)
    assert "The tour stops here: First.py failed with exit code 1." in message
    assert re.search(r"alone: \S+ \S+/First.py\n.*make tour FROM=First$", message)
    assert "two" not in capfd.readouterr().out


def test_the_rest_is_installed_when_the_first_lesson_needs_it(script, capfd, tmp_path):
    script("First", "    print('one')")
    script("Second", "    try:\n        import no_such_module\n    except ImportError:\n        print('two')")
    tour.main()
    out = capfd.readouterr().out
    assert out.index("one") < out.index("no_such_module") < out.index("the rest is being installed") < out.index("two")
    assert (tmp_path / "installed").exists()


def test_from_goes_on_there_and_only_runs_one(script, capfd):
    for number in range(3):
        script(f"N{number}_lesson", f"    print('{number}')")

    def told(*arguments):
        tour.main(arguments)
        return re.findall(r"^    (\d)$", capfd.readouterr().out, re.MULTILINE)

    assert told("--from", "N1") == told("--from", "n1_lesson.py") == ["1", "2"]
    assert told("--only", "N1_lesson") == ["1"]
    for arguments in ("--from", "N7"), ("--only", "n"):
        with pytest.raises(SystemExit, match=r"of (no|3) lessons. The names: N0_lesson.py, N1_lesson.py, N2"):
            tour.main(arguments)


def test_make_passes_from_and_only_on():
    for name, option in ("FROM", "--from"), ("ONLY", "--only"):
        shown = subprocess.run(["make", "-n", "tour", f"{name}=O5"], cwd=ROOT, capture_output=True, text=True).stdout
        assert f'-m tools.tour {option} "O5"' in " ".join(shown.split())


def told_on_a_terminal(tmp_path, **variables):
    """Tell a lesson on a terminal of 60 columns. Return what the terminal got, and its lines without codes."""
    (tmp_path / "First.py").write_text(LESSON.format(title="First", code=TWO_STEPS.replace("two lines", "é " * 40)))
    code = f"""
import pathlib
from tools import lessons, tour
lessons.ROOT = pathlib.Path({str(tmp_path)!r})
tour.LESSONS = [lessons.Lesson(lessons.ROOT / "First.py")]
tour.main()"""
    ours, theirs = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "COLUMNS": "60", "TERM": "xterm-256color"} | variables
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment, stdout=theirs):
        os.close(theirs)
        received = b""
        try:
            while data := os.read(ours, 4096):
                received += data
        except OSError:  # the terminal's other end is closed
            pass
    os.close(ours)
    text = received.decode(errors="replace")
    return text, re.sub(r"\x1b\[[\d;]*m", "", text).splitlines()


def test_a_terminal_has_colour_and_rays_lines_are_dim(tmp_path):
    text, lines = told_on_a_terminal(tmp_path)
    assert "\x1b[2m  | (raylet) a line of Ray's\x1b[0m" in text
    assert "\x1b[1;32m    two\x1b[0m" in text
    assert max(map(len, lines)) <= 60


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_plain_terminals_get_nothing_but_text(tmp_path, variables):
    text, lines = told_on_a_terminal(tmp_path, **variables)
    assert "\x1b" not in text
    assert max(map(len, lines)) <= 60


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gb18030"])
def test_a_locale_without_utf_8_does_not_stop_the_tour(tmp_path, encoding):
    _, lines = told_on_a_terminal(tmp_path, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert "    two" in lines


def test_a_chinese_locale_gets_the_tours_words_and_the_claim_in_chinese():
    code = (
        "from tools import tour; print(tour.WORDS['heading']); print(*(l.claim('zh') for l in tour.LESSONS), sep='\\n')"
    )
    for variables in {"LANG": "zh_CN.UTF-8"}, {"LANG": "en_US.UTF-8", "LC_ALL": "zh_TW.UTF-8"}:
        environment = {"PYTHONUTF8": "1"} | variables
        told = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8"
        ).stdout.splitlines()
        assert len(told) == 1 + len(LESSONS)
        assert all(re.search("[\u4e00-\u9fff]", line) for line in told)
    assert tour_of("--only", "O77", LANG="zh_CN.UTF-8").returncode == 1


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
    code = f"""
import pathlib
from tools import lessons, tour
lessons.ROOT = pathlib.Path({str(tmp_path)!r})
tour.run(lessons.Lesson(lessons.ROOT / "lesson.py"), tour.make_console())"""
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", code], cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout.readline() == b"    ready\n"
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=10)
    assert (tmp_path / "tidy").exists()


def test_a_lesson_that_has_all_it_needs_installs_nothing(script, tmp_path):
    (tmp_path / "beside.py").touch()
    script("First", "    import json, beside")
    tour.main()
    assert not (tmp_path / "installed").exists()
