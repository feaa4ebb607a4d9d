"""A task whose argument never came waits for it."""

import os
import time

import ray
from ray.util import state

PREDICTED = {
    "returned": "FINISHED",
    "raised": "FAILED",
    "got what was raised": "PENDING_ARGS_AVAIL",
    "sleeps": "RUNNING",
    "too large": "PENDING_NODE_ASSIGNMENT",
}


@ray.remote
def do(what, seconds=0):
    """Sleep for some seconds, and raise ValueError if that is what to do."""
    time.sleep(seconds)
    if what == "raise":
        raise ValueError("as it was told to")


def outcomes():
    """Return each task's state in the records.

    These are among the states: PENDING_ARGS_AVAIL (an argument is not there yet), PENDING_NODE_ASSIGNMENT (no node has
    room), RUNNING, FINISHED, FAILED.
    """
    raised = do.options(name="raised").remote("raise")
    tasks = [
        raised,
        do.options(name="got what was raised").remote(raised),
        do.options(name="returned").remote("return"),
        do.options(name="sleeps").remote("sleep", seconds=60),
        do.options(name="too large", num_cpus=1000).remote("return"),
    ]
    ids = [task.task_id().hex() for task in tasks]
    moments = []
    while len(moments) < 6:  # the records arrive late: three tasks start, and three end
        time.sleep(0.5)
        records = state.list_tasks(ray.get_runtime_context().gcs_address, detail=True, limit=10_000)
        found = [task for task in records if task.task_id in ids]
        moments = [moment for task in found for moment in (task.start_time_ms, task.end_time_ms) if moment]
    for task in tasks:
        ray.cancel(task)
    return {task.name: task.state for task in found}


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(outcomes())
