"""The tables and pictures of compare/computing."""

import ast
import difflib

from compare.computing import tasks
from tools.compare.environments import COMPARE
from tools.compare.markdown import cell, comparison, table
from tools.compare.results import Spread
from tools.compare.words import joined, word

EFFICIENT = 0.9  # the share of CPU time spent on the work at which a task counts as long enough
QUESTIONS = ["shared_array", "tree_reduction", "batches", "vectorised", "state", "dynamic_graph"]


def seconds_of_questions(results, language):
    """Return the table of seconds, with start-up in the first row."""
    return comparison(results, QUESTIONS, "seconds", language)


def memory(results, language):
    """Return the table of peak memory in MB, with the memory after start-up in the first row."""
    return comparison(results, ["shared_array"], "megabytes", language)


def size(results, case):
    """Return the number of tasks in a case of tasks.py, and their length in seconds."""
    return (tasks.QUICK if results.about["quick"] else tasks.CASES)[case]


def microseconds(results, tool):
    """Return the spread of the microseconds per empty task."""
    case = results.cases("tasks")[0]
    count, _ = size(results, case)
    return results.spread("tasks", case, tool).map(lambda seconds: seconds / count * 1e6)


def efficiency(results, case, tool):
    """Return the spread of the percentage of CPU time spent on the work."""
    count, length = size(results, case)
    ideal = count * length / results.about["workers"]
    return results.spread("tasks", case, tool).map(lambda seconds: ideal / seconds * 100)


def task_costs(results, language):
    """Return the table of the cost of a task and the share of CPU time spent on the work."""
    cases = results.cases("tasks")[1:]
    heads = [word(key, language) for key in ("tool", "task_cost")]
    rows = [[*heads, *(joined(case, "%", language, by=",") for case in cases), word("efficient", language)]]
    for tool in results.tools:
        shares = {case: efficiency(results, case, tool) for case in cases}
        enough = [case for case, share in shares.items() if share.median >= EFFICIENT * 100]
        cells = [cell(microseconds(results, tool)), *map(cell, shares.values())]
        rows.append([word(tool, language), *cells, enough[0] if enough else word("never", language)])
    return table(rows)


def killed_worker(results, language):
    """Return the table of results and reruns after a worker is killed."""
    [case] = results.cases("killed_worker")
    rows = [[word(key, language) for key in ("tool", "results", "again", "error", "seconds")]]
    for tool in results.tools:
        answers = results.of("killed_worker", case, tool, "answer")
        if not answers:
            continue
        arrived = Spread(tuple(answer["results"] for answer in answers))
        again = Spread(tuple(max(0, answer["runs"] - answer["tasks"]) for answer in answers))
        errors = set(results.of("killed_worker", case, tool, "raised")).union(*(answer["errors"] for answer in answers))
        error = ", ".join(f"`{name}`" for name in sorted(errors)) or word("none", language)
        seconds = cell(results.spread("killed_worker", case, tool))
        rows.append([word(tool, language), cell(arrived), cell(again), error, seconds])
    return table(rows)


def lines_of(question, tool):
    """Return the code lines of a tool's function for a question, with the functions and classes that it uses."""
    tree = ast.parse((COMPARE / "computing" / f"{question}.py").read_text(encoding="utf-8"))
    definitions = {node.name: node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    for node in definitions.values():
        if ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]

    def needed(name):
        used = {node.id for node in ast.walk(definitions[name]) if isinstance(node, ast.Name)} & definitions.keys()
        return {name}.union(*(needed(other) for other in used - {name}))

    mine = f"with_{tool}"
    texts = {name: ast.unparse(definitions[name]).splitlines() for name in definitions if name in needed(mine)}
    texts[mine] = texts[mine][1:]  # without the def line, which always differs
    return [line for text in texts.values() for line in text]


def lines_changed(results, language):
    """Return the table of the number of lines that each tool adds to the plain program."""
    tools = [tool for tool in results.tools if tool != "plain_python"]
    rows = [["", *(word(tool, language) for tool in tools)]]
    for question in QUESTIONS:
        plain = lines_of(question, "plain_python")
        counts = [
            sum(line.startswith("+ ") for line in difflib.ndiff(plain, lines_of(question, tool))) for tool in tools
        ]
        rows.append([word(question, language), *map(str, counts)])
    return table(rows)


TABLES = {
    "tasks": task_costs,
    "seconds": seconds_of_questions,
    "memory": memory,
    "killed": killed_worker,
    "lines": lines_changed,
}


def charts(results):
    """Return the questions and cases in the picture."""
    return [(question, case) for question in QUESTIONS for case in results.cases(question)]
