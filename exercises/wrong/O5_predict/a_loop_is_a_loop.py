"""ray.get() in a loop lets one task run at a time."""

PREDICTED = {"one loop": 1, "two loops": 1, "pairs": 2, "two tasks": 2}
