"""Measures the servers of compare/serving/ under load. Clients and servers share this machine.

A round measures each server once with each model: closed loops with three numbers of clients, then open loops at three
shares of the best server's rate in the first pass. tests/support/load.py generates the load and explains the method.
"""

import subprocess
import sys
import threading
import time

from compare.serving.models import CORES
from tests.support.load import arrivals, load, load_at
from tests.support.places import Place
from tools.compare.rounds import ToolError, about
from tools.compare.servers import SERVERS, Running, reasons, versions
from tools.lessons import ROOT

MODELS = ["image", "text"]
ROUNDS = 5
CLIENTS = (1, 16, 64)
SHARES = (0.5, 0.8, 1.2)  # of the best server's rate
SECONDS = 2  # of load per case
LOOK = 2  # seconds of load per case in the first pass
WARM_UP = 1
CHECK = 1e-3  # the tolerance for probabilities: the order of additions depends on the number of threads
AFTER_KILL = 8  # seconds for the rate to recover
WINDOW = 0.5  # seconds in which answers are counted after a kill
RECOVERED = 0.6  # the share of the rate that counts as recovered: random arrivals leave some windows below the rate


def bare_rate(model, seconds):
    """Return the requests per second that a model answers in bare loops, in one process per core.

    A server without any overhead would reach this rate.
    """
    place = Place.make()
    environment = place.environment(PYTHONPATH=str(ROOT), OMP_NUM_THREADS="1")
    command = [sys.executable, "-m", "compare.serving.bare", model, str(seconds)]
    try:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        loops = [subprocess.Popen(command, env=environment, **pipes) for _ in range(CORES)]
        for loop in loops:
            loop.stdout.readline()
        for loop in loops:
            loop.stdin.write("\n")
            loop.stdin.flush()
        return sum(float(loop.communicate()[0].split()[-1]) for loop in loops)
    finally:
        place.remove()


def alike(one, other):
    """Return whether two answers are equal, within the tolerance for numbers."""
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) < CHECK
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    return one == other


