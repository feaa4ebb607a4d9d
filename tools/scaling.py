"""Measures what nodes and actors cost on this machine, for cluster/SCALING.md. A quarter of an hour.

python -m tools.scaling            writes the results, the pages' tables and the picture
python -m tools.scaling --quick    prints the results of the smallest case, and writes nothing
"""

import contextlib
import functools
import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np
import psutil
import ray
from ray.cluster_utils import Cluster
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from tests.support.places import Place
from tools.compare.markdown import cell, table
from tools.compare.plots import FOLDERS, WIDTH, chart
from tools.compare.report import filled
from tools.compare.results import Spread
from tools.compare.rounds import about_machine, megabytes_of
from tools.draw import Drawing
from tools.lessons import ROOT

RESULTS = ROOT / "cluster" / "results" / "scaling.jsonl"
PAGES = {"en": ROOT / "cluster" / "SCALING.md", "zh": ROOT / "cluster" / "SCALING.zh.md"}
ROUNDS, NODES, ACTORS, TASKS = 5, (1, 2, 4, 8), (50, 100, 150), 4000
QUICK = 1, (1, 2), (2,), 100
ARRAY = 100_000_000  # bytes
STORE = 256 * 2**20  # bytes, on each node
# Measurement, decimals in the results file, then the heading of its column in English and in Chinese.
OF_NODES = {
    "start": (3, "seconds to add a node", "增加一个节点的时间，秒"),
    "head": (0, "memory of the head, MB", "head 的内存，MB"),
    "rate": (0, "empty tasks per second", "每秒空 task 数"),
    "latency": (2, "ms from call to result", "单次调用的延迟，毫秒"),
    "copy": (3, "seconds to copy 100 MB to all other nodes", "把 100 MB 复制到其余节点的时间，秒"),
}
OF_ACTORS = {
    "actor_start": (3, "seconds to start 50 actors at once, divided by 50", "同时启动 50 个 actor 的时间除以 50，秒"),
    "head": (0, "memory of the head, MB", "head 的内存，MB"),
    "actor": (1, "memory of an actor, MB", "一个 actor 的内存，MB"),
}
KINDS = {"nodes": OF_NODES, "actors": OF_ACTORS}
# The heading of the first column, and the label of a bar.
NAMES = {
    "en": {"nodes": ("nodes", "nodes: {}"), "actors": ("actors", "actors: {}")},
    "zh": {"nodes": ("节点数", "{} 个节点"), "actors": ("actor 数", "{} 个 actor")},
}
CHARTS = ("nodes", "rate"), ("nodes", "copy"), ("actors", "actor_start"), ("actors", "head")


@ray.remote(scheduling_strategy="SPREAD")
def nothing():
    """Return at once."""


@ray.remote(num_cpus=0)
def size_of(array):
    """Return the size of an array in bytes."""
    return array.nbytes


@ray.remote(num_cpus=0, scheduling_strategy="SPREAD")
class Idle:
    """Waits."""

    def process(self):
        """Return the number of the process."""
        return os.getpid()


def seconds(function):
    """Return the seconds that a function takes."""
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def processes(cluster):
    """Return the processes of the head: the services that Ray started there, and their children but the workers."""
    services = [info.process for infos in cluster.head_node.all_processes.values() for info in infos]
    found = [psutil.Process(service.pid) for service in services if service.poll() is None]
    found += [child for process in found for child in process.children(recursive=True)]
    return [process for process in found if not is_worker(process)]


def is_worker(process):
    """Tell whether a process runs tasks, or is about to."""
    with contextlib.suppress(psutil.Error):
        command = process.cmdline()
        return any(part.startswith("ray::") or "default_worker.py" in part for part in command)
    return True  # it has ended


def copy():
    """Put an array into this node's object store, and get it on all others."""
    array = ray.put(np.zeros(ARRAY, dtype=np.uint8))
    here = ray.get_runtime_context().get_node_id()
    others = [node["NodeID"] for node in ray.nodes() if node["NodeID"] != here]
    there = [NodeAffinitySchedulingStrategy(node, soft=False) for node in others]
    ray.get([size_of.options(scheduling_strategy=node).remote(np.zeros(1)) for node in there])  # starts the workers
    took = seconds(lambda: ray.get([size_of.options(scheduling_strategy=node).remote(array) for node in there]))
    return took if others else None


