"""The tables and the picture of compare/serving."""

from tools.compare.markdown import cell, table
from tools.compare.results import Spread
from tools.compare.serving import CLIENTS, MODELS, SHARES
from tools.compare.words import joined, word

UNIT = "rate"


def servers(results):
    """Return the servers, without the bare loop."""
    return [tool for tool in results.tools if tool != "bare"]


def titled(model, case, language):
    """Return the title of a column."""
    return joined(word(model, language), case, language, by=",")


def rates(results, language):
    """Return the table of requests per second in closed loops. The tools that share first place are in bold."""
    cases = [(model, clients) for model in MODELS for clients in CLIENTS]
    titles = [titled(model, word(f"closed {clients}", language), language) for model, clients in cases]
    bare = [cell(results.spread(model, "loop", "bare", "rate")) if clients == 16 else "" for model, clients in cases]
    rows = [[word("server", language), *titles], [word("bare", language), *bare]]
    for tool in servers(results):
        cells = []
        for model, clients in cases:
            case = model, f"closed {clients}"
            spreads = {one: results.spread(*case, one, "rate") for one in servers(results)}
            highest = max(
                (spread for spread in spreads.values() if spread), key=lambda spread: spread.median, default=None
            )
            spread = spreads[tool]
            cells.append(cell(spread, bold=bool(spread) and spread.high >= highest.low))
        rows.append([word(tool, language), *cells])
    return table(rows)


def waits(results, language):
    """Return the table of response times in open loops: median and 99th percentile in ms, and failed requests."""
    cases = [(model, f"open {share:.0%}") for model in MODELS for share in SHARES]
    of_best = word("of the best", language)
    titles = [titled(model, case.removeprefix("open ") + of_best, language) for model, case in cases]
    rows = [[word("server", language), *titles]]
    for tool in servers(results):
        cells = []
        for case in cases:
            middle, slow = (results.spread(*case, tool, key) for key in ("p50_ms", "p99_ms"))
            times = f"{middle.median:.0f}, {cell(slow)}" if middle else cell(None)
            failed = results.spread(*case, tool, "errors")
            if failed and failed.median:
                times += f"; {failed.median:.0f} {word('unanswered', language)}"
            cells.append(times)
        rows.append([word(tool, language), *cells])
    return table(rows)


def costs(results, language):
    """Return the table of time to first answer, memory, and rates with both models at once."""
    columns = {
        "first answer": ("image", "start", "seconds"),
        "image MB": ("image", "memory", "megabytes"),
        "text MB": ("text", "memory", "megabytes"),
        "both MB": ("both", "memory", "megabytes"),
        "both image": ("image", "both models", "rate"),
        "both text": ("text", "both models", "rate"),
    }
    rows = [[word("server", language), *(word(title, language) for title in columns)]]
    for tool in servers(results):
        cells = [cell(results.spread(model, case, tool, key)) for model, case, key in columns.values()]
        rows.append([word(tool, language), *cells])
    return table(rows)


def killed(results, language):
    """Return the table of failed requests and recovery times after a worker is killed."""
    rows = [[word(title, language) for title in ("server", "failed", "until back")]]
    for tool in servers(results):
        failed = results.spread("image", "killed worker", tool, "errors")
        if not failed:
            continue
        until = results.of("image", "killed worker", tool, "seconds_until_back")
        there = word("never back", language) if None in until else cell(Spread(tuple(until)))
        sent = results.of("image", "killed worker", tool, "sent")[0]
        rows.append([word(tool, language), f"{cell(failed)} / {sent}", there])
    return table(rows)


def load(results, language):
    """Return the peak CPU use of the load generator, as a percentage of a core."""
    shares = [record["client_cpu"] for record in results.records if "client_cpu" in record]
    return joined(word("own CPU", language), f"{max(shares) * 100:.0f}", language)


TABLES = {"rates": rates, "waits": waits, "costs": costs, "killed": killed, "load": load}


def charts(results):
    """Return the models and cases in the picture."""
    return [(model, f"closed {clients}") for model in MODELS for clients in CLIENTS if clients != 64]
