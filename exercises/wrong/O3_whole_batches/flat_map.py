"""Another method that takes rows."""

import os
import random

import ray
import ray.data


def to_celsius(row):
    return [{**row, "celsius": (row["fahrenheit"] - 32) / 1.8, "call": random.getrandbits(60)}]


def convert(readings):
    """Return the readings with two more columns, "celsius" and "call"."""
    return readings.flat_map(to_celsius)


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    rows = [{"fahrenheit": float(degrees)} for degrees in range(1000)]
    print(convert(ray.data.from_items(rows, override_num_blocks=4)).take(3))