def one_round(nodes, actors, tasks):
    """Measure one cluster that grows. Yields records."""
    head = {"num_cpus": 1, "object_store_memory": STORE}
    cluster = Cluster(initialize_head=True, connect=True, head_node_args=head)
    has = 1
    for wanted in nodes:
        add = functools.partial(cluster.add_node, num_cpus=1, object_store_memory=STORE)
        started = [seconds(add) for _ in range(wanted - has)]
        has = wanted
        ray.get([nothing.remote() for _ in range(tasks // 4)])  # starts the workers
        yield {
            "nodes": wanted,
            "start": statistics.mean(started) if started else None,
            "rate": tasks / seconds(lambda: ray.get([nothing.remote() for _ in range(tasks)])),
            "latency": 1000 * statistics.median(seconds(lambda: ray.get(nothing.remote())) for _ in range(100)),
            "copy": copy(),
            "head": megabytes_of(processes(cluster)),
        }
    kept = []
    for wanted in actors:
        began = time.perf_counter()
        new = [Idle.remote() for _ in range(wanted - len(kept))]
        ray.get([actor.process.remote() for actor in new])
        took = time.perf_counter() - began
        kept += new
        numbers = ray.get([actor.process.remote() for actor in kept])
        yield {
            "actors": wanted,
            "actor_start": took / len(new),
            "head": megabytes_of(processes(cluster)),
            "actor": megabytes_of(map(psutil.Process, numbers)) / wanted,
        }
    ray.shutdown()
    cluster.shutdown()


def measure(rounds, *sizes):
    """Return the records of all rounds. Each runs in a process and a place of its own."""
    records = [about_machine() | {"ray": ray.__version__}]
    for number in range(1, rounds + 1):
        place = Place.make()
        try:
            command = [sys.executable, "-m", "tools.scaling", "--round", json.dumps(sizes)]
            ended = subprocess.run(
                command, env=place.environment(PYTHONPATH=str(ROOT)), cwd=place.work, capture_output=True, text=True
            )
            if ended.returncode:
                sys.exit(f"A round failed.\n{ended.stderr[-3000:]}")
        finally:
            place.remove()
        made = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
        records += [{"round": number} | record for record in made]
        print(f"round {number} of {rounds}: done", flush=True)
    return records


def rounded(record):
    """Return a record with as many decimals as the results file has."""
    [kind] = KINDS.keys() & record.keys()
    digits = {name: column[0] for name, column in KINDS[kind].items()}
    values = {name: value for name, value in record.items() if value is not None}
    return {name: round(value, digits[name]) if name in digits else value for name, value in values.items()}


def spreads(records, kind, name):
    """Return the spread of a measurement for each number of nodes or actors that has it."""
    found = {}
    for record in records[1:]:
        if kind in record and name in record:
            found.setdefault(record[kind], []).append(record[name])
    return {number: Spread(tuple(values)) for number, values in found.items()}


def tables(records, language):
    """Return the tables of a page by name."""
    column = {"en": 1, "zh": 2}[language]
    about = records[0]
    sentence = {
        "en": "{date}, {system}, {cores} cores ({processor}), {memory_gib} GiB of memory, Ray {ray}.",
        "zh": "{date}，{system}，{cores} 核（{processor}），内存 {memory_gib} GiB，Ray {ray}。",
    }
    made = {"machine": sentence[language].format_map(about)}
    for kind, columns in KINDS.items():
        found = [spreads(records, kind, name) for name in columns]
        numbers = dict.fromkeys(record[kind] for record in records[1:] if kind in record)
        rows = [[NAMES[language][kind][0], *(column_of[column] for column_of in columns.values())]]
        rows += [[str(number), *(cell(values.get(number)) for values in found)] for number in numbers]
        made[kind] = table(rows)
    return made


def picture(records, language):
    """Return the charts as SVG text."""
    column, height = {"en": 1, "zh": 2}[language], 130
    drawing = Drawing("scaling", "What nodes and actors cost", height * -(-len(CHARTS) // 2))
    for number, (kind, name) in enumerate(CHARTS):
        found, label = spreads(records, kind, name), NAMES[language][kind][1]
        bars = {label.format(size): spread for size, spread in found.items()}
        place = number % 2 * WIDTH, number // 2 * height
        chart(drawing, *place, KINDS[kind][name][column], bars, language)
    return drawing.svg()


def written(records):
    """Return the pages and pictures made from the results: texts by path."""
    made = {}
    for language, page in PAGES.items():
        made[page] = filled(page.read_text(encoding="utf-8"), tables(records, language))
        made[FOLDERS[language] / "scaling.svg"] = picture(records, language)
    return made


def main(*options):
    """Measure, and write or print. `--round SIZES` is one round, in its own process."""
    if options[:1] == ("--round",):
        for record in one_round(*json.loads(options[1])):
            print(json.dumps(rounded(record)), flush=True)
        return
    if options not in ((), ("--quick",)):
        sys.exit(__doc__)
    quick = options == ("--quick",)
    records = measure(*(QUICK if quick else (ROUNDS, NODES, ACTORS, TASKS)))
    if quick:
        print("\n\n".join(tables(records, "en").values()))
        return
    RESULTS.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    for path, text in written(records).items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
