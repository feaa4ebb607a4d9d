"""exercises/: each fails as handed out, and passes when solved. Wrong answers are caught, unusual right ones pass."""

import functools
import json
import re
import shutil
import signal
import subprocess
import sys

import pytest

from tests.support.gate import answers
from tests.support.pages import page
from tests.support.places import Place, wait_until
from tools.exercises import ALL, EXERCISES, Exercise, handed_out
from tools.lessons import ROOT, Lesson

NAMES = [path.stem for path in sorted((EXERCISES / "solutions").glob("*.py"))]
THREE = ("O1_parallel_sum", "O2_overlap", "O3_predict")  # for the quick tests, in English; the others are in Chinese
CHINESE = re.compile("[\u4e00-\u9fff]")


def batch(name):
    """Return the exercises that are checked together with this one, on one Ray, and the language.

    The more tasks a Ray has seen, the longer it takes to list them: each lesson has its own.
    """
    if name in THREE:
        return THREE, "en"
    others = (other for other in NAMES if other not in THREE)
    return tuple(other for other in others if Exercise(other).module == Exercise(name).module), "zh"


def all_answers():
    """Yield each answer to each exercise, as parameters."""
    for name in NAMES:
        marks = [pytest.mark.xdist_group(f"gate {batch(name)[0]}")] + [pytest.mark.thorough] * (name not in THREE)
        for answer in answers(name):
            yield pytest.param(name, answer, id=f"{name}-{answer}", marks=marks)


@functools.cache
def gate(names, language):
    """Run the gate for some exercises in a place of its own. Return the outcomes by exercise and answer, and errors.

    It raises nothing: the cache keeps no exceptions, and each test would run the gate again.
    """
    place = Place.make()
    outcomes = place.folder / "tmp" / "outcomes"
    outcomes.touch()
    try:
        errors = subprocess.run(
            [sys.executable, "-m", "tests.support.gate", str(outcomes.parent), *names],
            cwd=ROOT,
            env=place.environment(TOUR_LANGUAGE=language),
            capture_output=True,
            text=True,
            timeout=1000,
        ).stderr
    except subprocess.TimeoutExpired as error:
        errors = str(error)
    finally:
        found = [json.loads(line) for line in outcomes.read_text().splitlines()]
        place.remove()
    return {(one["exercise"], one["answer"]): one for one in found}, errors


@pytest.mark.timeout(1100)
@pytest.mark.parametrize(("name", "answer"), list(all_answers()))
def test_check_tells_right_from_wrong(name, answer):
    outcomes, errors = gate(*batch(name))
    assert (name, answer) in outcomes, errors[-5000:]
    found = outcomes[name, answer]
    if answer == "solution" or answer.startswith("right"):
        assert (found["kind"], found["text"]) == ("passed", "")
    else:
        kinds = (
            ["AssertionError", "SlowError"] if answer == "handed out" else ["AssertionError", "SlowError", "HungError"]
        )
        assert found["kind"] in kinds, found["text"]
        assert bool(CHINESE.search(found["text"])) == (name not in THREE)


