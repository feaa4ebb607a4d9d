"""Tables in Markdown."""

from tools.compare.words import title, word


def short(number):
    """Return a number with two significant digits, or as an integer from 10 up. Below 0.001, return 0."""
    if number < 0.001:
        return "0"
    return f"{number:.0f}" if number >= 9.95 else f"{float(f'{number:.1e}'):g}"


def cell(spread, bold=False):
    """Return a median, optionally in bold, with its range. Returns a dash for None."""
    if spread is None:
        return "–"
    middle = f"**{short(spread.median)}**" if bold else short(spread.median)
    low, high = short(spread.low), short(spread.high)
    return middle if low == high else f"{middle} ({low}–{high})"


def table(rows):
    """Return a Markdown table. The first row is the header."""
    head, *body = rows
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *body])


def comparison(results, questions, unit, language):
    """Return a table of questions by tools: start-up, then the questions, in seconds those where Ray is slowest first.

    The fastest tool (or the one that uses the least memory) is in bold, with all tools within the noise of it.
    """
    rows = [["", *(word(tool, language) for tool in results.tools)]]
    rows.append([word("start", language), *(cell(results.spread("start", "", tool, unit)) for tool in results.tools)])
    cases = [(question, case) for question in questions for case in results.cases(question)]
    if unit == "seconds":
        cases.sort(key=lambda names: -results.behind(*names))
    for question, case in cases:
        best = results.best(question, case, unit)
        cells = [cell(results.spread(question, case, tool, unit), tool in best) for tool in results.tools]
        rows.append([title(question, case, language), *cells])
    return table(rows)
