"""What was computed is kept."""

PREDICTED = {"planned": 0, "read twice": 10, "kept": 10}
