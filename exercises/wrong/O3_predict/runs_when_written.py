"""A step runs when it is written down."""

PREDICTED = {"planned": 10, "read twice": 20, "kept": 30}
