"""The programs in compare/ give correct and equal answers, and its pages match the results."""

import importlib
import re
import signal
import subprocess
import sys

import numpy as np
import psutil
import pytest

from compare.computing import QUESTIONS, dynamic_graph, shared_array, state, tasks, tree_reduction, vectorised
from tests.support.places import wait_until
from tools.compare import report, rounds
from tools.compare.computing_report import microseconds
from tools.compare.environments import COMPARE
from tools.compare.markdown import short
from tools.compare.results import Results, Spread
from tools.lessons import ROOT

PARTS = ["computing", "tables", "serving"]
RESULTS = {part: Results.read(part) for part in PARTS}
COMPUTING, TABLES = RESULTS["computing"], RESULTS["tables"]


@pytest.mark.parametrize("part", PARTS)
def test_tables_and_pictures_match_the_results(part):
    for path, text in report.written(part, RESULTS[part]).items():
        assert path.read_text(encoding="utf-8") == text, (
            f"{path.name} is out of date: python -m tools.compare writes it"
        )


@pytest.mark.parametrize("part", PARTS)
def test_every_figure_has_five_rounds(part):
    assert (COMPARE / "results" / f"{part}.jsonl").stat().st_size < 1_000_000
    rounds_of = {}
    for record in RESULTS[part].records:
        units = record.keys() & {"seconds", "megabytes", "rate", "outcome"}
        rounds_of.setdefault((record["question"], record["case"], record["tool"], *units), set()).add(record["round"])
    few = {names: len(found) for names, found in rounds_of.items() if len(found) < 5}
    once = {names: 1 for names in few if names[0] == "small_memory"}
    assert few == once | {names: 2 for names in few if names[0] == "pipeline" and "megabytes" in names}


def test_tools_within_the_noise_share_first_place():
    times = {"a": (1.0, 1.1, 1.2), "b": (1.2, 1.3, 1.4), "ray": (1.25, 1.3, 1.5)}
    records = [
        {"question": "q", "case": "", "tool": tool, "seconds": value}
        for tool, values in times.items()
        for value in values
    ]
    assert Results([{}, *records]).best("q", "") == ["a", "b"]
    assert Results([{}, *records]).behind("q", "") == pytest.approx(1.3 / 1.1)
    assert Spread((3, 1, 2)).median == 2


def test_a_different_answer_stops_the_comparison():
    answers = rounds.Answers("computing")
    answers.check("plain_python", {"question": "tasks", "case": "0 ms", "answer": 5})
    answers.check("dask", {"question": "tasks", "case": "0 ms", "answer": 5})
    with pytest.raises(rounds.ToolError, match=r"^tasks, 0 ms: the answers differ\.\nplain_python: 5\nray: 6$"):
        answers.check("ray", {"question": "tasks", "case": "0 ms", "answer": 6})


def test_a_quick_run_with_few_cases_is_shown():
    few = [r for r in RESULTS["serving"].records if r["round"] == 1 and r["case"] == "closed 16"]
    shown = report.in_terminal("serving", [RESULTS["serving"].about | {"quick": True}, *few])
    [rate] = [r["rate"] for r in few if r["tool"] == "triton" and r["question"] == "image"]
    assert f"| Triton | – | {short(rate)} | – |" in shown


def test_plain_programs_give_the_right_answers():
    def answer(question):
        [*_, parameter] = question.QUICK.values()
        return question.with_plain_python(None, question.prepare(parameter)), parameter

    result, (count, _) = answer(tasks)
    assert result == (count - 1) * count * (2 * count - 1) // 6
    result, count = answer(vectorised)
    assert result == count * (count - 1) // 2
    result, count = answer(dynamic_graph)
    assert result == list(range(count))
    result, count = answer(tree_reduction)
    assert (result == np.arange(tree_reduction.SIZE) * sum(range(count))).all()
    result, count = answer(state)
    seen = [len(np.unique(np.concatenate(state.prepare(count)[:number]))) for number in range(1, count + 1)]
    assert result == [[used] * state.HISTOGRAMS for used in seen]
    result, size = answer(shared_array)
    array = shared_array.prepare(size)
    assert sorted(array) == list(range(size))
    places = np.array(shared_array.STARTS)
    for _ in range(shared_array.STEPS):
        places = array[places]
    assert result == places.tolist()


