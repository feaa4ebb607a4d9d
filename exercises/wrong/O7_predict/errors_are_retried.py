"""Ray repeats a task that raises an error, too."""

import os
import signal

import ray

PREDICTED = {"killed once": 2, "an error": 4, "an error, retried": 3, "killed for good": [1, "WorkerCrashedError"]}


@ray.remote
class Counter:
    """Counts how often a task has run."""

    def __init__(self):
        self.runs = 0

    def add(self, runs):
        """Add some runs, return how many there are now."""
        self.runs += runs
        return self.runs


@ray.remote
def work(counter, problem):
    """Count this run. Then the process is killed, in the first run only, or each run raises ValueError."""
    run = ray.get(counter.add.remote(1))
    if problem == "killed" and run == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if problem == "error":
        raise ValueError("no such page")


def run(problem, **options):
    """Return how often a task runs, and what it raises: "ActorDiedError", "WorkerCrashedError" or another name."""
    counter, raised = Counter.remote(), "nothing"
    try:
        ray.get(work.options(**options).remote(counter, problem))
    except Exception as error:
        raised = type(error).__name__
    return [ray.get(counter.add.remote(0)), raised]


def outcomes():
    """Return how often the task runs. For the last step, return what it raises as well, in a list."""
    return {
        "killed once": run("killed")[0],
        "an error": run("error")[0],
        "an error, retried": run("error", max_retries=2, retry_exceptions=True)[0],
        "killed for good": run("killed", max_retries=0),
    }


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(outcomes())
