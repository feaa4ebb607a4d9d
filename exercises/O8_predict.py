"""Predict what Ray's records say about five tasks.

Task:  Predict the result of each step of outcomes() and write it into PREDICTED as a Python value. Only then run this
       file and compare.
Check: make exercises ONLY=O8_predict
Look:  O8_observe.py, all of it
Time:  8 minutes
"""

import os
import time

import ray
from ray.util import state

PREDICTED = {"returned": None, "raised": None, "depends on raised": None, "sleeps": None, "too large": None}  # TODO


@ray.remote
def do(what):
    """Sleep until this task is canceled, raise ValueError, or return."""
    while what == "sleep":
        time.sleep(0.1)
    if what == "raise":
        raise ValueError("as requested")


def outcomes():
    """Return the state of each task according to Ray's records.

    Some of the states: PENDING_ARGS_AVAIL (waits for an argument), PENDING_NODE_ASSIGNMENT (waits for a node that has
    the resources), RUNNING, FINISHED, FAILED.
    """
    raised = do.options(name="raised").remote("raise")
    tasks = [
        do.options(name="returned").remote("return"),
        raised,
        do.options(name="depends on raised").remote(raised),
        do.options(name="sleeps").remote("sleep"),
        do.options(name="too large", num_cpus=1000).remote("return"),
    ]
    ids = [task.task_id().hex() for task in tasks]
    told = []
    while len(told) < 4:  # records arrive late: wait until three tasks have ended and one has started
        time.sleep(0.5)
        records = state.list_tasks(ray.get_runtime_context().gcs_address, detail=True, limit=10_000)
        found = [task for task in records if task.task_id in ids]
        told = [task for task in found if task.end_time_ms or (task.name == "sleeps" and task.start_time_ms)]
    for task in tasks:
        ray.cancel(task)
    return {task.name: task.state for task in found}


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(outcomes())
