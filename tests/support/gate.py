"""Runs the checks of exercises on what is handed out, on the solutions, and on wrong and right answers.

python -m tests.support.gate FOLDER NAME ...    writes FOLDER/outcomes, a line of JSON for each answer
"""

import ast
import itertools
import json
import sys
from importlib import import_module
from pathlib import Path

import ray

from exercises.checks.watching import Watch, load, start_ray
from tools.exercises import EXERCISES, Exercise, handed_out


def answers(name):
    """Return the text of each answer to an exercise, by the answer's name."""
    solution = Exercise(name).solution.read_text(encoding="utf-8")
    found = {"handed out": handed_out(solution), "solution": solution}
    for kind in "wrong", "right":
        paths = sorted((EXERCISES / kind / name).glob("*.py"))
        found |= {f"{kind}: {path.stem}": merged(solution, path.read_text(encoding="utf-8")) for path in paths}
    return found


def merged(solution, answer):
    """Return the text of a solution, with the definitions of an answer in place of those of the same names.

    Others of the answer come right before the next one that is in both, and its imports first.
    """
    common = {defined_by(node) for node in ast.parse(solution).body} - {None}
    before, waiting, replaced = [], [], {}
    for node in ast.parse(answer).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            before.append(node)
            continue
        waiting.append(node)
        if defined_by(node) in common:
            replaced[defined_by(node)], waiting = waiting, []
    kept = [replaced.get(defined_by(node), [node]) for node in ast.parse(solution).body]
    return ast.unparse(ast.Module([*before, *itertools.chain(*kept), *waiting], []))


def defined_by(node):
    """Return the name that a statement defines: that of a function, a class or a variable."""
    return node.targets[0].id if isinstance(node, ast.Assign) else getattr(node, "name", None)


def outcome(check, watch, path):
    """Return how a check of an answer ends: the name of the exception's type and its text, or "passed" and nothing."""
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
    """Check all answers to some exercises. The files that are checked are written into the folder, too."""
    start_ray()
    watch = Watch()
    # Not to the standard output, where Ray writes as well.
    with open(Path(folder) / "outcomes", "w", buffering=1) as outcomes:
        for exercise in map(Exercise, names):
            check = getattr(import_module(f"exercises.checks.{exercise.module}"), f"test_{exercise.name}")
            for called, text in answers(exercise.name).items():
                file = Path(folder) / f"{exercise.name}.py"
                file.write_text(text, encoding="utf-8")
                kind, said = outcome(check, watch, file)
                found = {"exercise": exercise.name, "answer": called, "kind": kind, "text": said}
                print(json.dumps(found), file=outcomes)
    ray.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
