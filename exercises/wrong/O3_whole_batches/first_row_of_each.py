"""A batch is taken for a row."""


def to_celsius(batch):
    """Add the temperature in degrees Celsius, and a number that identifies the call."""
    celsius = np.full(len(batch["fahrenheit"]), (batch["fahrenheit"][0] - 32) / 1.8)
    return {**batch, "celsius": celsius, "call": np.full(len(celsius), random.getrandbits(60))}
