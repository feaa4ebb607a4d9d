"""Shows where a tool's time goes: CPU seconds by kind of process, and processes started, in three consecutive runs.

python -m tools.compare.profile QUESTION [TOOL]    for example: tree_reduction ray
"""

import importlib
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil

from compare import tables
from tools.compare.environments import python_of
from tools.lessons import ROOT

RUNS = 3


def kind(process):
    """Return the kind of a process: driver, workers or the name of its program."""
    command = process.cmdline() or [process.name()]
    if process.pid == os.getpid():
        return "driver"
    if command[0].startswith("ray::") or "default_worker.py" in " ".join(command):
        return "workers"
    return Path(command[0]).name


def cpu_seconds():
    """Return the kind and CPU seconds of this process and its descendants, by process id."""
    found = {}
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        try:
            times = process.cpu_times()
            found[process.pid] = kind(process), times.user + times.system
        except psutil.Error:
            continue  # it has ended
    return found


def main(question, tool="ray"):
    """Run the largest case of a question, and print the wall time and the CPU seconds."""
    part = "tables" if question in tables.QUESTIONS else "computing"
    start = importlib.import_module(f"compare.{part}.start")
    module = importlib.import_module(f"compare.{part}.{question}")
    function = getattr(module, f"with_{tool}")
    with start.TOOLS[tool]() as handle:
        for case in [*module.QUICK.values(), *[[*module.CASES.values()][-1]] * RUNS]:
            inputs, before, started = module.prepare(case), cpu_seconds(), time.perf_counter()
            function(handle, inputs)
            seconds, spent, after = time.perf_counter() - started, Counter(), cpu_seconds()
            for pid, (name, total) in after.items():
                spent[name] += total - before.get(pid, (name, 0.0))[1]
            shares = ", ".join(f"{name} {value:.2f}" for name, value in sorted(spent.items()) if value >= 0.01)
            text = f"{seconds:.2f} s wall time; CPU seconds: {shares}; processes started: {len(after.keys() - before)}"
            print("warm-up" if case in module.QUICK.values() else text, flush=True)


if __name__ == "__main__":
    if Path(sys.executable) == Path(peers := python_of("peers")):
        main(*sys.argv[1:])
    else:
        environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        sys.exit(subprocess.call([peers, "-m", "tools.compare.profile", *sys.argv[1:]], env=environment))
