"""Writes the tables of compare/README.md and README.zh.md, and the pictures, from the results of a run."""

import re

from tools.compare import computing_report, serving_report, tables_report
from tools.compare.environments import COMPARE
from tools.compare.plots import draw
from tools.compare.results import Results
from tools.compare.words import LANGUAGES

PAGES = {"en": COMPARE / "README.md", "zh": COMPARE / "README.zh.md"}
PARTS = {"computing": computing_report, "tables": tables_report, "serving": serving_report}


def machine(results, language):
    """Return the machine and the versions."""
    about = results.about
    versions = ", ".join(f"{name} {version}" for name, version in sorted(about["versions"].items()))
    sentence = {
        "en": "{date}, {system}, {cores} cores ({processor}), {memory_gib} GiB of memory. Versions: {versions}.",
        "zh": "{date}，{system}，{cores} 核（{processor}），内存 {memory_gib} GiB。版本：{versions}。",
    }[language]
    return sentence.format_map(about | {"versions": versions})


def tables(part, results, language):
    """Return the tables of a part by their names on the page."""
    made = {"machine": machine} | PARTS[part].TABLES
    return {f"{part} {name}": table(results, language) for name, table in made.items()}


def filled(page, texts):
    """Return a page with its tables replaced. Raises ValueError if the page has no place for a table."""
    for name, text in texts.items():
        before, start, rest = page.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        if not end:
            raise ValueError(f"the page has no place for the table '{name}'")
        page = f"{before}{start}\n{text}\n\n{end}{after}"
    return page


def written(part, results):
    """Return the pages and pictures made from the results: texts by path."""
    made = {}
    for language in LANGUAGES:
        page = PAGES[language]
        made[page] = filled(page.read_text(encoding="utf-8"), tables(part, results, language))
        made |= draw(part, PARTS[part].charts(results), results, language, getattr(PARTS[part], "UNIT", "seconds"))
    return made


def write(part, records):
    """Write the tables of both pages and the pictures."""
    for path, text in written(part, Results(records)).items():
        path.write_text(text, encoding="utf-8")


def in_terminal(part, records):
    """Return the tables as plain text."""
    texts = tables(part, Results(records), "en").items()
    return "\n\n".join(f"{name}\n{re.sub(r'[*`]', '', text)}" for name, text in texts)
