"""Runs the questions of a part with one tool, in that tool's environment. Started by tools/compare/rounds.py.

python -m tools.compare.child PART TOOL (quick or full) (seconds or megabytes)

Prints JSON lines. The tools' own output goes to standard error.
"""

import gc
import importlib
import json
import os
import sys
import time
from contextlib import ExitStack
from importlib.metadata import version


def same(answer, _):
    """Return an answer unchanged, for questions without a summary function."""
    return answer


class Child:
    """Runs the questions for a tool, and reports events to the parent."""

    def __init__(self, part, tool, size, measure):
        self.package, self.tool, self.quick, self.measure = f"compare.{part}", tool, size == "quick", measure
        # Keep the output of the tools and their processes out of the event stream.
        self.events = os.fdopen(os.dup(1), "w", buffering=1)
        os.dup2(2, 1)

    def tell(self, event, **details):
        """Send an event to the parent."""
        self.events.write(json.dumps({"event": event, **details}) + "\n")

    def call(self, question, function, handle, inputs):
        """Return the seconds that a call takes, and the rest of its record."""
        gc.collect()
        started = time.perf_counter()
        try:
            answer, raised = function(handle, inputs), {}
        except Exception as error:
            if not getattr(question, "MAY_RAISE", False):
                raise
            answer, raised = None, {"raised": type(error).__name__}
        seconds = time.perf_counter() - started
        return seconds, {"answer": getattr(question, "summary", same)(answer, inputs)} | raised

    def case(self, names, question, handle, parameter):
        """Run one case of a question."""
        inputs = question.prepare(parameter)
        self.tell("begins", **names)
        seconds, record = self.call(question, getattr(question, f"with_{self.tool}"), handle, inputs)
        self.tell("ended", seconds=seconds, **names, **record)

    def questions(self):
        """Return the modules of the questions to run, by name."""
        names = importlib.import_module(self.package).QUESTIONS
        modules = {name: importlib.import_module(f"{self.package}.{name}") for name in names}
        wanted = {name: module for name, module in modules.items() if hasattr(module, f"with_{self.tool}")}
        if self.measure == "megabytes":  # memory left over from other questions would count
            return {name: module for name, module in wanted.items() if getattr(module, "MEMORY", False)}
        return wanted

    def run(self):
        """Start the tool and run every case of its questions."""
        start = importlib.import_module(f"{self.package}.start")
        packages = importlib.import_module(self.package).PACKAGES[self.tool]
        questions = self.questions()
        with ExitStack() as stack:
            started = time.perf_counter()
            try:
                handle = stack.enter_context(start.TOOLS[self.tool]())
            except RuntimeError as error:  # a requirement is missing
                self.tell("unavailable", reason=str(error))
                return
            seconds = time.perf_counter() - started
            self.tell("started", seconds=seconds, versions={name: version(name) for name in packages})
            time.sleep(0.5)  # lets the parent measure the memory
            for name, question in questions.items():
                if not (self.quick or self.measure == "megabytes" or getattr(question, "MAY_RAISE", False)):
                    for parameter in question.QUICK.values():  # warm-up: imports, and processes that start late
                        getattr(question, f"with_{self.tool}")(handle, question.prepare(parameter))
                for case, parameter in (question.QUICK if self.quick else question.CASES).items():
                    self.case({"question": name, "case": case}, question, handle, parameter)
        self.tell("finished")


if __name__ == "__main__":
    Child(*sys.argv[1:]).run()
