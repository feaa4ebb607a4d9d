"""Predict how many times a task runs if its process is killed, and if it raises an error.

Task:  Predict the result of each step of outcomes() and write it into PREDICTED as a Python value. Only then run this
       file and compare.
Check: make exercises ONLY=O7_predict
Look:  O7_cluster.py, the node that dies first; README.md, Questions and answers
Time:  8 minutes
"""

import os
import signal
import tempfile
from pathlib import Path

import ray

# exercise
# PREDICTED = {"killed once": None, "error": None, "error, two retries": None, "killed, no retries": None}  # TODO
# solution
PREDICTED = {"killed once": 2, "error": 1, "error, two retries": 3, "killed, no retries": [1, "WorkerCrashedError"]}
# end


@ray.remote
def work(file, problem):
    """Add a character to a file. Then kill this process if the character is the first one, or raise ValueError."""
    with open(file, "a") as runs:
        runs.write("x")
    if problem == "killed" and file.stat().st_size == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if problem == "error":
        raise ValueError("no such page")


def run(problem, **options):
    """Return how many times the task runs, and the error's name, such as "ActorDiedError" or "WorkerCrashedError"."""
    raised = "no error"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "runs"
        try:
            ray.get(work.options(**options).remote(file, problem))
        except Exception as error:
            raised = type(error).__name__
        return [file.stat().st_size, raised]


def outcomes():
    """Return how many times the task runs in each step. The last step also returns the error, in a list."""
    return {
        "killed once": run("killed")[0],
        "error": run("error")[0],
        "error, two retries": run("error", max_retries=2, retry_exceptions=True)[0],
        "killed, no retries": run("killed", max_retries=0),
    }


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(outcomes())