def test_shared_memory_is_counted_once(tmp_path):
    if not hasattr(psutil.Process().memory_full_info(), "pss"):
        pytest.skip("only Linux reports how much of a process's memory is shared")
    shared = tmp_path / "shared"
    shared.write_bytes(bytes(200_000_000))
    attach = "import mmap, sys; file = open(sys.argv[1], 'r+b'); m = mmap.mmap(file.fileno(), 0); sum(m[::4096]); "
    parent = attach + "import subprocess; subprocess.run([sys.executable, '-c', sys.argv[2], sys.argv[1]])"
    command = [sys.executable, "-c", parent, shared, attach + "print(flush=True); input()"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    counted = rounds.megabytes(process.pid)
    process.communicate(b"\n")
    assert 200 < counted < 300, "two processes map 200 MB"


@pytest.mark.thorough
@pytest.mark.xdist_group("peers")  # one process installs them
@pytest.mark.timeout(900)
def test_all_tools_give_equal_answers():
    run = subprocess.run(
        [sys.executable, "-m", "tools.compare", "computing", "tables", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    for part in ("computing", "tables"):
        tools = list(importlib.import_module(f"compare.{part}.start").TOOLS)
        assert [
            tool for tool in tools if not re.search(rf"round 1 of 1, {tool}:|^{tool} is left out:", run.stdout)
        ] == []


@pytest.mark.thorough
@pytest.mark.xdist_group("peers")
def test_ctrl_c_leaves_nothing_behind():
    command = [sys.executable, "-m", "tools.compare", "computing", "--quick"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        wait_until(lambda: "dask" in process.stdout.readline(), patience=120)
        started = wait_until(lambda: psutil.Process(process.pid).children(recursive=True))
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=60)[0]
    finally:
        process.kill()
    assert rest.endswith("Stopped. Nothing is saved.\n")
    assert process.returncode == 1
    assert psutil.wait_procs(started, timeout=15)[1] == []


def test_each_question_has_a_function_for_each_tool():
    start = importlib.import_module("compare.computing.start")
    for name in QUESTIONS:
        question = importlib.import_module(f"compare.computing.{name}")
        missing = {tool for tool in start.TOOLS if not hasattr(question, f"with_{tool}")}
        assert missing == getattr(question, "CANNOT", {}).keys()


def seconds(question, case, tool, results=COMPUTING):
    """Return the median of a tool."""
    return results.spread(question, case, tool).median


def ratio(question, case, one, other, results=COMPUTING):
    """Return the ratio of one tool's median to another's."""
    return seconds(question, case, one, results) / seconds(question, case, other, results)


def slower(question, case, ones, others, unit="seconds", results=COMPUTING):
    """Return whether each of the first tools is above each of the others in every round."""
    spreads = {tool: results.spread(question, case, tool, unit) for tool in [*ones, *others]}
    return all(spreads[one].low > spreads[other].high for one in ones for other in others)


def line(tool):
    """Return the fixed seconds of a classification of photos, and the seconds for each photo."""
    few, many = (seconds("inference", f"{count} photos", tool, TABLES) for count in (50, 400))
    each = (many - few) / 350
    return few - 50 * each, each


def outcome(tool):
    """Return how a tool ended with less memory than data."""
    [case] = TABLES.cases("small_memory")
    return TABLES.of("small_memory", case, tool, "outcome")[0]


def lost(tool):
    """Return the largest number of the forty results that a tool loses when a worker is killed."""
    return 40 - min(answer["results"] for answer in COMPUTING.of("killed_worker", "40 tasks", tool, "answer"))


def rate(server, clients):
    """Return the spread of the images that a server classifies per second."""
    return RESULTS["serving"].spread("image", f"closed {clients}", server, "rate")


def overload(model):
    """Return how the default proxy's rate changes from the middle load to the highest."""
    rate_at = {load: RESULTS["serving"].spread(model, f"open {load}", "ray_serve", "rate") for load in ("80%", "120%")}
    return rate_at["120%"].median / rate_at["80%"].median


def fastest(model, count):
    """Return the servers with the highest median rates with 64 clients."""
    results = RESULTS["serving"]
    rates = {tool: results.spread(model, "closed 64", tool, "rate") for tool in results.tools if tool != "bare"}
    return sorted(rates, key=lambda tool: -rates[tool].median)[:count]


def recovery(server):
    """Return the seconds until a server's rate recovered after a kill, or None where it did not."""
    return RESULTS["serving"].of("image", "killed worker", server, "seconds_until_back")


ALL = set(COMPUTING.tools)
ROWS = [("pipeline", case) for case in TABLES.cases("pipeline")]
# Sentences in compare/README.md that rank the tools, and the conditions that the results must meet.
SENTENCES = {
    "splitting the work costs more than it saves": slower(
        "vectorised", "160 MB", ALL - {"plain_python"}, ["plain_python"]
    ),
    "the workers share one copy, though on two CPUs that is no faster than plain Python": {
        "ray",
        "futures",
        "plain_python",
    }
    <= set(COMPUTING.best("shared_array", "400 MB")),
    "nothing to start, and the lowest cost per task": slower(
        "tasks", "0 ms", ["dask", "spark", "ray"], ["futures", "joblib"]
    ),
    "A Ray task costs several times as much as a concurrent.futures task": ratio("tasks", "0 ms", "ray", "futures") > 3,
    "Dask tasks cost more, and PySpark tasks cost the most": slower("tasks", "0 ms", ["dask"], ["ray"])
    and slower("tasks", "0 ms", ["spark"], ["dask"]),
    "starting two takes most of the time": seconds("state", "1 batch", "ray")
    > seconds("state", "100 batches", "ray") / 2,
    "a hundred calls take barely longer than one": seconds("state", "100 batches", "ray")
    < seconds("state", "1 batch", "ray") * 1.3,
    "the state travels to a task and back with every call": slower(
        "state", "100 batches", ["joblib", "spark"], ALL - {"joblib", "spark"}
    ),
    "plain Python wins": slower("tree_reduction", "32 arrays", ALL - {"plain_python"}, ["plain_python"]),
    "results stay on the workers until a task needs them": slower(
        "tree_reduction", "32 arrays", ["futures", "joblib", "spark"], ["ray", "dask"]
    ),
    "a new task starts as soon as it is discovered": slower(
        "dynamic_graph", "150 pages", ["spark", "plain_python"], ["ray", "futures"]
    ),
    "it is still faster than Dask": slower("dynamic_graph", "150 pages", ["dask"], ["joblib"]),
    "In Dask and PySpark each worker has a copy": slower(
        "shared_array", "400 MB", ["dask", "spark"], ["futures", "joblib", "ray"], "megabytes"
    ),
    "With HAProxy, Ray Serve answers more images than plain FastAPI at 16 and at 64 clients": all(
        rate("ray_serve_haproxy", clients).low > rate("plain_fastapi", clients).high for clients in (16, 64)
    ),
    "at 64 fewer than FastAPI tuned like the lesson": rate("ray_serve_haproxy", 64).high
    < rate("tuned_fastapi", 64).low,
    "Plain FastAPI has one process, and nothing restarts it": set(recovery("plain_fastapi")) == {None},
    "proxy recovered in one of five rounds, after 6.5 s": [
        round(value, 1) for value in recovery("ray_serve") if value is not None
    ]
    == [6.5],
    "this load is close to the most that it answers with both replicas": RESULTS["serving"].of(
        "image", "killed worker", "ray_serve", "sent"
    )[0]
    > 0.9 * 10 * rate("ray_serve", 16).median,
    "Behind HAProxy, the rate never fell": set(recovery("ray_serve_haproxy")) == {0},
    "the fastest at every size": all(
        slower(*names, set(TABLES.tools) - {"polars", "duckdb"}, ["polars", "duckdb"], results=TABLES) for names in ROWS
    ),
    "Ray Data is the slowest at every size": all(
        slower(*names, ["ray_data"], set(TABLES.tools) - {"ray_data"}, results=TABLES) for names in ROWS
    ),
    "but slower at four million and fewer": all(ratio(*row, "dask", "pandas", TABLES) > 1 for row in ROWS[:2]),
    "twice as fast as pandas at sixteen million rows": 1.7 < ratio(*ROWS[-1], "pandas", "dask", TABLES) < 2.5,
    "One single-threaded model per process (Dask, Modin) uses two CPUs better": slower(
        "inference", "400 photos", ["pandas", "polars", "duckdb"], ["dask", "modin"], results=TABLES
    ),
    "PySpark has one model per process too": ratio("inference", "400 photos", "spark", "pandas", TABLES) > 1,
    "the fastest with 400 photos": slower(
        "inference", "400 photos", set(TABLES.tools) - {"dask", "modin"}, ["dask", "modin"], results=TABLES
    ),
    "Ray Data needs more than a second to start a query": line("ray_data")[0] > 1,
    "After that, a photo takes about as long as with pandas": 0.8 < line("ray_data")[1] / line("pandas")[1] < 1.25,
    "Polars, DuckDB and PySpark read the table piece by piece and finish": {
        tool for tool in TABLES.tools if outcome(tool) == "finished"
    }
    == {"polars", "duckdb", "spark"},
    "The kernel kills pandas": outcome("pandas") == "killed",
    "neither Modin nor Ray Data finishes within a minute": outcome("modin") == outcome("ray_data") == "timed out",
    "images are answered more slowly under the highest load": overload("image") < 0.9,
    "The texts all fit into the replicas, and their rate holds": overload("text") > 0.95,
    "the most requests per second with 64 clients": all(
        {"tuned_fastapi", "triton"} == set(fastest(model, 2)) for model in ("image", "text")
    ),
    "concurrent.futures and joblib lose results and raise an error": min(lost("futures"), lost("joblib")) > 0
    and lost("ray") == lost("dask") == lost("spark") == 0,
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_sentences_agree_with_the_results(sentence):
    assert sentence in " ".join((COMPARE / "README.md").read_text(encoding="utf-8").split())
    assert SENTENCES[sentence]


def figures_of_the_tour():
    """Return the results that the tour quotes, as it prints them, by the words around them."""
    rate_of = {tool: RESULTS["serving"].spread("image", "closed 16", tool, "rate") for tool in RESULTS["serving"].tools}
    rates = {tool: short(spread.median) for tool, spread in rate_of.items() if spread}
    tasks = {tool: short(microseconds(COMPUTING, tool).median) for tool in ("ray", "futures")}
    query = {tool: short(seconds("pipeline", "16M rows", tool, TABLES)) for tool in TABLES.tools}
    return {
        "README.md": [
            f"answers {rates['ray_serve_haproxy']} requests per second behind Ray Serve with HAProxy, "
            f"{rates['ray_serve']} with the default proxy, and {rates['triton']} behind Triton",
            f"FastAPI with a process for each core answers {rates['tuned_fastapi']}.",
            f"an empty task takes {tasks['ray']} µs, and {tasks['futures']} µs in concurrent.futures",
            f"over 16 million rows takes {query['duckdb']} s in DuckDB and {query['polars']} s in Polars, "
            f"{query['dask']} s in Dask, {query['spark']} s in Spark and {query['ray_data']} s in Ray Data",
        ],
        "README.zh.md": [
            f"HAProxy 的 Ray Serve 上是 {rates['ray_serve_haproxy']}，"
            f"用默认的 proxy 是 {rates['ray_serve']}，在 Triton 上是 {rates['triton']}",
            f"每个核一个进程的 FastAPI 是 {rates['tuned_fastapi']}。",
            f"一个空的 task 需要 {tasks['ray']} 微秒，而 concurrent.futures 只要 {tasks['futures']} 微秒",
            f"对 1600 万行的一次查询，DuckDB 用 {query['duckdb']} 秒，Polars 用 {query['polars']} 秒，"
            f"Dask 用 {query['dask']} 秒，Spark 用 {query['spark']} 秒，Ray Data 用 {query['ray_data']} 秒",
        ],
    }


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_the_tour_quotes_the_results(page):
    text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
    assert [figures for figures in figures_of_the_tour()[page] if figures not in text] == []
