"""Each worker learns from its own data only."""

PREDICTED = {"gradients": [2.0, 4.0], "weights": [-4.0, -8.0]}
