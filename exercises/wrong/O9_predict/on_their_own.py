"""Each worker learns from its own data only."""

PREDICTED = {"ranks": [0, 1], "weights": [-4.0, -8.0], "rank in the metrics": 0, "checkpoints": 2}
