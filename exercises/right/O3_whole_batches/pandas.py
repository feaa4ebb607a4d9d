"""Batches as data frames."""


def to_celsius(batch):
    """Add the temperature in degrees Celsius, and a number that identifies the call."""
    return batch.assign(celsius=(batch["fahrenheit"] - 32) / 1.8, call=random.getrandbits(60))


def convert(readings):
    """Return the readings with two more columns, "celsius" and "call"."""
    return readings.map_batches(to_celsius, batch_format="pandas")
