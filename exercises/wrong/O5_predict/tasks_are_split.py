"""Ray spreads the items of a task over all CPUs."""

PREDICTED = {"one loop": 1, "two loops": 4, "pairs": 2, "two tasks": 4}
