"""Convert a thousand temperatures in a few calls.

Task:  Ray Data calls to_celsius() for each of a thousand rows. Change the file so that Ray Data calls it once per
       batch, with the default batch size, and it converts all rows of a batch at once. Keep the column "call": each
       call writes a random number into it, and the check counts these numbers.
Check: make exercises ONLY=O3_whole_batches
Look:  O3_data.py, short_sepal_long_petal()
Time:  8 minutes
"""

import os
import random

import ray
import ray.data


def to_celsius(row):
    """Add the temperature in degrees Celsius, and a number that identifies the call."""
    # TODO: this gets one row, a dict of numbers. What does a batch look like?
    return {**row, "celsius": (row["fahrenheit"] - 32) / 1.8, "call": random.getrandbits(60)}


def convert(readings):
    """Return the readings with two more columns, "celsius" and "call"."""
    return readings.map(to_celsius)


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    rows = [{"fahrenheit": float(degrees)} for degrees in range(1000)]
    print(convert(ray.data.from_items(rows, override_num_blocks=4)).take(3))
