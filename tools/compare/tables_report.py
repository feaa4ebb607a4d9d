"""The tables and pictures of compare/tables."""

from tools.compare.markdown import comparison, table
from tools.compare.words import word

QUESTIONS = ["pipeline", "inference"]


def seconds_of_questions(results, language):
    """Return the table of seconds, with start-up in the first row."""
    return comparison(results, QUESTIONS, "seconds", language)


def memory(results, language):
    """Return the table of peak memory in MB, with the memory after start-up in the first row."""
    return comparison(results, ["pipeline"], "megabytes", language)


def little_memory(results, language):
    """Return the table of outcomes with less memory than data."""
    heads = ("tool", "outcome", "seconds", "peak_megabytes", "spilled_megabytes")
    rows = [[*(word(head, language) for head in heads), word("said", language)]]
    for record in (record for record in results.records if record["question"] == "small_memory"):
        figures = [f"{record[key]:.0f}" for key in ("seconds", "peak_megabytes", "spilled_megabytes")]
        said = word("yes" if record["said"] else "no", language)
        rows.append([word(record["tool"], language), word(record["outcome"], language), *figures, said])
    if len(rows) == 1:
        return word("not_quick" if results.about["quick"] else "no_limit", language)
    return table(rows)


TABLES = {"seconds": seconds_of_questions, "memory": memory, "limit": little_memory}


def charts(results):
    """Return the questions and cases in the picture."""
    return [(question, case) for question in QUESTIONS for case in results.cases(question)]
