"""What is started by remote() runs at once, whatever waits for it."""

PREDICTED = {"one loop": 4, "two loops": 4, "pairs": 4, "two tasks": 2}
