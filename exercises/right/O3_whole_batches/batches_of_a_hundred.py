"""Batches do not cross blocks, so there are twelve."""


def convert(readings):
    """Return the readings with two more columns, "celsius" and "call"."""
    return readings.map_batches(to_celsius, batch_size=100)
