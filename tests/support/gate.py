"""Runs the checks of exercises on what is handed out, on the solutions, and on wrong and right answers.

python -m tests.support.gate FOLDER NAME ...    prints a line of JSON for each answer, once it has been checked
"""

import json
import sys
from importlib import import_module
from pathlib import Path

import ray

from exercises.checks.watching import Watch, load, start_ray
from tools.exercises import EXERCISES, Exercise, handed_out


def answers(name):
    """Return the answers to an exercise by what they are called. What is handed out stands for itself, as None."""
    found = {"handed out": None, "solution": EXERCISES / "solutions" / f"{name}.py"}
    for kind in "wrong", "right":
        found |= {f"{kind}: {path.stem}": path for path in sorted((EXERCISES / kind / name).glob("*.py"))}
    return found


def outcome(check, path, watch):
    """Return how a check ends: the name of the exception's type and its text, or "passed" and nothing."""
    try:
        answer = load(path)
    except AssertionError as error:
        return "not loaded", str(error)
    try:
        check(answer, watch)
    except Exception as error:
        return type(error).__name__, str(error)
    return "passed", ""


def main(folder, *names):
    """Check all answers to some exercises. What is handed out is generated into the folder."""
    start_ray()
    watch = Watch()
    for name in names:
        exercise = Exercise(name)
        generated = Path(folder) / f"{name}.py"
        generated.write_text(handed_out(exercise.solution.read_text(encoding="utf-8")), encoding="utf-8")
        module = import_module(f"exercises.checks.{exercise.module}")
        for called, path in answers(name).items():
            kind, text = outcome(getattr(module, f"test_{name}"), path or generated, watch)
            print(json.dumps({"exercise": name, "answer": called, "kind": kind, "text": text}), flush=True)
    ray.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
