"""Predict when a dataset processes its rows, and how many times.

Task:  Predict the result of each step of outcomes() and write it into PREDICTED as a Python value. Only then run this
       file and compare.
Check: make exercises ONLY=O3_predict
Look:  O3_data.py, materialize()
Time:  8 minutes
"""

import os

import ray
import ray.data

PREDICTED = {"planned": None, "read twice": None, "kept": None}  # TODO


@ray.remote
class Counter:
    """Counts rows."""

    def __init__(self):
        self.rows = 0

    def add(self, rows):
        """Add to the count, return the new count."""
        self.rows += rows
        return self.rows


def outcomes():
    """Return the number of rows counted so far, after each of three steps."""
    counter = Counter.remote()

    def count(row):
        ray.get(counter.add.remote(1))
        return row

    plan = ray.data.range(10).map(count)
    planned = ray.get(counter.add.remote(0))
    plan.take_all()
    plan.take_all()
    read_twice = ray.get(counter.add.remote(0))
    kept = plan.materialize()
    kept.take_all()
    kept.take_all()
    return {"planned": planned, "read twice": read_twice, "kept": ray.get(counter.add.remote(0))}


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(outcomes())
