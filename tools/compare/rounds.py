"""Runs the tools of a part in turn, each in fresh processes, and collects the measurements."""

import contextlib
import importlib
import json
import os
import platform
import queue
import subprocess
import threading
import time
from datetime import date

import psutil

from tests.support.places import Place
from tools.compare.environments import python_of
from tools.lessons import ROOT

ROUNDS = 5
PATIENCE = 300  # seconds for one case


class ToolError(Exception):
    """A tool failed, or its answer differs from that of another tool."""


def about_machine():
    """Return the facts about the machine that are needed to compare results."""
    memory = round(psutil.virtual_memory().total / 2**30)
    processor = platform.processor() or platform.machine()
    if platform.system() == "Linux":
        with open("/proc/cpuinfo") as lines:
            models = [line.partition(": ")[2].strip() for line in lines if line.startswith("model name")]
        processor = models[0] if models else processor
    return {
        "date": date.today().isoformat(),
        "system": platform.system(),
        "processor": processor,
        "cores": os.cpu_count(),
        "memory_gib": memory,
        "versions": {"python": platform.python_version()},
    }


def about(part, quick):
    """Return the facts about the machine and the run that are needed to compare results."""
    workers = importlib.import_module(f"compare.{part}.start").WORKERS
    return {"part": part, "quick": quick, "workers": workers} | about_machine()


def megabytes_of(processes):
    """Return the memory of processes in MB.

    Shared memory is counted once on Linux, and left out elsewhere.
    """
    total = 0
    for process in processes:
        try:
            used = process.memory_full_info()
            total += getattr(used, "pss", used.uss)  # PSS, only on Linux, divides shared memory among its users
        except psutil.Error:
            continue  # it has ended
    return total / 1e6


def megabytes(pid):
    """Return the memory of a process and its descendants in MB."""
    return megabytes_of([psutil.Process(pid), *psutil.Process(pid).children(recursive=True)])


class Run:
    """A child process that runs the questions of a part with one tool."""

    def __init__(self, part, tool, quick, measure):
        self.tool, self.sampling, self.place, self.events = tool, measure == "megabytes", Place.make(), queue.Queue()
        self.log = self.place.folder / "log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [python_of("peers"), "-m", "tools.compare.child", part, tool, "quick" if quick else "full", measure],
                cwd=self.place.work,
                # One thread per process: there are as many processes as CPUs.
                env=self.place.environment(PYTHONPATH=str(ROOT), OMP_NUM_THREADS="1"),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.events.put(json.loads(line))
        self.events.put(None)

    def _next(self, sampling):
        """Return the next event, or None after the last, and the peak memory until then if it is sampled."""
        peak, deadline = 0.0, time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if sampling:
                peak = max(peak, megabytes(self.process.pid))
            try:
                return self.events.get(timeout=0.02 if sampling else 1), peak
            except queue.Empty:
                continue
        raise ToolError(f"{self.tool} did not finish a case within {PATIENCE} seconds.\n{self.tail()}")

    def tail(self):
        """Return the end of the tool's output."""
        return self.log.read_text(errors="replace")[-3000:]

    def reports(self):
        """Yield the events of the child, with memory where it is measured. Raises ToolError if the child fails."""
        kind = None
        while kind not in ("finished", "unavailable"):
            event, peak = self._next(kind == "begins" and self.sampling)
            if event is None:
                raise ToolError(f"{self.tool} ended early.\n{self.tail()}")
            kind = event["event"]
            if kind == "started":
                event["megabytes"] = megabytes(self.process.pid)
            if kind == "ended" and self.sampling:
                event["megabytes"] = peak
                del event["seconds"]
            if kind != "begins":
                yield event

    def end(self):
        """End the processes of the run and remove their files."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=20)
        self.place.remove()


class Answers:
    """The first tool's answers, which all others must match."""

    def __init__(self, part):
        self.first = {}
        self.part = part

    def check(self, tool, event):
        """Raise ToolError if this answer differs from the first tool's answer."""
        question = importlib.import_module(f"compare.{self.part}.{event['question']}")
        if getattr(question, "MAY_RAISE", False):
            return
        name = event["question"], event["case"]
        first_tool, answer = self.first.setdefault(name, (tool, event["answer"]))
        if answer != event["answer"]:
            differ = f"{first_tool}: {str(answer)[:300]}\n{tool}: {str(event['answer'])[:300]}"
            raise ToolError(f"{', '.join(name)}: the answers differ.\n{differ}")


class Rounds:
    """All runs of a part."""

    def __init__(self, part, quick, say):
        self.part, self.quick, self.say = part, quick, say
        self.tools = list(importlib.import_module(f"compare.{part}.start").TOOLS)
        self.memory_rounds = importlib.import_module(f"compare.{part}").MEMORY_ROUNDS
        self.about, self.records, self.answers = about(part, quick) | {"missing": {}}, [], Answers(part)

    def run(self, number, tool, measure):
        """Run one tool's questions, and keep its reports."""
        run = Run(self.part, tool, self.quick, measure)
        try:
            for event in run.reports():
                kind = event.pop("event")
                if kind == "unavailable":
                    self.about["missing"][tool] = event["reason"]
                    self.say(f"{tool} is left out: {event['reason']}.")
                elif kind == "started" and measure == "seconds":
                    self.about["versions"] |= event.pop("versions")
                    self.keep(number, tool, {"question": "start", "case": ""} | event)
                elif kind == "ended":
                    self.answers.check(tool, event)
                    self.keep(number, tool, event)
        finally:
            run.end()

    def keep(self, number, tool, event):
        """Keep an event. Its answer is kept only if it is a dict."""
        kept = {"round": number, "tool": tool} | event
        if not isinstance(kept.get("answer"), dict):
            kept.pop("answer", None)
        for unit, digits in (("seconds", 6), ("megabytes", 1)):
            if unit in kept:
                kept[unit] = round(kept[unit], digits)
        self.records.append(kept)

    def all(self, rounds):
        """Run the tools in turn, and report progress."""
        took = {}
        for number in range(1, rounds + 1):
            for place, tool in enumerate(self.tools):
                if tool in self.about["missing"]:
                    continue
                began = time.monotonic()
                self.run(number, tool, "seconds")
                if number <= self.memory_rounds and tool not in self.about["missing"]:
                    self.run(number, tool, "megabytes")
                took[tool] = max(time.monotonic() - began, took.get(tool, 0))
                left = (rounds - number) * sum(took.values())
                left += sum(took.get(later, 0) for later in self.tools[place + 1 :])
                about_or_more = "more than" if number == 1 else "about"
                rest = f" Remaining: {about_or_more} {left / 60:.0f} min." if left else ""
                self.say(f"round {number} of {rounds}, {tool}: {took[tool]:.0f} s.{rest}")


def measure(part, quick, say=print):
    """Return all records. The first describes the machine and the versions.

    Args:
        part: "computing" or "tables".
        quick: Whether to run only one round of the smallest cases.
        say: Called with a line of progress.

    Raises:
        ToolError: A tool failed, or its answers differ from those of the others.
    """
    python_of("peers")
    rounds = Rounds(part, quick, say)
    rounds.all(1 if quick else ROUNDS)
    return [rounds.about, *rounds.records]
