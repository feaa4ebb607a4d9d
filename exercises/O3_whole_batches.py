"""Convert a thousand temperatures in a few calls.

Task:  to_celsius() is called for each of a thousand rows. Change the file so that it is called for whole batches
       instead, at most ten in all, and computes all rows of a batch at once. Leave "call" in: it is a number that each
       call draws, by which the check counts the calls.
Check: make exercises ONLY=O3_whole_batches
Look:  O3_data.py, the flowers that are kept
Time:  8 minutes
"""

import os
import random

import ray
import ray.data


def to_celsius(row):
    """Add the temperature in degrees Celsius, and the call."""
    # TODO: a row is a dict of numbers. What is a batch?
    return {**row, "celsius": (row["fahrenheit"] - 32) / 1.8, "call": random.getrandbits(60)}


def convert(readings):
    """Return a dataset that has the columns "celsius" and "call" in addition to those of the readings."""
    return readings.map(to_celsius)


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    rows = [{"fahrenheit": float(degrees)} for degrees in range(1000)]
    print(convert(ray.data.from_items(rows, override_num_blocks=4)).take(3))
