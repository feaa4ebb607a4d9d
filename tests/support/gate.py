"""Runs the checks of exercises on what is handed out, on the solutions, and on wrong and right answers.

python -m tests.support.gate FOLDER NAME ...    writes FOLDER/outcomes, a line of JSON for each answer
"""

import itertools
import json
import sys
from importlib import import_module
from pathlib import Path

import ray

from exercises.checks.watching import Watch, load, start_ray
from tools.exercises import EXERCISES, Exercise, handed_out


def answers(name):
    """Return the files of each answer to an exercise, by its name. What is handed out has no file yet."""
    solution = Exercise(name).solution
    found = {"handed out": [], "solution": [solution]}
    for kind in "wrong", "right":
        paths = sorted((EXERCISES / kind / name).glob("*.py"))
        found |= {f"{kind}: {path.stem}": [path, solution] for path in paths}
    return found


def outcome(check, watch, *files):
    """Return how a check of an answer ends: the name of the exception's type and its text, or "passed" and nothing."""
    try:
        answer = load(*files)
    except AssertionError as error:
        return "not loaded", str(error)
    try:
        check(answer, watch)
    except Exception as error:
        return type(error).__name__, str(error)
    return "passed", ""


def main(folder, *names):
    """Check all answers to some exercises. What is handed out is generated into the folder, too."""
    outcomes = Path(folder) / "outcomes"  # not the standard output, into which Ray writes as well
    for module, of_a_lesson in itertools.groupby(map(Exercise, names), key=lambda exercise: exercise.module):
        start_ray()  # another one for each lesson: the more tasks it has seen, the longer it takes to list them
        watch, checks = Watch(), import_module(f"exercises.checks.{module}")
        for exercise in of_a_lesson:
            generated = Path(folder) / f"{exercise.name}.py"
            generated.write_text(handed_out(exercise.solution.read_text(encoding="utf-8")), encoding="utf-8")
            for called, files in answers(exercise.name).items():
                kind, text = outcome(getattr(checks, f"test_{exercise.name}"), watch, *files or [generated])
                with open(outcomes, "a") as file:
                    found = {"exercise": exercise.name, "answer": called, "kind": kind, "text": text}
                    file.write(json.dumps(found) + "\n")
        ray.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
