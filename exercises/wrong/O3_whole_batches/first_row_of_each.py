"""A batch is taken for a row."""

import os
import random

import numpy as np
import ray
import ray.data


def to_celsius(batch):
    """Add the temperature in degrees Celsius, and a number that identifies the call."""
    celsius = np.full(len(batch["fahrenheit"]), (batch["fahrenheit"][0] - 32) / 1.8)
    return {**batch, "celsius": celsius, "call": np.full(len(celsius), random.getrandbits(60))}


def convert(readings):
    """Return the readings with two more columns, "celsius" and "call"."""
    return readings.map_batches(to_celsius)


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    rows = [{"fahrenheit": float(degrees)} for degrees in range(1000)]
    print(convert(ray.data.from_items(rows, override_num_blocks=4)).take(3))
