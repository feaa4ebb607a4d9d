"""Another method that takes rows."""


def to_celsius(row):
    return [{**row, "celsius": (row["fahrenheit"] - 32) / 1.8, "call": random.getrandbits(60)}]


def convert(readings):
    """Return the readings with two more columns, "celsius" and "call"."""
    return readings.flat_map(to_celsius)
