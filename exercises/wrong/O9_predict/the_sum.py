"""The workers add their gradients, and both report."""

PREDICTED = {"ranks": [0, 1], "weights": [-12.0, -12.0], "rank in the metrics": 0, "checkpoints": 4}