@pytest.mark.parametrize("name", NAMES)
def test_exercise_is_its_solution_with_a_gap(name):
    """As committed: the file may hold a learner's answer."""
    shown = subprocess.run(["git", "show", f":exercises/{name}.py"], cwd=ROOT, capture_output=True, text=True)
    if shown.returncode:
        pytest.skip("this is no checkout of git, or it does not know the exercise")
    if Exercise(name).path.read_text(encoding="utf-8") != shown.stdout:
        pytest.skip("this exercise holds an answer")
    assert shown.stdout == handed_out(Exercise(name).solution.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_exercise_has_one_gap_and_says_what_to_do(name):
    solution = Lesson(Exercise(name).solution)
    text = handed_out(solution.source)
    assert text.count("TODO") == 1
    assert "TODO" not in solution.source.partition("# solution")[2].partition("# exercise")[0]
    assert solution.header("Check") == f"make exercises ONLY={name}"
    assert (ROOT / solution.header("Look").partition(",")[0]).exists()
    assert solution.header("Time").endswith(" minutes")


@pytest.mark.parametrize("name", NAMES)
def test_two_wrong_answers_are_caught(name):
    assert sum(answer.startswith("wrong") for answer in answers(name)) >= 2


def test_half_of_the_exercises_have_an_unusual_right_answer():
    unusual = [name for name in NAMES if any(answer.startswith("right") for answer in answers(name))]
    assert len(unusual) >= len(NAMES) / 2


def sections(name):
    """Return the text under the heading of each exercise on a page."""
    parts = re.split(r"^##+ ", page(f"exercises/{name}"), flags=re.MULTILINE)
    return {part.partition("\n")[0]: part for part in parts if part.partition("\n")[0] in NAMES}


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_page_has_every_exercise_with_three_hints(name):
    assert sorted(sections(name)) == NAMES
    for text in sections(name).values():
        assert (
            len(re.findall(r"<details><summary>[^<]+</summary>\n\n(?:(?!<details>).)+?\n\n</details>", text, re.DOTALL))
            == 3
        )


def test_tasks_on_the_page_are_those_in_the_files():
    for exercise in ALL:
        task = re.search(r"^Task: +(.*?)^Check:", Lesson(exercise.solution).docstring, re.MULTILINE | re.DOTALL)[1]
        assert " ".join(task.split()) == exercise.task


@pytest.fixture
def copy(place):
    """Return a copy of this repository in a place of its own, with the exercises as handed out."""
    ignored = shutil.ignore_patterns(".*", "__pycache__", "compare", "data", "imgs", "sentiment", "cluster")
    folder = shutil.copytree(ROOT, place.folder / "copy", ignore=ignored)
    for exercise in ALL:
        text = handed_out(exercise.solution.read_text(encoding="utf-8"))
        (folder / "exercises" / exercise.path.name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def run(copy, place):
    """Return a function that runs the tool in the copy and returns what it printed."""

    def once(*arguments, before="pass", **variables):
        script = f"import exercises.checks.watching as watching; {before}; import tools.exercises as t; t.main(%r)"
        result = subprocess.run(
            [sys.executable, "-c", script % (list(arguments),)],
            cwd=copy,
            env=place.environment(TOUR_LANGUAGE="en", COLUMNS="100", **variables),
            capture_output=True,
            text=True,
            timeout=300,
        )
        return " ".join((result.stdout + result.stderr).split())

    return once


def solve(copy, name):
    """Put the solution where the answer belongs."""
    shutil.copy(copy / "exercises" / "solutions" / f"{name}.py", copy / "exercises")


def test_list_says_what_is_next_and_how_long_the_rest_takes(run):
    minutes = sum(exercise.minutes for exercise in ALL)
    listed = run("--list")
    assert f"{ALL[0].name} {ALL[0].minutes} minutes next {ALL[1].name}" in listed
    assert f"0 of {len(ALL)} solved, about {minutes} minutes left" in listed


def test_hints_open_one_at_a_time(run):
    for number in 1, 2, 3, 3:
        said = run("--hint", "O1_parallel_sum")
        assert [f"Hint {n} of 3" in said for n in (1, 2, 3)] == [n <= number for n in (1, 2, 3)]


def test_reset_gives_the_file_back_and_keeps_the_answer(run, copy):
    file = copy / "exercises" / "O1_predict.py"
    before = file.read_text()
    for number in 1, 2:
        file.write_text(f"my answer {number}")
        assert f"exercises/.kept/O1_predict-{number}.py" in run("--reset", "O1_predict")
        assert file.read_text() == before
    kept = sorted((copy / "exercises" / ".kept").iterdir())
    assert [path.read_text() for path in kept] == ["my answer 1", "my answer 2"]


def test_an_unknown_name_is_refused_with_the_names(run):
    assert "There is no exercise named 'O1_prediction'. The names: O1_parallel_sum, " in run("--only", "O1_prediction")


@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_from_a_first_try_to_a_solution_and_back(run, copy):
    first, second = ALL[:2]
    assert f"{first.name}: right, but one at a time" in run()
    assert "0 of " in run("--list")
    solve(copy, first.name)
    said = run()
    assert f"{first.name}: solved 1 of " in said
    assert f"{second.name}, {second.minutes} minutes: exercises/{second.name}.py" in said
    assert f"{second.name}: not yet" in (said := run())  # and the first is not checked again
    assert f"{first.name}:" not in said
    (copy / "exercises" / f"{first.name}.py").write_text(answers(first.name)["wrong: one_big_task"])
    assert f"{first.name} 5 minutes changed" in run("--list")
    assert f"{first.name}: not yet" in (said := run())
    assert f"{second.name}: not yet" in said
    assert f"{first.name} 5 minutes next" in run("--list")


@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_errors_and_hanging_are_told_apart(run, copy):
    file = copy / "exercises" / "O1_parallel_sum.py"
    text = file.read_text()
    file.write_text(text.replace("return sum(block)", "return sum(blocks)"))
    assert "O1_parallel_sum: it raised an error A task failed, and line " in (said := run())
    assert "NameError: name 'blocks' is not defined" in said
    file.write_text(text.replace("    return result", "    return result +"))
    assert "O1_parallel_sum: not yet Syntax error in line " in run()
    file.write_text(text.replace("time.sleep(0.5)", "time.sleep(1000)"))
    assert "O1_parallel_sum: it did not finish The program did not finish within 5 seconds" in run(
        before="watching.LIMIT = 5"
    )


@pytest.mark.thorough
@pytest.mark.timeout(300)
def test_ctrl_c_says_so_and_leaves_nothing_behind(copy, place):
    command = [sys.executable, "-m", "tools.exercises", "--only", "O1_parallel_sum"]
    environment = place.environment(TOUR_LANGUAGE="en", PYTHONPATH=str(copy))
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen(command, cwd=copy, env=environment, start_new_session=True, **pipes)
    wait_until(lambda: any("raylet" in one.name() for one in place.processes()))
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[0].endswith("Stopped. No results were saved.\n")
    assert process.returncode == 1
    assert place.leftovers() == []


def test_a_pull_that_would_overwrite_an_answer_is_refused(tmp_path):
    """What the page says of git: nothing is lost, and three commands bring both together."""

    def git(*arguments, folder):
        who = ["-c", "user.name=x", "-c", "user.email=x@example.com"] if arguments[0] == "commit" else []
        return subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True)

    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    file = "O1_parallel_sum.py"
    text = handed_out(Exercise("O1_parallel_sum").solution.read_text(encoding="utf-8"))
    git("init", "-q", folder=ours)
    for change in None, ("8)", "9)"):
        (ours / file).write_text(text.replace(*change) if change else text)
        git("add", ".", folder=ours)
        git("commit", "-qm", "x", folder=ours)
        if change is None:
            git("clone", "-q", str(ours), str(theirs), folder=tmp_path)
    answer = text.replace("result = 0", "result = 1 - 1")
    (theirs / file).write_text(answer)
    assert git("pull", folder=theirs).returncode != 0
    assert (theirs / file).read_text() == answer
    for command in "stash", "pull", ("stash", "pop"):
        assert git(*([command] if isinstance(command, str) else command), folder=theirs).returncode == 0
    assert (theirs / file).read_text() == answer.replace("8)", "9)")