def summary(outcomes, seconds, own_cpu):
    """Return the figures of a load from its outcomes, its seconds, and the CPU seconds of its generator."""
    times = sorted(outcome.seconds * 1000 for outcome in outcomes if outcome.ok)
    figures = {"rate": round(len(times) / seconds, 2), "errors": len(outcomes) - len(times)}
    if times:
        figures |= {"p50_ms": round(times[len(times) // 2], 2), "p99_ms": round(times[int(len(times) * 0.99)], 2)}
    return figures | {"client_cpu": round(own_cpu / seconds, 3)}


def measured(function, *arguments, **options):
    """Return the figures of a call of load() or load_at()."""
    started, cpu = time.perf_counter(), time.process_time()
    outcomes = function(*arguments, **options)
    return summary(outcomes, time.perf_counter() - started, time.process_time() - cpu)


def under_load(server, model, best):
    """Yield the name and the figures of each case for a running server."""
    request = server.request(model)
    load(request, clients=16, seconds=WARM_UP)
    for clients in CLIENTS:
        yield f"closed {clients}", measured(load, request, clients=clients, seconds=SECONDS)
    yield "memory", {"megabytes": round(server.megabytes(), 1)}
    for share in SHARES:
        rate = share * best
        figures = measured(load_at, request, arrivals(rate, SECONDS))
        yield f"open {share:.0%}", {"wanted": round(rate, 2)} | figures


def busiest(server, before):
    """Return the id of the server's process that has used the most CPU time since `before`."""
    return max(server.cpu_seconds().items(), key=lambda item: item[1] - before.get(item[0], 0))[0]


def back(outcomes, killed, rate, end):
    """Return the seconds from a kill until the rate of answers recovered for good, or None if it never did."""
    windows = int((end - killed) / WINDOW)
    counts = [0] * windows
    for outcome in outcomes:
        window = int((outcome.ended - killed) / WINDOW)
        if outcome.ok and 0 <= window < windows:
            counts[window] += 1
    slow = [window for window, count in enumerate(counts) if count < RECOVERED * rate * WINDOW]
    if slow and slow[-1] >= windows - 2:
        return None
    return round((slow[-1] + 1) * WINDOW if slow else 0.0, 1)


def kill_a_worker(server, model, rate):
    """Kill the busiest process under an open load. Return the failures and the time to recover."""
    before, kill_at = server.cpu_seconds(), 2
    moment = []

    def kill():
        time.sleep(kill_at)
        pid = busiest(server, before)
        moment.append(time.perf_counter())
        server.kill(pid)

    thread = threading.Thread(target=kill)
    thread.start()
    schedule = arrivals(rate, kill_at + AFTER_KILL)
    started = time.perf_counter()
    outcomes = load_at(server.request(model), schedule, patience=AFTER_KILL)
    thread.join()
    failed = sum(not outcome.ok for outcome in outcomes)
    seconds = back(outcomes, moment[0], rate, started + kill_at + AFTER_KILL)
    return {"sent": len(outcomes), "errors": failed, "seconds_until_back": seconds}


def both_at_once(server, seconds):
    """Return the figures of both models under load at the same time, with eight clients each."""
    found = {}

    def one(model):
        started = time.perf_counter()
        outcomes = load(server.request(model), clients=8, seconds=seconds)
        found[model] = summary(outcomes, time.perf_counter() - started, 0)

    threads = [threading.Thread(target=one, args=[model]) for model in MODELS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


class Measure:
    """A run over all servers."""

    def __init__(self, quick, say):
        self.quick, self.say = quick, say
        self.records, self.first, self.best = [], {}, dict.fromkeys(MODELS, 0.0)
        self.missing = reasons()
        self.names = [name for name in SERVERS if name not in self.missing]

    def keep(self, number, model, name, case, **figures):
        """Keep a record."""
        names = {"part": "serving", "round": number, "question": model, "tool": name, "case": case}
        self.records.append(names | figures)

    def check(self, name, answers):
        """Raise ToolError if a server's answers differ from those of the first server."""
        for model, answer in answers.items():
            first, expected = self.first.setdefault(model, (name, answer))
            if not alike(answer, expected):
                raise ToolError(f"{model}: the answers differ.\n{first}: {expected}\n{name}: {answer}")

    def look(self, name):
        """Check the answers of a server and measure its rate. A quick run ends here."""
        server, share = Running(name, MODELS), 0.5 if self.quick else 1
        try:
            self.check(name, server.answers)
            for model in MODELS:
                request = server.request(model)
                load(request, clients=16, seconds=share * WARM_UP)
                for clients in (16,) if self.quick else (16, 64):
                    figures = measured(load, request, clients=clients, seconds=share * LOOK)
                    self.best[model] = max(self.best[model], figures["rate"])
                    if self.quick:
                        self.keep(1, model, name, f"closed {clients}", **figures)
        finally:
            server.stop()

    def bare(self, number):
        """Measure the models without a server."""
        for model in MODELS:
            self.keep(number, model, "bare", "loop", rate=round(bare_rate(model, SECONDS), 2))

    def visit(self, number, name, model):
        """Measure one server with one model."""
        server = Running(name, [model])
        try:
            self.keep(number, model, name, "start", seconds=round(server.seconds_to_first_answer, 2))
            for case, figures in under_load(server, model, self.best[model]):
                self.keep(number, model, name, case, **figures)
            if model == "image":
                self.keep(number, model, name, "killed worker", **kill_a_worker(server, model, self.best[model] / 2))
        finally:
            server.stop()

    def visit_both(self, number, name):
        """Measure one server with both models at once."""
        server = Running(name, MODELS)
        try:
            both_at_once(server, WARM_UP)
            for model, figures in both_at_once(server, SECONDS).items():
                self.keep(number, model, name, "both models", **figures)
            self.keep(number, "both", name, "memory", megabytes=round(server.megabytes(), 1))
        finally:
            server.stop()

    def run(self):
        """Run the first pass over all servers, then all rounds."""
        for name, reason in self.missing.items():
            self.say(f"{name} is left out: {reason}.")
        for name in self.names:
            SERVERS[name].python()
        for name in self.names:
            self.look(name)
            self.say(f"{'round 1 of 1' if self.quick else 'first pass'}, {name}: same answers as {self.names[0]}.")
        began, visits = time.monotonic(), 0
        for number in range(1, 1 if self.quick else ROUNDS + 1):
            self.bare(number)
            # Every second round runs in reverse, so that no server always follows the same one.
            for name in self.names if number % 2 else self.names[::-1]:
                for model in MODELS:
                    self.visit(number, name, model)
                self.visit_both(number, name)
                visits += 1
                left = (time.monotonic() - began) / visits * (ROUNDS * len(self.names) - visits)
                self.say(f"round {number} of {ROUNDS}, {name}: about {left / 60:.0f} minutes left.")


def measure(quick, say=print):
    """Return all records. The first describes the machine and the run."""
    run = Measure(quick, say)
    run.run()
    held = {model: round(rate, 2) for model, rate in run.best.items()}
    header = about("serving", quick) | {"missing": run.missing, "best_held": held}
    header["versions"] |= versions(run.names)
    return [header, *run.records]
